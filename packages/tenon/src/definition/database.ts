import type { Duration } from '../base/duration.ts'
import type { FromEnvironment } from './app.ts'

/** The database, or several of them, that all nodes of an app share. */
export interface DatabaseDefinition {
  readonly kind: 'postgres'
  readonly urls: readonly FromEnvironment[]
  readonly lease?: Duration
}

export interface DatabaseOptions {
  /** How long the work of a node that says nothing rests before the others take it over, from `1s` to `5m`; the same at all nodes. Default: `10s`. */
  readonly lease?: Duration
}

/**
 * A PostgreSQL database, 14 or later, for runs and all else that is durable. Its URL is read from the environment at start: `postgres://user:password@host:port,host:port/database?sslmode=verify-full`.
 * Of several each tenant lives wholly on one; the first has what belongs to the whole installation. All nodes need the same list.
 *
 * @example
 * ```ts
 * import { defineApp, fromEnvironment, postgres } from 'tenon'
 *
 * export default defineApp({ flows: [], database: postgres(fromEnvironment('DATABASE_URL')) })
 * ```
 */
export function postgres(
  url: FromEnvironment | readonly FromEnvironment[],
  options: DatabaseOptions = {},
): DatabaseDefinition {
  return { kind: 'postgres', urls: Array.isArray(url) ? url : [url as FromEnvironment], ...options }
}
