import { createHmac, randomBytes } from 'node:crypto'
import type { OAuth1Settings } from '../../definition/auth/oauth1.ts'
import type { AuthScheme, BareRequest } from '../auth-scheme.ts'
import { credential, requireLine } from '../credentials.ts'
import { headerIn, order, percentEncoded, splitPath, withQuery } from '../../definition/request-text.ts'

/** Both halves encoded. */
type Pair = readonly [name: string, value: string]

interface Signer {
  readonly settings: OAuth1Settings
  readonly consumerKey: string
  readonly accessToken: string | null
  /** The two secrets, encoded, with `&` between them (RFC 5849 §3.4.2). */
  readonly key: string
}

/** RFC 5849 §3. */
export const scheme: AuthScheme = {
  open({ settings, credentials, clock }) {
    const read = (field: string): string => requireLine(credential(credentials, field), field)
    const { hasToken } = settings as OAuth1Settings
    const signer: Signer = {
      settings: settings as OAuth1Settings,
      consumerKey: read('consumerKey'),
      accessToken: hasToken ? read('accessToken') : null,
      key: `${percentEncoded(read('consumerSecret'))}&${hasToken ? percentEncoded(read('accessTokenSecret')) : ''}`,
    }
    return {
      apply: (request: BareRequest) =>
        sign(request, signer, { nonce: randomBytes(16).toString('hex'), seconds: Math.floor(clock.now() / 1000) }),
    }
  },
}

function sign(
  request: BareRequest,
  signer: Signer,
  { nonce, seconds }: { readonly nonce: string; readonly seconds: number },
): void {
  const { signature: method, place, realm } = signer.settings
  const own: Pair[] = [
    ['oauth_consumer_key', percentEncoded(signer.consumerKey)],
    ['oauth_nonce', percentEncoded(nonce)],
    ['oauth_signature_method', method],
    ['oauth_timestamp', String(seconds)],
    ...(signer.accessToken === null ? [] : [['oauth_token', percentEncoded(signer.accessToken)] as const]),
    ['oauth_version', '1.0'],
  ]
  const signature = createHmac(method === 'HMAC-SHA1' ? 'sha1' : 'sha256', signer.key)
    .update(baseString(request, own))
    .digest('base64')
  const all: Pair[] = [...own, ['oauth_signature', percentEncoded(signature)]]
  if (place === 'query') {
    request.path = withQuery(request.path, all.map(([name, value]) => `${name}=${value}`).join('&'))
    return
  }
  const parameters = all.map(([name, value]) => `${name}="${value}"`).join(', ')
  request.headers.push(
    'authorization',
    realm === null ? `OAuth ${parameters}` : `OAuth realm="${realm}", ${parameters}`,
  )
}

/** RFC 5849 §3.4.1. */
function baseString({ method, origin, path, headers, body }: BareRequest, own: readonly Pair[]): string {
  const [bare, query] = splitPath(path)
  const isForm = headerIn(headers, 'content-type').startsWith('application/x-www-form-urlencoded')
  const pairs = [...own, ...pairsOf(query), ...(isForm && typeof body === 'string' ? pairsOf(body) : [])]
  const sorted = pairs.toSorted(([name, value], [otherName, otherValue]) =>
    name === otherName ? order(value, otherValue) : order(name, otherName),
  )
  const parameters = sorted.map(([name, value]) => `${name}=${value}`).join('&')
  return `${method.toUpperCase()}&${percentEncoded(new URL(origin).origin + bare)}&${percentEncoded(parameters)}`
}

/** Decoded as a form and encoded anew: `+` and `%20` are the same blank. */
function pairsOf(form: string): Pair[] {
  return [...new URLSearchParams(form)].map(([name, value]) => [percentEncoded(name), percentEncoded(value)])
}
