import { expect, test } from 'vitest'
import { TimeoutError } from '../base/errors.ts'
import { defineFlow } from '../definition/flow.ts'
import { manual, signal } from '../definition/trigger.ts'
import type { MemoryFaults, MemoryWrite } from '../journal/memory.ts'
import { never, warehouse, world } from './engine.fixture.ts'

const ordered = warehouse.on('ordered')
const byHand = manual<unknown, unknown>(null as never)

test('DUR-09: a run does not rest in the midst of taking a message: after a crash it goes on', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    waits: { go: signal<unknown>(null as never), other: signal<unknown>(null as never) },
    async run({ step, warehouse }) {
      void step.waitFor('other')
      await step.waitFor('go')
      return warehouse.reserve({})
    },
  })
  const at = await world([flow], { readMs: 20 })
  at.upstream.on('reserve', (_request, count) => (count === 1 ? never() : { done: true }))
  const [run] = await at.send('ordered', {})
  await at.clock.advance(100)
  // As after a crash before it came to rest: ready, and nothing to do.
  const crash = at.journal.crash
  at.journal.crash = () => {
    const state = crash()
    for (const one of state.runs.values()) one.status = 'ready'
    return state
  }
  await at.crash()
  // It comes after the run was read, and before it is in memory.
  await at.clock.advance(10)
  const sending = at.engine.signal({ tenant: 'default', run: run!, name: 'go', data: null })
  await at.clock.settle()
  await sending
  await at.clock.advance(500)
  expect(at.upstream.count('reserve')).toBe(1)
  expect((await at.journal.find('default', run!))?.status).toBe('ready')
  await at.crash()
  await at.clock.advance(500)
  expect((await at.journal.find('default', run!))?.status).toBe('completed')
  expect(at.upstream.count('reserve')).toBe(2)
})

test('DUR-07: recovery does not adopt a run that this process started in the same moment', async () => {
  const bodies = new Map<string, number>()
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    async run({ run, step, warehouse }) {
      await step.run('once', () => void bodies.set(run.id, (bodies.get(run.id) ?? 0) + 1))
      await warehouse.reserve({})
      await step.sleep('1h')
    },
  })
  const at = await world([flow])
  at.upstream.on('reserve', () => never())
  for (let life = 0; life < 20; life += 1) {
    const sending = at.send('ordered', { life })
    await sending
    await at.crash()
    // Started while what was there before is still being taken up.
    await Promise.all([at.send('ordered', { life }), at.send('ordered', { life }), at.clock.settle()])
  }
  expect(new Set(bodies.values())).toEqual(new Set([1]))
})

test('DUR-07: a run that was begun before its start was answered is not begun again by the answer', async () => {
  let bodies = 0
  // The answer about the start is on its way for a second; a lost answer about another makes the engine look into the journal meanwhile.
  const faults: MemoryFaults = {
    answerDelayMs: (write: MemoryWrite) => ('message' in write && write.message.kind === 'start' ? 1000 : 0),
    batch: (writes) => ({
      outcome: writes.some((write) => 'message' in write && write.message.kind === 'event') ? 'unknown' : 'stored',
    }),
  }
  const flow = defineFlow('order', { trigger: byHand, run: ({ step }) => step.run('body', () => (bodies += 1)) })
  const other = defineFlow('other', { trigger: ordered, run: ({ step }) => step.run('body', () => 1) })
  const at = await world([flow, other], { faults })
  const starting = at.engine.start({ tenant: 'default', flow: 'order', input: {}, id: 'one' })
  await at.clock.settle()
  const refused = at.send('ordered', {}).catch(() => 'refused')
  await at.clock.advance(5000)
  expect(await refused).toBe('refused')
  await starting
  await at.clock.advance(5000)
  expect(bodies).toBe(1)
  expect((await at.engine.describe('default', 'one'))?.status).toBe('completed')
})

test('DUR-08: signals in every millisecond do not send a step in flight again', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    waits: { go: signal(null as never) },
    run: async ({ step, warehouse }) => {
      await Promise.all([warehouse.notify({}), warehouse.reserve({}), step.waitFor('go'), step.waitFor('go')])
    },
  })
  const at = await world([flow])
  const slow = () => new Promise((resolve) => at.clock.after(5000, () => resolve({ ok: true })))
  at.upstream.on('notify', slow)
  at.upstream.on('reserve', slow)
  const [run] = await at.send('ordered', {})
  for (let ms = 0; ms < 500; ms += 1) {
    void at.engine.signal({ tenant: 'default', run: run!, name: 'go', data: { ms } })
    await at.clock.advance(1)
  }
  await at.clock.advance(5000)
  expect(at.upstream.count('notify')).toBe(1)
  expect(at.upstream.count('reserve')).toBe(1)
  expect((await at.engine.describe('default', run!))?.status).toBe('completed')
})

test('DUR-09: a signal in the same moment as its time-out gives one of the two, the same after a crash', async () => {
  for (const offset of [-1, 0, 1]) {
    const seen: string[] = []
    const flow = defineFlow('order', {
      trigger: ordered,
      waits: { go: signal(null as never) },
      async run({ step }) {
        const outcome = await step.waitFor('go', { timeout: '500ms' }).then(
          () => 'signal',
          (error: unknown) => (error instanceof TimeoutError ? 'timeout' : 'other'),
        )
        seen.push(outcome)
        await step.sleep('1h')
        return outcome
      },
    })
    const at = await world([flow])
    const [run] = await at.send('ordered', {})
    at.clock.after(500 + offset, () => void at.engine.signal({ tenant: 'default', run: run!, name: 'go', data: 1 }))
    await at.clock.advance(600)
    await at.crash()
    await at.clock.advance(4_000_000)
    const view = await at.engine.describe('default', run!)
    expect(view?.status).toBe('completed')
    expect(new Set(seen)).toEqual(new Set([view?.output]))
    const steps = view?.steps.filter(({ name }) => name.startsWith('waitFor'))
    expect(steps).toHaveLength(1)
  }
})

test('DUR-14: a run that ends the process each time becomes a dead letter; those beside it go on', async () => {
  let isDeadly = true
  let killed = false
  const deadly = defineFlow('deadly', {
    trigger: byHand,
    run: ({ step }) =>
      step.run('body', () => {
        killed = isDeadly
        return never()
      }),
  })
  const innocent = defineFlow('innocent', {
    trigger: byHand,
    uses: { warehouse },
    run: ({ warehouse }) => warehouse.reserve({}),
  })
  const at = await world([deadly, innocent])
  at.upstream.on('reserve', () => new Promise((resolve) => at.clock.after(600_000, () => resolve({ ok: true }))))
  for (const id of ['before-1', 'before-2', 'culprit', 'after-1', 'after-2']) {
    void at.engine.start({ tenant: 'default', flow: id === 'culprit' ? 'deadly' : 'innocent', input: {}, id })
  }
  await at.clock.settle()
  let lives = 0
  for (; lives < 150 && (await at.engine.describe('default', 'culprit'))?.status !== 'failed'; lives += 1) {
    await at.clock.advance(1)
    killed = false
    await at.crash()
    for (let seconds = 0; seconds < 1500 && !killed; seconds += 1) await at.clock.advance(1000)
  }
  expect(await at.engine.describe('default', 'culprit')).toMatchObject({ status: 'failed', code: 'POISONED' })
  expect(lives).toBeLessThan(150)
  isDeadly = false
  await at.clock.advance(2_000_000)
  const counts = await at.engine.counts('default')
  expect(counts).toMatchObject({ completed: 4, failed: 1 })
})

test('DUR-17: draining lets steps in flight end; the next start goes on without counting a crash', async () => {
  let bodies = 0
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    async run({ warehouse, step }) {
      await warehouse.notify({})
      await step.run('after', () => (bodies += 1))
      await warehouse.reserve({})
    },
  })
  const at = await world([flow])
  at.upstream.on('notify', () => new Promise((resolve) => at.clock.after(3000, () => resolve({ sent: true }))))
  const [run] = await at.send('ordered', {})
  const draining = at.engine.drain(10_000)
  await expect(at.send('ordered', {})).rejects.toMatchObject({ code: 'DRAINING' })
  await at.clock.advance(4000)
  expect(await draining).toMatchObject({ interrupted: 0, ready: 1 })
  expect(await at.engine.drain(1)).toMatchObject({ interrupted: 0 })
  expect(bodies).toBe(0)
  await at.journal.close()
  await at.crash()
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'completed', recoveries: 0 })
  expect(at.upstream.count('notify')).toBe(1)
  expect(bodies).toBe(1)
})

test('DUR-17: what is still in flight at the limit is given up, and found by the next start', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    run: ({ warehouse }) => warehouse.reserve({}),
  })
  const at = await world([flow])
  at.upstream.on('reserve', (_request, count) => (count === 1 ? never() : { ok: true }))
  const [run] = await at.send('ordered', {})
  const draining = at.engine.drain(1000)
  await at.clock.advance(2000)
  expect(await draining).toMatchObject({ interrupted: 1 })
  await at.journal.close()
  await at.crash()
  expect((await at.engine.describe('default', run!))?.status).toBe('completed')
})

test('DUR-19: a hundred starts with one id start one run', async () => {
  let bodies = 0
  const flow = defineFlow('order', { trigger: byHand, run: ({ step }) => step.run('body', () => (bodies += 1)) })
  const at = await world([flow])
  const starts = Array.from({ length: 100 }, () =>
    at.engine.start({ tenant: 'default', flow: 'order', input: {}, id: 'one' }),
  )
  await at.clock.settle()
  const answers = await Promise.all(starts)
  expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
  expect(new Set(answers.map(({ run }) => run))).toEqual(new Set(['one']))
  await at.crash()
  const again = at.engine.start({ tenant: 'default', flow: 'order', input: {}, id: 'one' })
  await at.clock.settle()
  expect(await again).toEqual({ run: 'one', duplicate: true })
  expect(bodies).toBe(1)
  for (const id of ['', ' ', 'a b', 'x'.repeat(300), 7 as never]) {
    await expect(at.engine.start({ tenant: 'default', flow: 'order', input: {}, id })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    })
  }
})

test('DUR-03: at each single write that is stored but reports an error, nothing is lost and nothing happens twice', async () => {
  for (let broken = 0; broken < 14; broken += 1) {
    let batches = 0
    let bodies = 0
    const faults: MemoryFaults = { batch: () => ({ outcome: (batches += 1) === broken + 1 ? 'unknown' : 'stored' }) }
    const child = defineFlow('child', { trigger: byHand, run: ({ step }) => step.run('inside', () => 5) })
    const flow = defineFlow('order', {
      trigger: ordered,
      uses: { warehouse },
      waits: { go: signal(null as never), delivered: warehouse.on('delivered') },
      async run({ step, warehouse }) {
        await step.run('once', () => (bodies += 1))
        await warehouse.notify({})
        const started = await step.start(child, {})
        const result = await started.result()
        await step.waitFor('delivered', { match: { shipment: 's1' }, timeout: '1h' })
        await step.waitFor('go', { timeout: '1h' })
        return result
      },
    })
    const at = await world([flow, child], { faults })
    const sure = async (attempt: () => Promise<unknown>): Promise<void> => {
      const once = attempt()
      once.catch(() => undefined)
      await at.clock.settle()
      await once.catch(async () => {
        const again = attempt()
        await at.clock.settle()
        await again
      })
      await at.clock.advance(3000)
    }
    await sure(() => at.send('delivered', { shipment: 's1' }, 'd1'))
    await sure(() => at.send('ordered', {}, 'o1'))
    const [row] = (await at.engine.list({ tenant: 'default', flow: 'order', limit: 10 })).runs
    await sure(() => at.send('delivered', { shipment: 's1' }, 'd2'))
    await sure(() => at.engine.signal({ tenant: 'default', run: row!.run, name: 'go', data: 1, id: 'go-1' }))
    const runs = (await at.engine.list({ tenant: 'default', flow: 'order', limit: 10 })).runs
    expect(runs.map(({ status }) => status)).toEqual(['completed'])
    expect(at.upstream.count('notify')).toBe(1)
    expect(bodies).toBe(1)
    expect((await at.engine.describe('default', row!.run))?.output).toBe(5)
  }
})

test('DUR-09: a signal that came in time counts, though the run finds a place in memory only after its time-out', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    waits: { go: signal(null as never) },
    run: async ({ step }) => (await step.waitFor('go', { timeout: '1h' })).data,
  })
  const blocker = defineFlow('blocker', {
    trigger: byHand,
    uses: { warehouse },
    run: ({ warehouse }) => warehouse.reserve({}),
  })
  const at = await world([flow, blocker], { runsInProgress: 1 })
  at.upstream.on('reserve', () => new Promise((resolve) => at.clock.after(7_200_000, () => resolve({}))))
  const [run] = await at.send('ordered', {})
  void at.engine.start({ tenant: 'default', flow: 'blocker', input: {}, id: 'blocker' })
  await at.clock.advance(1_800_000)
  void at.engine.signal({ tenant: 'default', run: run!, name: 'go', data: 'in time' })
  await at.clock.advance(7_200_000)
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'completed', output: 'in time' })
})
