import { createHash, createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { hmacSigned } from '../../definition/auth/hmac.ts'
import { opened } from '../authentication.fixture.ts'

// Binance, "SIGNED endpoint examples": the printed key, request and signature.
const exchange = hmacSigned({
  fields: { apiKey: { label: 'Key', secret: false }, secretKey: { label: 'Secret' } },
  secret: 'secretKey',
  sign: '{query}{body}',
  query: { timestamp: '{milliseconds}', signature: '{signature}' },
  headers: { 'x-mbx-apikey': '{apiKey}' },
})
const printed = {
  apiKey: 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A',
  secretKey: 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j',
}
const query =
  'symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559'
const signature = 'c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71'

test('AUT-09: the request that the provider prints is taken, and each wrong part refused', async () => {
  const { ask, pass } = await opened(exchange, printed, 1_499_827_319_559)
  const headers = { 'X-MBX-APIKEY': printed.apiKey }
  const good = { method: 'POST', target: `/things?${query}&signature=${signature}`, headers }
  expect(await ask(good)).toBe('good')
  expect(await ask({ ...good, headers: {} })).toMatch('the header x-mbx-apikey is missing')
  expect(await ask({ ...good, headers: { 'X-MBX-APIKEY': 'another' } })).toMatch('the header x-mbx-apikey does not')
  expect(await ask({ ...good, target: good.target.replace('0.1', '0.2') })).toMatch('the signature does not match')
  expect(await ask({ ...good, target: `/things?${query}` })).toMatch('signature in the query is missing')
  expect(await ask({ ...good, body: '{}' })).toMatch('the signature does not match')
  expect(await ask({ ...good, target: good.target.replace('timestamp=1499827319559', '') })).toMatch('timestamp in the')
  pass(6 * 60_000)
  expect(await ask(good)).toMatch('s from now')
})

test('AUT-09: time, nonce and a hash of the body in one header each; a nonce is good once', async () => {
  const auth = hmacSigned({
    fields: { keyId: { label: 'Key ID', secret: false }, secret: { label: 'Secret' } },
    secret: 'secret',
    secretEncoding: 'base64',
    encoding: 'base64',
    bodyHashEncoding: 'base64',
    sign: '{method}\n{target}\n{seconds}\n{nonce}\n{header:digest}',
    headers: { digest: 'SHA-256={bodyHash}', authorization: 'Sig k={keyId},t={seconds},n={nonce},s={signature}' },
  })
  const { ask, credentials } = await opened(auth, { keyId: 'k1', secret: Buffer.from('a key').toString('base64') })
  const send = (nonce: string, more: { body?: string; sent?: string; key?: string } = {}) => {
    const { body = '{"a":1}', sent = body, key = 'a key' } = more
    const seconds = Math.floor(Date.now() / 1000)
    const digest = `SHA-256=${createHash('sha256').update(body).digest('base64')}`
    const text = ['POST', '/things', seconds, nonce, digest].join('\n')
    const mac = createHmac('sha256', key).update(text).digest('base64')
    const authorization = `Sig k=${credentials['keyId']},t=${seconds},n=${nonce},s=${mac}`
    return ask({ method: 'POST', target: '/things', body: sent, headers: { digest, authorization } })
  }
  expect(await send('1')).toBe('good')
  expect(await send('1')).toMatch('used before')
  expect(await send('2', { sent: '{"a":2}' })).toMatch('digest does not match')
  expect(await send('3', { key: 'another' })).toMatch('signature does not match')
})

test('a signature that nobody could check is refused when the simulator starts', async () => {
  const hidden = (sign: string, headers: Record<string, string> = { s: '{signature}' }) =>
    opened(hmacSigned({ fields: { secret: { label: 'S' } }, secret: 'secret', sign, headers }), { secret: 'x' })
  await expect(hidden('{body}{seconds}')).rejects.toMatchObject({ code: 'APP_INVALID' })
  await expect(hidden('{body}{nonce}')).rejects.toThrow('{nonce}')
  await expect(hidden('{body}', {})).rejects.toThrow('{signature}')
})
