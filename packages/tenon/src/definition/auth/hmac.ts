import { TenonError } from '../../base/errors.ts'
import type { AuthDeclaration, CredentialField } from '../auth.ts'
import { placesIn } from './signing.ts'

/**
 * A text with places in braces. Of the request: `{method}`, `{origin}`, `{host}`, `{path}`, `{query}`, `{target}` (path and query as sent), `{body}`, `{bodyHash}`,
 * `{header:<name>}`. Of the moment: `{seconds}`, `{milliseconds}`, `{iso}`, `{httpDate}`, `{nonce}`. A credential by its field: `{apiKey}`. The result: `{signature}`.
 */
export type SigningTemplate = string

export interface HmacOptions<Fields extends string = string> {
  readonly fields: Readonly<Record<Fields, CredentialField>>
  /** The field whose value is the key. */
  readonly secret: NoInfer<Fields>
  /** How the key is written; default `text`. */
  readonly secretEncoding?: 'text' | 'base64' | 'hex'
  readonly hash?: 'sha1' | 'sha256' | 'sha512'
  /** Of the signature; default `hex`. */
  readonly encoding?: 'hex' | 'base64'
  /** Of `{bodyHash}`; default `hex`. Its hash is that of the signature. */
  readonly bodyHashEncoding?: 'hex' | 'base64'
  /** What is signed, such as `{method}\n{target}\n{seconds}\n{bodyHash}`. */
  readonly sign: SigningTemplate
  /** Added to the request. Those without `{signature}` come before it is made, so that it may cover them. */
  readonly headers?: Readonly<Record<string, SigningTemplate>>
  /** The same for the query. */
  readonly query?: Readonly<Record<string, SigningTemplate>>
}

export interface HmacSettings {
  readonly secret: string
  readonly secretEncoding: 'text' | 'base64' | 'hex'
  readonly hash: 'sha1' | 'sha256' | 'sha512'
  readonly encoding: 'hex' | 'base64'
  readonly bodyHashEncoding: 'hex' | 'base64'
  readonly sign: SigningTemplate
  readonly headers: readonly (readonly [string, SigningTemplate])[]
  readonly query: readonly (readonly [string, SigningTemplate])[]
}

const places: ReadonlySet<string> = new Set(
  'method origin host path query target body bodyHash seconds milliseconds iso httpDate nonce signature'.split(' '),
)

/** Requests signed with a shared secret, as data: which parts are signed, and where the signature goes. Throws `APP_INVALID` for a place that there is not. */
export function hmacSigned<const Fields extends string>({
  fields,
  secret,
  secretEncoding = 'text',
  hash = 'sha256',
  encoding = 'hex',
  bodyHashEncoding = 'hex',
  sign,
  headers = {},
  query = {},
}: HmacOptions<Fields>): AuthDeclaration<Fields> {
  const settings: HmacSettings = {
    secret,
    secretEncoding,
    hash,
    encoding,
    bodyHashEncoding,
    sign,
    headers: Object.entries(headers),
    query: Object.entries(query),
  }
  for (const [where, template] of [['sign', sign] as const, ...settings.headers, ...settings.query])
    for (const place of placesIn(template)) {
      const isKnown =
        places.has(place) || place.startsWith('header:') || (Object.hasOwn(fields, place) && place !== secret)
      if (!isKnown || (where === 'sign' && place === 'signature'))
        throw new TenonError(
          'APP_INVALID',
          `hmacSigned: ${where} names {${place}}; there are ${[...places].join(', ')}, header:<name> and the fields that are not the secret`,
        )
    }
  return { scheme: 'hmac', fields, settings }
}
