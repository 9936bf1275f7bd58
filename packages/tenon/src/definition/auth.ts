import type { Duration } from '../base/duration.ts'
import type { RequestParts } from './operation.ts'

/** One thing a person must give to connect an account. */
export interface CredentialField {
  readonly label: string
  /** Default true: kept as a secret, never shown again. */
  readonly secret?: boolean
  /** Default false: an account may do without it. */
  readonly optional?: boolean
  /** Default false: text of several lines, in PEM (RFC 7468). A form has room for them. */
  readonly pem?: boolean
}

/** How a connector's requests are authenticated: `scheme` is the file `connection/auth/<scheme>.ts`; the rest is that scheme's settings. */
export interface AuthDeclaration<Fields extends string = string> {
  readonly scheme: string
  readonly fields: Readonly<Record<Fields, CredentialField>>
  readonly settings: unknown
}

export interface BearerSettings {
  readonly field: string
}

/** `Authorization: Bearer <field>` (RFC 6750 §2.1). */
export function bearer<const Field extends string>(field: Field, label: string): AuthDeclaration<Field> {
  return {
    scheme: 'bearer',
    fields: { [field]: { label } } as Record<Field, CredentialField>,
    settings: { field } satisfies BearerSettings,
  }
}

export interface BasicSettings {
  readonly user: string
  readonly password: string
}

/** `Authorization: Basic` (RFC 7617) from two fields. */
export function basic<const User extends string, const Password extends string>(
  user: User,
  password: Password,
): AuthDeclaration<User | Password> {
  return {
    scheme: 'basic',
    fields: { [user]: { label: 'User', secret: false }, [password]: { label: 'Password' } } as Record<
      User | Password,
      CredentialField
    >,
    settings: { user, password } satisfies BasicSettings,
  }
}

export interface TokenLoginSettings {
  /** The request that exchanges the credentials for a token. */
  readonly login: (credentials: Readonly<Record<string, string>>) => RequestParts
  /** Takes the token out of the answer's body; `undefined` when there is none. */
  readonly token: (body: unknown) => string | undefined
  /** How long a token holds; a new one is fetched before. */
  readonly life: Duration
}

/** A login call gives a token, sent as a bearer token until it ends or is refused. */
export function tokenLogin<const Fields extends string>(
  fields: Readonly<Record<Fields, CredentialField>>,
  settings: TokenLoginSettings,
): AuthDeclaration<Fields> {
  return { scheme: 'token-login', fields, settings }
}

/** For APIs that ask for nothing. */
export function noAuth(): AuthDeclaration<never> {
  return { scheme: 'none', fields: {}, settings: null }
}
