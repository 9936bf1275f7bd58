import { describe, expect, test } from 'vitest'
import { defineApp } from '../../definition/app.ts'
import { noAuth } from '../../definition/auth.ts'
import { defineConnector } from '../../definition/connector.ts'
import { defineFlow } from '../../definition/flow.ts'
import { manual } from '../../definition/trigger.ts'
import type { AnswerParts, OperationOptions } from '../../definition/operation.ts'
import { defineSimulator } from '../../simulator/simulator.ts'
import { testApp } from '../../testing/testing.ts'
import type { WrittenOperation } from '../written.ts'
import { graphql, protocol } from './graphql.ts'
import { shop } from './shop.fixture.ts'

const described = await protocol.describe(
  { location: 'shop.graphql', text: shop, related: () => Promise.reject(new Error('there are no others')) },
  { only: () => true },
)
const written = (name: string): WrittenOperation => {
  const found = described.operations.find((one) => one.name === name)
  const [input, output, wire] = [found?.input, found?.output, found?.wire].map((part) => JSON.stringify(part))
  return { input, output, wire } as WrittenOperation
}

interface Page {
  edges: { node: { id: string } | null; cursor: string }[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
  totalCount: number
}

/** As a generated file says it. */
const api = graphql.api({
  source: { location: 'shop.graphql', format: 'GraphQL SDL', title: 'Shop', version: '', sha256: '' },
  baseUrl: 'https://shop.example/graphql',
  auth: noAuth(),
  wire: '{}',
  schemas: Object.fromEntries(
    Object.entries(described.schemas).map(([name, schema]) => [name, JSON.stringify(schema)]),
  ),
  operations: {
    version: graphql.operation<Record<string, never>, string>(written('version')),
    orders: graphql.pagedOperation<{ first?: number; after?: string | null }, Page>(written('orders')),
    orderMutation: graphql.operation<{ id: string; state: string }, { id: string } | null>(written('orderMutation')),
  },
})
const provider = defineConnector('shop', { ...api })

const order = { id: 'o-1', total: 1, state: null, lines: [], buyer: null }
const page = (endCursor: string | null): Page => ({
  edges: [{ node: { ...order, id: `of ${endCursor}` }, cursor: 'c' }],
  pageInfo: { hasNextPage: endCursor !== null, endCursor },
  totalCount: 2,
})

describe('an imported GraphQL API', () => {
  test('REST-02: operations at one address are played each by its own name, and a connection goes on page by page', async () => {
    const asked: unknown[] = []
    const simulator = defineSimulator(provider, {
      operations: {
        version: () => '2.0',
        orders(input) {
          asked.push(input)
          return page(input.after === 'next' ? null : 'next')
        },
        orderMutation: ({ id }) => ({ ...order, id }),
      },
    })
    const look = defineFlow('look', {
      trigger: manual(),
      uses: { provider },
      async run({ provider }) {
        const ids: (string | undefined)[] = []
        for await (const { edges } of provider.orders.pages({ first: 1 })) ids.push(edges[0]?.node?.id)
        const changed = await provider.orderMutation({ id: 'o-7', state: 'PAID' })
        return { ids, version: await provider.version({}), changed: changed?.id }
      },
    })
    await using at = await testApp(defineApp({ flows: [look], simulators: [simulator] }))
    const run = await at.run(await at.start(look, undefined))
    expect(run).toMatchObject({ output: { ids: ['of next', 'of null'], version: '2.0', changed: 'o-7' } })
    expect(asked).toEqual([{ first: 1 }, { first: 1, after: 'next' }])
  })
})

const answer = (body: unknown, status = 200): AnswerParts => ({ status, headers: {}, body })
const operations: Readonly<Record<string, OperationOptions>> = api.operations
const failure = (name: string, body: unknown): unknown => operations[name]?.failure?.(answer(body))

describe('what an answer with errors means', () => {
  test('ERR-02: an answer without errors is none', () => {
    expect(failure('version', { data: { version: '2' } })).toBeNull()
    expect(failure('version', { data: { version: '2' }, errors: [] })).toBeNull()
  })

  test('ERR-02: data with gaps is a failure, and a mutation that gave some may have taken effect', () => {
    const errors = [{ message: 'no buyer', path: ['order', 'buyer'], extensions: { code: 'INTERNAL' } }, {}]
    const body = { data: { order }, errors }
    expect(failure('orderMutation', body)).toEqual({
      message: 'no buyer (and 1 more)',
      code: 'INTERNAL',
      fate: 'ambiguous',
    })
  })

  test('ERR-02: a mutation whose own field failed, or that was not begun, did nothing', () => {
    const errors = [{ message: 'is paid', path: ['order'] }]
    expect(failure('orderMutation', { data: { order: null }, errors })).toEqual({
      message: 'is paid',
      fate: 'answered',
    })
    expect(failure('orderMutation', { errors: [{ message: 'no such field' }] })).toMatchObject({ fate: 'answered' })
    expect(failure('orderMutation', { data: null, errors: [{ message: 'lost' }] })).toMatchObject({ fate: 'ambiguous' })
  })

  test('ERR-02: who may not, and who is to wait, are told apart, by the words of Apollo, GitHub and Shopify', () => {
    const cost = { requestedQueryCost: 100, throttleStatus: { currentlyAvailable: 50, restoreRate: 100 } }
    expect(
      failure('orderMutation', {
        errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED' } }],
        extensions: { cost },
      }),
    ).toEqual({ message: 'Throttled', code: 'THROTTLED', retryable: true, retryAfterMs: 500, fate: 'answered' })
    expect(failure('version', { data: null, errors: [{ message: 'slow down', type: 'RATE_LIMITED' }] })).toMatchObject({
      retryable: true,
    })
    expect(
      failure('version', { errors: [{ message: 'who?', extensions: { code: 'UNAUTHENTICATED' } }] }),
    ).toMatchObject({ retryable: false })
  })

  test('REST-02: a request is claimed by the operation that it names, and by no other', () => {
    const body = Buffer.from(JSON.stringify({ query: 'query version { version }', operationName: 'version' }))
    const request = { method: 'POST', headers: {}, query: {}, body }
    const claiming = Object.keys(operations).filter((name) => operations[name]?.served?.claims?.(request) ?? true)
    expect(claiming).toEqual(['version'])
  })

  test('REST-02: an answer with neither data nor errors is refused', () => {
    for (const body of ['<html>', {}, { data: {} }, { data: null }])
      expect(() => operations['version']?.response?.(answer(body))).toThrow(
        expect.objectContaining({ code: 'UPSTREAM_ANSWER_INVALID' }) as Error,
      )
  })
})
