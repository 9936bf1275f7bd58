import { expect, test } from 'vitest'
import { RetryableError, TenonError, TerminalError, TimeoutError } from '../base/errors.ts'
import { defineFlow } from '../definition/flow.ts'
import { manual, signal } from '../definition/trigger.ts'
import { failed, warehouse, world } from './engine.fixture.ts'

const ordered = warehouse.on('ordered')

test('errors keep their class, code, cause and parts across a crash', async () => {
  const thrown: (() => Error)[] = [
    () => new TerminalError('over', { cause: new RangeError('too far') }),
    () => new RetryableError('again', { after: 5 }),
    () => new TimeoutError('late', { retryable: false }),
    () => new TenonError('UPSTREAM_REFUSED', 'no', { details: { field: 'x' } }),
    () => new TypeError('wrong kind'),
    () => new AggregateError([new SyntaxError('a'), new TerminalError('b')], 'many'),
    () => Object.assign(new Error('custom'), { name: 'CardError', code: 'card_declined' }),
  ]
  const seen: string[][] = []
  const flow = defineFlow('order', {
    trigger: ordered,
    retry: { attempts: 1 },
    async run({ step }) {
      const described: string[] = []
      for (const [index, make] of thrown.entries()) {
        const error = await step
          .run(`step ${index}`, () => Promise.reject(make()))
          .catch((caught: unknown) => caught as Error)
        const isSame = error instanceof (make().constructor as typeof Error)
        const parts = error instanceof AggregateError ? error.errors.map((part: Error) => part.constructor.name) : []
        described.push(
          [
            error.name,
            error.message,
            isSame,
            (error as { code?: string }).code,
            (error.cause as Error | undefined)?.constructor.name,
            parts,
          ].join('|'),
        )
      }
      seen.push(described)
      await step.sleep('1h')
    },
  })
  const at = await world([flow])
  await at.send('ordered', {})
  await at.crash()
  await at.clock.advance(4_000_000)
  expect(seen.length).toBeGreaterThan(1)
  for (const described of seen) expect(described).toEqual(seen[0])
  expect(seen[0]).toEqual([
    'TerminalError|over|true|TERMINAL|RangeError|',
    'RetryableError|again|true|STEP_FAILED||',
    'TimeoutError|late|true|TIMEOUT||',
    'TenonError|no|true|UPSTREAM_REFUSED||',
    'TypeError|wrong kind|true|||',
    'AggregateError|many|true|||SyntaxError,TerminalError',
    'CardError|custom|true|card_declined||',
  ])
})

test('a value is the same live as on replay, also bigint, Date, bytes and undefined; it is a copy', async () => {
  const seen: unknown[] = []
  const value = {
    big: 2n ** 70n,
    at: new Date(0),
    bytes: new Uint8Array([1, 2]),
    list: [null, undefined, -0, Number.NaN] as unknown[],
  }
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    async run({ step, warehouse }) {
      const own = await step.run('own', () => value)
      const called = await warehouse.read({})
      seen.push({ own: structuredClone(own), called, now: step.now(), random: step.random(), id: step.id() })
      own.list.push(7)
      await step.sleep('1h')
      return own
    },
  })
  const at = await world([flow])
  at.upstream.on('read', () => value)
  await at.send('ordered', {})
  await at.crash()
  await at.clock.advance(4_000_000)
  expect(seen.length).toBeGreaterThan(1)
  for (const one of seen) expect(one).toEqual(seen[0])
  expect(seen[0]).toMatchObject({ own: value, called: value })
  expect(value.list).toHaveLength(4)
})

test('a value that cannot be stored fails its step, and says where', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    retry: { attempts: 1 },
    run: ({ step }) => step.run('own', (): never => ({ deep: { socket: new Map() } }) as never),
  })
  const at = await world([flow])
  const [run] = await at.send('ordered', {})
  const view = await at.engine.describe('default', run!)
  expect(view).toMatchObject({ status: 'failed', code: 'UNENCODABLE' })
  expect(view?.error?.message).toContain('deep.socket')
})

test('a value that contains itself fails its step, and says where', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    retry: { attempts: 1 },
    run: ({ step }) =>
      step.run('own', (): never => {
        const value: { self?: unknown } = {}
        value.self = value
        return value as never
      }),
  })
  const at = await world([flow])
  const [run] = await at.send('ordered', {})
  const view = await at.engine.describe('default', run!)
  expect(view).toMatchObject({ status: 'failed', code: 'UNENCODABLE' })
  expect(view?.error?.message).toContain('own.self.self')
})

test('DUR-16: large values are stored once, outside the journal, and arrive whole: results, events, signals', async () => {
  const large = 'x'.repeat(200_000)
  const seen: number[] = []
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    waits: { go: signal(null as never), delivered: warehouse.on('delivered') },
    async run({ event, step, warehouse }) {
      const first = await warehouse.read({})
      const second = await step.run('same', () => first)
      const sent = await step.waitFor('go')
      const arrived = await step.waitFor('delivered', { match: { shipment: 's' }, timeout: '1h' })
      seen.push(
        event.data.text.length,
        first.length,
        second.length,
        (sent.data as string).length,
        arrived.data.text.length,
      )
      await step.sleep('1h')
    },
  })
  const at = await world([flow])
  at.upstream.on('read', () => large)
  const [run] = await at.send('ordered', { text: large })
  const signalling = at.engine.signal({ tenant: 'default', run: run!, name: 'go', data: large })
  await at.clock.settle()
  await signalling
  await at.send('delivered', { shipment: 's', text: large })
  await at.crash()
  await at.clock.advance(4_000_000)
  expect((await at.engine.describe('default', run!))?.status).toBe('completed')
  expect(seen.length).toBeGreaterThan(5)
  expect(new Set(seen)).toEqual(new Set([large.length]))
  const entries = await at.journal.entries('default', run!)
  expect(Math.max(...entries.map(({ body }) => body.length))).toBeLessThan(2000)
  // Results and signal are the same text, stored once; the two events are each one of their own, as is what the wait made of one.
  expect(at.journal.snapshot().values.size).toBe(5)
})

test('DUR-16: the large result of a child run reaches its parent by reference', async () => {
  const large = 'x'.repeat(200_000)
  const seen: number[] = []
  const child = defineFlow('child', { trigger: manual<unknown, unknown>(null as never), run: async () => large })
  const parent = defineFlow('order', {
    trigger: ordered,
    async run({ step }) {
      const started = await step.start(child, {})
      await step.sleep('1h')
      seen.push((await started.result()).length)
      await step.sleep('1h')
    },
  })
  const at = await world([parent, child])
  const [run] = await at.send('ordered', {})
  await at.clock.advance(3_700_000)
  await at.crash()
  await at.clock.advance(3_700_000)
  expect((await at.engine.describe('default', run!))?.status).toBe('completed')
  expect(new Set(seen)).toEqual(new Set([large.length]))
  const entries = await at.journal.entries('default', run!)
  expect(Math.max(...entries.map(({ body }) => body.length))).toBeLessThan(2000)
})

test('DUR-16: a large event that comes while the code does not fit is there when it fits again', async () => {
  const large = 'x'.repeat(200_000)
  const make = (name: 'reserve' | 'notify') =>
    defineFlow('order', {
      trigger: ordered,
      uses: { warehouse },
      waits: { delivered: warehouse.on('delivered') },
      async run({ step, warehouse }) {
        await warehouse[name]({})
        const arrived = await step.waitFor('delivered', { match: { shipment: 's' } })
        return (arrived.data.text as string).length
      },
    })
  const at = await world([make('reserve')])
  const [run] = await at.send('ordered', {})
  await at.crash([make('notify')])
  await at.send('delivered', { shipment: 's', text: large })
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'parked', code: 'DIVERGED' })
  await at.crash([make('reserve')])
  const retrying = at.engine.retry({ tenant: 'default', run: run! })
  await at.clock.settle()
  await retrying
  await at.clock.settle()
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'completed', output: large.length })
})

test('DUR-16: a large event for a failed run is there when the run is retried', async () => {
  const large = 'x'.repeat(200_000)
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    waits: { delivered: warehouse.on('delivered') },
    async run({ step, warehouse }) {
      const waiting = step.waitFor('delivered', { match: { shipment: 's' } })
      await warehouse.reserve({})
      return ((await waiting).data.text as string).length
    },
  })
  const at = await world([flow])
  at.upstream.on('reserve', (_request, count) =>
    count === 1 ? failed('answered', { retryable: false }) : { done: true },
  )
  const [run] = await at.send('ordered', {})
  expect((await at.engine.describe('default', run!))?.status).toBe('failed')
  await at.send('delivered', { shipment: 's', text: large })
  const retrying = at.engine.retry({ tenant: 'default', run: run! })
  await at.clock.settle()
  await retrying
  await at.crash()
  await at.clock.settle()
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'completed', output: large.length })
})

test('DUR-16: a run of ten thousand steps resumes, within seconds', { timeout: 60_000 }, async () => {
  const steps = 10_000
  let bodies = 0
  const flow = defineFlow('order', {
    trigger: manual<unknown, unknown>(null as never),
    async run({ step }) {
      let sum = 0
      for (let number = 0; number < steps; number += 1) sum += await step.run('add', () => ((bodies += 1), number))
      await step.sleep('1h')
      return sum
    },
  })
  const at = await world([flow])
  const started = at.engine.start({ tenant: 'default', flow: 'order', input: {}, id: 'long' })
  await at.clock.settle()
  await started
  const began = performance.now()
  await at.crash()
  await at.clock.advance(4_000_000)
  expect(await at.engine.list({ tenant: 'default', limit: 1 })).toMatchObject({ runs: [{ status: 'completed' }] })
  expect(bodies).toBe(steps)
  expect(performance.now() - began).toBeLessThan(10_000)
})

test('a mistake in the options of a call rejects it; it harms no other run', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    run: ({ warehouse }) => warehouse.read({}, { timeout: 'soon' as never }),
  })
  const at = await world([flow])
  const [run] = await at.send('ordered', {})
  expect(await at.engine.describe('default', run!)).toMatchObject({ status: 'failed', code: 'DURATION_INVALID' })
})

test('a listener that throws stops no run', async () => {
  const flow = defineFlow('order', { trigger: ordered, run: ({ step }) => step.run('own', () => 1) })
  const at = await world([flow])
  at.engine.listen(() => {
    throw new Error('a listener')
  })
  const [run] = await at.send('ordered', {})
  expect((await at.engine.describe('default', run!))?.status).toBe('completed')
})

test('what is sent is the input as it was when the step was asked for', async () => {
  const flow = defineFlow('order', {
    trigger: ordered,
    uses: { warehouse },
    async run({ warehouse }) {
      const input = { item: 0 }
      const calls: Promise<unknown>[] = []
      for (const item of [1, 2, 3]) {
        input.item = item
        calls.push(warehouse.reserve(input))
      }
      await Promise.all(calls)
    },
  })
  const at = await world([flow])
  await at.send('ordered', {})
  expect(at.upstream.requests.map(({ input }) => input)).toEqual([{ item: 1 }, { item: 2 }, { item: 3 }])
})
