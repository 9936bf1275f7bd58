import { createHmac, createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { hmacSigned } from '../../definition/auth/hmac.ts'
import { opened, signed } from './scheme.fixture.ts'

const key = { label: 'API key', secret: false }
const secretKey = { label: 'Secret key' }

describe('requests signed as the connector says', () => {
  // Binance, "SIGNED endpoint security": its documented key, request and signature.
  const binance = hmacSigned({
    fields: { apiKey: key, secretKey },
    secret: 'secretKey',
    sign: '{query}{body}',
    headers: { 'X-MBX-APIKEY': '{apiKey}' },
    query: { timestamp: '{milliseconds}', signature: '{signature}' },
  })
  const account = {
    apiKey: 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A',
    secretKey: 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j',
  }

  test('the query, with the time in it, as Binance documents it', async () => {
    const authentication = await opened(binance, account, { nowMs: 1_499_827_319_559 })
    const order = 'symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000'
    const sent = await signed(authentication, { method: 'POST', path: `/api/v3/order?${order}` })
    expect(sent.path).toBe(
      `/api/v3/order?${order}&timestamp=1499827319559&signature=c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71`,
    )
    expect(sent.header('x-mbx-apikey')).toBe(account.apiKey)
  })

  test('each request is signed anew, with its own time', async () => {
    const paths = [1, 2].map(async (nowMs) => (await signed(await opened(binance, account, { nowMs }), {})).path)
    const [first = '', second = ''] = await Promise.all(paths)
    expect(first.replace('timestamp=1', '')).not.toBe(second.replace('timestamp=2', ''))
  })

  test('headers of an HTTP message signature, as RFC 9421 B.2.5 has them', async () => {
    const parameters = '("date" "@authority" "content-type");created={seconds};keyid="{keyId}"'
    const auth = hmacSigned({
      fields: { keyId: key, secretKey },
      secret: 'secretKey',
      secretEncoding: 'base64',
      encoding: 'base64',
      sign: `"date": {header:date}\n"@authority": {host}\n"content-type": {header:content-type}\n"@signature-params": ${parameters}`,
      headers: { 'Signature-Input': `sig-b25=${parameters}`, Signature: 'sig-b25=:{signature}:' },
    })
    const authentication = await opened(
      auth,
      {
        keyId: 'test-shared-secret',
        secretKey: 'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==',
      },
      { nowMs: 1_618_884_473_000, baseUrl: 'https://example.com' },
    )
    const headers = ['date', 'Tue, 20 Apr 2021 02:07:55 GMT', 'content-type', 'application/json']
    const sent = await signed(authentication, { origin: 'https://example.com', path: '/foo', headers })
    expect(sent.header('signature-input')).toBe(
      'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    )
    expect(sent.header('signature')).toBe('sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:')
  })

  test('the bytes of the body and their hash, whatever they are', async () => {
    const auth = hmacSigned({
      fields: { secretKey },
      secret: 'secretKey',
      hash: 'sha512',
      encoding: 'base64',
      bodyHashEncoding: 'base64',
      sign: '{method} {target} {iso} {bodyHash}|{body}',
      headers: { 'x-content': '{bodyHash}', 'x-date': '{httpDate}', 'x-signature': '{signature}' },
    })
    const authentication = await opened(auth, { secretKey: 'canary-secret' }, { nowMs: 86_400_000 })
    const body = Uint8Array.of(0xff, 0x00, 0x0a)
    const sent = await signed(authentication, { method: 'PUT', path: '/a?b=c', body })
    const digest = createHash('sha512').update(body).digest('base64')
    const text = `PUT /a?b=c 1970-01-02T00:00:00.000Z ${digest}|`
    expect(sent.header('x-content')).toBe(digest)
    expect(sent.header('x-date')).toBe('Fri, 02 Jan 1970 00:00:00 GMT')
    expect(sent.header('x-signature')).toBe(
      createHmac('sha512', 'canary-secret').update(text).update(body).digest('base64'),
    )
  })

  test('a place that there is not is refused where it is written', () => {
    const options = { fields: { apiKey: key, secretKey }, secret: 'secretKey' } as const
    for (const sign of ['{timestamp}', '{secretKey}', '{signature}', '{constructor}'])
      expect(() => hmacSigned({ ...options, sign })).toThrow(expect.objectContaining({ code: 'APP_INVALID' }))
    expect(() => hmacSigned({ ...options, sign: '', headers: { 'x-key': '{secretKey}' } })).toThrow('{secretKey}')
  })

  test.each([
    [{ apiKey: 'canary-1', secretKey: 'two\nlines' }, 'secretKey'],
    [{ apiKey: 'canary-1\n', secretKey: 'canary-2' }, 'apiKey'],
    [{ apiKey: 'canary-1' }, 'secretKey'],
  ])('a credential that is missing or has a line break is refused by its name', async (credentials, field) => {
    await expect(opened(binance, credentials)).rejects.toMatchObject({ code: 'APP_INVALID', details: { field } })
  })
})
