// EGR-04: who owns a name changes its addresses between the look at them and the connecting, and between one socket and the next.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../base/clock.ts'
import { messageOf, TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { createConnections } from '../connection/connection.ts'
import { bearer } from '../definition/auth.ts'
import { defineConnector, type Connector } from '../definition/connector.ts'
import { connect } from '../outbound/connect.ts'
import { guardedFetch } from '../outbound/fetch.ts'
import { startNames, type Names } from '../outbound/names.fixture.ts'
import type { SendRequest } from '../outbound/outbound.ts'
import { loadPolicies } from '../outbound/pipeline.ts'
import { openPublicNetwork, type PublicNetwork } from '../outbound/public-network.fixture.ts'
import { createTransport } from '../outbound/transport.ts'
import { createClient, type CallAnswer } from './client.ts'

const outside = '93.184.215.14'
const outside6 = '2606:4700:4700::1111'
const inside = '127.0.0.1'

/** First one, then the other, for ever. */
const turns =
  (...answers: readonly (readonly string[])[]) =>
  (asked: number): readonly string[] =>
    answers[asked % answers.length] ?? []
/** Good once, and never again. */
const once = (asked: number): readonly string[] => (asked === 0 ? [outside] : [inside])

const records = new Map([
  ['alternating.example', turns([outside], [inside])],
  ['rebound.example', turns([inside], [outside])],
  ['between-families.example', turns([outside6], ['::1'], [outside], ['::ffff:127.0.0.1'])],
  ['mixed.example', turns([outside, inside])],
  ['split.example', turns([outside, '::1'])],
  ['split-the-other-way.example', turns([inside, outside6])],
  ['inside.example', turns([inside])],
  ['both.example', turns([outside6, outside])],
  ['once.example', once],
  ['shop.example', turns([outside])],
])

const cleanups: (() => unknown)[] = []
let server: Server
let port: number
let names: Names
let network: PublicNetwork
/** What the server was asked, with the credential that came along. */
let seen: string[]
let respond: Parameters<typeof createServer>[1]

beforeEach(async () => {
  seen = []
  respond = (_request, response) => response.end('"ok"')
  server = createServer((request, response) => {
    seen.push(`${request.headers.host?.split(':')[0]}${request.url} ${request.headers.authorization ?? 'bare'}`)
    respond?.(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
  names = await startNames(records)
  network = openPublicNetwork(port)
  cleanups.push(
    () => server.close(),
    () => server.closeAllConnections(),
    () => names.close(),
    () => network.close(),
  )
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const limits = { timeoutMs: 5000, maxAnswerBytes: 1000 }

function transport(): ReturnType<typeof createTransport> {
  const made = createTransport({ clock: systemClock, lookup: names.lookup })
  cleanups.push(() => made.close())
  return made
}

const get = (origin: string): SendRequest => ({
  origin,
  method: 'GET',
  path: '/',
  headers: [],
  body: null,
  signal: null,
  ...limits,
})

/** Every way to a socket, each by a socket of its own. */
const doors: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
  'the dispatcher': (name) => transport().send(get(`http://${name}:${port}`)),
  'a library that fetches': (name) => guardedFetch(transport(), limits)(`http://${name}:${port}/`),
  'a socket': async (name) => {
    const door = { host: name, port, tls: null, clock: systemClock, timeoutMs: 5000, lookup: names.lookup }
    cleanups.push(
      (
        (socket) => () =>
          socket.destroy()
      )(await connect(door)),
    )
  },
}

function outcomeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'through',
    (error: unknown) => (TenonError.is(error) ? error.code : messageOf(error)),
  )
}

describe.each(Object.entries(doors))('EGR-04: through %s', (_name, door) => {
  test.each(['alternating.example', 'rebound.example', 'between-families.example'])(
    'what was judged is what is connected to, however often it changes: %s',
    async (name) => {
      for (let round = 0; round < 8; round += 1) {
        const asked = names.asked(name)
        const now = records.get(name)?.(asked) ?? []
        network.attempts.length = 0
        const isPublic = now.every((address) => [outside, outside6].includes(address))
        expect(await outcomeOf(door(name))).toBe(isPublic ? 'through' : 'ADDRESS_REFUSED')
        expect(network.attempts).toEqual(isPublic ? now : [])
        expect(names.asked(name)).toBe(asked + 1)
      }
    },
  )

  test.each(['mixed', 'split', 'split-the-other-way', 'inside'])(
    'one bad record refuses the name: %s.example',
    async (name) => {
      expect(await outcomeOf(door(`${name}.example`))).toBe('ADDRESS_REFUSED')
      expect(network.attempts).toEqual([])
      expect(seen).toEqual([])
    },
  )

  test('of two good addresses of both families the second is tried when nobody listens at the first', async () => {
    network.silent.add(outside)
    expect(await outcomeOf(door('both.example'))).toBe('through')
    expect(network.attempts).toEqual([outside, outside6])
  })
})

describe('EGR-04: a name that was good once', () => {
  test('is not asked about again while its socket lives, and is judged anew for the next one', async () => {
    const { send } = transport()
    const request = get(`http://once.example:${port}`)
    for (let index = 0; index < 3; index += 1) {
      expect(await outcomeOf(send(request))).toBe('through')
      // The socket is free a moment after its answer.
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(names.asked('once.example')).toBe(1)
    respond = (_request, response) => response.setHeader('connection', 'close').end('"ok"')
    expect(await outcomeOf(send(request))).toBe('through')
    expect(await outcomeOf(send(request))).toBe('ADDRESS_REFUSED')
    expect(network.attempts).toEqual([outside])
    expect(seen).toHaveLength(4)
  })

  test('is judged for each of many sockets that are opened at once', async () => {
    const { send } = transport()
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () => outcomeOf(send(get(`http://once.example:${port}`)))),
    )
    expect(outcomes.toSorted()).toEqual([...Array<string>(5).fill('ADDRESS_REFUSED'), 'through'])
    expect(network.attempts).toEqual([outside])
  })

  test('is judged anew for a retry, which is none then', async () => {
    respond = (request) => request.socket.destroy()
    const ended = await call('once.example')
    expect(ended).toMatchObject({ outcome: 'failed', error: { code: 'ADDRESS_REFUSED', retryable: false } })
    expect(network.attempts).toEqual([outside])
    expect(seen).toEqual(['once.example/start Bearer canary-token'])
  })

  test('is judged anew where a redirect leads to it again', async () => {
    respond = (_request, response) =>
      response.writeHead(302, { location: `http://once.example:${port}/admin`, connection: 'close' }).end()
    const ended = await call('once.example')
    expect(ended).toMatchObject({ outcome: 'failed', error: { code: 'ADDRESS_REFUSED' } })
    expect(network.attempts).toEqual([outside])
    expect(seen).toEqual(['once.example/start Bearer canary-token'])
  })

  test('is judged where the redirect of another leads to it', async () => {
    await outcomeOf(transport().send(get(`http://once.example:${port}`)))
    respond = (_request, response) => response.writeHead(302, { location: `http://once.example:${port}/admin` }).end()
    expect(await call('shop.example')).toMatchObject({ outcome: 'failed', error: { code: 'ADDRESS_REFUSED' } })
    expect(seen).toEqual(['once.example/ bare', 'shop.example/start Bearer canary-token'])
  })
})

async function call(name: string): Promise<CallAnswer> {
  const connector = defineConnector('acme', {
    baseUrl: `http://${name}:${port}`,
    auth: bearer('token', 'Token'),
    policies: { retry: { attempts: 3, base: '1ms', cap: '1ms' } },
    operations: {
      read: { method: 'GET', path: '/start', input: z.object({}), output: z.unknown(), redirects: 5 },
    },
  }) as unknown as Connector
  const { baseUrl } = connector.options
  const credentials = { token: new Secret('canary-token') }
  const connection = { tenant: 't', connector, name: 'main', baseUrl, credentials, simulated: false }
  const client = createClient({
    connections: await createConnections({ connections: [connection] }),
    clock: systemClock,
    policies: await loadPolicies(),
    transportFor: () => transport(),
  })
  cleanups.push(() => client.close())
  const asked = { tenant: 't', connector, connection: 'main', operation: 'read', input: {}, idempotencyKey: null }
  return client.call({ ...asked, mayHaveHappened: false, timeoutMs: 5000, signal: null })
}
