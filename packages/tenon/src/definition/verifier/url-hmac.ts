import { createHash, createHmac } from 'node:crypto'
import { isUtf8 } from 'node:buffer'
import { parse, stringify } from 'node:querystring'
import {
  equalDigest,
  first,
  invalid,
  requireHeader,
  type HmacForm,
  type RawRequest,
  type Verifier,
} from '../verifier.ts'

export interface UrlHmacOptions extends Pick<HmacForm, 'hash'> {
  readonly header: string
  readonly field: string
  /** The query parameter that holds the SHA-256 of a body that is no form, in hex (Twilio's `bodySHA256`). Without it only forms are taken. */
  readonly bodyHash?: string
}

/** Base64 HMAC over the whole address and the sorted fields of the form: Twilio's and Mandrill's. The default hash is theirs, SHA-1. */
export function urlHmac({ header, field, hash = 'sha1', bodyHash }: UrlHmacOptions): Verifier {
  const digest = (secret: string, text: string): string => createHmac(hash, secret).update(text).digest('base64')
  return {
    describe: `HMAC-${hash.toUpperCase()} over address and form in ${header}`,
    field,
    verify(request, secrets) {
      const given = requireHeader(request, header)
      const fields = fieldsOf(request, bodyHash)
      const isGenuine = secrets.some((secret) =>
        spellingsOf(request.url ?? '').some((url) => equalDigest(given, digest(secret, url + fields))),
      )
      if (!isGenuine) throw invalid(`${header} does not match`)
    },
    sign: (body, secret, _nowMs, { url } = { method: 'POST', url: '' }) => ({
      [header]: digest(first(secret), url + (bodyHash !== undefined && url.includes(bodyHash) ? '' : sorted(body))),
    }),
  }
}

/** Throws `SIGNATURE_INVALID` for a body that nothing covers. */
function fieldsOf({ headers, query, body }: RawRequest, bodyHash: string | undefined): string {
  const declared = bodyHash === undefined ? undefined : query[bodyHash]
  if (declared !== undefined) {
    if (!equalDigest(declared, createHash('sha256').update(body).digest('hex')))
      throw invalid(`${bodyHash} in the address is not the hash of the body`)
    return ''
  }
  if (body.length === 0) return ''
  const isForm = (headers['content-type'] ?? '').toLowerCase().startsWith('application/x-www-form-urlencoded')
  if (!isForm || !isUtf8(body)) throw invalid('the body is no form, and nothing in the address covers it')
  return sorted(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
}

/** Names and values, by name; a value that is there twice counts once. */
function sorted(form: string): string {
  const fields = new Map<string, Set<string>>()
  for (const [name, value] of new URLSearchParams(form)) fields.set(name, (fields.get(name) ?? new Set()).add(value))
  return [...fields.keys()]
    .toSorted()
    .flatMap((name) => [...(fields.get(name) ?? [])].toSorted().map((value) => name + value))
    .join('')
}

/** Twilio's own libraries try all of them: its parts do not agree on which one they sign. */
function spellingsOf(url: string): readonly string[] {
  const normal = URL.canParse(url) ? new URL(url).href : url
  const both = [url, normal].flatMap((one) => [withPort(one, ''), withPort(one, null)])
  return [...new Set([...both, ...both.slice(2).map(withLegacyQuery)])]
}

/** Without any port, or with the usual one where it has none. */
function withPort(url: string, port: '' | null): string {
  const [, scheme = '', host = '', given = '', rest = ''] =
    /^(https?:\/\/)((?:\[[^\]]*\]|[^/?#:]*))(:\d+)?(.*)$/is.exec(url) ?? []
  if (scheme === '') return url
  const usual = scheme.toLowerCase() === 'https://' ? ':443' : ':80'
  return scheme + host + (port === '' ? '' : given === '' ? usual : given) + rest
}

function withLegacyQuery(url: string): string {
  const at = url.indexOf('?')
  return at < 0 || at === url.length - 1 ? url : `${url.slice(0, at)}?${stringify(parse(url.slice(at + 1)))}`
}
