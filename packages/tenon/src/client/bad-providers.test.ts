// Whatever a provider, or what stands in its place, sends back: the call ends, with an error that names what was called and what can be done.
import type { Socket } from 'node:net'
import { createServer as createTlsServer, type Server } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../base/clock.ts'
import { createConnections } from '../connection/connection.ts'
import { noAuth } from '../definition/auth.ts'
import { defineConnector, type Connector } from '../definition/connector.ts'
import { createAuthority } from '../outbound/certificates.fixture.ts'
import { loadPolicies } from '../outbound/pipeline.ts'
import { createClient, type CallAnswer } from './client.ts'
import { startUpstream, type Upstream } from './upstream.suite.ts'

type Failure = Extract<CallAnswer, { outcome: 'failed' }>

let upstream: Upstream
const cleanups: (() => unknown)[] = []
beforeEach(async () => {
  upstream = await startUpstream()
  cleanups.push(() => upstream.close())
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function call(baseUrl = upstream.origin, timeoutMs = 5000): Promise<CallAnswer> {
  const connector = defineConnector('acme', {
    baseUrl,
    auth: noAuth(),
    maxAnswerBytes: 1_000_000,
    policies: { retry: { attempts: 1 } },
    operations: {
      read: { method: 'GET', path: '/things', input: z.object({}), output: z.object({ id: z.string() }), redirects: 3 },
    },
  }) as unknown as Connector
  const connection = { tenant: 't', connector, name: 'eu', baseUrl, credentials: {}, simulated: true }
  const client = createClient({
    connections: await createConnections({ connections: [connection] }),
    clock: systemClock,
    policies: await loadPolicies(),
  })
  cleanups.push(() => client.close())
  const asked = { tenant: 't', connector, connection: 'eu', operation: 'read', input: {}, idempotencyKey: null }
  return client.call({ ...asked, mayHaveHappened: false, timeoutMs, signal: null })
}

/** Says bytes, again and again where it is told to. */
function says(head: string, body: string | Buffer = '', again = false) {
  return (socket: Socket): void => {
    socket.on('error', () => undefined).write(`HTTP/1.1 ${head}\r\n\r\n`)
    const more = (): void => {
      do {
        if (socket.destroyed) return
      } while (socket.write(body) && again)
    }
    if (again) socket.on('drain', more)
    if (body !== '') more()
  }
}

const json = 'content-type: application/json'
const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
const bombs = { gzip: gzipSync(Buffer.alloc(50_000_000)), zstd: zstdCompressSync(Buffer.alloc(50_000_000)) }
const packed = (coding: string, body: Buffer) =>
  says(`200 OK\r\n${json}\r\ncontent-encoding: ${coding}\r\ncontent-length: ${body.length}`, body)

const broken: readonly (readonly [string, (socket: Socket) => void, string, RegExp])[] = [
  ['a gigabyte that is announced', says(`200 OK\r\n${json}\r\ncontent-length: 1000000000`), 'UPSTREAM_ANSWER_INVALID', /ask for less, or raise maxAnswerBytes/], // prettier-ignore
  ['a gigabyte that comes', says(`200 OK\r\n${json}`, Buffer.alloc(100_000), true), 'UPSTREAM_ANSWER_INVALID', /ask for less, or raise maxAnswerBytes/], // prettier-ignore
  ['chunks without end', says(`200 OK\r\ntransfer-encoding: chunked`, chunk, true), 'UPSTREAM_ANSWER_INVALID', /ask for less, or raise maxAnswerBytes/], // prettier-ignore
  ['a length that lies', says('200 OK\r\ncontent-length: -5', '{}'), 'UPSTREAM_ANSWER_INVALID', /look at the address/],
  ['two lengths', says('200 OK\r\ncontent-length: 2\r\ncontent-length: 3', '{}'), 'UPSTREAM_ANSWER_INVALID', /look at the address/], // prettier-ignore
  ['a bomb of gzip', packed('gzip', bombs.gzip), 'UPSTREAM_ANSWER_INVALID', /unpacks to more than 1000000 bytes; ask/],
  ['a bomb of zstd', packed('zstd', bombs.zstd), 'UPSTREAM_ANSWER_INVALID', /unpacks to more than 1000000 bytes; ask/],
  ['half a packing', packed('gzip', gzipSync('{"id":"1"}').subarray(0, 12)), 'UPSTREAM_ANSWER_INVALID', /damaged/],
  ['headers without end', (socket) => void socket.on('error', () => undefined).write(`HTTP/1.1 200 OK\r\n${'x-a: b\r\n'.repeat(100_000)}`), 'UPSTREAM_ANSWER_INVALID', /look at the address/], // prettier-ignore
  ['half a body', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"id"'), 'UPSTREAM_UNAVAILABLE', /may have done what it was asked/], // prettier-ignore
  ['a reset', (socket) => socket.resetAndDestroy(), 'UPSTREAM_UNAVAILABLE', /may have done what it was asked/],
  ['no HTTP', (socket) => socket.end('SSH-2.0-OpenSSH\r\n\r\n'), 'UPSTREAM_ANSWER_INVALID', /look at the address/],
  ['no JSON', says(`200 OK\r\n${json}\r\ncontent-length: 5`, '<html'), 'UPSTREAM_ANSWER_INVALID', /the body is/],
  ['another form', says(`200 OK\r\n${json}\r\ncontent-length: 2`, '{}'), 'UPSTREAM_ANSWER_INVALID', /id/],
  ['redirects in a circle', says('302 Found\r\nlocation: /things\r\ncontent-length: 0'), 'ADDRESS_REFUSED', /in a circle.*look at the address/], // prettier-ignore
  ['a redirect inside', says('302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0'), 'ADDRESS_REFUSED', /TENON_ALLOW_ORIGINS/], // prettier-ignore
]

function expectNamed(answer: CallAnswer, code: string, hint: RegExp): Failure {
  expect(answer).toMatchObject({ outcome: 'failed', connection: 'eu', error: { code } })
  const failed = answer as Failure
  expect(failed.error.message).toMatch(/^acme\.read/)
  expect(failed.error.message).toMatch(hint)
  return failed
}

test.each(broken)('OUT-13, OUT-07: %s ends in a named error', async (_what, speak, code, hint) => {
  upstream.respond = (_seen, _response, socket) => speak(socket)
  expectNamed(await call(), code, hint)
})

test('OUT-13: what never ends, ends by its limit', async () => {
  upstream.respond = (_seen, _response, socket) => says('200 OK\r\ncontent-length: 99', '{')(socket)
  expectNamed(await call(upstream.origin, 1500), 'TIMEOUT', /while the answer was arriving; .*raise timeout/)
  upstream.respond = () => undefined
  expectNamed(await call(upstream.origin, 1500), 'TIMEOUT', /while waiting for the answer; .*raise timeout/)
})

test('nobody there', async () => {
  upstream.close()
  expectNamed(await call(), 'UPSTREAM_UNAVAILABLE', /ECONNREFUSED.*look at the address/)
})

describe('OUT-03, OUT-04: what a provider says of waiting and of limits, and is nonsense, is passed over', () => {
  test.each([
    ...['soon', '-5', '1e9', '0x10', 'Thu, 99 Foo 2026', '\u00ff', '1, 2', '{"a":1}'].map((value): [string, string] => [
      'retry-after',
      value,
    ]),
    ['ratelimit', 'nonsense;;;q='],
    ['ratelimit', '"a";r=-1;t=99999999999999999999'],
    ['ratelimit-policy', '();w=x'],
    ['x-ratelimit-remaining', 'NaN'],
    ['x-ratelimit-reset', '-1'],
    ['x-ratelimit-limit', '1'.repeat(300)],
  ] as [string, string][])('%s: %s', async (name, value) => {
    upstream.respond = (_seen, response) =>
      response.writeHead(429, { 'content-type': 'application/json', [name]: value }).end('{}')
    const { error, fate } = expectNamed(await call(), 'UPSTREAM_UNAVAILABLE', /status 429/)
    expect({ fate, retryable: error.retryable, waits: error.retryAfterMs }).toEqual({
      fate: 'answered',
      retryable: true,
      waits: null,
    })
    upstream.respond = (_seen, response) =>
      response.writeHead(200, { 'content-type': 'application/json', [name]: value }).end('{"id":"1"}')
    expect(await call()).toMatchObject({ outcome: 'answered' })
  })
})

test('OUT-03: a wait of ages is one of thirty days', async () => {
  upstream.respond = (_seen, response) => response.writeHead(429, { 'retry-after': '9'.repeat(400) }).end()
  const { error } = expectNamed(await call(), 'UPSTREAM_UNAVAILABLE', /status 429/)
  expect(error.retryAfterMs).toBe(30 * 86_400_000)
})

describe('failures of TLS', () => {
  async function listen(server: Server): Promise<string> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => server.close())
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  test('a certificate that nobody vouches for, one that has expired, one of another, an old TLS, and none at all', async () => {
    const authority = await createAuthority()
    const [stranger, old] = [await authority.issue(), await authority.issue({ days: -1 })]
    const serving = ({ certificate, key }: typeof stranger, more = {}) =>
      listen(createTlsServer({ cert: certificate, key, ...more }))
    expectNamed(await call(await serving(stranger)), 'TLS_FAILED', /not trusted|whole chain/)
    expectNamed(await call(await serving(old)), 'TLS_FAILED', /expired|not trusted|whole chain/)
    const ancient = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    expectNamed(await call(await serving(stranger, ancient)), 'TLS_FAILED', /TLS 1\.2 or newer/)
    expectNamed(await call(upstream.origin.replace('http:', 'https:')), 'TLS_FAILED', /speaks no TLS/)
  })
})
