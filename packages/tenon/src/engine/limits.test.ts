import { expect, test } from 'vitest'
import { defineFlow } from '../definition/flow.ts'
import { manual } from '../definition/trigger.ts'
import { failed, never, warehouse, world } from './engine.fixture.ts'

const ordered = warehouse.on('ordered')
const byHand = manual<{ order?: string }, { order?: string }>(null as never)

test('DUR-12: a limit holds, and its permits come back after cancels, failures, waits and a crash', async () => {
  let running = new Set<object>()
  let most = 0
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    concurrency: 2,
    retry: { attempts: 1 },
    async run({ event, warehouse, step }) {
      await warehouse.reserve({ n: event.data.n })
      if (event.data.n % 5 === 0) await step.sleep('1m')
    },
  })
  const at = await world([flow])
  at.upstream.on('reserve', async (request) => {
    running.add(request)
    most = Math.max(most, running.size)
    await new Promise<void>((resolve) => at.clock.after(1000, resolve))
    running.delete(request)
    return (request.input as { n: number }).n % 7 === 0
      ? failed('answered', { retryable: false, code: 'UPSTREAM_REFUSED' })
      : {}
  })
  const runs: string[] = []
  for (let n = 1; n <= 30; n += 1) runs.push(...(await at.send('ordered', { n })))
  await at.clock.advance(2500)
  for (const run of runs.filter((_run, index) => index % 3 === 0)) {
    at.engine.cancel({ tenant: 'default', run, reason: 'test' }).catch(() => undefined)
    await at.clock.settle()
  }
  await at.clock.advance(2500)
  running = new Set()
  await at.crash()
  await at.clock.advance(200_000)
  expect(most).toBe(2)
  const counts = await at.engine.counts('default')
  expect(counts).toMatchObject({ ready: 0, queued: 0, waiting: 0, parked: 0 })
  expect(counts.completed + counts.failed + counts.cancelled).toBe(30)
  expect(at.engine.activity()).toMatchObject({ inProgress: 0, readied: 0 })
  // Both permits are there again.
  most = 0
  for (const n of [1, 2, 3]) await at.send('ordered', { n })
  await at.clock.advance(500)
  expect(most).toBe(2)
})

test('DUR-11: thousands of runs of a flow at its limit keep no other flow out', async () => {
  const crowd = defineFlow('crowd', {
    trigger: ordered,
    uses: { warehouse },
    concurrency: 1,
    run: ({ warehouse }) => warehouse.reserve({}),
  })
  const other = defineFlow('other', { trigger: byHand, run: ({ step }) => step.run('body', () => 'done') })
  const at = await world([crowd, other])
  at.upstream.on('reserve', () => never())
  await Promise.all(Array.from({ length: 4500 }, () => at.send('ordered', {})))
  await at.crash()
  const started = at.engine.start({ tenant: 'default', flow: 'other', input: {}, id: 'other-1' })
  await at.clock.settle()
  await started
  expect(await at.engine.describe('default', 'other-1')).toMatchObject({ status: 'completed', output: 'done' })
  expect(at.upstream.count('reserve')).toBe(2)
})

test('DUR-12: a key is kept by a run that waits, or given on at its first wait, as the flow says', async () => {
  for (const keyUntil of ['end', 'first-wait'] as const) {
    const order: string[] = []
    const flow = defineFlow('order', {
      trigger: ordered,
      key: (event) => event.data.order,
      keyUntil,
      async run({ event, step }) {
        order.push(`begin ${event.data.n}`)
        await step.sleep('1h')
        await step.run('end', () => void order.push(`end ${event.data.n}`))
      },
    })
    const at = await world([flow])
    for (const n of [1, 2]) await at.send('ordered', { order: 'A', n })
    await at.clock.advance(1000)
    expect(order).toEqual(keyUntil === 'end' ? ['begin 1'] : ['begin 1', 'begin 2'])
    await at.clock.advance(8_000_000)
    expect((await at.engine.counts('default')).completed).toBe(2)
  }
})

test('DUR-12: a pause before another try is no wait: the key is not given on, however long the provider asks for', async () => {
  const order: string[] = []
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    key: (event) => event.data.order,
    keyUntil: 'first-wait',
    async run({ event, warehouse }) {
      await warehouse.reserve({ n: event.data.n })
      order.push(`reserved ${event.data.n}`)
    },
  })
  const at = await world([flow])
  at.upstream.on('reserve', (_request, count) =>
    count === 1 ? failed('answered', { retryable: true, retryAfterMs: 60_000 }) : {},
  )
  for (const n of [1, 2]) await at.send('ordered', { order: 'A', n })
  await at.clock.advance(59_000)
  expect(order).toEqual([])
  await at.clock.advance(2000)
  expect(order).toEqual(['reserved 1', 'reserved 2'])
})

test('DUR-12: a failed or parked run holds its key, or lets the next pass, as the flow says', async () => {
  for (const onBlocked of ['wait', 'skip'] as const) {
    const flow = defineFlow('order', {
      trigger: ordered,
      uses: { warehouse },
      key: (event) => event.data.order,
      onBlocked,
      retry: { attempts: 1 },
      run: ({ event, warehouse }) => (event.data.parks ? warehouse.notify({}) : warehouse.reserve({})),
    })
    const at = await world([flow])
    at.upstream.on('reserve', (_request, count) => (count === 1 ? failed('answered', { retryable: false }) : {}))
    at.upstream.on('notify', () => failed('ambiguous'))
    const [fails] = await at.send('ordered', { order: 'A' })
    const [afterFailed] = await at.send('ordered', { order: 'A' })
    const [parks] = await at.send('ordered', { order: 'B', parks: true })
    const [afterParked] = await at.send('ordered', { order: 'B' })
    const status = async (run: string | undefined): Promise<string | undefined> =>
      (await at.engine.describe('default', run!))?.status
    expect(await status(fails)).toBe('failed')
    expect(await status(parks)).toBe('parked')
    const behind = onBlocked === 'wait' ? 'queued' : 'completed'
    expect(await status(afterFailed)).toBe(behind)
    expect(await status(afterParked)).toBe(behind)
    if (onBlocked === 'skip') continue
    await at.engine.cancel({ tenant: 'default', run: fails!, reason: 'out of the way' })
    await at.clock.settle()
    expect(await status(fails)).toBe('cancelled')
    expect(await status(afterFailed)).toBe('completed')
  }
})

test('a run that waits for a run which needs its own key is told so at once', async () => {
  const flow = defineFlow('order', {
    trigger: byHand,
    key: (event) => event.data.order ?? 'A',
    async run({ event, step }): Promise<unknown> {
      if (event.data.order === 'leaf') return 'leaf'
      const child = await step.start(flow as never, { order: 'A' } as never)
      return child.result()
    },
  })
  const at = await world([flow as never])
  const started = at.engine.start({ tenant: 'default', flow: 'order', input: { order: 'A' }, id: 'parent' })
  await at.clock.settle()
  await started
  expect(await at.engine.describe('default', 'parent')).toMatchObject({ status: 'failed', code: 'KEY_HELD' })
})

test('a run that takes longer than its timeout is taken back and fails', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    timeout: '1h',
    async run({ warehouse, step }) {
      await warehouse.reserve({}, { undo: () => warehouse.release({}) })
      await step.sleep('2h')
    },
  })
  const at = await world([flow])
  const [run] = await at.send('ordered', {})
  await at.clock.advance(3_599_000)
  expect((await at.engine.describe('default', run!))?.status).toBe('waiting')
  await at.clock.advance(3000)
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'failed', code: 'TIMEOUT', undo: 'done' })
  expect(at.upstream.count('release')).toBe(1)
})

test('a retry that is in flight keeps no timer spinning', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    retry: { attempts: 3, base: '100ms', cap: '100ms' },
    run: ({ warehouse }) => warehouse.reserve({}),
  })
  const at = await world([flow])
  at.upstream.on('reserve', (_request, count) => (count === 1 ? failed('not-sent') : never()))
  await at.send('ordered', {})
  // Would never end if the run came back at once, again and again.
  await at.clock.advance(60_000)
  expect(at.upstream.count('reserve')).toBe(2)
})
