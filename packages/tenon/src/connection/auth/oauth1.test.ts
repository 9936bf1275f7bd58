import { createHmac } from 'node:crypto'
import OAuth from 'oauth-1.0a'
import { describe, expect, test } from 'vitest'
import { oauth1, oauth1OneLegged, type OAuth1Options } from '../../definition/auth/oauth1.ts'
import type { BareRequest } from '../auth-scheme.ts'
import { opened, signed } from './scheme.fixture.ts'

// X, "Creating a signature".
const documented = {
  consumerKey: 'xvz1evFS4wEEPTGEFPHBog',
  consumerSecret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
  accessToken: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
  accessTokenSecret: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
}
const origin = 'https://api.twitter.com'
const nowMs = 1_318_622_958_000

/** The official package's signature for a request, with the nonce that we have drawn. */
function official(
  { method, path, body }: { method: string; path: string; body?: string },
  { nonce, timestamp, hash = 'sha1', hasToken = true }: { nonce: string; timestamp: string; hash?: string; hasToken?: boolean }, // prettier-ignore
): string {
  const oauth = new OAuth({
    consumer: { key: documented.consumerKey, secret: documented.consumerSecret },
    signature_method: hash === 'sha1' ? 'HMAC-SHA1' : 'HMAC-SHA256',
    hash_function: (base, key) => createHmac(hash, key).update(base).digest('base64'),
  })
  const token = hasToken ? { key: documented.accessToken, secret: documented.accessTokenSecret } : undefined
  const data = {
    oauth_consumer_key: documented.consumerKey,
    oauth_nonce: nonce,
    oauth_signature_method: hash === 'sha1' ? 'HMAC-SHA1' : 'HMAC-SHA256',
    oauth_timestamp: Number(timestamp),
    oauth_version: '1.0',
    ...(token === undefined ? {} : { oauth_token: token.key }),
  } as OAuth.Data
  const form = body === undefined ? {} : { data: Object.fromEntries(new URLSearchParams(body)) }
  return oauth.getSignature({ url: origin + path, method, ...form }, token?.secret, data)
}

function parametersOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)="([^"]*)"/g)]
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, decodeURIComponent(value)]))
}

async function send(request: Partial<BareRequest>, options: OAuth1Options = {}) {
  const authentication = await opened(oauth1(options), documented, { nowMs, baseUrl: origin })
  return signed(authentication, { origin, ...request })
}

const form = { headers: ['content-type', 'application/x-www-form-urlencoded'] }
const status = 'status=Hello+Ladies+%2B+Gentlemen%2C+a+signed+OAuth+request%21'

describe('OAuth 1.0a', () => {
  test("the package that judges here gives X's documented signature", () => {
    const nonce = 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg'
    const request = { method: 'POST', path: '/1/statuses/update.json?include_entities=true', body: status }
    expect(official(request, { nonce, timestamp: '1318622958' })).toBe('tnnArxj06cWHq44gCs1OSKk/jLY=')
  })

  test.each<[string, { method: string; path: string; body?: string }]>([
    ['a form', { method: 'POST', path: '/1/statuses/update.json?include_entities=true', body: status }],
    ['a query with odd characters', { method: 'GET', path: "/2/x?b=1&a=%C3%A4%20%2B&A=*'()!&empty=&c=x%20y" }],
    ['nothing', { method: 'DELETE', path: '/2/tweets/1' }],
  ])('is signed as the official package signs: %s', async (_what, request) => {
    const sent = await send({ ...request, ...(request.body === undefined ? {} : form) })
    const parameters = parametersOf(sent.header('authorization') ?? '')
    const { oauth_nonce: nonce = '', oauth_timestamp: timestamp = '' } = parameters
    expect(timestamp).toBe('1318622958')
    expect(parameters['oauth_signature']).toBe(official(request, { nonce, timestamp }))
    expect(sent.header('authorization')).toMatch(/^OAuth oauth_consumer_key="/)
  })

  test('HMAC-SHA256, without a user and in the query', async () => {
    const { consumerKey, consumerSecret } = documented
    const authentication = await opened(
      oauth1OneLegged({ signature: 'HMAC-SHA256', place: 'query' }),
      { consumerKey, consumerSecret },
      { nowMs, baseUrl: origin },
    )
    const sent = await signed(authentication, { origin, path: '/wc/v3/orders?page=2' })
    const query = new URLSearchParams(sent.path.split('?')[1])
    const [nonce, timestamp] = [query.get('oauth_nonce') ?? '', query.get('oauth_timestamp') ?? '']
    const expected = official(
      { method: 'GET', path: '/wc/v3/orders?page=2' },
      { nonce, timestamp, hash: 'sha256', hasToken: false },
    )
    expect(query.get('oauth_signature')).toBe(expected)
    expect(query.has('oauth_token')).toBe(false)
    expect(sent.headers).toEqual([])
  })

  test('a JSON body is not part of the signature; each request has its own nonce', async () => {
    const json = { method: 'POST', path: '/2/tweets', headers: ['content-type', 'application/json'] }
    const [one, other] = [await send({ ...json, body: '{"a":1}' }), await send({ ...json, body: '{"a":1}' })]
    const [first, second] = [one, other].map((sent) => parametersOf(sent.header('authorization') ?? ''))
    expect(first?.['oauth_nonce']).not.toBe(second?.['oauth_nonce'])
    const { oauth_nonce: nonce = '', oauth_timestamp: timestamp = '', oauth_signature: signature } = first ?? {}
    expect(signature).toBe(official({ method: 'POST', path: '/2/tweets' }, { nonce, timestamp }))
  })

  test('a blank is a blank, however it is written', async () => {
    const sent = await send({ path: '/2/x?c=x+y' })
    const { oauth_nonce: nonce = '', oauth_timestamp: timestamp = '', oauth_signature: signature } = parametersOf(sent.header('authorization') ?? '') // prettier-ignore
    expect(signature).toBe(official({ method: 'GET', path: '/2/x?c=x%20y' }, { nonce, timestamp }))
  })

  test('a realm is told, and not signed', async () => {
    expect((await send({}, { realm: '1234567' })).header('authorization')).toMatch(/^OAuth realm="1234567", oauth_/)
  })

  test.each(Object.keys(documented))('a credential with a line break is refused by its name: %s', async (field) => {
    const opening = opened(oauth1(), { ...documented, [field]: 'canary\n7f3a' })
    await expect(opening).rejects.toMatchObject({ code: 'APP_INVALID', details: { field } })
  })
})
