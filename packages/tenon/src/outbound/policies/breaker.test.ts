import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../base/errors.ts'
import type { Clock } from '../../base/clock.ts'
import type { BreakerOptions } from '../../definition/policy.ts'
import { Rolling } from '../budget/usage.ts'
import { failedWith, isPostponed, postponed, type RawAnswer } from '../outbound.ts'
import { openPipeline, type Pipeline } from '../pipeline.ts'
import { callOf, contextOf } from '../policy.fixture.ts'
import type { PolicyCall } from '../policy.ts'
import { virtualClock } from '../../testing/virtual-clock.ts'
import { policy } from './breaker.ts'

/** Stands still but for `pass`. */
function handClock(): Clock & { pass(ms: number): void } {
  let now = 1_700_000_000_000
  return { now: () => now, after: () => () => undefined, whenQuiet: () => undefined, pass: (ms) => void (now += ms) }
}

type End = number | ErrorCode

function ending(end: End): Promise<RawAnswer> {
  if (typeof end === 'number')
    return Promise.resolve({ status: end, headers: {}, body: Buffer.alloc(0), isComplete: true })
  if (end === 'RATE_LIMITED') return Promise.reject(postponed(end, 'its turn comes later', 1_000))
  return Promise.reject(failedWith('ambiguous', end, 'it went wrong'))
}

function opened(options: BreakerOptions = {}) {
  const clock = handClock()
  const pipeline = openPipeline([policy], contextOf({ breaker: options }, clock))
  return { clock, pipeline, call: (end: End) => through(pipeline, clock, () => ending(end)) }
}

/** How a call went: its end, or for how long it was turned away. */
async function through(
  pipeline: Pipeline,
  clock: Clock,
  send: () => Promise<RawAnswer>,
  more: Partial<PolicyCall> = {},
): Promise<End | { afterMs: number }> {
  try {
    return (await pipeline.run(callOf(more, clock), send)).status
  } catch (error) {
    const { code, retryAfterMs } = error as { code: ErrorCode; retryAfterMs: number }
    return isPostponed(error) && code === 'CIRCUIT_OPEN' ? { afterMs: retryAfterMs } : code
  }
}

async function times(count: number, work: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index += 1) await work()
}

describe('OUT-08: the breaker', () => {
  test('opens when half of at least twenty calls failed, and says for how long', async () => {
    const { call } = opened()
    await times(10, () => call(200))
    await times(9, () => call(500))
    expect(await call(503)).toBe(503)
    const away = await call(200)
    expect(away).toStrictEqual({ afterMs: expect.any(Number) })
    expect((away as { afterMs: number }).afterMs).toBeGreaterThanOrEqual(5_000)
    expect((away as { afterMs: number }).afterMs).toBeLessThanOrEqual(6_000)
  })

  test('never opens by few calls, nor by what happened long ago', async () => {
    const { call, clock } = opened()
    await times(19, () => call(500))
    clock.pass(20_000)
    await times(19, () => call(500))
    expect(await call(200)).toBe(200)
  })

  test.each([400, 401, 404, 422, 429, 'RUN_CANCELLED', 'ADDRESS_REFUSED', 'CREDENTIALS_REFUSED'] as const)(
    'is not opened by %s',
    async (end) => {
      const { call } = opened()
      await times(200, () => call(end))
      expect(await call(200)).toBe(200)
    },
  )

  test.each([500, 502, 503, 504, 'UPSTREAM_UNAVAILABLE', 'TIMEOUT'] as const)('is opened by %s', async (end) => {
    const { call } = opened()
    await times(20, () => call(end))
    expect(await call(200)).toMatchObject({ afterMs: expect.any(Number) })
  })

  test('after a while a few are let through; all of them well, and it is closed', async () => {
    const { call, clock, pipeline } = opened()
    await times(20, () => call(500))
    clock.pass(5_000)
    const answers = Array.from({ length: 3 }, () => Promise.withResolvers<RawAnswer>())
    const probes = answers.map(({ promise }) => through(pipeline, clock, () => promise))
    expect(await call(200)).toMatchObject({ afterMs: expect.any(Number) })
    for (const { resolve } of answers) ending(200).then(resolve, () => undefined)
    expect(await Promise.all(probes)).toStrictEqual([200, 200, 200])
    await times(19, () => call(500))
    expect(await call(200)).toBe(200)
  })

  /** So many that were let through and have no end yet; each is ended by hand. */
  function pending(pipeline: Pipeline, clock: Clock, count: number) {
    const ends = Array.from({ length: count }, () => Promise.withResolvers<RawAnswer>())
    const said = ends.map(({ promise }) => through(pipeline, clock, () => promise))
    const end = async (index: number, how: End): Promise<End | { afterMs: number } | undefined> => {
      void ending(how).then(ends[index]?.resolve, ends[index]?.reject)
      return said[index]
    }
    return { end }
  }

  test('of the few, those that went well count among them: no other takes their place', async () => {
    const { call, clock, pipeline } = opened()
    await times(20, () => call(500))
    clock.pass(5_000)
    const few = pending(pipeline, clock, 3)
    expect(await few.end(0, 200)).toBe(200)
    expect(await call(200)).toMatchObject({ afterMs: expect.any(Number) })
    // One that says nothing of the upstream leaves its place to another.
    expect(await few.end(1, 'RUN_CANCELLED')).toBe('RUN_CANCELLED')
    expect(await call(200)).toBe(200)
    expect(await few.end(2, 200)).toBe(200)
    await times(19, () => call(500))
    expect(await call(200)).toBe(200)
  })

  test('what was sent before it opened says nothing while a few try', async () => {
    const { call, clock, pipeline } = opened()
    const before = pending(pipeline, clock, 4)
    await times(20, () => call(500))
    clock.pass(5_000)
    expect(await call(200)).toBe(200)
    // They would close it, or open it again.
    for (const [index, end] of [200, 200, 200, 500].entries()) expect(await before.end(index, end)).toBe(end)
    const few = pending(pipeline, clock, 2)
    expect(await call(200)).toMatchObject({ afterMs: expect.any(Number) })
    for (const index of [0, 1]) expect(await few.end(index, 200)).toBe(200)
    expect(await call(200)).toBe(200)
  })

  test('after it was closed it stays open for no longer than at first, and counts anew', async () => {
    const { call, clock } = opened()
    await times(20, () => call(500))
    clock.pass(5_000)
    await call(500)
    clock.pass(10_000)
    await times(3, () => call(200))
    await times(19, () => call(500))
    expect(await call(500)).toBe(500)
    clock.pass(4_999)
    expect(await call(200)).toMatchObject({ afterMs: 2 })
    clock.pass(1)
    expect(await call(200)).toBe(200)
  })

  test.each(['turn', 'login', 'record'])(
    'is not opened by calls whose time was over before they left (%s)',
    async (phase) => {
      const { call, clock, pipeline } = opened()
      const late = (): Promise<RawAnswer> =>
        Promise.reject(failedWith('not-sent', 'TIMEOUT', 'it was too late', { details: { phase } }))
      await times(40, () => through(pipeline, clock, late))
      expect(await call(200)).toBe(200)
    },
  )

  test('one of the few fails, and it stays open for twice as long, at most a minute', async () => {
    const { call, clock } = opened()
    await times(20, () => call(500))
    const stays: number[] = []
    for (let openMs = 5_000, index = 0; index < 6; openMs = Math.min(60_000, openMs * 2), index += 1) {
      clock.pass(openMs - 1)
      expect(await call(200)).toMatchObject({ afterMs: 2 })
      clock.pass(1)
      expect(await call(500)).toBe(500)
      stays.push(openMs)
    }
    expect(stays).toStrictEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
  })

  test('a clock that is put back does not keep it open', async () => {
    const { call, clock } = opened()
    await times(20, () => call(500))
    clock.pass(-86_400_000)
    expect(await call(200)).toBe(200)
  })

  test('behaves as its model, whatever happens in whatever order', async () => {
    const action = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom<End>(200, 500, 500, 404, 429, 'TIMEOUT', 'UPSTREAM_UNAVAILABLE', 'RUN_CANCELLED'),
      },
      { weight: 2, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: 15_000 }) }) },
    )
    const settings = { failures: 0.4, minimum: 4, window: '10s', open: '3s', probes: 2 } as const
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 120 }), async (actions) => {
        const { call, clock } = opened(settings)
        const model = new Model()
        for (const one of actions) {
          if (typeof one === 'object') clock.pass(one.pass)
          else {
            const isLetThrough = model.asks(clock.now())
            const said = await call(one)
            expect(typeof said === 'object' ? 'turned away' : 'let through').toBe(
              isLetThrough ? 'let through' : 'turned away',
            )
            if (isLetThrough) model.heard(one, clock.now())
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('OUT-08: those who rest', () => {
  const resting = (id: number, called: number[]) => ({ id: `run-${id}`, comeBack: () => void called.push(id) })

  /** A breaker that is open, with so many who rest. */
  async function away(count: number, options: BreakerOptions = {}) {
    const clock = virtualClock()
    const pipeline = openPipeline([policy], contextOf({ breaker: options }, clock))
    const called: number[] = []
    const call = (end: End, id?: number) =>
      through(pipeline, clock, () => ending(end), id === undefined ? {} : { resting: resting(id, called) })
    await times(20, () => call(500))
    for (let id = 0; id < count; id += 1) await call(200, id)
    return { clock, called, call }
  }

  test('a few of them are called back to try it, the longest turned away first; the others not before it works', async () => {
    const { clock, called, call } = await away(100)
    await clock.advance(4_999)
    expect(called).toStrictEqual([])
    await clock.advance(1)
    expect(called).toStrictEqual([0, 1, 2])
    expect(await call(500, 0)).toBe(500)
    await clock.advance(9_999)
    expect(called).toHaveLength(3)
    await clock.advance(60_000)
    // None of those came: others are called in their place.
    expect(called.length).toBeGreaterThan(3)
    expect(called.length).toBeLessThanOrEqual(3 + 3 * 13)
  })

  test('once it works each is called back once, ever faster, until somebody is turned away', async () => {
    const { clock, called, call } = await away(2_000)
    await clock.advance(5_000)
    for (const id of [0, 1, 2]) expect(await call(200, id)).toBe(200)
    await clock.advance(1_000)
    expect(called.length).toBeLessThan(30)
    await clock.advance(3_000)
    const early = called.length
    expect(early).toBeGreaterThan(100)
    await call('RATE_LIMITED')
    for (let second = 0; second < 200 && called.length < 2_000; second += 1) await clock.advance(1_000)
    expect(called.toSorted((one, other) => one - other)).toStrictEqual(Array.from({ length: 2_000 }, (_, id) => id))
    expect(called).toStrictEqual(called.toSorted((one, other) => one - other))
  })

  test('it fails again while they are called back: the rest stays where it is', async () => {
    const { clock, called, call } = await away(1_000)
    await clock.advance(5_000)
    for (const id of [0, 1, 2]) await call(200, id)
    await clock.advance(1_000)
    await times(40, () => call(500))
    const before = called.length
    await clock.advance(4_900)
    expect(called).toHaveLength(before)
    await clock.advance(200)
    expect(called).toHaveLength(before + 3)
  })

  test('as many are called back to try it as may, beside those that came by themselves', async () => {
    const clock = virtualClock()
    const pipeline = openPipeline([policy], contextOf({}, clock))
    const called: number[] = []
    const call = (end: End, id?: number) =>
      through(pipeline, clock, () => ending(end), id === undefined ? {} : { resting: resting(id, called) })
    await times(20, () => call(500))
    await clock.advance(5_000)
    // Two of three places are taken: by one that went well, and by one that is under way.
    expect(await call(200)).toBe(200)
    const slow = Promise.withResolvers<RawAnswer>()
    const going = through(pipeline, clock, () => slow.promise)
    const third = Promise.withResolvers<RawAnswer>()
    const taken = through(pipeline, clock, () => third.promise)
    for (let id = 0; id < 10; id += 1) expect(await call(200, id)).toMatchObject({ afterMs: expect.any(Number) })
    third.reject(failedWith('not-sent', 'RUN_CANCELLED', 'given up'))
    await taken
    await clock.advance(5_000)
    expect(called).toStrictEqual([0])
    slow.reject(failedWith('not-sent', 'RUN_CANCELLED', 'given up'))
    await going
  })

  test('who rests when all who rested before have come by themselves is called back, too', async () => {
    const { clock, called, call } = await away(1)
    await clock.advance(4_000)
    // It comes too early, and is given up: nobody rests any more.
    expect(await call(200, 0)).toMatchObject({ afterMs: expect.any(Number) })
    await clock.advance(1_000)
    expect(called).toStrictEqual([0])
    expect(await call(500, 0)).toBe(500)
    await clock.advance(5_000)
    expect(await call(200, 7)).toMatchObject({ afterMs: expect.any(Number) })
    await clock.advance(5_000)
    expect(called).toStrictEqual([0, 7])
  })

  test('one who came by itself is not called back', async () => {
    const { clock, called, call } = await away(3)
    await clock.advance(5_000)
    called.length = 0
    for (const id of [0, 1, 2]) await call(200, id)
    await clock.advance(600_000)
    expect(called).toStrictEqual([])
  })

  test('nobody is lost and nobody called in vain, whatever happens in whatever order', async () => {
    const action = fc.oneof(
      { weight: 5, arbitrary: fc.record({ id: fc.nat(20), end: fc.constantFrom<End>(200, 200, 500, 429) }) },
      { weight: 2, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: 20_000 }) }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 80 }), async (actions) => {
        const { clock, called, call } = await away(5, { open: '3s', probes: 2 })
        const waiting = new Set([0, 1, 2, 3, 4])
        const hear = (): void => {
          for (const id of called.splice(0)) expect(waiting.delete(id)).toBe(true)
        }
        for (const one of actions) {
          if ('pass' in one) await clock.advance(one.pass)
          else if (typeof (await call(one.end, one.id)) === 'object') waiting.add(one.id)
          else waiting.delete(one.id)
          hear()
        }
        // It works from now on, and somebody tries it now and then.
        for (let round = 0; round < 10; round += 1) {
          await clock.advance(60_000)
          hear()
          await times(3, () => call(200))
        }
        await clock.advance(60_000)
        hear()
        expect([...waiting]).toStrictEqual([])
      }),
      { numRuns: 100 },
    )
  })
})

/** The rules again, plainly, for calls that come one after the other. */
class Model {
  #all = new Rolling(10_000)
  #bad = new Rolling(10_000)
  #openUntil: number | null = null
  #openMs = 3_000
  #successes: number | null = null

  asks(now: number): boolean {
    if (this.#openUntil === null || now >= this.#openUntil) {
      if (this.#openUntil !== null) this.#successes ??= 0
      return true
    }
    return false
  }

  heard(end: End, now: number): void {
    const isNothing = end === 429 || end === 'RUN_CANCELLED'
    if (isNothing) return
    const failed = end === 500 || typeof end === 'string'
    if (this.#successes !== null) return this.#probed(failed, now)
    this.#all.add(1, now)
    if (!failed) return
    this.#bad.add(1, now)
    if (this.#all.sum(now) >= 4 && this.#bad.sum(now) >= 0.4 * this.#all.sum(now)) this.#open(now)
  }

  #probed(failed: boolean, now: number): void {
    if (failed) return this.#open(now)
    this.#successes = (this.#successes ?? 0) + 1
    if (this.#successes < 2) return
    this.#openUntil = null
    this.#successes = null
    this.#openMs = 3_000
    this.#forget()
  }

  #open(now: number): void {
    this.#openUntil = now + this.#openMs
    this.#openMs = Math.min(60_000, this.#openMs * 2)
    this.#successes = null
    this.#forget()
  }

  #forget(): void {
    this.#all = new Rolling(10_000)
    this.#bad = new Rolling(10_000)
  }
}
