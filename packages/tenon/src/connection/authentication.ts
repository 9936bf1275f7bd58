import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import type { AnswerParts, RequestParts } from '../definition/operation.ts'
import { createRedactor } from '../telemetry/redact.ts'
import type { Authenticator, AuthScheme, BareRequest } from './auth-scheme.ts'
import { parseBaseUrl } from './base-url.ts'
import type { ResolvedConnection } from './connection.ts'

/** The credentials of one connection at work: the only place from which they reach a request. */
export interface Authentication extends Authenticator {
  /** The text without the connection's secrets, in whatever spelling. */
  redact(text: string): string
}

export interface AuthenticationOptions {
  readonly connection: ResolvedConnection
  readonly scheme: AuthScheme
  readonly clock: Clock
  send(parts: RequestParts): Promise<AnswerParts>
  readonly fetch: typeof globalThis.fetch
  /** Is told of each secret that is obtained, such as an access token. */
  readonly onSecret?: (secret: string) => void
}

export function authenticate({
  connection,
  scheme,
  clock,
  send,
  fetch,
  onSecret,
}: AuthenticationOptions): Authentication {
  const { origin } = parseBaseUrl(connection.baseUrl, connection.name)
  const redactor = createRedactor()
  for (const secret of Object.values(connection.credentials)) redactor.add(secret.reveal())
  const authenticator = scheme.open({
    settings: connection.connector.options.auth.settings,
    credentials: connection.credentials,
    what: `${connection.connector.name}/${connection.name}`,
    clock,
    send,
    fetch,
    conceal(value) {
      redactor.addTemporary(value)
      onSecret?.(value)
    },
  })
  if ('obtain' in authenticator) throw new TenonError('APP_INVALID', 'schemes with tokens are not joined yet')
  const refused = authenticator.refused?.bind(authenticator)
  return {
    apply(request) {
      if (request.origin !== origin) throw foreign(request, connection, origin)
      return authenticator.apply(request)
    },
    ...(refused === undefined ? {} : { refused }),
    redact: (text) => redactor.text(text),
  }
}

function foreign(request: BareRequest, { connector, name }: ResolvedConnection, origin: string): TenonError {
  return new TenonError(
    'ADDRESS_REFUSED',
    `the credentials of connection ${connector.name}/${name} go to ${origin} only, not to ${request.origin}`,
    { details: { fate: 'not-sent' } },
  )
}
