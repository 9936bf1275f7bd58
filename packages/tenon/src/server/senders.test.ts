import { expect, test } from 'vitest'
import { createAuthority } from '../outbound/certificates.fixture.ts'
import { createSenders, sendersOf, type SendersOptions } from './senders.ts'

const request = (remoteAddress: string, headers: Record<string, string> = {}, url = '/hooks/pay?a=%20b') =>
  ({
    method: 'POST',
    url,
    headers: { host: 'inside:4400', ...headers },
    query: { a: ' b', token: ['one', 'two'] },
    socket: { remoteAddress },
  }) as never

const addressFor = (options: SendersOptions, from: string, forwarded?: string) =>
  createSenders(options).read(request(from, forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }))
    .remoteAddress

test.each<[string, string, string | undefined, string]>([
  ['without a proxy', '198.51.100.7', undefined, '198.51.100.7'],
  ['a header from who is no proxy', '198.51.100.7', '192.0.2.1', '198.51.100.7'],
  ['through our proxy', '10.0.0.1', '192.0.2.1', '192.0.2.1'],
  ['through two of ours', '::ffff:10.0.0.1', '192.0.2.1, 10.0.0.2', '192.0.2.1'],
  ['with a lie on the left', '10.0.0.1', '203.0.113.9, 192.0.2.1', '192.0.2.1'],
  ['with a lie that looks like our proxy', '10.0.0.1', '203.0.113.9, 192.0.2.1, 10.0.0.3', '192.0.2.1'],
  ['with nonsense on the right', '10.0.0.1', '192.0.2.1, unknown', '10.0.0.1'],
  ['without what our proxy should have added', '10.0.0.1', undefined, '10.0.0.1'],
])('SEC-14: the sender’s address, %s', (_what, from, forwarded, expected) => {
  expect(addressFor({ proxies: ['10.0.0.0/29'] }, from, forwarded)).toBe(expected)
})

test('SEC-14: no proxy is trusted unless somebody says so', () => {
  expect(addressFor({}, '127.0.0.1', '192.0.2.1')).toBe('127.0.0.1')
  expect(addressFor(sendersOf({ TENON_PROXIES: '127.0.0.1, ::1' }), '127.0.0.1', '192.0.2.1')).toBe('192.0.2.1')
  expect(() => createSenders(sendersOf({ TENON_PROXIES: 'proxy.example' }))).toThrow('no range of addresses')
})

test('SEC-14: a client certificate counts from our proxies only, in the header that is named', async () => {
  const { certificate } = await (await createAuthority()).issue()
  const environment = { TENON_PROXIES: '10.0.0.1', TENON_CLIENT_CERTIFICATE_HEADER: 'X-Client-Cert' }
  const senders = createSenders(sendersOf(environment))
  const bare = certificate.replace(/-----[^-]+-----|\s/g, '')
  const read = (from: string, header: string, value: string) =>
    senders.read(request(from, { [header]: value })).clientCertificate
  expect(read('10.0.0.1', 'x-client-cert', encodeURIComponent(certificate))).toBe(certificate)
  expect(read('10.0.0.1', 'x-client-cert', encodeURIComponent(bare))).toContain(bare)
  expect(read('10.0.0.2', 'x-client-cert', encodeURIComponent(certificate))).toBe('')
  expect(read('10.0.0.1', 'x-other', encodeURIComponent(certificate))).toBe('')
  expect(read('10.0.0.1', 'x-client-cert', '%')).toBe('')
  expect(() => sendersOf({ TENON_CLIENT_CERTIFICATE_HEADER: 'x-client-cert' })).toThrow('TENON_PROXIES')
})

test('the address that a sender called is the public one, where there is one', () => {
  const urlFor = (publicUrl?: string) => createSenders({ publicUrl }).read(request('10.0.0.1')).url
  expect(urlFor('https://tenon.example.com')).toBe('https://tenon.example.com/hooks/pay?a=%20b')
  expect(urlFor()).toBe('http://inside:4400/hooks/pay?a=%20b')
})

test('WHI-02: a query parameter that is there twice is none', () => {
  expect(createSenders({}).read(request('10.0.0.1')).query).toEqual({ a: ' b' })
})
