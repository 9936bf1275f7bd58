import { createServer as createHttpServer } from 'node:http'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { createAuthority, type TestAuthority } from './certificates.fixture.ts'
import { fateOf, type RawAnswer } from './outbound.ts'
import type { TlsOptions } from './tls.ts'
import { createTransport } from './transport.ts'

let authority: TestAuthority
let stranger: TestAuthority
beforeAll(async () => {
  authority = await createAuthority('Right')
  stranger = await createAuthority('Strange')
})

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

interface Tls {
  readonly origin: string
  /** The subject of each request's client certificate. */
  readonly seen: string[]
}

async function listen(server: Server, scheme = 'https'): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => server.close())
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function tlsServer(options: ServerOptions): Promise<Tls> {
  const seen: string[] = []
  const server = createServer(options, (request, response) => {
    const subject = (request.socket as TLSSocket).getPeerCertificate().subject as { CN?: string } | undefined
    seen.push(subject?.CN ?? 'none')
    response.end('ok')
  })
  return { origin: await listen(server), seen }
}

async function serverOf(
  issuer: TestAuthority,
  wanted: Parameters<TestAuthority['issue']>[0] = {},
  more: ServerOptions = {},
): Promise<Tls> {
  const { certificate, key } = await issuer.issue(wanted)
  return tlsServer({ cert: certificate, key, ...more })
}

function sender(origin: string, tls?: TlsOptions): () => Promise<RawAnswer> {
  const transport = createTransport({
    clock: systemClock,
    allowedOrigins: [origin],
    ...(tls === undefined ? {} : { tls }),
  })
  cleanups.push(() => transport.close())
  return () =>
    transport.send({
      origin,
      method: 'GET',
      path: '/',
      headers: [],
      body: null,
      timeoutMs: 5000,
      maxAnswerBytes: 1000,
      signal: null,
    })
}

async function clientTls(name: string, issuer = authority): Promise<TlsOptions> {
  const { certificate, key } = await issuer.issue({ name })
  return { certificate, key: new Secret(key), authority: authority.certificate }
}

async function errorOf(promise: Promise<unknown>): Promise<TenonError> {
  const error: unknown = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  )
  if (!TenonError.is(error)) throw new Error(`not a TenonError: ${String(error)}`)
  return error
}

describe('a failure of TLS says what is wrong and what to do; nothing was sent', () => {
  test.each([
    ['expired', () => serverOf(authority, { days: -1 }), 'has expired; the provider must renew it'],
    ['for another host', () => serverOf(authority, { hosts: ['other.example'] }), 'is for another host'],
    ['from an authority that is not trusted', () => serverOf(stranger), 'chain|authority'],
    [
      'signed by itself',
      () => tlsServer({ cert: stranger.certificate, key: stranger.key }),
      'is signed by itself; give the connection its authority',
    ],
  ])('a certificate that is %s', async (_what, start, words) => {
    const { origin, seen } = await start()
    const error = await errorOf(sender(origin, { authority: authority.certificate })())
    expect(error).toMatchObject({ code: 'TLS_FAILED', retryable: false })
    expect(error.message).toMatch(new RegExp(words))
    expect(error.message).toContain(origin)
    expect(fateOf(error)).toBe('not-sent')
    expect(seen).toEqual([])
  })

  test('by default only public authorities are trusted', async () => {
    const { origin, seen } = await serverOf(authority)
    expect(await errorOf(sender(origin)())).toMatchObject({ code: 'TLS_FAILED' })
    expect(seen).toEqual([])
  })

  test('an own authority replaces them', async () => {
    const { origin } = await serverOf(authority)
    expect((await sender(origin, { authority: authority.certificate })()).status).toBe(200)
  })

  test('a server that speaks no TLS', async () => {
    const plain = await listen(
      createHttpServer((_request, response) => response.end()),
      'https',
    )
    const error = await errorOf(sender(plain, { authority: authority.certificate })())
    expect(error).toMatchObject({ code: 'TLS_FAILED' })
    expect(error.message).toContain('it speaks no TLS at this port')
  })

  test('a server that speaks only what is too old', async () => {
    const { origin } = await serverOf(
      authority,
      {},
      { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' },
    )
    const error = await errorOf(sender(origin, { authority: authority.certificate })())
    expect(error).toMatchObject({ code: 'TLS_FAILED' })
    expect(error.message).toContain('TLS 1.2 or newer is needed')
  })
})

describe('a client certificate', () => {
  const demanding = (): Promise<Tls> =>
    serverOf(authority, {}, { requestCert: true, rejectUnauthorized: true, ca: authority.certificate })

  test('is demanded, and the connection has none: what is missing is said, and that nothing was done', async () => {
    const { origin, seen } = await demanding()
    const error = await errorOf(sender(origin, { authority: authority.certificate })())
    expect(error).toMatchObject({ code: 'CREDENTIALS_REFUSED', retryable: false })
    expect(error.message).toContain('demands a client certificate, and the connection has none')
    expect(fateOf(error)).not.toBe('ambiguous')
    expect(seen).toEqual([])
  })

  test.each([
    ['no PEM', async () => ({ certificate: 'canary', key: new Secret('canary-key') })],
    ['the key of another', async () => ({ ...(await clientTls('a')), key: new Secret((await authority.issue()).key) })],
    ['no PEM as authority', async () => ({ authority: 'canary' })],
  ])('that cannot be used is refused at once: %s', async (_what, tls) => {
    const options = { clock: systemClock, tls: await tls() }
    let thrown: unknown
    try {
      createTransport(options)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code: 'CREDENTIALS_REFUSED' })
    expect(String((thrown as Error).stack)).not.toMatch(/canary|PRIVATE KEY/)
  })

  test('OUT-12: each transport shows its own on every request, and shares no socket and no session', async () => {
    const { origin, seen } = await demanding()
    const [one, two] = [sender(origin, await clientTls('one')), sender(origin, await clientTls('two'))]
    for (let index = 0; index < 5; index += 1) {
      await one()
      await two()
    }
    await Promise.all(Array.from({ length: 20 }, (_none, index) => (index % 2 === 0 ? one() : two())))
    expect(seen.filter((name) => name === 'one')).toHaveLength(15)
    expect(seen.filter((name) => name === 'two')).toHaveLength(15)
    expect(seen.slice(0, 10)).toEqual(Array.from({ length: 5 }, () => ['one', 'two']).flat())
  })

  test('OUT-12: without one, nothing of another transport is reused', async () => {
    const { origin, seen } = await serverOf(
      authority,
      {},
      { requestCert: true, rejectUnauthorized: false, ca: authority.certificate },
    )
    await sender(origin, await clientTls('one'))()
    await sender(origin, { authority: authority.certificate })()
    expect(seen).toEqual(['one', 'none'])
  })
})
