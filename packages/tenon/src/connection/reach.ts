import { parseBaseUrl } from './base-url.ts'
import type { AuthScheme } from './auth-scheme.ts'
import type { ResolvedConnection } from './connection.ts'

/** What a way out is for. Each has sockets of its own, so that a redirect of a call leads into nothing that only tokens are asked from. */
export type Purpose = 'calls' | 'tokens'

export interface ReachOptions {
  readonly connection: ResolvedConnection
  readonly scheme: AuthScheme
  /** Origins that the operator allows although their addresses are not public (`TENON_ALLOW_ORIGINS`). */
  readonly allowed: readonly string[]
}

/**
 * The origins of a connection that may be reached although their addresses are not public: a stand-in's, and of those that the operator allows its own for calls, and for tokens those
 * where its scheme asks for them. Throws `APP_INVALID` for a connection that cannot be used.
 */
export function reachOf({ connection, scheme, allowed }: ReachOptions, purpose: Purpose): readonly string[] {
  const { baseUrl, simulated, credentials, connector, name } = connection
  const what = `${connector.name}/${name}`
  const { origin } = parseBaseUrl(baseUrl, what)
  if (simulated) return [origin]
  if (purpose === 'calls') return allowed.filter((one) => one === origin)
  const origins = scheme.tokenOrigins?.({ settings: connector.options.auth.settings, credentials, what })
  return allowed.filter((one) => origins?.has(one) === true)
}
