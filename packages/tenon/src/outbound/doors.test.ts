import { Resolver } from 'node:dns/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import dns2 from 'dns2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { connect } from './connect.ts'
import type { Lookup } from './egress.ts'
import { guardedFetch } from './fetch.ts'
import { oddHosts, oddUrls } from './spellings.fixture.ts'
import { createTransport, type TransportOptions } from './transport.ts'

let server: Server
let port: number
let reached = 0

beforeAll(async () => {
  server = createServer((_request, response) => response.end('inside'))
  server.on('connection', () => (reached += 1))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

type Door = (url: string, options?: Partial<TransportOptions>) => Promise<unknown>

async function byTransport(origin: string, options: Partial<TransportOptions> = {}): Promise<unknown> {
  const transport = createTransport({ clock: systemClock, ...options })
  const limits = { timeoutMs: 5000, maxAnswerBytes: 1000, signal: null }
  try {
    return await transport.send({ origin, method: 'GET', path: '/', headers: [], body: null, ...limits })
  } finally {
    await transport.close()
  }
}

/** Every way from an address to a socket. */
const doors: Readonly<Record<string, Door>> = {
  'an origin as it is written': byTransport,
  'the origin of a parsed address': async (url, options) => byTransport(new URL(url).origin, options),
  'a library that fetches': async (url, options) => {
    const transport = createTransport({ clock: systemClock, ...options })
    try {
      return await guardedFetch(transport, { timeoutMs: 5000, maxAnswerBytes: 1000 })(url)
    } finally {
      await transport.close()
    }
  },
  'a socket': async (url, { lookup } = {}) => {
    const host = /^\w+:\/\/(.*?)(?::\d+)?\/?$/.exec(url)?.[1] ?? url
    const more = lookup === undefined ? {} : { lookup }
    const socket = await connect({ host, port, tls: null, clock: systemClock, timeoutMs: 5000, ...more })
    socket.destroy()
  },
}

async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => 'it got through',
    (reason: unknown) => reason,
  )
  return TenonError.is(error) ? error.code : String(error)
}

/** Any name leads inside. */
const options = { lookup: async () => [{ address: '127.0.0.1', family: 4 }] }

describe.each(Object.entries(doors))('EGR-03: odd spellings do not pass through %s', (_name, door) => {
  test.each(oddHosts)('host %s', async (host) => {
    const before = reached
    expect(await outcomeOf(door(`http://${host}:${port}`, options))).toMatch(/^ADDRESS_REFUSED$|Invalid URL/)
    expect(reached).toBe(before)
  })

  test.each(oddUrls)('EGR-06: %j', async (pattern) => {
    const before = reached
    expect(await outcomeOf(door(pattern.replaceAll('{port}', String(port)), options))).toMatch(
      /^ADDRESS_REFUSED$|Invalid URL/,
    )
    expect(reached).toBe(before)
  })
})

describe('EGR-04: against a DNS server that changes its answers', () => {
  const records = new Map<string, (asked: number) => readonly string[]>([
    ['alternating.example', (asked) => (asked % 2 === 0 ? ['93.184.215.14'] : ['127.0.0.1'])],
    ['rebound.example', (asked) => (asked % 2 === 0 ? ['127.0.0.1'] : ['93.184.215.14'])],
    ['mixed.example', () => ['93.184.215.14', '127.0.0.1']],
    ['split.example', () => ['93.184.215.14', '::1']],
    ['split-the-other-way.example', () => ['127.0.0.1', '2606:4700:4700::1111']],
    ['inside.example', () => ['127.0.0.1']],
  ])
  const asked = new Map<string, number>()
  let names: ReturnType<typeof dns2.createServer>
  let lookup: Lookup

  beforeAll(async () => {
    names = dns2.createServer({
      udp: true,
      handle(request, send) {
        const response = dns2.Packet.createResponseFromRequest(request)
        const { name, type } = request.questions[0] as unknown as { name: string; type: number }
        const count = asked.get(name) ?? 0
        if (type === dns2.Packet.TYPE.A) asked.set(name, count + 1)
        for (const address of records.get(name)?.(count) ?? []) {
          const kind = address.includes(':') ? dns2.Packet.TYPE.AAAA : dns2.Packet.TYPE.A
          if (kind === type)
            response.answers.push({ name, type, class: dns2.Packet.CLASS.IN, ttl: 0, address } as never)
        }
        void send(response)
      },
    })
    const { udp } = (await names.listen({ udp: { port: 0, address: '127.0.0.1' } })) as { udp: AddressInfo }
    const resolver = new Resolver({ timeout: 2000, tries: 1 })
    resolver.setServers([`127.0.0.1:${udp.port}`])
    const family = async (hostname: string, version: 4 | 6) => {
      const found = await resolver[`resolve${version}`](hostname).catch(() => [])
      return found.map((address) => ({ address, family: version }))
    }
    lookup = async (hostname) => [...(await family(hostname, 4)), ...(await family(hostname, 6))]
  })
  afterAll(() => names.close())

  test.each(['mixed', 'split', 'split-the-other-way', 'inside'])(
    'a name with one bad record is refused: %s.example',
    async (name) => {
      const before = reached
      for (const door of [byTransport, doors['a library that fetches'], doors['a socket']])
        expect(await outcomeOf(door!(`http://${name}.example:${port}`, { lookup }))).toBe('ADDRESS_REFUSED')
      expect(reached).toBe(before)
    },
  )

  test.each(['alternating', 'rebound'])(
    'what is judged is what is connected to, however often it changes: %s.example',
    async (name) => {
      const [before, refused] = [reached, [] as string[]]
      for (let index = 0; index < 6; index += 1) {
        const options = { lookup, timeoutMs: 100 }
        const count = asked.get(`${name}.example`) ?? 0
        const isInside = records.get(`${name}.example`)!(count)[0] === '127.0.0.1'
        // A public address is not called from a test: that it was judged good is seen by what the guard hands on.
        const outcome = isInside
          ? await outcomeOf(byTransport(`http://${name}.example:${port}`, options))
          : 'passed over'
        if (!isInside) await lookup(`${name}.example`)
        else refused.push(outcome)
        expect(asked.get(`${name}.example`)).toBe(count + 1)
      }
      expect(refused).toEqual(['ADDRESS_REFUSED', 'ADDRESS_REFUSED', 'ADDRESS_REFUSED'])
      expect(reached).toBe(before)
    },
  )
})
