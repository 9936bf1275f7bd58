import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import type { Connector } from '../definition/connector.ts'
import { guardedFetch } from '../outbound/fetch.ts'
import type { Transport } from '../outbound/outbound.ts'
import { createTransport, type TransportOptions } from '../outbound/transport.ts'
import type { AuthContext, Authenticator, AuthScheme, TokenAuthenticator, Tokens } from './auth-scheme.ts'
import type { ResolvedConnection } from './connection.ts'
import { loadScheme } from './schemes.ts'

const timeoutMs = 30_000
const maxAnswerBytes = 1024 * 1024

/** What an account is connected on before there is a connection: a connector's scheme over what was just given, and a guarded way out of its own. */
export interface Ground {
  readonly connection: ResolvedConnection
  readonly scheme: AuthScheme
  readonly context: AuthContext
  readonly transport: Transport
  /** How calls are authenticated before anything is kept: with these tokens, or with those that the fields give. */
  schemeWith(tokens: Tokens | null): AuthScheme
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
  readonly transport?: Omit<TransportOptions, 'clock'>
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
  const allowedOrigins = [...(options.transport?.allowedOrigins ?? []), ...(standIn === null ? [] : [standIn])]
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
    transport,
    schemeWith: (tokens) => ({ open: (opened) => withTokens(scheme.open(opened), tokens) }),
    close: () => transport.close(),
  }
}

function withTokens(authenticator: Authenticator | TokenAuthenticator, given: Tokens | null): Authenticator {
  if (!('obtain' in authenticator)) return authenticator
  const { tls } = authenticator
  let tokens = given
  return {
    async apply(request) {
      tokens ??= await authenticator.obtain(null)
      await authenticator.apply(request, tokens)
    },
    ...(tls !== undefined && { tls }),
  }
}
