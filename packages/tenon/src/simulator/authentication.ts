import { timingSafeEqual } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { TenonError } from '../base/errors.ts'
import type { SignedRequest } from '../definition/auth/signing.ts'
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
  /** `problem`: what is wrong with them, where that can be told. Never a secret. */
  | { readonly is: 'bad'; readonly problem?: string }

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
  /** Whether a member of the query belongs to authentication, and so to no operation's input. */
  readonly ownsQuery?: (name: string) => boolean
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

/** Throws `APP_INVALID` for what cannot be played. */
export type AuthenticationCheck = (context: AuthenticationContext) => Authentication

/** PEM. */
export interface ServerCertificate {
  readonly certificate: string
  readonly key: string
}

/** New credentials, for fields where random text is none. */
export type CredentialsMaker = (settings: unknown) => Readonly<Record<string, string>>

/** A way to check requests: what `authentication/<scheme>.ts` exports. */
export interface SimulatedScheme {
  readonly check: AuthenticationCheck
  /** Left out: random text. */
  readonly makeCredentials?: CredentialsMaker
  /** For schemes that need TLS: by what the provider shows itself to who has these credentials. */
  readonly serverCertificate?: (credentials: Readonly<Record<string, string>>) => ServerCertificate
}

const folder = new URL('authentication/', import.meta.url)

/** The folder is the registry. Rejects with `APP_INVALID` for a scheme that no simulator can check. */
export async function loadSimulatedScheme({ name, options }: Connector): Promise<SimulatedScheme> {
  const { scheme } = options.auth
  const files = (await readdir(folder)).filter((file) => /^[a-z][a-z\d-]*\.[jt]s$/.test(file))
  const file = files.find((one) => one.slice(0, -3) === scheme)
  if (file === undefined)
    throw new TenonError(
      'APP_INVALID',
      `a simulator cannot check the auth scheme ${scheme} of ${name}; it knows ${files.map((one) => one.slice(0, -3)).join(', ')}`,
    )
  return (await import(new URL(file, folder).href)) as SimulatedScheme
}

/** For schemes whose requests carry the same value each time. */
export function fixed(given: (request: RawRequest) => string | undefined, expected: string): Authentication {
  return {
    judge: (request) => ({ is: equal(given(request) ?? '', expected) ? 'good' : 'bad' }),
    endpoints: [],
    revokeTokens: () => undefined,
  }
}

/** For schemes that sign each request: there are no tokens to end. */
export function signed(problemIn: (request: RawRequest) => string | null): Authentication {
  return {
    judge(request) {
      const problem = problemIn(request)
      return problem === null ? { is: 'good' } : { is: 'bad', problem }
    },
    endpoints: [],
    revokeTokens: () => undefined,
  }
}

/** The request as its sender signed it. */
export function asSigned({ method, url = '', headers, body }: RawRequest): SignedRequest {
  const [, origin = '', path = ''] = /^(\w+:\/\/[^/?#]+)(.*)$/s.exec(url) ?? []
  const pairs = Object.entries(headers).flatMap(([name, value]) => [name, value ?? ''])
  return { method, origin, path, headers: pairs, body }
}

/** With the credentials in the form that the connector declares. */
export function plainly({ authorization }: Behaviour, request: RawRequest): RawRequest {
  const given = request.headers['authorization']
  if (authorization === undefined || given === undefined) return request
  return { ...request, headers: { ...request.headers, authorization: authorization(given) } }
}

/** What is left of a request for its operation. */
export function withoutCredentials({ ownsQuery }: Authentication, request: RawRequest): RawRequest {
  if (ownsQuery === undefined) return request
  const query = Object.entries(request.query).filter(([name]) => !ownsQuery(name))
  return { ...request, query: Object.fromEntries(query) }
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
