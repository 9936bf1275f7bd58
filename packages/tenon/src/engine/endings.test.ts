import { expect, test } from 'vitest'
import { defineFlow, type Flow } from '../definition/flow.ts'
import { manual, signal } from '../definition/trigger.ts'
import { failed, never, warehouse, world, type World } from './engine.fixture.ts'

const ordered = warehouse.on('ordered')
const byHand = manual<unknown, unknown>(null as never)

async function cancel(at: World, run: string): Promise<void> {
  const cancelling = at.engine.cancel({ tenant: 'default', run, reason: 'test' })
  cancelling.catch(() => undefined)
  await at.clock.settle()
  await cancelling
}

// A bit of everything, so that there is something to cancel at each position of the journal.
function longFlow(child: Flow): Flow {
  return defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    waits: { go: signal(null as never), delivered: warehouse.on('delivered') },
    retry: { attempts: 4, base: '10s', cap: '10s' },
    async run({ step, warehouse }) {
      await warehouse.reserve({ n: 1 }, { undo: () => warehouse.release({ of: 1 }) })
      await Promise.all([
        warehouse.reserve({ n: 2 }, { undo: () => warehouse.release({ of: 2 }) }),
        step.run('own', () => 'own', { undo: () => undefined }),
        step.sleep('5s'),
      ])
      const started = await step.start(child as never, {} as never)
      await step.waitFor('go', { timeout: '1m' }).catch(() => undefined)
      await warehouse.notify({})
      await started.result()
      await step.waitFor('delivered', { match: { shipment: 's' }, timeout: '1h' }).catch(() => undefined)
      return 'done'
    },
  })
}

test('DUR-13: a cancel at every position of the journal ends the run, its children, its timers and retries, and takes it back once', async () => {
  const child = defineFlow('child', { trigger: byHand, run: ({ step }) => step.sleep('30m') })
  const flow = longFlow(child)
  const reached = new Set<number>()
  for (let position = 1; position < 40; position += 1) {
    const at = await world([flow, child], { faults: { batch: () => ({ outcome: 'stored', delayMs: 40 }) } })
    at.upstream.on('reserve', (_request, count) => (count === 2 ? failed('ambiguous') : { ok: true }))
    const sending = at.send('ordered', {})
    await at.clock.advance(50)
    const [run] = await sending
    const positionNow = async (): Promise<number> => {
      const row = await at.journal.find('default', run!)
      return row?.status === 'completed' ? Number.POSITIVE_INFINITY : row!.lastSeq
    }
    while ((await positionNow()) < position) await at.clock.advance(at.clock.next! - at.clock.now())
    if ((await positionNow()) === Number.POSITIVE_INFINITY) break
    reached.add(await positionNow())
    let isRefused = false
    at.engine.cancel({ tenant: 'default', run: run!, reason: 'test' }).catch(() => (isRefused = true))
    if (position % 2 === 0) {
      await at.clock.advance(200)
      await at.crash()
    }
    await at.clock.advance(120_000)
    // Its end was on the way already.
    if (isRefused) continue
    const view = await at.engine.describe('default', run!)
    expect(view?.status).toBe('cancelled')
    const done = view!.steps.filter(
      ({ state, name }) => state === 'completed' && /reserve|^own/.test(name) && !name.startsWith('undo'),
    )
    expect(view!.steps.filter(({ isUndo, state }) => isUndo && state === 'completed')).toHaveLength(done.length)
    expect(
      new Set(
        at.upstream.requests
          .filter(({ operation }) => operation === 'release')
          .map(({ idempotencyKey }) => idempotencyKey),
      ).size,
    ).toBe(done.filter(({ name }) => name !== 'own').length)
    for (const { status } of (await at.engine.list({ tenant: 'default', flow: 'child', limit: 9 })).runs)
      expect(['cancelled', 'completed']).toContain(status)
    const calls = at.upstream.requests.length
    await at.clock.advance(8_000_000)
    expect(at.upstream.requests.length).toBe(calls)
  }
  expect(reached.size).toBeGreaterThan(8)
})

test('DUR-13: children are cancelled though the process ends right after the cancel is stored', async () => {
  const child = defineFlow('child', { trigger: byHand, run: ({ step }) => step.sleep('30d') })
  const parent = defineFlow('parent', {
    trigger: ordered,
    async run({ step }) {
      await (await step.start(child as never, {} as never)).result()
    },
  })
  const at = await world([parent, child])
  const [run] = await at.send('ordered', {})
  const cancelling = at.engine.cancel({ tenant: 'default', run: run!, reason: 'test' })
  cancelling.catch(() => undefined)
  // Turn by turn, a crash at each.
  for (let turns = 0; turns < 30; turns += 1) {
    await at.clock.turn()
    if (turns % 3 === 2) await at.crash()
  }
  await at.clock.advance(10_000)
  await cancel(at, run!).catch(() => undefined)
  await at.clock.advance(10_000)
  const rows = (await at.engine.list({ tenant: 'default', limit: 9 })).runs
  expect(rows.map(({ flow, status }) => `${flow} ${status}`).toSorted()).toEqual([
    'child cancelled',
    'parent cancelled',
  ])
})

test('a way back that fails leaves the run failed, and the others are still taken back', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    retry: { attempts: 1 },
    async run({ warehouse, step }) {
      await warehouse.reserve({ n: 1 }, { undo: () => warehouse.release({ of: 1 }) })
      await warehouse.reserve({ n: 2 }, { undo: () => warehouse.release({ of: 2 }) })
      await step.sleep('1h')
    },
  })
  const at = await world([flow])
  at.upstream.on('release', (_request, count) => (count === 1 ? failed('answered', { retryable: false }) : {}))
  const [run] = await at.send('ordered', {})
  await cancel(at, run!)
  expect(await at.engine.describe('default', run!)).toMatchObject({
    status: 'failed',
    code: 'STEP_FAILED',
    undo: 'done',
  })
  expect(at.upstream.requests.filter(({ operation }) => operation === 'release').map(({ input }) => input)).toEqual([
    { of: 2 },
    { of: 1 },
  ])
  const retried = at.engine.retry({ tenant: 'default', run: run! })
  await expect(retried).rejects.toMatchObject({ code: 'RUN_NOT_RETRYABLE' })
})

test('nothing reaches the function once its way back has begun', async () => {
  const late: string[] = []
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    waits: { delivered: warehouse.on('delivered') },
    retry: { attempts: 1 },
    async run({ warehouse, step }) {
      await warehouse.reserve({}, { undo: () => warehouse.release({}) })
      const waiting = step.waitFor('delivered', { match: { shipment: 's' }, timeout: '1h' }).then(() => {
        late.push('went on')
        return warehouse.notify({})
      })
      await Promise.all([waiting, step.sleep('1m').then(() => warehouse.ship({}))])
    },
  })
  // Slow commits leave room for the event between the decision to take back and its entry.
  const at = await world([flow], { faults: { batch: () => ({ outcome: 'stored', delayMs: 100 }) } })
  at.upstream.on('ship', () => failed('answered', { retryable: false }))
  const sending = at.send('ordered', {})
  await at.clock.advance(1000)
  const [run] = await sending
  await at.clock.advance(59_400)
  for (let ms = 0; ms < 1000; ms += 50) {
    const delivering = at.send('delivered', { shipment: 's' }, `d${ms}`)
    delivering.catch(() => undefined)
    await at.clock.advance(50)
  }
  await at.crash()
  await at.clock.advance(10_000)
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'failed', undo: 'done' })
  expect(at.upstream.count('release')).toBe(1)
})

test('a run that is cancelled while it fails for good is not taken back twice', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    retry: { attempts: 1 },
    async run({ warehouse }) {
      await warehouse.reserve({}, { undo: () => warehouse.release({}) })
      await warehouse.ship({})
    },
  })
  const at = await world([flow])
  at.upstream.on('ship', () => failed('answered', { retryable: false }))
  at.upstream.on('release', () => new Promise((resolve) => at.clock.after(1000, () => resolve({}))))
  const [run] = await at.send('ordered', {})
  await cancel(at, run!)
  await at.crash()
  await at.clock.advance(5000)
  expect((await at.engine.describe('default', run!))?.status).toBe('failed')
  expect(
    new Set(
      at.upstream.requests
        .filter(({ operation }) => operation === 'release')
        .map(({ idempotencyKey }) => idempotencyKey),
    ).size,
  ).toBe(1)
})

test('DUR-06: a run whose version is gone parks, keeps its mail, and goes on when the version is back', async () => {
  const options = {
    trigger: ordered,
    waits: { go: signal(null as never) },
    run: async ({ step }: { step: { waitFor(name: 'go'): Promise<{ data: unknown }> } }) =>
      (await step.waitFor('go')).data,
  }
  const first = defineFlow('order', options as never)
  const second = defineFlow('order', { ...(options as object), version: 2 } as never)
  const at = await world([first])
  const [run] = await at.send('ordered', {})
  await at.crash([second])
  expect(await at.engine.check('default')).toEqual([expect.objectContaining({ run, found: 'no such version' })])
  await at.crash([first])
  await at.crash([second])
  await cancel(at, 'none').catch(() => undefined)
  // A message wakes it on code that does not hold it.
  const message = {
    kind: 'message',
    tenant: 'default',
    run: run!,
    at: 0,
    id: 'm1',
    type: 'signal',
    name: 'go',
    body: '"hello"',
    to: 'living',
  } as const
  const delivering = at.journal.deliver(message)
  await at.clock.settle()
  await delivering
  await at.crash([second])
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'parked', code: 'DIVERGED' })
  await at.crash([second, first])
  const retrying = at.engine.retry({ tenant: 'default', run: run! })
  await at.clock.settle()
  await retrying
  await at.clock.settle()
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'completed', output: 'hello' })
})

test.each([
  ['happened', { kind: 'happened', result: { id: 'm1' } }, { status: 'completed', output: { id: 'm1' } }, 1],
  ['did not happen', { kind: 'did-not-happen' }, { status: 'failed', code: 'EFFECT_DENIED' }, 1],
  ['is to be sent again', { kind: 'retry' }, { status: 'completed', output: { sent: true } }, 2],
] as const)(
  'a decision that it %s, given while the code does not fit, counts when it fits again',
  async (_what, decision, end, sent) => {
    const make = (isOther: boolean) =>
      defineFlow('order', {
        trigger: ordered,
        uses: { warehouse },
        run: ({ warehouse }) => (isOther ? warehouse.read({}) : warehouse.notify({})),
      })
    const at = await world([make(false)])
    at.upstream.on('notify', (_request, count) => (count === 1 ? failed('ambiguous') : { sent: true }))
    const [run] = await at.send('ordered', {})
    expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'parked', code: 'OUTCOME_UNKNOWN' })
    await at.crash([make(true)])
    // The second of two people who decide at the same time has no say any more, and is told who had it.
    const step = { tenant: 'default', run: run!, step: 'warehouse.notify#1' }
    const second = { ...step, decision: { kind: 'did-not-happen' }, by: 'bob' } as const
    const deciding = Promise.allSettled([at.engine.decide({ ...step, decision, by: 'ada' }), at.engine.decide(second)])
    await at.clock.settle()
    const refused = { code: 'ORDER_REFUSED', details: { decision: { kind: decision.kind, by: 'ada' } } }
    expect(await deciding).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: refused }])
    const later = Promise.allSettled([at.engine.decide(second)])
    await at.clock.settle()
    expect(await later).toMatchObject([{ status: 'rejected', reason: refused }])
    expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'parked', code: 'DIVERGED' })
    await at.crash([make(false)])
    const retrying = at.engine.retry({ tenant: 'default', run: run! })
    await at.clock.settle()
    await retrying
    await at.clock.settle()
    const told = await at.engine.describe('default', run!)
    expect(told).toMatchObject({ ...end, steps: [{ decision: { kind: decision.kind, by: 'ada' } }] })
    expect(told?.steps[0]?.attempts).toHaveLength(sent) // a decision is no try
    expect(at.upstream.count('notify')).toBe(sent)
  },
)

test('step.changed is false for a run that passed the point before the change, true for one still ahead, and stays so', async () => {
  const answers: string[] = []
  const make = (isNew: boolean) =>
    defineFlow('order', {
      trigger: ordered,
      uses: { warehouse },
      async run({ event, step, warehouse }) {
        await warehouse.read({})
        if (event.data.early) await step.sleep('1h')
        if (isNew) {
          const changed = step.changed('notify first')
          answers.push(`${event.data.early ? 'early' : 'late'} ${changed}`)
          if (changed) await warehouse.reserve({ new: true })
        }
        await warehouse.reserve({ old: true })
        await step.sleep('2h')
      },
    })
  const at = await world([make(false)])
  const [early] = await at.send('ordered', { early: true })
  const [late] = await at.send('ordered', { early: false })
  await at.clock.advance(60_000)
  await at.crash([make(true)])
  await at.clock.advance(3_700_000)
  await at.crash([make(true)])
  await at.clock.advance(8_000_000)
  expect(new Set(answers)).toEqual(new Set(['early true', 'late false']))
  for (const run of [early, late]) expect((await at.engine.describe('default', run!))?.status).toBe('completed')
  const inputs = at.upstream.requests.filter(({ operation }) => operation === 'reserve').map(({ input }) => input)
  expect(inputs).toEqual([{ old: true }, { new: true }, { old: true }])
})

test('a function that returns with steps under way ends only when they are settled', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    async run({ warehouse, step }) {
      void warehouse.notify({}).catch(() => undefined)
      void step.sleep('30d')
      return 'early'
    },
  })
  const at = await world([flow])
  at.upstream.on('notify', (_request, count) => (count === 1 ? never() : {}))
  const [run] = await at.send('ordered', {})
  expect((await at.engine.describe('default', run!))?.status).toBe('ready')
  await at.crash()
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'parked', code: 'OUTCOME_UNKNOWN' })
  const deciding = at.engine.decide({
    tenant: 'default',
    run: run!,
    step: 'warehouse.notify#1',
    decision: { kind: 'did-not-happen' },
    by: 'ada',
  })
  await at.clock.settle()
  await deciding
  await at.clock.settle()
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'completed', output: 'early' })
})

test('a retried run finds what came while it had failed, and its waits begin anew', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    waits: { delivered: warehouse.on('delivered') },
    retry: { attempts: 1 },
    async run({ warehouse, step }) {
      const [arrived] = await Promise.all([
        step.waitFor('delivered', { match: { shipment: 's' }, timeout: '30d' }),
        step.sleep('1m').then(() => warehouse.reserve({})),
      ])
      return arrived.data.note
    },
  })
  for (const when of ['while failed', 'after the retry'] as const) {
    const at = await world([flow])
    at.upstream.on('reserve', (_request, count) => (count === 1 ? failed('answered', { retryable: false }) : {}))
    const [run] = await at.send('ordered', {})
    await at.clock.advance(70_000)
    expect((await at.engine.describe('default', run!))?.status).toBe('failed')
    if (when === 'while failed') await at.send('delivered', { shipment: 's', note: when })
    const retrying = at.engine.retry({ tenant: 'default', run: run! })
    await at.clock.settle()
    await retrying
    await at.crash()
    if (when === 'after the retry') await at.send('delivered', { shipment: 's', note: when })
    await at.clock.advance(70_000)
    expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'completed', output: when })
  }
})

test('a retry asks under the same key as long as an earlier try may have taken effect', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    retry: { attempts: 2, base: '1s', cap: '1s' },
    run: ({ warehouse }) => warehouse.reserve({}),
  })
  const at = await world([flow])
  // The first try may have taken effect; that the second was turned away for now says nothing of it.
  at.upstream.on('reserve', (_request, count) => [failed('ambiguous'), failed('answered'), { ok: true }][count - 1])
  const [run] = await at.send('ordered', {})
  await at.clock.advance(5000)
  expect((await at.engine.describe('default', run!))?.status).toBe('failed')
  const retrying = at.engine.retry({ tenant: 'default', run: run! })
  await at.clock.settle()
  await retrying
  await at.clock.settle()
  expect((await at.engine.describe('default', run!))?.status).toBe('completed')
  expect(new Set(at.upstream.requests.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
})

test('a retried run that asks for something else than before asks under a new key; what it asks for again it does not send again', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    retry: { attempts: 1 },
    async run({ warehouse }) {
      const order = await warehouse.ship({}).catch((error: Error) => error)
      await warehouse.reserve({ same: true }, { step: 'same' })
      await warehouse.reserve({ failed: order instanceof Error }, { step: 'told' })
      if (order instanceof Error) throw order
      return 'done'
    },
  })
  const at = await world([flow])
  at.upstream.on('ship', (_request, count) => (count === 1 ? failed('answered', { retryable: false }) : {}))
  const [run] = await at.send('ordered', {})
  expect((await at.engine.describe('default', run!))?.status).toBe('failed')
  const retrying = at.engine.retry({ tenant: 'default', run: run! })
  await at.clock.settle()
  await retrying
  await at.crash()
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'completed', output: 'done' })
  const sent = at.upstream.requests.filter(({ operation }) => operation === 'reserve')
  expect(sent.map(({ input }) => input)).toEqual([{ same: true }, { failed: true }, { failed: false }])
  expect(new Set(sent.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(3)
  expect(await at.engine.check('default')).toEqual([])
})

test('a run that ran out of time gets its whole time again when a person retries it', async () => {
  const flow = defineFlow('order', {
    trigger: warehouse.on('ordered'),
    timeout: '1h',
    async run({ step }) {
      await step.sleep('50m')
      await step.sleep('50m')
      return 'done'
    },
  })
  const at = await world([flow])
  const [run = ''] = await at.send('ordered', {})
  await at.clock.advance(3_601_000)
  expect(await at.engine.describe('default', run)).toMatchObject({ status: 'failed', code: 'TIMEOUT' })
  await at.engine.retry({ tenant: 'default', run })
  await at.clock.advance(3_000_000)
  expect(await at.engine.describe('default', run)).toMatchObject({ status: 'completed', output: 'done' })
})
