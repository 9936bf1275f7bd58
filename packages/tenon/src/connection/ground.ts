import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import type { Connector } from '../definition/connector.ts'
import { guardedFetch } from '../outbound/fetch.ts'
import type { Transport } from '../outbound/outbound.ts'
import { createTransport, type TransportOptions } from '../outbound/transport.ts'
import type {
  AuthContext,
  Authenticator,
  AuthScheme,
  ClientCertificate,
  TokenAuthenticator,
  Tokens,
} from './auth-scheme.ts'
import type { ResolvedConnection } from './connection.ts'
import { reachOf, type Purpose } from './reach.ts'
import { loadScheme } from './schemes.ts'

const timeoutMs = 30_000
const maxAnswerBytes = 1024 * 1024

/** What an account is connected on before there is a connection: a connector's scheme over what was just given, and a guarded way out of its own. */
export interface Ground {
  readonly connection: ResolvedConnection
  readonly scheme: AuthScheme
  readonly context: AuthContext
  /** A way out that shows this certificate; it is closed with the ground. */
  transportFor(tls: ClientCertificate | undefined, purpose: Purpose): Transport
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
  /** Origins that the operator allows although their addresses are not public. */
  readonly allowedOrigins?: readonly string[]
  readonly transport?: Omit<TransportOptions, 'clock'>
}

/** Rejects with `APP_INVALID` for a connector whose scheme is not there. */
export async function openGround(options: GroundOptions): Promise<Ground> {
  const { tenant, connector, name, baseUrl, simulated, clock, onSecret, allowedOrigins: allowed = [] } = options
  const { auth } = connector.options
  const scheme = await loadScheme(auth.scheme, connector.name)
  const secrets = Object.entries(options.fields).map(([field, value]) => [field, new Secret(value)] as const)
  const credentials = Object.fromEntries(secrets)
  for (const [field, secret] of secrets) if (auth.fields[field]?.secret !== false) onSecret?.(secret.reveal())
  const connection = { tenant, connector, name, baseUrl, credentials, simulated }
  const opened: Transport[] = []
  const transportFor: Ground['transportFor'] = (tls, purpose) => {
    const reach = reachOf({ connection, scheme, allowed }, purpose)
    const allowedOrigins = [...(options.transport?.allowedOrigins ?? []), ...reach]
    const shown = tls === undefined ? {} : { tls: { ...options.transport?.tls, ...tls } }
    const transport = createTransport({ ...options.transport, clock, allowedOrigins, ...shown })
    opened.push(transport)
    return transport
  }
  let tokens: Transport | null = null
  const standIn = simulated ? new URL(baseUrl).origin : null
  const context: AuthContext = {
    settings: auth.settings,
    credentials,
    what: `${connector.name}/${name}`,
    clock,
    send: () =>
      Promise.reject(new TenonError('APP_INVALID', `the scheme ${auth.scheme} sends where it may only fetch`)),
    fetch: async (...asked) => {
      tokens ??= transportFor(scheme.open(context).tls, 'tokens')
      return guardedFetch(tokens, { timeoutMs, maxAnswerBytes, ...(standIn !== null && { standIn }) })(...asked)
    },
    standIn,
    conceal: (value) => onSecret?.(value),
  }
  return {
    connection,
    scheme,
    context,
    transportFor,
    schemeWith: (tokens) => ({ ...scheme, open: (opened) => withTokens(scheme.open(opened), tokens) }),
    close: async () => void (await Promise.all(opened.map((transport) => transport.close()))),
  }
}

/** The ground of a connection that there is. */
export function groundOf(
  { credentials, ...connection }: ResolvedConnection,
  options: Pick<GroundOptions, 'clock' | 'onSecret' | 'allowedOrigins' | 'transport'>,
): Promise<Ground> {
  const { clock, onSecret, allowedOrigins, transport } = options
  const fields = Object.fromEntries(Object.entries(credentials).map(([field, secret]) => [field, secret.reveal()]))
  return openGround({
    ...connection,
    fields,
    clock,
    ...(onSecret && { onSecret }),
    ...(allowedOrigins && { allowedOrigins }),
    ...(transport && { transport }),
  })
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
