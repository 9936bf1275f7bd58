import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import type { Connector } from '../definition/connector.ts'
import { guardedFetch } from '../outbound/fetch.ts'
import { createTransport, type TransportOptions } from '../outbound/transport.ts'
import type { AuthContext, AuthScheme, BareRequest, Tokens } from './auth-scheme.ts'
import { loadScheme, type ResolvedConnection } from './connection.ts'

const timeoutMs = 30_000
const maxAnswerBytes = 1024 * 1024

/** What an account is connected on before there is a connection: a connector's scheme over what was just given, and a guarded way out of its own. */
export interface Ground {
  readonly connection: ResolvedConnection
  readonly scheme: AuthScheme
  readonly context: AuthContext
  /** How calls are authenticated with tokens that are not kept yet. */
  schemeWith(tokens: Tokens): AuthScheme
  close(): Promise<void>
}

export interface GroundOptions {
  readonly tenant: string
  readonly connector: Connector
  readonly name: string
  readonly baseUrl: string
  readonly fields: Readonly<Record<string, string>>
  /** Its origin is a local stand-in. */
  readonly simulated: boolean
  readonly clock: Clock
  /** Is told of each secret, so that logs can be kept free of it. */
  readonly onSecret?: (secret: string) => void
  readonly transport?: Omit<TransportOptions, 'clock' | 'allowedOrigins'>
}

/** Rejects with `APP_INVALID` for a connector whose scheme is not there. */
export async function openGround(options: GroundOptions): Promise<Ground> {
  const { tenant, connector, name, baseUrl, simulated, clock, onSecret } = options
  const { auth } = connector.options
  const scheme = await loadScheme(auth.scheme, connector.name)
  const secrets = Object.entries(options.fields).map(([field, value]) => [field, new Secret(value)] as const)
  const credentials = Object.fromEntries(secrets)
  for (const [field, secret] of secrets) if (auth.fields[field]?.secret !== false) onSecret?.(secret.reveal())
  const standIn = simulated ? new URL(baseUrl).origin : null
  const allowedOrigins = standIn === null ? [] : [standIn]
  const transport = createTransport({ ...options.transport, clock, allowedOrigins })
  const context: AuthContext = {
    settings: auth.settings,
    credentials,
    what: `${connector.name}/${name}`,
    clock,
    send: () =>
      Promise.reject(new TenonError('APP_INVALID', `the scheme ${auth.scheme} sends where it may only fetch`)),
    fetch: guardedFetch(transport, { timeoutMs, maxAnswerBytes, ...(standIn !== null && { standIn }) }),
    standIn,
    conceal: (value) => onSecret?.(value),
  }
  return {
    connection: { tenant, connector, name, baseUrl, credentials, simulated },
    scheme,
    context,
    schemeWith: (tokens) => ({
      open(opened) {
        const authenticator = scheme.open(opened)
        if (!('obtain' in authenticator)) return authenticator
        const { tls } = authenticator
        return {
          apply: (request: BareRequest) => authenticator.apply(request, tokens),
          ...(tls !== undefined && { tls }),
        }
      },
    }),
    close: () => transport.close(),
  }
}
