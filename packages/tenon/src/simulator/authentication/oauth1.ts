import { createHmac } from 'node:crypto'
import type { OAuth1Settings } from '../../definition/auth/oauth1.ts'
import { headerIn, order, percentEncoded, splitPath } from '../../definition/request-text.ts'
import type { SignedRequest } from '../../definition/auth/signing.ts'
import { asSigned, equal, signed, type AuthenticationCheck } from '../authentication.ts'
import { nonces, timeProblem } from '../nonces.ts'

/** Decoded. */
type Pair = readonly [name: string, value: string]

/** RFC 5849 §3.2. */
export const check: AuthenticationCheck = (context) => {
  const { credentials, simulation } = context
  const { place, signature: method, hasToken } = context.connector.options.auth.settings as OAuth1Settings
  const isNew = nonces(context)
  const secrets = [credentials['consumerSecret'], hasToken ? credentials['accessTokenSecret'] : '']
  const key = secrets.map((secret = '') => percentEncoded(secret)).join('&')
  const expected = {
    oauth_consumer_key: credentials['consumerKey'] ?? '',
    // RFC 5849 §3.1: an empty one is none.
    oauth_token: hasToken ? (credentials['accessToken'] ?? '') : '',
    oauth_signature_method: method,
  }

  function signatureOf(request: SignedRequest, own: readonly Pair[]): string {
    return createHmac(method === 'HMAC-SHA1' ? 'sha1' : 'sha256', key)
      .update(baseString(request, place === 'header' ? own : []))
      .digest('base64')
  }

  function problemIn(request: SignedRequest): string | null {
    const own = place === 'header' ? inHeader(request) : pairsOf(splitPath(request.path)[1]).filter(isOwn)
    const told = new Map(own)
    if (told.size !== own.length) return 'a parameter of OAuth comes twice'
    const wrong = Object.entries(expected).find(([name, value]) => !equal(told.get(name) ?? '', value))
    if (wrong !== undefined) return `${wrong[0]} is not right`
    if ((told.get('oauth_version') ?? '1.0') !== '1.0') return 'oauth_version is not 1.0'
    const seconds = told.get('oauth_timestamp') ?? ''
    const wrongTime = timeProblem(/^\d+$/.test(seconds) ? Number(seconds) * 1000 : Number.NaN, simulation.now())
    if (wrongTime !== null) return wrongTime
    if (!equal(told.get('oauth_signature') ?? '', signatureOf(request, own))) return 'oauth_signature does not match'
    const nonce = told.get('oauth_nonce') ?? ''
    return nonce !== '' && isNew(`${seconds} ${nonce}`) ? null : 'oauth_nonce is missing, or was used before'
  }

  return { ...signed((request) => problemIn(asSigned(request))), ownsQuery: (name) => isOwn([name, '']) }
}

const isOwn = ([name]: Pair): boolean => name.startsWith('oauth_')

/** RFC 5849 §3.5.1. */
function inHeader({ headers }: SignedRequest): readonly Pair[] {
  const [, list = ''] = /^OAuth\s+(.*)$/is.exec(headerIn(headers, 'authorization')) ?? []
  return list.split(',').flatMap((text) => {
    const [, name, value] = /^\s*([^=\s]+)="([^"]*)"\s*$/.exec(text) ?? []
    return name === undefined || value === undefined || !isOwn([name, '']) ? [] : [[plain(name), plain(value)] as const]
  })
}

/** What is no percent form stands for itself: the signature will not match. */
function plain(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** RFC 5849 §3.4.1. */
function baseString({ method, origin, path, headers, body }: SignedRequest, inHeader: readonly Pair[]): string {
  const [bare, query] = splitPath(path)
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(headerIn(headers, 'content-type'))
  const parameters = [...inHeader, ...pairsOf(query), ...(isForm ? pairsOf(Buffer.from(body ?? '').toString()) : [])]
    .filter(([name]) => name !== 'oauth_signature')
    .map(([name, value]) => [percentEncoded(name), percentEncoded(value)] as const)
    .toSorted(([name, value], [other, otherValue]) => order(name, other) || order(value, otherValue))
    .map((pair) => pair.join('='))
  const { protocol, host } = new URL(origin)
  return [method.toUpperCase(), `${protocol}//${host}${bare}`, parameters.join('&')].map(percentEncoded).join('&')
}

function pairsOf(form: string): readonly Pair[] {
  return [...new URLSearchParams(form)]
}
