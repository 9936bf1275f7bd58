import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineApp } from '../../definition/app.ts'
import { bearer } from '../../definition/auth.ts'
import { apiKey } from '../../definition/auth/api-key.ts'
import { defineConnector } from '../../definition/connector.ts'
import { defineFlow } from '../../definition/flow.ts'
import { manual } from '../../definition/trigger.ts'
import { Answer, defineSimulator } from '../../simulator/simulator.ts'
import { testApp } from '../../testing/testing.ts'
import type { WrittenOperation } from '../written.ts'
import { protocol, rest } from './rest.ts'
import { shop } from './shop.fixture.ts'

const text = JSON.stringify(shop)
const described = await protocol.describe(
  { location: 'shop.json', text, related: () => Promise.reject(new Error('there are no others')) },
  { only: () => true },
)

interface Order {
  readonly id: string
  readonly sum: number
}

const written = (name: string): WrittenOperation => {
  const found = described.operations.find((one) => one.name === name)
  const [input, output, wire] = [found?.input, found?.output, found?.wire].map((part) => JSON.stringify(part))
  return { input, output, wire } as WrittenOperation
}
const { baseUrl } = described

/** As a generated file says it. */
const api = rest.api({
  source: {
    location: 'shop.json',
    format: described.format,
    title: described.title,
    version: described.version,
    sha256: '',
  },
  baseUrl: baseUrl as string,
  auth: bearer('token', 'Access token'),
  wire: JSON.stringify(described.wire),
  schemas: Object.fromEntries(
    Object.entries(described.schemas).map(([name, schema]) => [name, JSON.stringify(schema)]),
  ),
  operations: {
    createOrder: rest.operation<{ sum: number; note?: string | null }, Order | null>(written('createOrder')),
    listOrders: rest.pagedOperation<
      { cursor?: string; status?: string[]; session?: string },
      { data: Order[]; next_cursor?: string | null }
    >(written('listOrders')),
    listNotes: rest.pagedOperation<{ page?: number; next?: string }, { items: string[]; next: string | null }>(
      written('listNotes'),
    ),
    patchOrder: rest.operation<{ id: string; body: Record<string, string> }, Order | null>(written('patchOrder')),
    uploadFile: rest.operation<{ title?: string; file: Uint8Array | { data: Uint8Array; name?: string } }, Uint8Array>(
      written('uploadFile'),
    ),
  },
  events: { 'order.shipped': rest.event<Order>({ data: '{"$ref":"#/$defs/Order"}' }) },
})

const shops = defineConnector('shop', { ...api, idempotency: { header: 'idempotency-key', life: '1h' } })

let seen: unknown[] = []

/** The provider, made of nothing but what the description says about requests and answers. */
const provider = defineSimulator(shops, {
  operations: {
    createOrder: ({ sum }) =>
      sum === 13 ? new Answer(422, { problem: { text: 'thirteen is not sold', no: 13 } }) : { id: 'o1', sum },
    listOrders(input) {
      seen.push(input)
      const { cursor } = input
      return cursor === undefined
        ? { data: [{ id: 'o1', sum: 1 }], next_cursor: 'c2' }
        : { data: [{ id: 'o2', sum: 2 }], next_cursor: null }
    },
    listNotes(input) {
      seen.push(input)
      const { page = 1 } = input
      return { items: [`note ${page}`], next: page < 3 ? `https://elsewhere.example/notes?page=${page + 1}` : null }
    },
    patchOrder({ id }) {
      seen.push(id)
      if (id === 'html') return new Answer(200, '<html>', { 'content-type': 'text/html' })
      return id === 'wrong' ? new Answer(200, { id: 7 }) : { id, sum: 1, more: 'than described' }
    },
    uploadFile: ({ title, file }) =>
      title === 'json'
        ? new Answer(200, '{ "a": 1.0 }', { 'content-type': 'application/json' })
        : 'data' in file
          ? file.data
          : file,
  },
})

const call = defineFlow('call', {
  trigger: manual(z.any()),
  uses: { shop: shops },
  run: ({ event, shop }) => {
    const { operation, input } = event.data as { operation: keyof typeof shop; input: never }
    return (shop[operation] as (input: never) => Promise<unknown>)(input)
  },
})
const pages = defineFlow('pages', {
  trigger: manual(),
  uses: { shop: shops },
  async run({ shop }) {
    const found: unknown[] = []
    for await (const { data } of shop.listOrders.pages({ status: ['open', 'paid'] }))
      found.push(...data.map(({ id }) => id))
    for await (const { items } of shop.listNotes.pages({})) found.push(...items)
    return found
  },
})

const app = defineApp({ flows: [call, pages], simulators: [provider] })

async function outcome(operation: string, input: unknown): Promise<unknown> {
  await using at = await testApp(app)
  const run = await at.run(await at.start(call, { operation, input }))
  return run.status === 'completed' ? run.output : run.error
}

describe('calls by a description, over HTTP, to a provider that is played by the same description', () => {
  test('REST-02: an output is what the provider gave', async () => {
    expect(await outcome('createOrder', { sum: 12.5, note: null })).toEqual({ id: 'o1', sum: 12.5 })
    const asItCame = new Uint8Array(Buffer.from('{ "a": 1.0 }'))
    expect(await outcome('uploadFile', { title: 'json', file: new Uint8Array(1) })).toEqual(asItCame)
    const data = new Uint8Array([0, 255, 13, 10])
    expect(await outcome('uploadFile', { title: 'x', file: { data, name: 'a.png' } })).toEqual(data)
  })

  test('REST-02: an input that is not as described leaves nowhere, and is named', async () => {
    expect(await outcome('createOrder', { sum: 0 })).toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('sum') as string,
    })
    expect(await outcome('listOrders', { statsu: ['open'] })).toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('statsu') as string,
    })
  })

  test('ERR-02: a refusal is told in the words of the provider', async () => {
    expect(await outcome('createOrder', { sum: 13 })).toMatchObject({
      code: 'UPSTREAM_REFUSED',
      message: expect.stringContaining('thirteen is not sold') as string,
    })
  })

  test('REST-02: an answer of another form is an error, one with more than described is none', async () => {
    expect(await outcome('patchOrder', { id: 'o7', body: {} })).toMatchObject({ id: 'o7', more: 'than described' })
    for (const id of ['wrong', 'html'])
      expect(await outcome('patchOrder', { id, body: {} })).toMatchObject({ code: 'UPSTREAM_ANSWER_INVALID' })
  })

  test.each(['..', '.', '%2e%2e', '../x', 'a/../../b', '..\\x', 'a/..', ''])(
    'EGR-03: the value %j climbs nowhere',
    async (id) => {
      seen = []
      expect(await outcome('patchOrder', { id, body: {} })).toMatchObject({ code: 'INPUT_INVALID' })
      expect(seen).toEqual([])
    },
  )

  test.each(['a/b', 'a?b=c', 'a#b', 'ü %2F', 'a;b=c,d'])('EGR-03: the value %j is one part of the path', async (id) => {
    seen = []
    expect(await outcome('patchOrder', { id, body: {} })).toMatchObject({ id })
    expect(seen).toEqual([id])
  })

  test('REST-06: pages follow each other by cursor and by the header Link, of which only the query counts', async () => {
    seen = []
    await using at = await testApp(app)
    const run = await at.run(await at.start(pages, undefined))
    expect(run).toMatchObject({ status: 'completed', output: ['o1', 'o2', 'note 1', 'note 2', 'note 3'] })
    expect(seen).toEqual([
      { status: ['open', 'paid'] },
      { status: ['open', 'paid'], cursor: 'c2' },
      {},
      { page: 2 },
      { page: 3 },
    ])
  })

  test('a cookie of an operation stands beside the one that authenticates', async () => {
    const keyed = defineConnector('keyed', { ...api, auth: apiKey('key', 'Key', { cookie: 'sid' }) })
    const simulator = defineSimulator(keyed, {
      ...provider.behaviour,
      operations: {
        ...provider.behaviour.operations,
        listOrders: ({ session }: { session?: string }) => ({ data: [{ id: session, sum: 1 }] }),
      },
    } as never)
    const flow = defineFlow('cookies', {
      trigger: manual(),
      uses: { keyed },
      run: ({ keyed: client }) => client.listOrders({ session: 'a b;ü' }),
    })
    await using at = await testApp(defineApp({ flows: [flow], simulators: [simulator] }))
    expect(await at.run(await at.start(flow, undefined))).toMatchObject({ output: { data: [{ id: 'a b;ü' }] } })
  })
})
