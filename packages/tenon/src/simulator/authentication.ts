import { timingSafeEqual } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { TenonError } from '../base/errors.ts'
import type { Connector } from '../definition/connector.ts'
import type { RawRequest } from '../definition/verifier.ts'
import type { Answer, Behaviour, Simulation } from './behaviour.ts'
import type { Database } from './database.ts'
import type { RequestFaultKind } from './faults.ts'

export type Verdict =
  /** `account`: whose it is, where a provider has several here. */
  | { readonly is: 'good'; readonly account?: string }
  /** They were good once. */
  | { readonly is: 'expired' }
  | { readonly is: 'bad' }

/** A place that takes no operation but belongs to authentication: a login, a page of consent, a token endpoint. */
export interface AuthEndpoint {
  /** By which a fault may be set for it. */
  readonly name: string
  readonly path: string
  readonly methods: readonly string[]
  /** Throws `BODY_INVALID` for a body that cannot be read. */
  answer(request: RawRequest): Answer
  /** Its own words for a fault, where they are not the provider's usual ones. */
  readonly played?: Readonly<Partial<Record<RequestFaultKind, () => Answer>>>
}

/** What somebody gets who consents. */
export interface Consented {
  readonly access: string
  readonly refresh: string | null
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly scopes: readonly string[]
}

/** Checks requests by the scheme that the connector declares. */
export interface Authentication {
  /** Whether a request carries the account's credentials, or ones that it had once. */
  judge(request: RawRequest): Verdict
  readonly endpoints: readonly AuthEndpoint[]
  /** Ends all access tokens, as a provider does when a password changes. */
  revokeTokens(): void
  /** As if a person had consented, for schemes where one must. */
  readonly consent?: () => Consented
}

export interface AuthenticationContext {
  readonly connector: Connector
  readonly behaviour: Behaviour
  readonly simulation: Simulation
  readonly credentials: Readonly<Record<string, string>>
  readonly database: Database
}

/** A way to check requests: `authentication/<scheme>.ts` exports one as `check`. */
export type AuthenticationCheck = (context: AuthenticationContext) => Authentication

const folder = new URL('authentication/', import.meta.url)

/** The folder is the registry. Rejects with `APP_INVALID` for a scheme that no simulator can check yet. */
export async function loadCheck({ name, options }: Connector): Promise<AuthenticationCheck> {
  const { scheme } = options.auth
  const files = (await readdir(folder)).filter((file) => /^[a-z][a-z\d-]*\.[jt]s$/.test(file))
  const file = files.find((one) => one.slice(0, -3) === scheme)
  if (file === undefined)
    throw new TenonError('APP_INVALID', `a simulator cannot check the auth scheme ${scheme} of ${name} yet`)
  return ((await import(new URL(file, folder).href)) as { readonly check: AuthenticationCheck }).check
}

/** For schemes whose requests carry the same value each time. */
export function fixed(given: (request: RawRequest) => string | undefined, expected: string): Authentication {
  return {
    judge: (request) => ({ is: equal(given(request) ?? '', expected) ? 'good' : 'bad' }),
    endpoints: [],
    revokeTokens: () => undefined,
  }
}

/** Takes as long whatever is given. */
export function equal(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Of a request with a bearer token (RFC 6750 §2.1). */
export function bearerTokenOf({ headers }: RawRequest): string | undefined {
  return /^Bearer (\S+)$/i.exec(headers['authorization'] ?? '')?.[1]
}
