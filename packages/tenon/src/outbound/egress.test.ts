import { createServer, type Server } from 'node:http'
import { isIP } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import type { Lookup } from './egress.ts'
import { requireOrigin } from './origin.ts'
import { fateOf } from './outbound.ts'
import { createTransport, type TransportOptions } from './transport.ts'
import { requireUndici } from './undici-version.ts'

let server: Server
let port: number
let reached = 0

beforeAll(async () => {
  server = createServer((_request, response) => {
    reached += 1
    response.end('inside')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as { port: number }).port
})
afterAll(() => server.close())

const names =
  (table: Record<string, readonly string[]>): Lookup =>
  async (hostname) =>
    (table[hostname] ?? []).map((address) => ({ address, family: isIP(address) }))

async function sendTo(origin: string, options: Partial<TransportOptions> = {}): Promise<unknown> {
  const transport = createTransport({ clock: systemClock, ...options })
  try {
    const answer = await transport.send({
      origin,
      method: 'GET',
      path: '/',
      headers: [],
      body: null,
      timeoutMs: 5000,
      maxAnswerBytes: 1000,
      signal: null,
    })
    return answer.body.toString()
  } catch (error) {
    return error
  } finally {
    await transport.close()
  }
}

/** How an attempt ended, and how often the server was reached by it. */
async function outcomeOf(origin: string, options: Partial<TransportOptions> = {}): Promise<unknown> {
  const before = reached
  const error = await sendTo(origin, options)
  if (!TenonError.is(error)) return error
  return { code: error.code, fate: fateOf(error), retryable: error.retryable, reached: reached - before }
}

const refused = { code: 'ADDRESS_REFUSED', fate: 'not-sent', retryable: false, reached: 0 }

describe('EGR-02: with no configuration, nothing that is not public is reached', () => {
  test.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '[::1]', '[::ffff:127.0.0.1]', '[fd00:ec2::254]', '0.0.0.0'])(
    'address %s',
    async (host) => {
      expect(await outcomeOf(`http://${host}:${port}`)).toEqual(refused)
    },
  )

  test.each([['127.0.0.1'], ['10.1.2.3'], ['::1'], ['::ffff:127.0.0.1'], ['64:ff9b::7f00:1'], ['not an address']])(
    'a name that leads to %s',
    async (address) => {
      expect(
        await outcomeOf(`http://inside.example:${port}`, { lookup: names({ 'inside.example': [address] }) }),
      ).toEqual(refused)
    },
  )

  test('localhost, by the resolver of the machine', async () => {
    expect(await outcomeOf(`http://localhost:${port}`)).toEqual(refused)
  })
})

describe('EGR-03: odd spellings do not pass', () => {
  test.each([
    'http://2130706433',
    'http://0x7f000001',
    'http://0177.0.0.1',
    'http://127.1',
    'http://0x7f.1',
    'http://127.0.0.1.',
    'http://１２７.0.0.1',
    'http://①②⑦.0.0.1',
    'http://[::ffff:7f00:1]',
    'http://[::127.0.0.1]',
    'http://[0:0:0:0:0:0:0:1]',
  ])('loopback written as %s', async (base) => {
    const { origin } = new URL(`${base}:${port}`)
    expect(await outcomeOf(origin)).toEqual(refused)
    // As it is written, it is mostly not even an origin.
    expect(await outcomeOf(`${base}:${port}`)).toEqual(refused)
  })

  test.each([
    'http://user@example.com',
    'http://example.com/',
    'http://example.com\\@127.0.0.1',
    'http://example.com#@127.0.0.1',
    'http://EXAMPLE.com',
    'http://example.com:80',
    '//example.com',
    'example.com',
    'http://[fe80::1%25eth0]',
    'http://exa\r\nmple.com',
    '',
  ])('%j is not an origin', (origin) => {
    expect(() => requireOrigin(origin)).toThrow(expect.objectContaining({ code: 'ADDRESS_REFUSED' }))
  })

  test.each(['localhost.', 'LOCALHOST'])('a trailing dot or capitals: %s', async (host) => {
    expect(
      await outcomeOf(new URL(`http://${host}:${port}`).origin, {
        lookup: async () => [{ address: '127.0.0.1', family: 4 }],
      }),
    ).toEqual(refused)
  })
})

describe('EGR-04: the checked address is the connected one', () => {
  test('a name with one bad record among good ones is refused', async () => {
    for (const addresses of [
      ['93.184.215.14', '127.0.0.1'],
      ['127.0.0.1', '93.184.215.14'],
      ['2606:4700::1111', '::1'],
      ['93.184.215.14', 'fe80::1'],
    ]) {
      expect(
        await outcomeOf(`http://mixed.example:${port}`, { lookup: names({ 'mixed.example': addresses }) }),
      ).toEqual(refused)
    }
  })

  test('a name is asked about once per connection: there is no second answer to swap in', async () => {
    let asked = 0
    const lookup: Lookup = async () => {
      asked += 1
      return [{ address: asked === 1 ? '127.0.0.1' : '93.184.215.14', family: 4 }]
    }
    expect(await outcomeOf(`http://rebind.example:${port}`, { lookup })).toEqual(refused)
    expect(asked).toBe(1)
  })

  test('a name without an address is not sent, and may be tried again', async () => {
    const error = await sendTo('http://nowhere.example', { lookup: names({}) })
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryable: true })
    expect(fateOf(error)).toBe('not-sent')
  })
})

describe('EGR-06: http and https over TCP, nothing else', () => {
  test.each([
    'file:///etc/passwd',
    'data:text/plain,x',
    'ftp://example.com',
    'unix:/tmp/x.sock',
    'ws://example.com',
    'http+unix://%2Ftmp',
  ])('%s', async (origin) => {
    expect(await outcomeOf(origin)).toEqual(refused)
  })
})

describe('OUT-11, EGR-06: the guard holds with the undici that it was proved with', () => {
  test.each(['8.5.0', '8.12.4', '8.99.1'])('%s', (version) => {
    expect(() => requireUndici(version)).not.toThrow()
  })

  test.each(['8.4.9', '7.16.0', '9.0.0', '', 'next'])('and with no other: %s', (version) => {
    expect(() => requireUndici(version)).toThrow(
      expect.objectContaining({ code: 'APP_INVALID', message: expect.stringContaining('npm ls undici') as string }),
    )
  })
})

describe('a simulated connection', () => {
  test('reaches its own origin', async () => {
    const origin = `http://127.0.0.1:${port}`
    expect(await sendTo(origin, { allowedOrigins: [origin] })).toBe('inside')
  })

  test.each([
    ['another port', () => `http://127.0.0.1:${port}`, () => `http://127.0.0.1:${port + 1}`],
    ['another name for the same host', () => `http://localhost:${port}`, () => `http://127.0.0.1:${port}`],
    ['another scheme', () => `https://127.0.0.1:${port}`, () => `http://127.0.0.1:${port}`],
  ])('reaches nothing else: %s', async (_what, wanted, allowed) => {
    expect(await outcomeOf(wanted(), { allowedOrigins: [allowed()] })).toEqual(refused)
  })
})
