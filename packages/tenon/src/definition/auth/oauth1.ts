import type { AuthDeclaration, CredentialField } from '../auth.ts'

export interface OAuth1Options {
  /** Default `HMAC-SHA1`. */
  readonly signature?: 'HMAC-SHA1' | 'HMAC-SHA256'
  /** Where the parameters stand; default `header`. */
  readonly place?: 'header' | 'query'
  readonly realm?: string
}

export interface OAuth1Settings extends Required<Omit<OAuth1Options, 'realm'>> {
  readonly realm: string | null
  /** False where the provider's own application is the account: there is no access token. */
  readonly hasToken: boolean
}

type ConsumerField = 'consumerKey' | 'consumerSecret'
type TokenField = 'accessToken' | 'accessTokenSecret'

const consumer: Record<ConsumerField, CredentialField> = {
  consumerKey: { label: 'Consumer key (API key)', secret: false },
  consumerSecret: { label: 'Consumer secret (API secret)' },
}
const token: Record<TokenField, CredentialField> = {
  accessToken: { label: 'Access token' },
  accessTokenSecret: { label: 'Access token secret' },
}

/** OAuth 1.0a (RFC 5849): each request is signed for a user of an application, as X wants it for what users post. */
export function oauth1(options: OAuth1Options = {}): AuthDeclaration<ConsumerField | TokenField> {
  return { scheme: 'oauth1', fields: { ...consumer, ...token }, settings: settingsOf(options, true) }
}

/** The same without a user: signed by the consumer's key and secret only, as WooCommerce wants it over plain HTTP. */
export function oauth1OneLegged(options: OAuth1Options = {}): AuthDeclaration<ConsumerField> {
  return { scheme: 'oauth1', fields: consumer, settings: settingsOf(options, false) }
}

function settingsOf(
  { signature = 'HMAC-SHA1', place = 'header', realm }: OAuth1Options,
  hasToken: boolean,
): OAuth1Settings {
  return { signature, place, realm: realm ?? null, hasToken }
}
