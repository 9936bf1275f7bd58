import { describe, expect, test } from 'vitest'
import type { Clock } from '../../base/clock.ts'
import type { ConcurrencyOptions } from '../../definition/policy.ts'
import { isPostponed, type RawAnswer } from '../outbound.ts'
import { openPipeline, type Pipeline } from '../pipeline.ts'
import { callOf, contextOf } from '../policy.fixture.ts'
import type { PolicyCall } from '../policy.ts'
import { policy } from './concurrency.ts'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** Goes from one timer to the next. */
class StepClock implements Clock {
  #now = 1_700_000_000_000
  readonly timers = new Set<Timer>()

  now(): number {
    return this.#now
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + delayMs, callback }
    this.timers.add(timer)
    return () => void this.timers.delete(timer)
  }

  whenQuiet(callback: () => void): void {
    setImmediate(callback)
  }

  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      let next: Timer | null = null
      for (const timer of this.timers) if (timer.at <= end && (next === null || timer.at < next.at)) next = timer
      if (next === null) break
      this.timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
      for (let turn = 0; turn < 8; turn += 1) await Promise.resolve()
    }
    this.#now = end
  }
}

/** Answers at its own pace, of so many calls at once; what is more makes all of them slower. */
class Upstream {
  readonly #clock: StepClock
  inFlight = 0
  most = 0
  baseMs = 50
  capacity = 1_000
  status = 200
  readonly served: PolicyCall[] = []

  constructor(clock: StepClock) {
    this.#clock = clock
  }

  readonly send = (call: PolicyCall): Promise<RawAnswer> => {
    this.inFlight += 1
    this.most = Math.max(this.most, this.inFlight)
    const baseMs = call.operation === 'slow' ? 2_000 : this.baseMs
    const tookMs = baseMs * Math.max(1, this.inFlight / this.capacity)
    const { status } = this
    return new Promise((resolve) => {
      this.#clock.after(tookMs, () => {
        this.inFlight -= 1
        this.served.push(call)
        resolve({ status, headers: {}, body: Buffer.alloc(0), isComplete: true })
      })
    })
  }
}

function opened(options: ConcurrencyOptions = {}) {
  const clock = new StepClock()
  const upstream = new Upstream(clock)
  const pipeline = openPipeline([policy], contextOf({ concurrency: options }, clock))
  return { clock, upstream, pipeline }
}

/** So many ask without end, each again as soon as it is answered. */
function crowd(
  pipeline: Pipeline,
  upstream: Upstream,
  clock: Clock,
  of: { count: number; call?: Partial<PolicyCall> },
) {
  let isOver = false
  const again = (): void => {
    if (isOver) return
    const call = callOf({ ...of.call, patienceMs: 60_000, deadline: clock.now() + 60_000 }, clock)
    pipeline.run(call, upstream.send).then(again, again)
  }
  for (let index = 0; index < of.count; index += 1) again()
  return () => void (isOver = true)
}

describe('OUT-09: calls in flight', () => {
  test('are as many as an upstream answers well: fewer when it gets slow by them, more when it is fast again', async () => {
    const { clock, upstream, pipeline } = opened()
    crowd(pipeline, upstream, clock, { count: 200 })
    await clock.pass(20_000)
    expect(upstream.inFlight).toBe(100)
    upstream.capacity = 10
    await clock.pass(60_000)
    expect(upstream.inFlight).toBeLessThan(50)
    upstream.capacity = 1_000
    await clock.pass(60_000)
    expect(upstream.inFlight).toBe(100)
  })

  test('shrink within seconds when answers take ten times as long, and find back', async () => {
    const { clock, upstream, pipeline } = opened()
    crowd(pipeline, upstream, clock, { count: 200 })
    await clock.pass(20_000)
    upstream.baseMs = 500
    await clock.pass(3_000)
    expect(upstream.inFlight).toBeLessThan(70)
    upstream.baseMs = 50
    await clock.pass(10_000)
    expect(upstream.inFlight).toBe(100)
  })

  test('find back also where answers stay slow with few in flight: then that is usual', async () => {
    const { clock, upstream, pipeline } = opened()
    crowd(pipeline, upstream, clock, { count: 200 })
    await clock.pass(20_000)
    upstream.baseMs = 500
    await clock.pass(180_000)
    expect(upstream.inFlight).toBe(100)
  })

  test('shrink to the least where the upstream says that it is too much', async () => {
    const { clock, upstream, pipeline } = opened({ min: 3 })
    crowd(pipeline, upstream, clock, { count: 200 })
    upstream.status = 503
    await clock.pass(20_000)
    expect(upstream.inFlight).toBe(3)
  })

  test('a slow operation beside a fast one is no sign of anything', async () => {
    const { clock, upstream, pipeline } = opened()
    crowd(pipeline, upstream, clock, { count: 100, call: { operation: 'fast' } })
    await clock.pass(10_000)
    crowd(pipeline, upstream, clock, { count: 50, call: { operation: 'slow' } })
    await clock.pass(60_000)
    expect(upstream.inFlight).toBe(100)
  })

  test('are the most that are allowed where nothing is to adapt', async () => {
    const { clock, upstream, pipeline } = opened({ max: 7, adapt: false })
    crowd(pipeline, upstream, clock, { count: 50 })
    upstream.status = 503
    await clock.pass(5_000)
    expect(upstream.most).toBe(7)
    expect(upstream.inFlight).toBe(7)
  })

  test('go to tenants and their flows in turn, whatever each of them asks for (Jain >= 0.9)', async () => {
    const { clock, upstream, pipeline } = opened({ max: 5, adapt: false })
    for (let tenant = 0; tenant < 10; tenant += 1)
      crowd(pipeline, upstream, clock, { count: 5 + 30 * tenant, call: { tenant: `tenant ${tenant}` } })
    await clock.pass(30_000)
    const served = Array.from(
      { length: 10 },
      (_, tenant) => upstream.served.filter((one) => one.tenant === `tenant ${tenant}`).length,
    )
    const sum = served.reduce((a, b) => a + b)
    const jain = sum ** 2 / (10 * served.reduce((a, b) => a + b ** 2, 0))
    expect(jain).toBeGreaterThanOrEqual(0.9)
  })

  test('are those of people first, and the later priorities keep their share', async () => {
    const { clock, upstream, pipeline } = opened({ max: 5, adapt: false })
    for (const priority of ['interactive', 'sync', 'backfill'] as const)
      crowd(pipeline, upstream, clock, { count: 50, call: { priority } })
    await clock.pass(20_000)
    const share = (priority: string): number =>
      upstream.served.filter((one) => one.priority === priority).length / upstream.served.length
    expect(share('interactive')).toBeGreaterThan(0.7)
    expect(share('sync')).toBeGreaterThan(0.12)
    expect(share('backfill')).toBeGreaterThan(0.03)
  })

  test('whose turn does not come in time is put off, or has its deadline, and leaves nothing behind', async () => {
    const { clock, upstream, pipeline } = opened({ max: 1, adapt: false })
    upstream.baseMs = 10_000
    const given = new AbortController()
    const { request } = callOf()
    const first = pipeline.run(callOf({}, clock), upstream.send)
    const patient = pipeline.run(callOf({ patienceMs: 1_000 }, clock), upstream.send)
    const late = pipeline.run(callOf({ patienceMs: 9_000, deadline: clock.now() + 3_000 }, clock), upstream.send)
    const { signal } = given
    const abandoned = pipeline.run(
      callOf({ patienceMs: 9_000, signal, request: { ...request, signal } }, clock),
      upstream.send,
    )
    const ends = Promise.allSettled([first, patient, late, abandoned])
    given.abort()
    await clock.pass(5_000)
    expect(clock.timers.size).toBe(1)
    await clock.pass(5_000)
    const [good, putOff, timedOut, gone] = await ends
    expect(good.status).toBe('fulfilled')
    expect(isPostponed((putOff as PromiseRejectedResult).reason)).toBe(true)
    expect((timedOut as PromiseRejectedResult).reason).toMatchObject({ code: 'TIMEOUT', details: { fate: 'not-sent' } })
    expect((gone as PromiseRejectedResult).reason).toMatchObject({
      code: 'RUN_CANCELLED',
      details: { fate: 'not-sent' },
    })
    expect(upstream.served).toHaveLength(1)
    expect(clock.timers.size).toBe(0)
    // None of those who gave up holds a place.
    const next = pipeline.run(callOf({ patienceMs: 0 }, clock), upstream.send)
    await clock.pass(10_000)
    expect((await next).status).toBe(200)
  })
})

describe('OUT-09: those who rest', () => {
  const ok: RawAnswer = { status: 200, headers: {}, body: Buffer.alloc(0), isComplete: true }

  test('each is called back once, as places come free; one who came by itself is not', async () => {
    const clock = new StepClock()
    const pipeline = openPipeline([policy], contextOf({ concurrency: { max: 1, adapt: false } }, clock))
    const called: string[] = []
    const ends: (() => void)[] = []
    const call = async (id: string): Promise<'served' | 'turned away'> => {
      const resting = { id, comeBack: () => void called.push(id) }
      const send = (): Promise<RawAnswer> => new Promise((resolve) => void ends.push(() => resolve(ok)))
      return pipeline.run(callOf({ patienceMs: 0, resting }, clock), send).then(
        () => 'served',
        (error: unknown) => (isPostponed(error) ? 'turned away' : Promise.reject(error)),
      )
    }
    const first = call('first')
    for (const id of ['a', 'b', 'c']) expect(await call(id)).toBe('turned away')
    ends.shift()?.()
    expect(await first).toBe('served')
    expect(called).toStrictEqual(['a'])
    const own = call('b')
    ends.shift()?.()
    expect(await own).toBe('served')
    expect(called).toStrictEqual(['a', 'c'])
  })
})
