import { createHmac } from 'node:crypto'
import { isObject } from './problem.ts'
import { equalText, type RawRequest } from './verifier.ts'

type Handshake = (request: RawRequest, credentials: Readonly<Record<string, string>>) => string | null

/** Meta's set-up request: `hub.challenge` is answered to whoever knows the verify token. */
export function hubChallenge({ field }: { readonly field: string }): Handshake {
  return ({ query }, credentials) => {
    const [given, expected] = [query['hub.verify_token'] ?? '', credentials[field] ?? '']
    const isKnown = query['hub.mode'] === 'subscribe' && expected !== '' && equalText(given, expected)
    return isKnown ? (query['hub.challenge'] ?? null) : null
  }
}

/** X's challenge-response check: a keyed hash of `crc_token` proves that we hold the consumer secret. Its answer is JSON: `handshakeForm: 'json'`. */
export function crcChallenge({ field }: { readonly field: string }): Handshake {
  return ({ query }, credentials) => {
    const [token, secret] = [query['crc_token'] ?? '', credentials[field] ?? '']
    if (token === '' || secret === '') return null
    return JSON.stringify({
      response_token: `sha256=${createHmac('sha256', secret).update(token).digest('base64')}`,
    })
  }
}

/** Slack's `url_verification`, which is signed like every event. */
export function slackChallenge(body: unknown): string | null {
  if (!isObject(body) || body['type'] !== 'url_verification') return null
  return typeof body['challenge'] === 'string' ? body['challenge'] : null
}
