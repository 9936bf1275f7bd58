import { createSign } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import type { RawRequest, VerifierOutside } from '../definition/verifier.ts'
import { unverified } from '../definition/verifier.ts'
import { certificateSignature } from '../definition/verifier/certificate-signature.ts'
import { clientCertificate } from '../definition/verifier/client-certificate.ts'
import { everyOf } from '../definition/verifier/every-of.ts'
import { ipRanges } from '../definition/verifier/ip-ranges.ts'
import { basicCredentials, staticToken } from '../definition/verifier/static-token.ts'
import { postOf, verdict } from '../definition/verifier/verifier.fixture.ts'
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../outbound/certificates.fixture.ts'

const nowMs = Date.now()
let authority: TestAuthority
let own: IssuedCertificate
beforeAll(async () => {
  authority = await createAuthority()
  own = await authority.issue({ name: 'messageverificationcerts.paypal.com', hosts: ['messageverificationcerts.paypal.com'] }) // prettier-ignore
})

describe('a certificate that the request names, as PayPal does it', () => {
  const url = 'https://api.paypal.com/v1/notifications/certs/CERT-1'
  const body = '{"id":"1"}'
  const webhookId = '1JE4291016473214C'

  function signed(key: string, changed: Record<string, string | undefined> = {}, text?: string): RawRequest {
    const time = new Date(nowMs).toISOString()
    const content = text ?? `id-1|${time}|${webhookId}|4128819443`
    const headers = {
      'paypal-transmission-id': 'id-1',
      'paypal-transmission-time': time,
      'paypal-transmission-sig': createSign('sha256').update(content).sign(key, 'base64'),
      'paypal-cert-url': url,
      'paypal-auth-algo': 'SHA256withRSA',
      ...changed,
    }
    return postOf(body, { headers })
  }

  function outsideWith(answers: Record<string, string>, roots = [authority.certificate]) {
    const asked: string[] = []
    const fetch = (address: unknown): Promise<Response> => {
      asked.push(String(address))
      const text = answers[String(address)]
      return Promise.resolve(new Response(text ?? '', { status: text === undefined ? 404 : 200 }))
    }
    return { asked, outside: { fetch, authorities: roots } as VerifierOutside }
  }

  const make = () => certificateSignature({ field: 'webhookId', hosts: ['paypal.com'] })

  test('the documented check sum is what is computed', () => {
    expect(crc32(body)).toBe(4128819443)
  })

  test('is taken, and the certificate is fetched once', async () => {
    const verifier = make()
    const { asked, outside } = outsideWith({ [url]: own.certificate })
    const judged = (request: RawRequest, secrets = [webhookId]) =>
      verdict(verifier, request, { secrets, nowMs, outside })
    expect(await judged(signed(own.key))).toBe('taken')
    expect(await judged(signed(own.key), ['another', webhookId])).toBe('taken')
    expect(asked).toEqual([url])
    expect(await judged(signed(own.key), ['another'])).toBe('SIGNATURE_INVALID')
    expect(await judged({ ...signed(own.key), body: Buffer.from('{"id":"2"}') })).toBe('SIGNATURE_INVALID')
    expect(await judged(signed((await authority.issue()).key))).toBe('SIGNATURE_INVALID')
    const old = new Date(nowMs - 5 * 86_400_000).toISOString()
    const stale = signed(own.key, { 'paypal-transmission-time': old }, `id-1|${old}|${webhookId}|4128819443`)
    expect(await judged(stale)).toBe('CLOCK_SKEW')
  })

  test.each([
    'http://api.paypal.com/cert',
    'https://paypal.com.evil.example/cert',
    'https://evilpaypal.com/cert',
    'https://paypal.com:8443/cert',
    'https://user@paypal.com/cert',
    'https://evil.example/?paypal.com',
    'file:///etc/passwd',
    'paypal.com/cert',
  ])('nothing is fetched from %s', async (address) => {
    const { asked, outside } = outsideWith({ [address]: own.certificate })
    const request = signed(own.key, { 'paypal-cert-url': address })
    expect(await verdict(make(), request, { secrets: [webhookId], nowMs, outside })).toBe('SIGNATURE_INVALID')
    expect(asked).toEqual([])
  })

  test('a certificate of another authority, host or time, or none, proves nothing', async () => {
    const foreign = await (await createAuthority()).issue({ hosts: ['paypal.com'] })
    const other = await authority.issue({ name: 'shop.example', hosts: ['shop.example'] })
    const past = await authority.issue({ hosts: ['api.paypal.com'], days: -1 })
    for (const { certificate, key } of [foreign, other, past]) {
      const { outside } = outsideWith({ [url]: certificate })
      expect(await verdict(make(), signed(key), { secrets: [webhookId], nowMs, outside })).toBe('SIGNATURE_INVALID')
    }
    const { outside } = outsideWith({ [url]: 'nothing' })
    expect(await verdict(make(), signed(own.key), { secrets: [webhookId], nowMs, outside })).toBe('SIGNATURE_INVALID')
    const away = outsideWith({})
    expect(await verdict(make(), signed(own.key), { secrets: [webhookId], nowMs, outside: away.outside })).toBe(
      'UPSTREAM_UNAVAILABLE',
    )
  })

  test.each(['transmission-id', 'transmission-time', 'transmission-sig', 'cert-url', 'auth-algo'])(
    'without paypal-%s, or with another, it is refused',
    async (name) => {
      const { outside } = outsideWith({ [url]: own.certificate })
      for (const value of [undefined, 'another'])
        expect(
          await verdict(make(), signed(own.key, { [`paypal-${name}`]: value }), {
            secrets: [webhookId],
            nowMs,
            outside,
          }),
        ).toBe('SIGNATURE_INVALID')
    },
  )
})

describe('what proves itself without a signature', () => {
  test('a fixed token, in a header or in the query', async () => {
    const header = staticToken({ header: 'x-token', field: 't' })
    const query = staticToken({ query: 'token', field: 't' })
    const secrets = ['old-token', 'new-token']
    for (const token of secrets) {
      expect(await verdict(header, postOf('', { headers: { 'x-token': token } }), { secrets })).toBe('taken')
      expect(await verdict(query, postOf('', { query: { token } }), { secrets })).toBe('taken')
    }
    for (const token of ['', 'old-toke', 'old-token1', undefined]) {
      expect(await verdict(header, postOf('', { headers: { 'x-token': token } }), { secrets })).toBe(
        'SIGNATURE_INVALID',
      )
      expect(await verdict(query, postOf('', { query: { token } }), { secrets })).toBe('SIGNATURE_INVALID')
    }
  })

  test('Basic credentials', async () => {
    const verifier = basicCredentials({ field: 't' })
    const of = (text: string, scheme = 'Basic') =>
      postOf('', { headers: { authorization: `${scheme} ${Buffer.from(text).toString('base64')}` } })
    const secrets = ['user:päss']
    expect(await verdict(verifier, of('user:päss'), { secrets })).toBe('taken')
    expect(await verdict(verifier, of('user:päss', 'basic'), { secrets })).toBe('taken')
    for (const wrong of [of('user:other'), of('user:päss', 'Bearer'), postOf('')])
      expect(await verdict(verifier, wrong, { secrets })).toBe('SIGNATURE_INVALID')
  })

  test.each([
    ['10.0.0.1', 'taken'],
    ['::ffff:10.0.0.1', 'taken'],
    ['192.0.2.130', 'taken'],
    ['2001:db8:1::5', 'taken'],
    ['110.0.0.1', 'SIGNATURE_INVALID'],
    ['10.0.0.10', 'SIGNATURE_INVALID'],
    ['192.0.2.127', 'SIGNATURE_INVALID'],
    ['2001:db8:2::5', 'SIGNATURE_INVALID'],
    ['::10.0.0.1', 'SIGNATURE_INVALID'],
    ['0xa.0.0.1', 'SIGNATURE_INVALID'],
    ['10.0.1', 'SIGNATURE_INVALID'],
    ['unknown', 'SIGNATURE_INVALID'],
    [undefined, 'SIGNATURE_INVALID'],
  ])('SEC-14: ranges are compared by their bits: %s', async (remoteAddress, expected) => {
    const verifier = ipRanges(['10.0.0.1', '192.0.2.128/25', '2001:db8:1::/48'])
    const request = postOf('', remoteAddress === undefined ? {} : { remoteAddress })
    expect(await verdict(verifier, request)).toBe(expected)
  })

  test.each(['10.0.0.0/33', '10.0.0/8', '10.0.0.0/', '10.0.0.0/8/8', '', 'example.com', '::/129', '10.0.0.0/-1'])(
    'SEC-14: %j is no range',
    (range) => {
      expect(() => ipRanges([range])).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
    },
  )

  test('a client certificate, by name or fingerprint, as a proxy of ours hands it on', async () => {
    const named = clientCertificate({ commonName: 'messageverificationcerts.paypal.com' })
    const of = (certificate: string) => postOf('', { clientCertificate: certificate })
    expect(await verdict(named, of(own.certificate), { nowMs })).toBe('taken')
    expect(await verdict(named, of((await authority.issue()).certificate), { nowMs })).toBe('SIGNATURE_INVALID')
    expect(await verdict(named, of(own.certificate), { nowMs: nowMs + 3 * 86_400_000 })).toBe('SIGNATURE_INVALID')
    expect(await verdict(named, of('no certificate'), { nowMs })).toBe('SIGNATURE_INVALID')
    expect(await verdict(named, postOf(''), { nowMs })).toBe('SIGNATURE_INVALID')
    const { X509Certificate } = await import('node:crypto')
    const fingerprint = new X509Certificate(own.certificate).fingerprint256
    const printed = clientCertificate({ field: 'fingerprint' })
    for (const secret of [fingerprint, fingerprint.replaceAll(':', '').toLowerCase()])
      expect(await verdict(printed, of(own.certificate), { nowMs, secrets: [secret] })).toBe('taken')
    expect(await verdict(printed, of(own.certificate), { nowMs, secrets: ['00'] })).toBe('SIGNATURE_INVALID')
  })

  test('every one of several', async () => {
    const verifier = everyOf(ipRanges(['192.0.2.0/24']), staticToken({ header: 'x-token', field: 't' }))
    expect(verifier.field).toBe('t')
    const [near, far] = ['192.0.2.1', '198.51.100.1']
    const of = (remoteAddress: string, token: string) => postOf('', { remoteAddress, headers: { 'x-token': token } })
    expect(await verdict(verifier, of(near, 'token-1'), { secrets: ['token-1'] })).toBe('taken')
    expect(await verdict(verifier, of(far, 'token-1'), { secrets: ['token-1'] })).toBe('SIGNATURE_INVALID')
    expect(await verdict(verifier, of(near, 'token-2'), { secrets: ['token-1'] })).toBe('SIGNATURE_INVALID')
    const token = staticToken({ header: 'x', field: 't' })
    for (const wrong of [[], [token, token], [token, unverified('no')]])
      expect(() => everyOf(...wrong)).toThrow(expect.objectContaining({ code: 'APP_INVALID' }))
  })
})
