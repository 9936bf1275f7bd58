// Judged by the compiler: each line under `@ts-expect-error` must not compile, everything else must.
import { z } from 'zod'
import { bearer } from './auth.ts'
import { defineConnector } from './connector.ts'
import { event } from './event.ts'
import { defineFlow, type FlowInput, type FlowOutput } from './flow.ts'
import { operation } from './operation.ts'
import { manual, schedule, signal } from './trigger.ts'
import { unverified } from './verifier.ts'

const shop = defineConnector('shop', {
  baseUrl: 'https://shop.test',
  auth: bearer('token', 'Token'),
  operations: {
    getOrder: operation({
      method: 'GET',
      path: '/orders/{id}',
      input: z.object({ id: z.string() }),
      output: z.object({ id: z.string(), total: z.number(), lines: z.array(z.string()) }),
    }),
    listOrders: operation({
      method: 'GET',
      path: '/orders',
      input: z.object({ after: z.string().optional() }),
      output: z.object({ ids: z.array(z.string()), next: z.string().nullable() }),
      paging: { next: (_input: { after?: string }, { next }: { next: string | null }) => next && { after: next } },
    }),
  },
  events: {
    'order.created': event({
      data: z.object({ id: z.string(), total: z.number() }),
      correlate: { order: (data) => data.id },
    }),
    'order.closed': event({ data: z.object({ id: z.string() }) }),
  },
  webhooks: { verify: unverified('a test'), read: () => [] },
})

const child = defineFlow('child', {
  trigger: manual(z.object({ n: z.number() })),
  run: ({ event }) => event.data.n * 2,
})

type Equal<Left, Right> = (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false
const isTrue = <_Check extends true>(): void => undefined

isTrue<Equal<FlowInput<typeof child>, { n: number }>>()
isTrue<Equal<FlowOutput<typeof child>, number>>()

defineFlow('good', {
  trigger: shop.on('order.created'),
  uses: { shop, eu: shop.connection('eu') },
  waits: {
    closed: shop.on('order.closed'),
    created: shop.on('order.created'),
    approved: signal(z.object({ by: z.string() })),
  },
  key: (event) => event.data.id,
  timeout: '30d',
  async run({ event, shop, eu, step, run }) {
    isTrue<Equal<typeof event.data, { id: string; total: number }>>()
    const order = await shop.getOrder({ id: event.data.id }, { undo: (got) => got.total })
    isTrue<Equal<typeof order, { id: string; total: number; lines: string[] }>>()
    await eu.getOrder({ id: run.id })
    for await (const page of shop.listOrders.pages({}, { step: 'orders' }))
      isTrue<Equal<typeof page, { ids: string[]; next: string | null }>>()
    const first = await shop.listOrders({ after: order.id })
    isTrue<Equal<typeof first, { ids: string[]; next: string | null }>>()
    // @ts-expect-error -- it gives all at once
    shop.getOrder.pages({ id: order.id })
    // @ts-expect-error -- not an input of it
    shop.listOrders.pages({ after: 7 })
    // @ts-expect-error -- pages are different calls
    shop.listOrders.pages({}, { idempotencyKey: 'k' })
    const arrived = await step.waitFor('created', { match: { order: order.id }, timeout: '14d' })
    isTrue<Equal<typeof arrived.data, { id: string; total: number }>>()
    const approval = await step.waitFor('approved')
    isTrue<Equal<typeof approval.data, { by: string }>>()
    const started = await step.start(child, { n: 1 })
    const doubled = await started.result()
    isTrue<Equal<typeof doubled, number>>()
    const kept = await step.run('keep', () => ({ at: new Date(), big: 1n, list: [1, 'two'], none: undefined }))
    isTrue<Equal<typeof kept.big, bigint>>()
    await step.run('nothing', () => undefined)

    // @ts-expect-error -- an input of the wrong kind
    await shop.getOrder({ id: 7 })
    // @ts-expect-error -- an input that lacks a field
    await shop.getOrder({})
    // @ts-expect-error -- an operation that the connector does not have
    await shop.deleteOrder({ id: '7' })
    // @ts-expect-error -- a wait that the flow does not list
    await step.waitFor('returned', { match: {} })
    // @ts-expect-error -- a field that the event cannot be matched on
    await step.waitFor('created', { match: { total: 7 } })
    // @ts-expect-error -- an event type without fields to match on
    await step.waitFor('closed', { match: { id: '7' } })
    // @ts-expect-error -- an input that the other flow does not take
    await step.start(child, { n: 'one' })
    // @ts-expect-error -- a duration without a unit
    await step.sleep('15')
    const method = await step.run('method', () => ({ call: () => 1 }))
    // @ts-expect-error -- a function cannot be stored, so the result is none
    method.call()
    const map = await step.run('map', () => new Map([['a', 1]]))
    // @ts-expect-error -- a Map cannot be stored
    map.get('a')
    const answer = await step.run('answer', () => new Response())
    // @ts-expect-error -- an object with behaviour cannot be stored
    void answer.status
  },
})

defineFlow('nightly', {
  trigger: schedule('0 3 * * *', { timeZone: 'Europe/Berlin' }),
  run({ event }) {
    isTrue<Equal<typeof event.data.scheduledFor, Date>>()
    // @ts-expect-error -- a connector that is not in `uses`
    void event.shop
  },
})

defineFlow('without uses', {
  trigger: shop.on('order.created'),
  // @ts-expect-error -- `shop` is not in `uses`: there is no client of that name
  run: ({ shop: client }) => client,
})

// @ts-expect-error -- outside `run` a connector has no operations
void shop.getOrder

// @ts-expect-error -- an event type that the connector does not declare
shop.on('order.lost')

// @ts-expect-error -- a unit that does not exist
defineFlow('bad duration', { trigger: manual(), timeout: '15 minutes', run: () => 1 })
