import type { Clock } from '../base/clock.ts'
import type { Secret } from '../base/secret.ts'
import type { AnswerParts, RequestParts } from '../definition/operation.ts'

/** A request that is complete but for what authenticates it. */
export interface BareRequest {
  readonly method: string
  /** A scheme whose tokens name the account's own instance puts that in its place. */
  origin: string
  /** Path and query; a scheme may add to the query. */
  path: string
  /** Name, value, name, value. */
  readonly headers: string[]
  /** As it will be sent; a scheme that signs inside the body replaces it. */
  body: string | Uint8Array | null
}

/** What a scheme works with. */
export interface AuthContext {
  /** As the connector declared them. */
  readonly settings: unknown
  readonly credentials: Readonly<Record<string, Secret>>
  /** `connector/name` of the connection, for errors. */
  readonly what: string
  readonly clock: Clock
  /** A POST to the connection's own origin, without authentication. Rejects when no answer came. */
  send(parts: RequestParts): Promise<AnswerParts>
  /** Through the guard, without redirects, within limits: for token endpoints and discovery. */
  readonly fetch: typeof globalThis.fetch
  /** Origin of the simulator that stands in for the provider: `fetch` and `send` reach nothing else, and a person's browser is sent there. `null` for a real provider. */
  readonly standIn: string | null
  /** From now on this value never appears in an error. */
  conceal(value: string): void
}

/** What authenticates the requests of one connection with what it was given. */
export interface Authenticator {
  /** Adds to the request; at once wherever possible. */
  apply(request: BareRequest): void | Promise<void>
  /** The provider answered 401 to this request: may another try do better? Asked once per call. */
  refused?(request: BareRequest): boolean
  /** The certificate by which the connection shows itself (mutual TLS). */
  readonly tls?: ClientCertificate
}

/** PEM. */
export interface ClientCertificate {
  readonly certificate: string
  readonly key: Secret
  readonly passphrase?: Secret
  /** The provider's own authority, where it is not a public one. */
  readonly authority?: string
}

/** What a scheme obtained: kept for it (sealed, fenced, shared by all processes), renewed ahead of its end. */
export interface Tokens {
  readonly access: Secret
  readonly refresh?: Secret
  /** Milliseconds since the epoch; `null` where nobody says. */
  readonly expiresAt: number | null
  /** Of the refresh token, as far as somebody says it. */
  readonly refreshLife?: RefreshLife
  /** What was granted, which may be less than was asked for. */
  readonly scopes?: readonly string[]
  /** What else came with them and is not secret, such as an address of the instance. */
  readonly facts?: Readonly<Record<string, string>>
}

/** When a refresh token ends if nobody uses it, in milliseconds since the epoch, and how long it lived from when that was said. */
export interface RefreshLife {
  readonly endsAt: number
  readonly lifeMs: number
}

/** What authenticates with tokens. Who calls it sees to it that one process at a time obtains them. */
export interface TokenAuthenticator {
  /**
   * New tokens: by the refresh token of `current`, or from the credentials. Throws `AUTHORISATION_LOST` where only a person can help (`invalid_grant`, no refresh
   * token), `CREDENTIALS_REFUSED` where the connection's own settings are wrong (`invalid_client`), `UPSTREAM_UNAVAILABLE` for what may pass.
   */
  obtain(current: Tokens | null): Promise<Tokens>
  apply(request: BareRequest, tokens: Tokens): void | Promise<void>
  /** Takes them back at the provider, where it offers that. */
  revoke?(tokens: Tokens): Promise<void>
  readonly tls?: ClientCertificate
}

/** A way to authenticate: `connection/auth/<name>.ts` exports one as `scheme`. Throws `APP_INVALID` for credentials it cannot use. */
export interface AuthScheme {
  open(context: AuthContext): Authenticator | TokenAuthenticator
  /** The origins where it asks for tokens, beside the connection's own. Throws as `open` does. */
  tokenOrigins?(context: Pick<AuthContext, 'settings' | 'credentials' | 'what'>): ReadonlySet<string>
  /** For schemes where a person consents in a browser. */
  readonly browser?: BrowserConsent
  /** For schemes where a person types a code on another device (RFC 8628). */
  readonly device?: DeviceConsent
}

/** What must be kept between the steps of a consent; sealed, since it may hold secrets (the PKCE verifier). */
export type PendingConsent = Readonly<Record<string, string>>

export interface BrowserConsent {
  /** Where the person is sent: an https address. */
  begin(
    context: AuthContext,
    ask: { readonly redirectUri: string; readonly state: string; readonly scopes: readonly string[] },
  ): Promise<{ readonly url: string; readonly pending: PendingConsent }>
  /** `answer`: the query of the callback, whose `state` the caller has checked. Checks `iss`, `error` and nonce. */
  complete(context: AuthContext, pending: PendingConsent, answer: URLSearchParams): Promise<Tokens>
}

export interface DeviceConsent {
  begin(
    context: AuthContext,
    ask: { readonly scopes: readonly string[] },
  ): Promise<{
    readonly url: string
    /** With the code in it, for a link or a picture. */
    readonly urlComplete?: string
    readonly code: string
    readonly expiresAt: number
    readonly intervalMs: number
    readonly pending: PendingConsent
  }>
  /** `null` while the person has not answered; `slowDownMs` where the provider asks for longer pauses. */
  poll(
    context: AuthContext,
    pending: PendingConsent,
  ): Promise<{ readonly tokens: Tokens } | { readonly tokens: null; readonly slowDownMs?: number }>
}
