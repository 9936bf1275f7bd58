import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import type { AnswerParts, RequestParts } from '../definition/operation.ts'
import { createRedactor } from '../telemetry/redact.ts'
import type { RenewalMeter } from '../telemetry/meter.ts'
import type { AuthContext, Authenticator, AuthScheme, BareRequest } from './auth-scheme.ts'
import { parseBaseUrl } from './base-url.ts'
import type { ResolvedConnection } from './connection.ts'
import { TokenKeeper } from './token-keeper.ts'
import { memoryShelf, type CountRenewal, type TokenShelf } from './token-shelf.ts'

/** The credentials of one connection at work: the only place from which they reach a request. */
export interface Authentication extends Authenticator {
  /** The text without the connection's secrets, in whatever spelling. */
  redact(text: string): string
  /** Resolves when no renewal of tokens is under way. */
  settled(): Promise<void>
}

export interface AuthenticationOptions {
  readonly connection: ResolvedConnection
  readonly scheme: AuthScheme
  readonly clock: Clock
  send(parts: RequestParts): Promise<AnswerParts>
  readonly fetch: typeof globalThis.fetch
  /** Where tokens lie; default: in memory. */
  readonly shelf?: TokenShelf
  /** Counts where tokens lie in memory; another shelf counts by itself. */
  readonly meter?: RenewalMeter
  readonly random?: () => number
  /** Is told of each secret that is obtained, such as an access token. */
  readonly onSecret?: (secret: string) => void
}

export function authenticate(options: AuthenticationOptions): Authentication {
  const { connection, scheme, clock, random = Math.random, meter, onSecret } = options
  const count: CountRenewal = (...told) => meter?.renewalEnded(connection.connector.name, ...told)
  const shelf = options.shelf ?? memoryShelf(clock, { count })
  const { origin } = parseBaseUrl(connection.baseUrl, connection.name)
  const redactor = createRedactor()
  for (const secret of Object.values(connection.credentials)) redactor.add(secret.reveal())
  const conceal = (value: string): void => {
    redactor.addTemporary(value)
    onSecret?.(value)
  }
  const opened = scheme.open(contextOf(options, conceal))
  const keeper = 'obtain' in opened ? new TokenKeeper({ authenticator: opened, shelf, clock, random, conceal }) : null
  const authenticator = keeper ?? (opened as Authenticator)
  const refused = authenticator.refused?.bind(authenticator)
  return {
    apply(request) {
      if (request.origin !== origin) throw foreign(request, connection, origin)
      return authenticator.apply(request)
    },
    ...(refused === undefined ? {} : { refused }),
    ...(authenticator.tls === undefined ? {} : { tls: authenticator.tls }),
    redact: (text) => redactor.text(text),
    settled: async () => keeper?.settled(),
  }
}

/** What a scheme works with, also where it works without requests, as in a consent. */
function contextOf(
  { connection, clock, send, fetch }: Pick<AuthenticationOptions, 'connection' | 'clock' | 'send' | 'fetch'>,
  conceal: (value: string) => void,
): AuthContext {
  return {
    settings: connection.connector.options.auth.settings,
    credentials: connection.credentials,
    what: `${connection.connector.name}/${connection.name}`,
    clock,
    send,
    fetch,
    standIn: connection.simulated ? new URL(connection.baseUrl).origin : null,
    conceal,
  }
}

function foreign(request: BareRequest, { connector, name }: ResolvedConnection, origin: string): TenonError {
  return new TenonError(
    'ADDRESS_REFUSED',
    `the credentials of connection ${connector.name}/${name} go to ${origin} only, not to ${request.origin}`,
    { details: { fate: 'not-sent' } },
  )
}
