import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineFlow, type Flow } from '../definition/flow.ts'
import { manual, signal } from '../definition/trigger.ts'
import { failed, never, warehouse, world, type World } from './engine.fixture.ts'
import type { RunDetail } from './view.ts'

const tenant = 'default'
const uses = { warehouse }
type Order = { id: string; amount: number }

async function detail(at: World, run: string | undefined): Promise<RunDetail> {
  const found = at.engine.describe(tenant, run ?? '?')
  await at.clock.settle()
  const view = await found
  if (view === null) throw new Error('there is no such run')
  return view
}

const keyed = defineFlow('keyed', {
  trigger: warehouse.on('ordered'),
  uses,
  key: ({ data }) => (data as Order).id,
  run: ({ warehouse: client }) => client.reserve({}),
})

test('a run says who holds its key and who waits behind it, and whether it is in memory', async () => {
  const at = await world([keyed])
  at.upstream.on('reserve', never)
  const runs: string[] = []
  for (let count = 0; count < 25; count += 1) runs.push(...(await at.send('ordered', { id: 'o1' })))
  await at.send('ordered', { id: 'o2' })
  const [first, second] = [await detail(at, runs[0]), await detail(at, runs[1])]
  expect(first).toMatchObject({ ahead: null, behindCount: 24, inMemory: true, status: 'ready' })
  expect(first.behind.map(({ run }) => run)).toEqual(runs.slice(1, 21))
  expect(second).toMatchObject({ ahead: runs[0], behindCount: 23, inMemory: false, status: 'queued' })
})

test('a run lists the runs that it started', async () => {
  const child = defineFlow('child', { trigger: manual(z.number()), uses, run: ({ event }) => event.data * 2 })
  const at = await world([
    child,
    defineFlow('parent', {
      trigger: warehouse.on('ordered'),
      async run({ step }) {
        const started = [await step.start(child, 4), await step.start(child, 5, { step: 'second' })]
        return Promise.all(started.map((one) => one.result()))
      },
    }),
  ])
  const [run] = await at.send('ordered', {})
  await at.clock.settle()
  const view = await detail(at, run)
  expect(view.children).toMatchObject([
    { flow: 'child', status: 'completed', step: 'start.child#1' },
    { flow: 'child', status: 'completed', step: 'second' },
  ])
  expect(view.output).toEqual([8, 10])
  expect(view.steps[0]).toMatchObject({ name: 'start.child#1', input: 4 })
  expect(await detail(at, view.children[1]?.run)).toMatchObject({ input: 5, parent: { run, step: 'second' } })
})

const manyStates = (behaviour: 'fail' | 'undo' | 'lose' | 'wait' | 'complete'): Flow =>
  defineFlow('order', {
    trigger: warehouse.on('ordered'),
    uses,
    waits: { note: signal(), delivered: warehouse.on('delivered'), approved: signal() },
    async run({ step, warehouse: client }) {
      await client.reserve({ n: 1 }, behaviour === 'undo' ? { undo: () => client.release({ n: 1 }) } : {})
      if (behaviour === 'fail' || behaviour === 'undo') await client.ship({ n: 2 }, { retry: { attempts: 1 } })
      if (behaviour === 'lose') await client.notify({ n: 3 })
      if (behaviour === 'wait') await step.waitFor('approved')
    },
  })

test.each([
  ['complete', { status: 'completed', actions: ['anew'], signals: [] }],
  ['fail', { status: 'failed', actions: ['retry', 'anew', 'cancel'], signals: [] }],
  ['undo', { status: 'failed', actions: ['anew', 'cancel'], signals: [], undo: 'done' }],
  [
    'lose',
    {
      status: 'parked',
      actions: ['decide', 'signal', 'anew', 'cancel'],
      unknownSteps: ['warehouse.notify#1'],
      signals: ['note', 'delivered', 'approved'],
    },
  ],
  ['wait', { status: 'waiting', actions: ['signal', 'cancel'], signals: ['approved', 'note', 'delivered'] }],
] as const)('what may be done with a run follows from its state: %s', async (behaviour, expected) => {
  const at = await world([manyStates(behaviour)])
  at.upstream.on('ship', () => failed('answered', { code: 'UPSTREAM_REFUSED', retryable: false }))
  at.upstream.on('notify', () => failed('ambiguous'))
  const [run] = await at.send('ordered', {})
  await at.clock.settle()
  const view = await detail(at, run)
  expect(view).toMatchObject({ unknownSteps: [], ...expected })
  // Each of them is indeed taken, and the others are refused.
  const by = { tenant, run: view.run }
  const [unknown = 'warehouse.reserve#1'] = view.unknownSteps
  const tries = {
    decide: () => at.engine.decide({ ...by, step: unknown, decision: { kind: 'did-not-happen' }, by: 'ada' }),
    retry: () => at.engine.retry(by),
    signal: () => at.engine.signal({ ...by, name: 'note', data: 1 }),
    cancel: () => at.engine.cancel({ ...by, reason: 'enough' }),
  }
  for (const [action, attempt] of Object.entries(tries)) {
    if (view.actions.includes(action as never)) continue
    const refused = attempt().then(
      () => null,
      (error: { code: string }) => error.code,
    )
    await at.clock.settle()
    expect([action, await refused]).toEqual([action, expect.stringMatching(/^(ORDER_REFUSED|RUN_NOT_RETRYABLE)$/)])
  }
  for (const action of view.actions.filter((one) => one !== 'anew').slice(0, 1)) {
    const taken = tries[action]()
    await at.clock.settle()
    await expect(taken).resolves.toBeUndefined()
  }
})

const recomputed = (step: (order: Order) => object): Flow =>
  defineFlow('order', {
    trigger: warehouse.on('ordered'),
    uses,
    waits: { delivered: warehouse.on('delivered') },
    async run({ event, step: steps, warehouse: client }) {
      const order = event.data as Order
      const undo = (): Promise<unknown> => client.release({ amount: order.amount })
      const [reserved] = await Promise.all([client.reserve(step(order), { undo }), steps.run('own', () => 7)])
      await steps.sleep('2s')
      await steps.waitFor('delivered', { match: { shipment: order.id }, timeout: '1h' }).catch(() => undefined)
      await client.ship({ reserved, at: steps.now(), big: 2n ** 70n }, { retry: { attempts: 1 } })
    },
  })

test('each step has its input again, decoded, recomputed by a dry replay that calls and writes nothing', async () => {
  const at = await world([recomputed(({ id, amount }) => ({ id, amount }))])
  at.upstream.on('reserve', () => ({ place: 'A1' }))
  at.upstream.on('ship', () => failed('answered', { code: 'UPSTREAM_REFUSED', retryable: false }))
  const [run] = await at.send('ordered', { id: 'o1', amount: 5 })
  await at.clock.advance(3_700_000)
  const [requests, before, happened] = [at.upstream.requests.length, at.journal.snapshot(), at.happenings.length]
  const view = await detail(at, run)
  expect(view).toMatchObject({ status: 'failed', inputsFit: true, undo: 'done' })
  const inputs = Object.fromEntries(view.steps.map(({ name, input }) => [name, input]))
  expect(inputs).toEqual({
    'warehouse.reserve#1': { id: 'o1', amount: 5 },
    own: undefined,
    'sleep#1': '2s',
    'waitFor.delivered#1': { shipment: 'o1' },
    'warehouse.ship#1': { reserved: { place: 'A1' }, at: expect.any(Date), big: 2n ** 70n },
    'undo(warehouse.reserve#1)/warehouse.release#1': { amount: 5 },
  })
  expect(at.upstream.requests.length).toBe(requests)
  expect(at.journal.snapshot()).toEqual(before)
  expect(at.happenings.length).toBe(happened)
})

test('where the code no longer fits, inputs are known up to there, and the view says so', async () => {
  const at = await world([recomputed(({ id, amount }) => ({ id, amount }))])
  const [run] = await at.send('ordered', { id: 'o1', amount: 5 })
  await at.clock.advance(3_700_000)
  await at.crash([recomputed(({ id }) => ({ id }))])
  const changed = await detail(at, run)
  expect(changed).toMatchObject({ status: 'completed', inputsFit: false })
  expect(changed.steps.every(({ input }) => input === undefined)).toBe(true)
  await at.crash([])
  expect(await detail(at, run)).toMatchObject({ status: 'completed', inputsFit: false, actions: [], signals: [] })
})

test('a flow that awaits what is no step of its own does not hold a look at it up', async () => {
  let isStuck = false
  const at = await world([
    defineFlow('order', {
      trigger: warehouse.on('ordered'),
      uses,
      async run({ warehouse: client }) {
        if (isStuck) await never()
        await client.read({ n: 1 })
      },
    }),
  ])
  const [run] = await at.send('ordered', {})
  isStuck = true
  expect(await detail(at, run)).toMatchObject({ status: 'completed', inputsFit: false, steps: [{ input: undefined }] })
})

test('SEC-09: the detail of a run is its own tenant’s', async () => {
  const at = await world([keyed])
  const [run] = await at.send('ordered', { id: 'o1' })
  expect(await at.engine.describe('other', run ?? '')).toBeNull()
})
