import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WindowBucket, type BucketSize } from './bucket.ts'
import { mostWithin } from './rate.fixture.ts'

interface Taken {
  readonly at: number
  readonly cost: number
}

const points = (taken: readonly Taken[]): number[] => taken.flatMap(({ at, cost }) => Array<number>(cost).fill(at))

/** Somebody always waits, and looks as late as `lateMs` says after the moment that it was told. */
function busy(size: BucketSize, forMs: number, lateMs: () => number): number[] {
  const bucket = new WindowBucket(size)
  const taken: number[] = []
  for (let now = 0; now < forMs;) {
    const wait = bucket.wait(1, now)
    if (wait > 0) now += wait + lateMs()
    else {
      bucket.take(1, now)
      bucket.arrived(null, 1, now)
      taken.push(now)
    }
  }
  return taken
}

describe('OUT-04: the bucket of a declared limit', () => {
  test.each([1, 5, 19, 380])('uses all of the limit, whatever may go at once (burst %i)', (burst) => {
    const size = { requests: 380, perMs: 1000, burst }
    const taken = busy(size, 60_000, () => 0)
    expect(mostWithin(taken, 1000)).toBe(380)
    expect(taken.length).toBeGreaterThanOrEqual(60 * 380)
  })

  test('what turns handed out late would have lost is made up for, within the limit', () => {
    let turn = 0
    // A millisecond late always, and still for 150 ms now and then: eleven times as long as a full burst lasts.
    const taken = busy({ requests: 380, perMs: 1000, burst: 5 }, 60_000, () => ((turn += 1) % 400 === 0 ? 150 : 1))
    expect(mostWithin(taken, 1000)).toBe(380)
    expect(taken.length / 60 / 380).toBeGreaterThan(0.98)
  })

  test('after a pause no more than the burst goes at once', () => {
    const bucket = new WindowBucket({ requests: 100, perMs: 1000, burst: 5 })
    for (const now of [0, 10_000, 20_000]) {
      const atOnce = Array.from({ length: 20 }, () => bucket.wait(1, now) === 0 && (bucket.take(1, now), true))
      expect(atOnce.filter(Boolean)).toHaveLength(5)
    }
  })

  test('a limit of a day is not held up by its burst', () => {
    const dayMs = 86_400_000
    const bucket = new WindowBucket({ requests: 1000, perMs: dayMs, burst: 1000 })
    bucket.wait(1000, 0)
    bucket.take(1000, 0)
    bucket.arrived(null, 1000, 0)
    expect(bucket.wait(1, 1)).toBeGreaterThanOrEqual(dayMs - 1)
    expect(bucket.wait(1000, dayMs + dayMs / 1000)).toBe(0)
  })

  test('what is given back gives another its turn, however late', () => {
    const bucket = new WindowBucket({ requests: 1, perMs: 1000, burst: 1 })
    bucket.take(1, 0)
    expect(bucket.wait(1, 5000)).toBe(1000)
    bucket.giveBack(1, 5000)
    expect(bucket.wait(1, 5000)).toBe(0)
  })

  test('a call is in every stretch until it leaves, and until it is answered for a twentieth of one at most', () => {
    const bucket = new WindowBucket({ requests: 2, perMs: 1000, burst: 2 })
    bucket.take(2, 0)
    expect(bucket.wait(1, 1400)).toBe(1000)
    const [one, other] = [bucket.left(1, 1400), bucket.left(1, 1400)]
    expect(bucket.wait(1, 1410)).toBe(1000)
    bucket.arrived(one, 1, 1410)
    expect(bucket.wait(1, 2409)).toBe(1)
    expect(bucket.wait(1, 2410)).toBe(0)
    bucket.take(1, 2410)
    // The other was answered after a second; it is out 50 ms after the stretch since it left.
    bucket.arrived(other, 1, 2440)
    expect(bucket.wait(1, 2440)).toBe(10)
    expect(bucket.wait(1, 2450)).toBe(0)
  })

  test('a clock that is put back keeps nobody waiting for longer than the stretch', () => {
    const bucket = new WindowBucket({ requests: 10, perMs: 1000, burst: 10 })
    bucket.take(10, 86_400_000)
    bucket.arrived(null, 10, 86_400_000)
    expect(bucket.wait(1, 5000)).toBeLessThanOrEqual(1000)
    expect(bucket.wait(10, 6000)).toBe(0)
  })

  test('behaves as its model: the stretch is never overfull, and whoever waited as told may go unless others went', () => {
    const step = fc.record({
      passMs: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 4000 })),
      cost: fc.integer({ min: 1, max: 4 }),
      patient: fc.boolean(),
      comesBack: fc.boolean(),
    })
    const size = fc.record({
      requests: fc.integer({ min: 4, max: 60 }),
      perMs: fc.constantFrom(1, 50, 1000, 7777),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(size, fc.array(step, { maxLength: 200 }), ({ requests, perMs, share }, steps) => {
        const bucket = new WindowBucket({ requests, perMs, burst: Math.max(4, Math.floor(share * requests)) })
        const taken: Taken[] = []
        let now = 0
        for (const { passMs, cost, patient, comesBack } of steps) {
          now += passMs
          for (let waited = bucket.wait(cost, now); patient && waited > 0; waited = bucket.wait(cost, now)) {
            expect(waited).toBeLessThanOrEqual(perMs + Math.max(1, perMs / 1000))
            now += waited
          }
          if (bucket.wait(cost, now) > 0) continue
          bucket.take(cost, now)
          // The call that came back is one that left nothing at the provider.
          if (comesBack) bucket.giveBack(cost, now)
          else {
            bucket.arrived(null, cost, now)
            taken.push({ at: now, cost })
          }
          expect(mostWithin(points(taken), perMs)).toBeLessThanOrEqual(requests)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('no stretch is overfull where the provider counts: calls wait for connections, and are on their way for a while', () => {
    const call = fc.record({
      connectsMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 900 })),
      travelsMs: fc.integer({ min: 0, max: 50 }),
      answersMs: fc.integer({ min: 0, max: 2000 }),
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(call, { minLength: 1, maxLength: 200 }),
        (requests, calls) => {
          const bucket = new WindowBucket({ requests, perMs: 1000, burst: requests })
          const arrivals: number[] = []
          const later: { readonly at: number; readonly what: (now: number) => void }[] = []
          let now = 0
          const passTo = (until: number): void => {
            for (let next = later[0]; next !== undefined && next.at <= until; next = later[0]) {
              later.shift()
              next.what((now = next.at))
            }
            now = until
          }
          const after = (ms: number, what: (now: number) => void): void => {
            later.push({ at: now + ms, what })
            later.sort((one, other) => one.at - other.at)
          }
          for (const { connectsMs, travelsMs, answersMs } of calls) {
            for (let wait = bucket.wait(1, now); wait > 0; wait = bucket.wait(1, now)) passTo(now + wait)
            bucket.take(1, now)
            after(connectsMs, (leftAt) => {
              const way = bucket.left(1, leftAt)
              arrivals.push(leftAt + travelsMs)
              after(travelsMs + answersMs, (at) => bucket.arrived(way, 1, at))
            })
          }
          passTo(now + 5000)
          expect(arrivals).toHaveLength(calls.length)
          expect(mostWithin(arrivals, 1000)).toBeLessThanOrEqual(requests)
        },
      ),
      { numRuns: 300 },
    )
  })
})
