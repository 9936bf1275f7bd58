import { expect, test } from 'vitest'
import { defineFlow } from '../definition/flow.ts'
import { manual, signal } from '../definition/trigger.ts'
import { failed, never, warehouse, world, type World } from './engine.fixture.ts'

const tenant = 'default'
const uses = { warehouse }

const order = defineFlow('order', {
  trigger: warehouse.on('ordered'),
  uses,
  key: ({ data }) => (data as { key: string }).key,
  run: ({ warehouse: client }) => client.reserve({}),
})
const other = defineFlow('other', {
  trigger: warehouse.on('ordered'),
  uses,
  run: ({ warehouse: client }) => client.read({}),
})
const slow = defineFlow('slow', {
  trigger: warehouse.on('ordered'),
  uses,
  waits: { delivered: warehouse.on('delivered'), go: signal() },
  async run({ step, event, warehouse: client }) {
    const { shipment, wait } = event.data as { shipment: string; wait: 'sleep' | 'event' | 'signal' }
    await client.reserve({ n: 1 })
    if (wait === 'sleep') await step.sleep('1h')
    if (wait === 'event') await step.waitFor('delivered', { match: { shipment } })
    if (wait === 'signal') await step.waitFor('go')
    await client.release({ n: 2 })
  },
})

async function done<T>(at: World, asked: Promise<T>): Promise<T> {
  asked.catch(() => undefined)
  await at.clock.settle()
  return asked
}

async function statuses(at: World, flow: string): Promise<string[]> {
  return (await at.engine.list({ tenant, flow, limit: 100 })).runs.map(({ status }) => status)
}

const pause = (at: World, flow: string): Promise<void> => done(at, at.engine.pause({ tenant, flow }))
const resume = (at: World, flow: string): Promise<void> => done(at, at.engine.resume({ tenant, flow }))

test('of a paused flow nothing is begun, what comes is kept, and all of it is done once it is resumed, in order', async () => {
  const at = await world([order, other])
  await pause(at, 'order')
  for (const key of ['a', 'a', 'b']) await at.send('ordered', { key })
  await at.clock.advance(600_000)
  expect(at.upstream.count('reserve')).toBe(0)
  expect(at.upstream.count('read')).toBe(3)
  expect(await statuses(at, 'order')).toEqual(['ready', 'queued', 'ready'])
  expect(at.engine.activity()).toMatchObject({ inProgress: 0, readied: 0 })
  await resume(at, 'order')
  await at.clock.settle()
  expect(at.upstream.count('reserve')).toBe(3)
  expect(await statuses(at, 'order')).toEqual(['completed', 'completed', 'completed'])
  expect(at.happenings.filter(({ name }) => name.startsWith('flow.'))).toMatchObject([
    { name: 'flow.paused', tenant, flow: 'order' },
    { name: 'flow.resumed', tenant, flow: 'order' },
  ])
})

test('a run in progress goes on to its next rest, and no further', async () => {
  const at = await world([slow])
  let answer: (value: unknown) => void = () => undefined
  at.upstream.on('reserve', () => new Promise((resolve) => (answer = resolve)))
  await at.send('ordered', { wait: 'sleep', shipment: 's1' })
  await pause(at, 'slow')
  answer({})
  await at.clock.settle()
  expect(await statuses(at, 'slow')).toEqual(['waiting'])
  await at.clock.advance(3_600_000 * 2)
  expect(at.upstream.count('release')).toBe(0)
  expect(await statuses(at, 'slow')).toEqual(['ready'])
  await resume(at, 'slow')
  await at.clock.settle()
  expect(await statuses(at, 'slow')).toEqual(['completed'])
})

test.each(['event', 'signal'] as const)('an %s that comes for a waiting run meanwhile is not lost', async (wait) => {
  const at = await world([slow])
  const [run = ''] = await at.send('ordered', { wait, shipment: 's1' })
  await pause(at, 'slow')
  if (wait === 'event') await at.send('delivered', { shipment: 's1' })
  else await done(at, at.engine.signal({ tenant, run, name: 'go', data: 1 }))
  await at.clock.advance(60_000)
  expect(at.upstream.count('release')).toBe(0)
  await resume(at, 'slow')
  await at.clock.settle()
  expect(await statuses(at, 'slow')).toEqual(['completed'])
})

test('a pause outlives a crash, and so does its end', async () => {
  const at = await world([order, slow])
  await at.send('ordered', { wait: 'sleep', shipment: 's1', key: 'a' })
  await pause(at, 'order')
  await pause(at, 'slow')
  const before = at.upstream.requests.length
  await at.crash()
  await at.send('ordered', { wait: 'none', shipment: 's2', key: 'b' })
  await at.clock.advance(3_600_000 * 2)
  expect(at.upstream.requests.length).toBe(before)
  await resume(at, 'order')
  await at.crash()
  await at.clock.advance(60_000)
  expect(await statuses(at, 'order')).toEqual(['completed', 'completed'])
  expect(await statuses(at, 'slow')).toEqual(['ready', 'ready'])
  await resume(at, 'slow')
  await at.clock.settle()
  expect(await statuses(at, 'slow')).toEqual(['completed', 'completed'])
})

test('runs that wait for a permit, or whose retry is due, stand by as well', async () => {
  const limited = defineFlow('limited', {
    trigger: warehouse.on('ordered'),
    uses,
    concurrency: 1,
    run: ({ warehouse: client }) => client.reserve({}),
  })
  const at = await world([limited])
  at.upstream.on('reserve', (_request, count) => (count === 1 ? failed('not-sent', { retryAfterMs: 7_200_000 }) : {}))
  await at.send('ordered', {})
  at.upstream.on('reserve', never)
  await at.send('ordered', {})
  await at.send('ordered', {})
  await pause(at, 'limited')
  await at.clock.advance(3 * 7_200_000)
  const before = at.upstream.requests.length
  expect(await statuses(at, 'limited')).toEqual(['ready', 'ready', 'ready'])
  at.upstream.on('reserve', () => ({}))
  await at.crash()
  await at.clock.advance(60_000)
  expect(at.upstream.requests.length).toBe(before)
  await resume(at, 'limited')
  await at.clock.advance(60_000)
  expect(await statuses(at, 'limited')).toEqual(['completed', 'completed', 'completed'])
})

test('a run that is started a second time while the flow is resumed is found all the same', async () => {
  const at = await world([defineFlow('by-hand', { trigger: manual(), run: () => 1 })], {
    faults: { answerDelayMs: (write) => ('message' in write && write.message.kind === 'start' ? 1000 : 0) },
  })
  const by = { tenant, flow: 'by-hand' }
  const start = (): Promise<unknown> => at.engine.start({ ...by, input: undefined, id: 'one' })
  const waiting = [at.engine.pause(by), start()]
  await at.clock.advance(2000)
  await Promise.all(waiting)
  const second = [start(), at.engine.resume(by)]
  await at.clock.advance(10)
  expect(await statuses(at, 'by-hand')).toEqual(['ready'])
  await at.clock.advance(2000)
  expect(await second[0]).toEqual({ run: 'one', duplicate: true })
  expect(await statuses(at, 'by-hand')).toEqual(['completed'])
})

test('pausing twice, or resuming what is not paused, changes nothing; an unknown flow is refused', async () => {
  const at = await world([order])
  await pause(at, 'order')
  await pause(at, 'order')
  await resume(at, 'order')
  await resume(at, 'order')
  await at.send('ordered', { key: 'a' })
  expect(await statuses(at, 'order')).toEqual(['completed'])
  await expect(pause(at, 'none')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(at.happenings.filter(({ name }) => name.startsWith('flow.')).length).toBe(2)
})

test('SEC-09: a tenant pauses its own runs only', async () => {
  const at = await world([defineFlow('by-hand', { trigger: manual(), run: () => 1 })])
  await done(at, at.engine.pause({ tenant: 'two', flow: 'by-hand' }))
  for (const one of [tenant, 'two']) await done(at, at.engine.start({ tenant: one, flow: 'by-hand', input: undefined }))
  await at.clock.settle()
  expect(await statuses(at, 'by-hand')).toEqual(['completed'])
  expect((await at.engine.list({ tenant: 'two', limit: 9 })).runs).toMatchObject([{ status: 'ready' }])
})

test('a pause whose answer is lost is as the journal has it', async () => {
  const at = await world([order], { faults: { batch: (writes) => ({ outcome: writes.some((write) => 'message' in write && write.message.kind === 'cursor') ? 'unknown' : 'stored' }) } }) // prettier-ignore
  await expect(pause(at, 'order')).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' })
  await at.send('ordered', { key: 'a' })
  expect(await statuses(at, 'order')).toEqual(['ready'])
})
