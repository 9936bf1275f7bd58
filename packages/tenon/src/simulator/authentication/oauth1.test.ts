import { createHmac } from 'node:crypto'
import OAuth from 'oauth-1.0a'
import { expect, test } from 'vitest'
import { oauth1, oauth1OneLegged } from '../../definition/auth/oauth1.ts'
import { opened, origin } from '../authentication.fixture.ts'

const account = { consumerKey: 'ck', consumerSecret: 'cs & more', accessToken: 'at', accessTokenSecret: 'ats' }
const form = 'a=1&b=x+y%26z'

/** As the widely used package signs it. */
function signedBy(
  keys: typeof account,
  { method = 'GET', target = '/things/1', body = '', isOneLegged = false, hash = 'sha1' } = {},
): { method: string; target: string; body: string; headers: Record<string, string>; data: OAuth.Authorization } {
  const oauth = new OAuth({
    consumer: { key: keys.consumerKey, secret: keys.consumerSecret },
    signature_method: hash === 'sha1' ? 'HMAC-SHA1' : 'HMAC-SHA256',
    hash_function: (base, key) => createHmac(hash, key).update(base).digest('base64'),
  })
  const data = body === '' ? {} : { data: Object.fromEntries(new URLSearchParams(body)) }
  const token = isOneLegged ? undefined : { key: keys.accessToken, secret: keys.accessTokenSecret }
  const authorised = oauth.authorize({ url: origin + target, method, ...data }, token)
  const type = body === '' ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
  return { method, target, body, headers: { ...oauth.toHeader(authorised), ...type }, data: authorised }
}

test.each([
  ['a path', {}],
  ['a query', { target: '/things/1?page=x%20y' }],
  ['a form', { method: 'POST', target: '/things', body: form }],
])('AUT-09: what the oauth-1.0a package signs is taken: %s', async (_what, given) => {
  const { ask } = await opened(oauth1(), account)
  expect(await ask(signedBy(account, given))).toBe('good')
})

test('AUT-09: without a user, by SHA-256, in the query; what belongs to OAuth is no input', async () => {
  const { ask } = await opened(oauth1OneLegged({ signature: 'HMAC-SHA256', place: 'query' }), account)
  const { data } = signedBy(account, { isOneLegged: true, hash: 'sha256' })
  const query = new URLSearchParams(data as unknown as Record<string, string>)
  expect(await ask({ target: `/things/1?${query.toString()}` })).toBe('good')
  expect(await ask(signedBy(account, { isOneLegged: true, hash: 'sha256' }))).toMatch('oauth_consumer_key')
})

test('AUT-09: each wrong part is refused, with what is wrong', async () => {
  const { ask, pass } = await opened(oauth1(), account)
  const good = signedBy(account, { method: 'POST', target: '/things', body: form })
  expect(await ask({ ...good, headers: {} })).toMatch('oauth_consumer_key')
  expect(await ask(signedBy({ ...account, consumerKey: 'x' }))).toMatch('oauth_consumer_key')
  expect(await ask(signedBy({ ...account, accessToken: 'x' }))).toMatch('oauth_token')
  expect(await ask(signedBy(account, { hash: 'sha256' }))).toMatch('oauth_signature_method')
  for (const secret of ['consumerSecret', 'accessTokenSecret'])
    expect(await ask(signedBy({ ...account, [secret]: 'x' }))).toMatch('does not match')
  expect(await ask({ ...good, body: 'a=2' })).toMatch('does not match')
  expect(await ask({ ...good, target: '/things?c=1' })).toMatch('does not match')
  expect(await ask({ ...good, headers: { ...good.headers, Authorization: `${good.headers['Authorization']}, oauth_nonce="x"` } })).toMatch('twice') // prettier-ignore
  expect(await ask(good)).toBe('good')
  expect(await ask(good)).toMatch('used before')
  pass(6 * 60_000)
  expect(await ask(good)).toMatch('s from now')
})
