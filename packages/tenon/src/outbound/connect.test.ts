import { createServer, isIP, type AddressInfo, type Server } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { createAuthority, type TestAuthority } from './certificates.fixture.ts'
import { connect, type DoorOptions } from './connect.ts'
import { fateOf } from './outbound.ts'

let authority: TestAuthority
beforeAll(async () => {
  authority = await createAuthority()
})

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function listen(server: Server): Promise<number> {
  server.on('connection', (socket) => cleanups.push(() => socket.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => server.close())
  return (server.address() as AddressInfo).port
}

const plainServer = (): Promise<number> => listen(createServer((socket) => socket.end('hello')))

async function reach(more: Partial<DoorOptions> & Pick<DoorOptions, 'port'>): Promise<string> {
  const socket = await connect({ host: '127.0.0.1', tls: null, clock: systemClock, timeoutMs: 5000, ...more })
  cleanups.push(() => socket.destroy())
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

async function errorOf(promise: Promise<unknown>): Promise<TenonError> {
  const error: unknown = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  )
  if (!TenonError.is(error)) throw new Error(`not a TenonError: ${String(error)}`)
  expect(fateOf(error)).toBe('not-sent')
  return error
}

describe('EGR-06: the second door', () => {
  test('opens a socket to what is allowed by its exact origin', async () => {
    const port = await plainServer()
    expect(await reach({ port, allowedOrigins: [`tcp://127.0.0.1:${port}`] })).toBe('hello')
  })

  test.each([
    ['another scheme', (port: number) => `tls://127.0.0.1:${port}`],
    ['the scheme of the other door', (port: number) => `http://127.0.0.1:${port}`],
    ['another port', (port: number) => `tcp://127.0.0.1:${port + 1}`],
    ['another name of the same host', (port: number) => `tcp://localhost:${port}`],
  ])('and to nothing else: %s', async (_what, allowed) => {
    const port = await plainServer()
    expect(await errorOf(reach({ port, allowedOrigins: [allowed(port)] }))).toMatchObject({ code: 'ADDRESS_REFUSED' })
  })

  test('speaks TLS with an own authority and an own certificate', async () => {
    const { certificate, key } = await authority.issue()
    const mine = await authority.issue({ name: 'mine' })
    const port = await listen(
      createTlsServer(
        { cert: certificate, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: true },
        (socket: TLSSocket) => socket.end((socket.getPeerCertificate().subject as unknown as { CN: string }).CN),
      ),
    )
    const tls = { certificate: mine.certificate, key: new Secret(mine.key), authority: authority.certificate }
    const allowedOrigins = [`tls://127.0.0.1:${port}`, `tls://localhost:${port}`]
    expect(await reach({ port, allowedOrigins, tls })).toBe('mine')
    expect(await reach({ port, allowedOrigins, tls, host: 'localhost' })).toBe('mine')
  })

  test('a certificate that is not trusted is a failure of TLS', async () => {
    const { certificate, key } = await authority.issue()
    const port = await listen(createTlsServer({ cert: certificate, key }))
    const error = await errorOf(reach({ port, tls: {}, allowedOrigins: [`tls://127.0.0.1:${port}`] }))
    expect(error).toMatchObject({ code: 'TLS_FAILED' })
  })

  test('nobody listens', async () => {
    const port = await plainServer()
    await cleanups.shift()?.()
    const error = await errorOf(reach({ port, allowedOrigins: [`tcp://127.0.0.1:${port}`] }))
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryable: true })
  })

  test('OUT-07: its limit and an abort end it while it connects, also in the handshake', async () => {
    const port = await listen(createServer())
    const allowedOrigins = [`tls://127.0.0.1:${port}`]
    expect(await errorOf(reach({ port, tls: {}, allowedOrigins, timeoutMs: 50 }))).toMatchObject({ code: 'TIMEOUT' })
    const abort = new AbortController()
    const given = errorOf(reach({ port, tls: {}, allowedOrigins, signal: abort.signal }))
    abort.abort()
    expect(await given).toMatchObject({ code: 'RUN_CANCELLED' })
    expect(await errorOf(reach({ port, allowedOrigins, signal: AbortSignal.abort() }))).toBeDefined()
  })
})

describe('EGR-02: with no configuration, the second door leads to the public Internet only', () => {
  test.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '[::1]', '[::ffff:7f00:1]', '[fd00:ec2::254]', '0.0.0.0'])(
    'address %s',
    async (host) => {
      expect(await errorOf(reach({ port: await plainServer(), host }))).toMatchObject({ code: 'ADDRESS_REFUSED' })
    },
  )

  test.each([['127.0.0.1'], ['::1'], ['93.184.215.14', '10.0.0.1'], ['64:ff9b::7f00:1']])(
    'a name that leads to %s',
    async (...addresses) => {
      const lookup = async () => addresses.map((address) => ({ address, family: isIP(address) }))
      const error = await errorOf(reach({ port: await plainServer(), host: 'inside.example', lookup }))
      expect(error).toMatchObject({ code: 'ADDRESS_REFUSED' })
    },
  )
})
