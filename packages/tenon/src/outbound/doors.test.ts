import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { connect } from './connect.ts'
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
