import { expect, test } from 'vitest'
import { z } from 'zod'
import { TerminalError, TimeoutError, TenonError, RetryableError } from '../base/errors.ts'
import { noAuth } from '../definition/auth.ts'
import { defineConnector } from '../definition/connector.ts'
import { defineFlow } from '../definition/flow.ts'
import { operation } from '../definition/operation.ts'
import { manual, signal } from '../definition/trigger.ts'
import { failed, never, warehouse, world } from './engine.fixture.ts'

const ordered = warehouse.on('ordered')

test('a run calls its steps in order and ends with its output', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    async run({ event, warehouse }) {
      const order = await warehouse.read({ id: event.data.order })
      const reserved = await warehouse.reserve({ of: order })
      return { reserved }
    },
  })
  const { engine, upstream, send } = await world([flow])
  upstream.on('read', () => ({ lines: 2 }))
  const [run] = await send('ordered', { order: '7' })
  const view = await engine.describe('default', run!)
  expect(view?.status).toBe('completed')
  expect(view?.output).toEqual({ reserved: { done: 'reserve' } })
  expect(view?.steps.map(({ name }) => name)).toEqual(['warehouse.read#1', 'warehouse.reserve#1'])
  expect(upstream.requests[1]?.input).toEqual({ of: { lines: 2 } })
  expect(upstream.requests[1]?.idempotencyKey).toMatch(/^[\w-]{27}$/)
})

test('DUR-02: a completed step never runs again; one in flight is sent again under the same key', async () => {
  const bodies: string[] = []
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    async run({ step, warehouse }) {
      await step.run('first', () => void bodies.push('first'))
      await warehouse.reserve({})
      await step.run('last', () => void bodies.push('last'))
    },
  })
  const at = await world([flow])
  at.upstream.on('reserve', (_request, count) => (count === 1 ? never() : { ok: true }))
  const [run] = await at.send('ordered', {})
  expect(at.upstream.count('reserve')).toBe(1)
  await at.crash()
  expect((await at.engine.describe('default', run!))?.status).toBe('completed')
  expect(bodies).toEqual(['first', 'last'])
  expect(at.upstream.count('reserve')).toBe(2)
  expect(at.upstream.requests[0]?.idempotencyKey).toBe(at.upstream.requests[1]?.idempotencyKey)
  expect(at.upstream.requests[1]?.mayHaveHappened).toBe(true)
})

test('a retryable failure is tried again after a pause, counted across a crash, and then fails the run', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    retry: { attempts: 3, base: '2s', cap: '10s' },
    run: ({ warehouse }) => warehouse.reserve({}),
  })
  const at = await world([flow])
  at.upstream.on('reserve', () => failed('ambiguous'))
  const [run] = await at.send('ordered', {})
  expect((await at.engine.describe('default', run!))?.status).toBe('waiting')
  await at.crash()
  await at.clock.advance(60_000)
  const view = await at.engine.describe('default', run!)
  expect(view?.status).toBe('failed')
  expect(view?.code).toBe('UPSTREAM_UNAVAILABLE')
  expect(at.upstream.count('reserve')).toBe(3)
  expect(view?.steps[0]?.attempts).toHaveLength(3)
})

test('OUT-03: a long Retry-After parks the step durably and is not cut', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    run: ({ warehouse }) => warehouse.reserve({}),
  })
  const at = await world([flow])
  at.upstream.on('reserve', (_request, count) =>
    count === 1 ? failed('answered', { retryAfterMs: 3_600_000 }) : { ok: 1 },
  )
  const [run] = await at.send('ordered', {})
  await at.crash()
  await at.clock.advance(3_599_000)
  expect(at.upstream.count('reserve')).toBe(1)
  await at.clock.advance(2_000)
  expect(at.upstream.count('reserve')).toBe(2)
  expect((await at.engine.describe('default', run!))?.status).toBe('completed')
})

test('an operation that cannot be repeated parks when its answer is lost, and goes on by a decision', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    run: ({ warehouse }) => warehouse.notify({}),
  })
  const at = await world([flow])
  at.upstream.on('notify', () => never())
  const [run] = await at.send('ordered', {})
  await at.crash()
  const parked = await at.engine.describe('default', run!)
  expect(parked).toMatchObject({ status: 'parked', code: 'OUTCOME_UNKNOWN' })
  expect(at.upstream.count('notify')).toBe(1)
  await at.engine.decide({
    tenant: 'default',
    run: run!,
    step: 'warehouse.notify#1',
    decision: { kind: 'happened', result: { id: 'm1' } },
    by: 'ada',
  })
  await at.clock.settle()
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'completed', output: { id: 'm1' } })
  expect(at.upstream.count('notify')).toBe(1)
})

test('a result that no answer of the operation looks like is refused, and the run stays parked', async () => {
  const printing = operation({
    method: 'POST',
    path: '/pages',
    input: z.object({}),
    output: z.object({ pages: z.int() }),
  })
  const printer = defineConnector('printer', {
    baseUrl: 'https://printer.example.com',
    auth: noAuth(),
    operations: { print: printing },
  })
  const flow = defineFlow('print', { trigger: ordered, uses: { printer }, run: ({ printer }) => printer.print({}) })
  const at = await world([flow])
  at.upstream.on('print', () => failed('ambiguous'))
  const [run] = await at.send('ordered', {})
  const decide = (result?: unknown) =>
    at.engine.decide({
      tenant: 'default',
      run: run!,
      step: 'printer.print#1',
      decision: { kind: 'happened', result },
      by: 'ada',
    })
  for (const wrong of [undefined, null, { pages: 'two' }])
    await expect(decide(wrong)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  expect((await at.engine.describe('default', run!))?.status).toBe('parked')
  await decide({ pages: 2, ink: 'black' })
  await at.clock.settle()
  // As an answer is: what the schema does not know is left out.
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'completed', output: { pages: 2 } })
})

test('a decision that the effect did not happen fails the step; one to retry sends it again', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    async run({ warehouse }) {
      try {
        return await warehouse.notify({})
      } catch (error) {
        return TenonError.is(error) ? error.code : 'other'
      }
    },
  })
  const at = await world([flow])
  at.upstream.on('notify', (_request, count) => (count <= 2 ? failed('ambiguous') : { sent: true }))
  const [denied] = await at.send('ordered', {})
  const [retried] = await at.send('ordered', {})
  await at.engine.decide({
    tenant: 'default',
    run: denied!,
    step: 'warehouse.notify#1',
    decision: { kind: 'did-not-happen' },
    by: 'ada',
  })
  await at.engine.decide({
    tenant: 'default',
    run: retried!,
    step: 'warehouse.notify#1',
    decision: { kind: 'retry' },
    by: 'ada',
  })
  await at.clock.settle()
  expect((await at.engine.describe('default', denied!))?.output).toBe('EFFECT_DENIED')
  expect((await at.engine.describe('default', retried!))?.output).toEqual({ sent: true })
})

test('a wait takes an event that came before it, and leaves memory for one that comes later', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    waits: { delivered: warehouse.on('delivered') },
    async run({ event, step, warehouse }) {
      await warehouse.reserve({})
      const arrived = await step.waitFor('delivered', { match: { shipment: event.data.shipment }, timeout: '14d' })
      return { at: arrived.time.getTime(), note: arrived.data.note }
    },
  })
  const at = await world([flow])
  at.upstream.on('reserve', async () => {
    await at.send('delivered', { shipment: 'early', note: 'was early' })
    return {}
  })
  const [early] = await at.send('ordered', { shipment: 'early' })
  await at.clock.settle()
  expect(await at.engine.describe('default', early!)).toMatchObject({
    status: 'completed',
    output: { note: 'was early' },
  })
  at.upstream.on('reserve', () => ({}))
  const [late] = await at.send('ordered', { shipment: 'late' })
  await at.clock.settle()
  expect((await at.engine.describe('default', late!))?.status).toBe('waiting')
  expect(at.engine.activity().inProgress).toBe(0)
  await at.crash()
  await at.clock.advance(13 * 86_400_000)
  await at.send('delivered', { shipment: 'other', note: 'not ours' })
  const reached = await at.send('delivered', { shipment: 'late', note: 'was late' })
  expect(reached).toEqual([late])
  expect(await at.engine.describe('default', late!)).toMatchObject({
    status: 'completed',
    output: { note: 'was late' },
  })
})

test('a wait that nothing reaches throws a TimeoutError, after a crash too', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    waits: { approved: signal() },
    async run({ step }) {
      try {
        await step.waitFor('approved', { timeout: '2h' })
        return 'approved'
      } catch (error) {
        return error instanceof TimeoutError ? 'too late' : 'other'
      }
    },
  })
  const at = await world([flow])
  const [run] = await at.send('ordered', {})
  await at.crash()
  await at.clock.advance(7_201_000)
  expect((await at.engine.describe('default', run!))?.output).toBe('too late')
})

test('DUR-09: a signal is taken once, also one that came early', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    waits: { approved: signal() },
    async run({ step, warehouse }) {
      await step.sleep('1h')
      const first = await step.waitFor('approved')
      await warehouse.reserve({})
      const second = await step.waitFor('approved')
      return [first.data, second.data]
    },
  })
  const at = await world([flow])
  const [run] = await at.send('ordered', {})
  await at.engine.signal({ tenant: 'default', run: run!, name: 'approved', data: 1, id: 's1' })
  await at.engine.signal({ tenant: 'default', run: run!, name: 'approved', data: 1, id: 's1' })
  await at.crash()
  await at.clock.advance(3_600_001)
  expect((await at.engine.describe('default', run!))?.status).toBe('waiting')
  await at.crash()
  await at.engine.signal({ tenant: 'default', run: run!, name: 'approved', data: 2 })
  await at.clock.settle()
  expect((await at.engine.describe('default', run!))?.output).toEqual([1, 2])
})

test('undo runs in reverse order, once, when a sibling fails, and the run fails with the first error', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    async run({ warehouse, step }) {
      await step.run('note', () => 'noted', { undo: (noted) => warehouse.release({ noted }) })
      await Promise.all([
        warehouse.reserve({ line: 1 }, { undo: (result) => warehouse.release(result) }),
        step.run('charge', () => {
          throw new TerminalError('card declined')
        }),
      ])
    },
  })
  const at = await world([flow])
  at.upstream.on('reserve', () => ({ reservation: 'r1' }))
  const [run] = await at.send('ordered', {})
  await at.clock.settle()
  const view = await at.engine.describe('default', run!)
  expect(view).toMatchObject({ status: 'failed', code: 'TERMINAL', undo: 'done', error: { message: 'card declined' } })
  expect(at.upstream.requests.filter(({ operation }) => operation === 'release').map(({ input }) => input)).toEqual([
    { reservation: 'r1' },
    { noted: 'noted' },
  ])
  await expect(at.engine.retry({ tenant: 'default', run: run! })).rejects.toMatchObject({ code: 'RUN_NOT_RETRYABLE' })
})

test('DUR-13: cancel settles what is in flight, takes it back once, and ends the run', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    async run({ warehouse, step }) {
      await warehouse.reserve({ line: 1 }, { undo: () => warehouse.release({}) })
      await step.sleep('10d')
    },
  })
  const at = await world([flow])
  const [run] = await at.send('ordered', {})
  await at.engine.cancel({ tenant: 'default', run: run!, reason: 'changed my mind' })
  await at.clock.settle()
  await at.crash()
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'cancelled', undo: 'done' })
  expect(at.upstream.count('release')).toBe(1)
  await at.clock.advance(11 * 86_400_000)
  expect(at.upstream.count('release')).toBe(1)
})

test('a failed run goes on from its failed step, under a new key only after a definitive answer', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    retry: { attempts: 1 },
    async run({ warehouse, step }) {
      await step.run('once', () => 1)
      return warehouse.reserve({})
    },
  })
  const at = await world([flow])
  at.upstream.on(
    'reserve',
    (_request, count) =>
      [
        failed('answered', { retryable: false, code: 'UPSTREAM_REFUSED' }),
        failed('ambiguous', { retryable: false }),
        { ok: true },
      ][count - 1],
  )
  const [run] = await at.send('ordered', {})
  expect((await at.engine.describe('default', run!))?.status).toBe('failed')
  await at.engine.retry({ tenant: 'default', run: run! })
  await at.clock.settle()
  expect((await at.engine.describe('default', run!))?.status).toBe('failed')
  await at.engine.retry({ tenant: 'default', run: run! })
  await at.clock.settle()
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'completed', output: { ok: true } })
  const keys = at.upstream.requests.map(({ idempotencyKey }) => idempotencyKey)
  expect(keys[1]).not.toBe(keys[0])
  expect(keys[2]).toBe(keys[1])
})

test('DUR-04: code that differs from the journal parks the run with the first difference, and nothing leaves', async () => {
  const before = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    async run({ warehouse, step }) {
      await warehouse.read({ n: 1 })
      await step.sleep('1h')
      return warehouse.reserve({})
    },
  })
  const after = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    async run({ warehouse, step }) {
      await warehouse.notify({ new: true })
      await warehouse.read({ n: 1 })
      await step.sleep('1h')
      return warehouse.reserve({})
    },
  })
  const at = await world([before])
  const [run] = await at.send('ordered', {})
  await at.crash([after])
  expect(await at.engine.check('default')).toEqual([
    expect.objectContaining({ run, expected: 'warehouse.read#1', found: 'warehouse.notify#1' }),
  ])
  await at.clock.advance(3_700_000)
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'parked', code: 'DIVERGED' })
  expect(at.upstream.count('notify')).toBe(0)
  await at.crash([before])
  await at.engine.retry({ tenant: 'default', run: run! })
  await at.clock.settle()
  expect((await at.engine.describe('default', run!))?.status).toBe('completed')
})

test('runs with one key go one at a time, in arrival order', async () => {
  const order: string[] = []
  const flow = defineFlow('order', {
    trigger: ordered,
    key: (event) => event.data.order,
    async run({ event, step }) {
      order.push(`begin ${event.data.n}`)
      await step.sleep('1m')
      order.push(`end ${event.data.n}`)
    },
  })
  const at = await world([flow])
  for (const n of [1, 2, 3]) await at.send('ordered', { order: 'A', n })
  await at.crash()
  for (let turn = 0; turn < 5; turn += 1) await at.clock.advance(61_000)
  expect(order.filter((line, index) => order.indexOf(line) === index)).toEqual([
    'begin 1',
    'end 1',
    'begin 2',
    'end 2',
    'begin 3',
    'end 3',
  ])
})

test('a flow starts another and awaits its result', async () => {
  const child = defineFlow('child', {
    trigger: manual<{ n: number }, { n: number }>(null as never),
    async run({ event, step }) {
      await step.sleep('5m')
      return event.data.n * 2
    },
  })
  const parent = defineFlow('parent', {
    trigger: ordered,
    async run({ step }) {
      const started = await step.start(child, { n: 21 })
      return started.result()
    },
  })
  const at = await world([parent, child])
  const [run] = await at.send('ordered', {})
  await at.crash()
  await at.clock.advance(301_000)
  await at.clock.settle()
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'completed', output: 42 })
})

test('RetryableError asks for its own pause', async () => {
  let tries = 0
  const flow = defineFlow('order', {
    trigger: ordered,
    run: ({ step }) =>
      step.run('slow', () => {
        tries += 1
        if (tries === 1) throw new RetryableError('not yet', { after: 50_000 })
        return tries
      }),
  })
  const at = await world([flow])
  const [run] = await at.send('ordered', {})
  await at.clock.advance(49_000)
  expect(tries).toBe(1)
  await at.clock.advance(2_000)
  expect((await at.engine.describe('default', run!))?.output).toBe(2)
})
