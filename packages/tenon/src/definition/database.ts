import type { FromEnvironment } from './app.ts'

/** The database that all nodes of an app share. */
export interface DatabaseDefinition {
  readonly kind: 'postgres'
  readonly url: FromEnvironment
}

/**
 * A PostgreSQL database, 14 or later, for runs and all else that is durable. Its URL is read from the environment at start: `postgres://user:password@host:port,host:port/database?sslmode=verify-full`.
 *
 * @example
 * ```ts
 * import { defineApp, fromEnvironment, postgres } from 'tenon'
 *
 * export default defineApp({ flows: [], database: postgres(fromEnvironment('DATABASE_URL')) })
 * ```
 */
export function postgres(url: FromEnvironment): DatabaseDefinition {
  return { kind: 'postgres', url }
}
