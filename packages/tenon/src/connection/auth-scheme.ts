import type { Clock } from '../base/clock.ts'
import type { Secret } from '../base/secret.ts'
import type { AnswerParts, RequestParts } from '../definition/operation.ts'

/** A request that is complete but for what authenticates it. */
export interface BareRequest {
  readonly origin: string
  /** Path and query. */
  readonly path: string
  /** Name, value, name, value. */
  readonly headers: string[]
}

/** What a scheme works with. */
export interface AuthContext {
  /** As the connector declared them. */
  readonly settings: unknown
  readonly credentials: Readonly<Record<string, Secret>>
  readonly clock: Clock
  /** A POST to the connection's own origin, without authentication. Rejects when no answer came. */
  send(parts: RequestParts): Promise<AnswerParts>
  /** From now on this value never appears in an error. */
  conceal(value: string): void
}

/** What authenticates the requests of one connection. */
export interface Authenticator {
  /** Adds to the request; at once wherever possible. */
  apply(request: BareRequest): void | Promise<void>
  /** The provider answered 401 to this request: may another try do better? Asked once per call. */
  refused?(request: BareRequest): boolean
}

/** A way to authenticate: `connection/auth/<name>.ts` exports one as `scheme`. Throws `APP_INVALID` for credentials it cannot use. */
export interface AuthScheme {
  open(context: AuthContext): Authenticator
}
