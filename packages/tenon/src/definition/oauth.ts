import type { Duration } from '../base/duration.ts'
import type { AuthDeclaration, CredentialField } from './auth.ts'

/**
 * How the program proves to the provider who it is (RFC 6749 §2.3, RFC 7523 §2.2, RFC 8705): by a secret in a header or in the body, by a private key (PKCS #8), by a
 * certificate, or not at all (a public client, for which PKCE stands in).
 */
export type ClientProof = 'secret-basic' | 'secret-post' | 'private-key' | 'certificate' | 'none'

type ProofFields<Proof extends ClientProof> = Proof extends 'secret-basic' | 'secret-post'
  ? 'clientSecret'
  : Proof extends 'private-key'
    ? 'clientKey'
    : Proof extends 'certificate'
      ? 'clientKey' | 'clientCertificate'
      : never

/** Addresses of the provider. `{shop}` in one stands for the field of that name, which must not be secret, as a part of a host's name. */
export interface OAuthEndpoints {
  /** As the provider names itself (`iss`). Endpoints that are left out are asked for there (RFC 8414, OpenID Connect Discovery). */
  readonly issuer?: string
  readonly authorisation?: string
  readonly token?: string
  /** For people who type a code on another device (RFC 8628). */
  readonly device?: string
  /** Where tokens are taken back (RFC 7009). */
  readonly revocation?: string
}

/** Where a provider differs from the standard. */
export interface OAuthDialect {
  /** Between scopes; default a space. */
  readonly scopeSeparator?: string
  /** Sent along, such as `access_type: 'offline'`. */
  readonly authorisationParameters?: Readonly<Record<string, string>>
  readonly tokenParameters?: Readonly<Record<string, string>>
  /** Where a refusal is named by another member than `error`: which one, and what its words mean in the standard's (RFC 6749 §5.2). */
  readonly refusals?: { readonly member: string; readonly meanings: Readonly<Record<string, string>> }
  /** How long an access token lives whose answer does not say it. Left out: until it is refused. */
  readonly life?: Duration
  /** How long a refresh token lives that nobody uses, where answers do not say it; default a week. It is renewed before, also when nothing calls. */
  readonly refreshLife?: Duration
  /** Errors by which this provider says that a refresh token is no good, beside `invalid_grant`: GitHub's `bad_refresh_token`. */
  readonly lostBy?: readonly string[]
  /** Members of the token's answer that are not secret and are kept with the tokens. */
  readonly facts?: readonly string[]
  /** The fact that holds the address of the account's own instance, and the hosts that it may be: `*.my.salesforce.com`. Calls go there instead of to the base URL's host. */
  readonly instance?: { readonly fact: string; readonly hosts: readonly string[] }
}

export interface OAuthSettings extends OAuthDialect {
  readonly endpoints: OAuthEndpoints
  readonly proof: ClientProof
  readonly scopes: readonly string[]
  /** More hosts that a discovered endpoint may be at. */
  readonly hosts?: readonly string[]
  /** Of the private key; default `RS256`. */
  readonly algorithm?: string
  /** The name by which the provider knows the private key. */
  readonly keyId?: string
}

export interface OAuthOptions<Proof extends ClientProof, Fields extends string> extends Omit<
  OAuthSettings,
  'proof' | 'scopes'
> {
  /** Default `secret-basic`. */
  readonly proof?: Proof
  /** What is asked for, unless a person asks for something else. */
  readonly scopes?: readonly string[]
  /** More that a person must give, such as the name of a shop. */
  readonly fields?: Readonly<Record<Fields, CredentialField>>
}

type ClientFields<Proof extends ClientProof, Fields extends string> = 'clientId' | ProofFields<Proof> | Fields

/** OAuth 2: a person consents in a browser (authorisation code with PKCE, RFC 6749 §4.1, RFC 7636), and the tokens are renewed by a refresh token. */
export function oauth2<const Proof extends ClientProof = 'secret-basic', const Fields extends string = never>(
  options: OAuthOptions<Proof, Fields>,
): AuthDeclaration<ClientFields<Proof, Fields>> {
  return declared('oauth2', options)
}

/** OAuth 2 without a person: the program acts for itself (RFC 6749 §4.4). */
export function clientCredentials<
  const Proof extends ClientProof = 'secret-basic',
  const Fields extends string = never,
>(options: OAuthOptions<Proof, Fields>): AuthDeclaration<ClientFields<Proof, Fields>> {
  return declared('client-credentials', options)
}

/** OAuth 2 for places without a browser: a person types a code on another device (RFC 8628). */
export function deviceCode<const Proof extends ClientProof = 'none', const Fields extends string = never>(
  options: OAuthOptions<Proof, Fields>,
): AuthDeclaration<ClientFields<Proof, Fields>> {
  return declared('device', { proof: 'none' as Proof, ...options })
}

const proofFields: Readonly<Record<ClientProof, Readonly<Record<string, CredentialField>>>> = {
  'secret-basic': { clientSecret: { label: 'Client secret' } },
  'secret-post': { clientSecret: { label: 'Client secret' } },
  'private-key': { clientKey: { label: 'Private key (PEM)', pem: true } },
  certificate: {
    clientCertificate: { label: 'Certificate (PEM)', pem: true, secret: false },
    clientKey: { label: 'Key (PEM)', pem: true },
  },
  none: {},
}

function declared<Proof extends ClientProof, Fields extends string>(
  scheme: string,
  { proof, scopes = [], fields, ...rest }: OAuthOptions<Proof, Fields>,
): AuthDeclaration<ClientFields<Proof, Fields>> {
  const by: ClientProof = proof ?? 'secret-basic'
  const all: Readonly<Record<string, CredentialField>> = {
    ...fields,
    clientId: { label: 'Client ID', secret: false },
    ...proofFields[by],
  }
  const settings: OAuthSettings = { ...rest, proof: by, scopes }
  return { scheme, fields: all, settings }
}

export interface JwtBearerSettings extends OAuthDialect {
  readonly endpoints: { readonly token: string }
  readonly scopes: readonly string[]
  /** Who the assertion is for; default is the token endpoint. */
  readonly audience?: string
  /** Default `RS256`. */
  readonly algorithm?: string
  /** Where scopes are named: in the assertion (Google) or nowhere (Salesforce). Default `assertion`. */
  readonly scopesIn?: 'assertion' | 'request'
}

export interface JwtBearerOptions<Fields extends string> extends Omit<JwtBearerSettings, 'endpoints' | 'scopes'> {
  /** Of the provider, over https. */
  readonly token: string
  readonly scopes?: readonly string[]
  /** More that a person must give: `subject`, whom the program acts for, and `keyId`, by which the provider knows the key, are put into the assertion. */
  readonly fields?: Readonly<Record<Fields, CredentialField>>
}

/** A token for an assertion that a private key signs (RFC 7523 §2.1): Google's service accounts, Salesforce. */
export function jwtBearer<const Fields extends string = never>({
  token,
  scopes = [],
  fields,
  ...rest
}: JwtBearerOptions<Fields>): AuthDeclaration<'issuer' | 'privateKey' | Fields> {
  const all: Readonly<Record<string, CredentialField>> = {
    issuer: { label: 'Issuer', secret: false },
    ...fields,
    privateKey: { label: 'Private key (PEM)', pem: true },
  }
  const settings: JwtBearerSettings = { ...rest, endpoints: { token }, scopes }
  return { scheme: 'jwt-bearer', fields: all, settings }
}
