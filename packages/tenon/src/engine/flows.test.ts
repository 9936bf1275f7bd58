import { expect, test } from 'vitest'
import { z } from 'zod'
import { sleep } from '../base/clock.ts'
import { defineFlow, type Flow } from '../definition/flow.ts'
import { manual, schedule, signal } from '../definition/trigger.ts'
import { failed, warehouse, world, type World } from './engine.fixture.ts'
import type { FlowDetail, FlowSummary } from './flow-view.ts'

const tenant = 'default'
const uses = { warehouse, eu: warehouse.connection('eu') }

async function asked<T>(at: World, answer: Promise<T>): Promise<T> {
  answer.catch(() => undefined)
  for (let turn = 0; turn < 5; turn += 1) await at.clock.settle()
  return answer
}

async function flowOf(at: World, name: string): Promise<FlowDetail> {
  const found = await asked(at, at.engine.flow(tenant, name))
  if (found === null) throw new Error(`there is no flow ${name}`)
  return found
}

const summary = (name: string, flows: readonly FlowSummary[]): FlowSummary | undefined =>
  flows.find((flow) => flow.name === name)

test('flows are data: newest version, trigger in words, what they use, wait for and are limited by, and how their runs stand', async () => {
  const order = (version: number): Flow =>
    defineFlow('order', {
      description: `in version ${version}`,
      version,
      trigger: warehouse.on('ordered'),
      uses,
      waits: { delivered: warehouse.on('delivered'), approved: signal() },
      key: ({ data }) => (data as { key: string }).key,
      concurrency: 3,
      async run({ step }) {
        await step.waitFor('approved')
      },
    })
  const nightly = defineFlow('nightly', { trigger: schedule('0 3 * * *', { timeZone: 'Europe/Berlin' }), run: () => 1 })
  const byHand = defineFlow('by-hand', { trigger: manual(), run: () => 1 })
  const at = await world([order(1), order(2), nightly, byHand])
  for (const key of ['a', 'a', 'b']) await at.send('ordered', { key })
  await asked(at, at.engine.pause({ tenant, flow: 'nightly' }))
  const flows = await asked(at, at.engine.flows(tenant))
  expect(flows.map(({ name }) => name)).toEqual(['order', 'nightly', 'by-hand'])
  expect(summary('order', flows)).toEqual({
    name: 'order',
    versions: [2, 1],
    description: 'in version 2',
    trigger: { kind: 'event', connector: 'warehouse', type: 'ordered', text: 'when warehouse sends ordered' },
    uses: [
      { alias: 'warehouse', connector: 'warehouse' },
      { alias: 'eu', connector: 'warehouse' },
    ],
    waits: [
      { name: 'delivered', source: 'warehouse/delivered' },
      { name: 'approved', source: 'signal' },
    ],
    keyed: true,
    concurrency: 3,
    paused: false,
    counts: { ready: 0, queued: 1, waiting: 2, parked: 0, completed: 0, failed: 0, cancelled: 0 },
  })
  expect(summary('nightly', flows)).toMatchObject({
    paused: true,
    concurrency: null,
    keyed: false,
    trigger: {
      kind: 'schedule',
      cron: '0 3 * * *',
      timeZone: 'Europe/Berlin',
      nextAt: Date.UTC(2026, 0, 1, 2),
      text: 'every day at 03:00 (Europe/Berlin)',
    },
  })
  expect(summary('by-hand', flows)?.trigger).toEqual({
    kind: 'manual',
    text: 'by hand, by a program or by another flow',
  })
  expect(await at.engine.flow(tenant, 'none')).toBeNull()
  expect(summary('order', await asked(at, at.engine.flows('other')))?.counts).toMatchObject({ waiting: 0, queued: 0 })
})

test('what a flow takes is told as JSON Schema, where its schema can say; a sample is what the latest run got', async () => {
  const input = z.object({ month: z.string(), limit: z.int().optional(), at: z.date().optional() })
  const at = await world([
    defineFlow('plain', { trigger: manual(z.object({ month: z.string() })), run: () => 1 }),
    defineFlow('odd', { trigger: manual(input), run: () => 1 }),
    defineFlow('none', { trigger: manual(), run: () => 1 }),
    defineFlow('foreign', {
      trigger: manual({ '~standard': { version: 1, vendor: 'own', validate: (value: unknown) => ({ value }) } }),
      run: () => 1,
    }),
    defineFlow('scheduled', { trigger: schedule('0 0 1 1 *'), run: () => 1 }),
  ])
  expect((await flowOf(at, 'plain')).schema).toMatchObject({
    type: 'object',
    properties: { month: { type: 'string' } },
    required: ['month'],
  })
  expect((await flowOf(at, 'odd')).schema).toMatchObject({ properties: { limit: { type: 'integer' }, at: {} } })
  for (const name of ['none', 'foreign', 'scheduled']) expect((await flowOf(at, name)).schema).toBeNull()
  expect((await flowOf(at, 'plain')).sample).toBeNull()
  await asked(at, at.engine.start({ tenant, flow: 'plain', input: { month: '2026-05' } }))
  expect(await flowOf(at, 'plain')).toMatchObject({
    sample: { month: '2026-05' },
    recent: [{ flow: 'plain', status: 'completed', inMemory: false }],
  })
})

test.each([
  ['* * * * *', 'every minute (UTC)'],
  ['*/5 * * * *', 'every 5 minutes (UTC)'],
  ['15 * * * *', 'every hour at minute 15 (UTC)'],
  ['30 9 * * 1-5', 'from Monday to Friday at 09:30 (UTC)'],
  ['0 8 * * 1', 'every Monday at 08:00 (UTC)'],
  ['0 0 1 * *', 'on day 1 of each month at 00:00 (UTC)'],
  ['*/10 * * * 1-5', 'every 10 minutes, from Monday to Friday (UTC)'],
  ['0 0 1 1 *', 'by the schedule 0 0 1 1 * (UTC)'],
  ['0 0 3 * * *', 'by the schedule 0 0 3 * * * (UTC)'],
  ['0 3 L * *', 'by the schedule 0 3 L * * (UTC)'],
])('the schedule %s in words', async (cron, text) => {
  const at = await world([defineFlow('timed', { trigger: schedule(cron), run: () => 1 })])
  const [flow] = await asked(at, at.engine.flows(tenant))
  expect(flow?.trigger.text).toBe(text)
})

/** Calls that take time, as they do outside of tests; `varied` ones now longer, now shorter. */
function slowly(at: World): void {
  const took = (ms: number) => async (): Promise<object> => {
    await sleep(at.clock, ms)
    return {}
  }
  at.upstream.on('read', took(10))
  at.upstream.on('reserve', (_request, count) => took(count % 2 === 0 ? 40 : 15)())
  at.upstream.on('release', took(20))
  at.upstream.on('notify', took(5))
}

function edgesOf({ picture }: FlowDetail): string[] {
  return picture.edges.map(({ from, to, seen }) => `${from ?? 'start'} > ${to ?? 'end'} ${seen}`).toSorted()
}

async function picture(flow: Flow, runs: number): Promise<FlowDetail> {
  const at = await world([flow])
  slowly(at)
  for (let count = 0; count < runs; count += 1) {
    await at.send('ordered', { count })
    await at.clock.advance(10_000)
  }
  return flowOf(at, flow.name)
}

test('the picture shows what follows what, branches side by side and where they meet', async () => {
  const flow = defineFlow('order', {
    trigger: warehouse.on('ordered'),
    uses,
    async run({ step, warehouse: client }) {
      await client.read({})
      await Promise.all([client.reserve({}), client.release({}), step.run('own', () => 1)])
      await client.notify({}, { step: 'tell' })
    },
  })
  const found = await picture(flow, 4)
  expect(edgesOf(found)).toEqual([
    'own > tell 4',
    'start > warehouse.read#1 4',
    'tell > end 4',
    'warehouse.read#1 > own 4',
    'warehouse.read#1 > warehouse.release#1 4',
    'warehouse.read#1 > warehouse.reserve#1 4',
    'warehouse.release#1 > tell 4',
    'warehouse.reserve#1 > tell 4',
  ])
  expect(found.picture.runs).toBe(4)
  expect(found.picture.nodes).toContainEqual({
    step: 'warehouse.release#1',
    kind: 'call',
    isUndo: false,
    seen: 4,
    failed: 0,
    p50Ms: 20,
    alias: 'warehouse',
    operation: 'release',
  })
  expect(found.picture.nodes).toContainEqual(expect.objectContaining({ step: 'tell', alias: null, p50Ms: 5 }))
})

test('two chains side by side are not joined by what only happened to come first', async () => {
  const flow = defineFlow('order', {
    trigger: warehouse.on('ordered'),
    uses,
    async run({ warehouse: client }) {
      await Promise.all([
        client.reserve({}).then(() => client.read({}, { step: 'a2' })),
        client.release({}).then(() => client.notify({}, { step: 'b2' })),
      ])
    },
  })
  expect(edgesOf(await picture(flow, 4))).toEqual([
    'a2 > end 4',
    'b2 > end 4',
    'start > warehouse.release#1 4',
    'start > warehouse.reserve#1 4',
    'warehouse.release#1 > b2 4',
    'warehouse.reserve#1 > a2 4',
  ])
})

test('a loop is one step, a failure and its way back are shown, and a run that goes on has no end yet', async () => {
  const flow = defineFlow('order', {
    trigger: warehouse.on('ordered'),
    uses,
    waits: { go: signal() },
    async run({ event, step, warehouse: client }) {
      const { count } = event.data as { count: number }
      for (let time = 0; time < 6; time += 1) await client.read({ time })
      await client.reserve({}, { undo: () => client.release({}) })
      if (count === 1) await client.ship({}, { retry: { attempts: 1 } })
      if (count === 2) await step.waitFor('go')
    },
  })
  const at = await world([flow])
  slowly(at)
  at.upstream.on('ship', async () => {
    await sleep(at.clock, 5)
    return failed('answered', { code: 'UPSTREAM_REFUSED', retryable: false })
  })
  for (const count of [0, 1, 2]) {
    await at.send('ordered', { count })
    await at.clock.advance(10_000)
  }
  const found = await flowOf(at, 'order')
  expect(edgesOf(found)).toEqual([
    'start > warehouse.read 3',
    'undo(warehouse.reserve#1)/warehouse.release#1 > end 1',
    'warehouse.read > warehouse.reserve#1 3',
    'warehouse.reserve#1 > end 1',
    'warehouse.reserve#1 > waitFor.go#1 1',
    'warehouse.reserve#1 > warehouse.ship#1 1',
    'warehouse.ship#1 > undo(warehouse.reserve#1)/warehouse.release#1 1',
  ])
  expect(found.picture.nodes).toContainEqual(expect.objectContaining({ step: 'warehouse.ship#1', seen: 1, failed: 1 }))
  expect(found.picture.nodes).toContainEqual(
    expect.objectContaining({
      step: 'undo(warehouse.reserve#1)/warehouse.release#1',
      isUndo: true,
      operation: 'release',
    }),
  )
  expect(found.picture.nodes).toContainEqual(
    expect.objectContaining({ step: 'waitFor.go#1', kind: 'wait', p50Ms: null }),
  )
})

test('a picture is learnt from the latest 200 runs, once for all who look within a short while', async () => {
  const at = await world([
    defineFlow('order', { trigger: warehouse.on('ordered'), uses, run: ({ warehouse: client }) => client.read({}) }),
  ])
  expect((await flowOf(at, 'order')).picture).toEqual({ runs: 0, nodes: [], edges: [] })
  for (let count = 0; count < 205; count += 1) await at.send('ordered', {})
  expect((await flowOf(at, 'order')).picture.runs).toBe(0)
  await at.clock.advance(15_000)
  const [one, other] = await Promise.all([flowOf(at, 'order'), flowOf(at, 'order')])
  expect(one.picture.runs).toBe(200)
  expect(other.picture).toBe(one.picture)
})
