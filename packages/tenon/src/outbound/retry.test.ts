import { assert, double, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideRetry, retryAfterMs, retryPolicy, type FailedTry } from './retry.ts'

const policy = retryPolicy()
const tried: FailedTry = {
  retryable: true,
  fate: 'answered',
  repeat: 'keyed',
  attempt: 1,
  retryAfterMs: null,
  previousDelayMs: null,
}
const half = (): number => 0.5

describe('OUT-01: what may have happened is not repeated blindly', () => {
  test('an unsafe call with an ambiguous end is for a person, whatever else is true', () => {
    for (const retryable of [true, false]) {
      for (const attempt of [1, 8, 99]) {
        expect(
          decideRetry({ ...tried, repeat: 'unsafe', fate: 'ambiguous', retryable, attempt }, policy, half),
        ).toEqual({ next: 'unknown' })
      }
    }
  })

  test.each(['harmless', 'keyed', 'lookup'] as const)(
    'a call that is %s is tried again after an ambiguous end',
    (repeat) => {
      expect(decideRetry({ ...tried, repeat, fate: 'ambiguous' }, policy, half).next).toBe('retry')
    },
  )

  test.each(['not-sent', 'answered'] as const)(
    'an unsafe call that is known to have done nothing (%s) is tried again',
    (fate) => {
      expect(decideRetry({ ...tried, repeat: 'unsafe', fate }, policy, half).next).toBe('retry')
    },
  )

  test('what cannot succeed is not tried again', () => {
    expect(decideRetry({ ...tried, retryable: false }, policy, half)).toEqual({ next: 'fail' })
  })

  test('tries end at the number of attempts', () => {
    expect(decideRetry({ ...tried, attempt: 7 }, policy, half).next).toBe('retry')
    expect(decideRetry({ ...tried, attempt: 8 }, policy, half)).toEqual({ next: 'fail' })
  })
})

describe('OUT-02: decorrelated jitter', () => {
  const delayOf = (previousDelayMs: number | null, random: () => number): number => {
    const decision = decideRetry({ ...tried, previousDelayMs }, policy, random)
    return decision.next === 'retry' ? decision.delayMs : Number.NaN
  }

  test('a pause is between base and cap, and at most three times the one before', () => {
    const unit = double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    assert(
      property(integer({ min: 250, max: 10_000_000 }), unit, (previous, drawn) => {
        const delay = delayOf(previous, () => drawn)
        expect(delay).toBeGreaterThanOrEqual(policy.baseMs)
        expect(delay).toBeLessThanOrEqual(Math.min(policy.capMs, previous * 3))
      }),
    )
  })

  test('a thousand clients do not come back at one moment, not even at the cap', () => {
    let seed = 7
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    for (const previous of [null, 1000, 60_000]) {
      const delays = Array.from({ length: 1000 }, () => delayOf(previous, random))
      const highest = Math.min(policy.capMs, (previous ?? policy.baseMs) * 3)
      const buckets = Array.from({ length: 10 }, () => 0)
      for (const delay of delays)
        buckets[Math.min(9, Math.floor(((delay - policy.baseMs) / (highest - policy.baseMs)) * 10))]! += 1
      expect(Math.max(...buckets)).toBeLessThanOrEqual(200)
    }
  })
})

describe('OUT-03: Retry-After is a floor', () => {
  test.each([10_000, 3_600_000, 86_400_000 * 20])('%d ms is never cut', (wanted) => {
    const decision = decideRetry({ ...tried, retryAfterMs: wanted }, policy, half)
    expect(decision).toEqual({ next: 'retry', delayMs: wanted })
  })

  test('it does not shorten a pause', () => {
    const decision = decideRetry({ ...tried, retryAfterMs: 0, previousDelayMs: 10_000 }, policy, half)
    expect(decision).toEqual({ next: 'retry', delayMs: 15_125 })
  })

  const now = Date.parse('2026-11-20T12:00:00Z')
  test.each([
    ['10', 10_000],
    ['0', 0],
    ['3600', 3_600_000],
    ['1.5', 1500],
    [' 7 ', 7000],
    ['1000000000', 30 * 86_400_000],
    ['Fri, 20 Nov 2026 12:00:30 GMT', 30_000],
    ['Friday, 20-Nov-26 12:00:30 GMT', 30_000],
    ['Fri Nov 20 12:00:30 2026', 30_000],
    ['Fri, 20 Nov 2020 12:00:30 GMT', 0],
    ['Fri, 20 Nov 2099 12:00:30 GMT', 30 * 86_400_000],
    ['-5', null],
    ['', null],
    ['soon', null],
    ['1e3', null],
    ['2026-11-20', null],
    ['Fri, 99 Nov 2026 12:00:30 GMT', null],
    ['NaN', null],
    ['Infinity', null],
  ])('%j means %s ms', (field, ms) => {
    expect(retryAfterMs(field, now)).toBe(ms)
  })

  test('no field, no floor', () => {
    expect(retryAfterMs(undefined, now)).toBeNull()
  })
})

describe('retryPolicy', () => {
  test('has defaults, and takes the later options over the earlier', () => {
    expect(retryPolicy()).toEqual({ attempts: 8, baseMs: 250, capMs: 60_000 })
    expect(retryPolicy({ attempts: 3, base: '1s' }, undefined, { attempts: 5 })).toEqual({
      attempts: 5,
      baseMs: 1000,
      capMs: 60_000,
    })
    expect(retryPolicy({ base: '5m' })).toEqual({ attempts: 8, baseMs: 300_000, capMs: 300_000 })
  })

  test.each([
    { attempts: 0 },
    { attempts: 1.5 },
    { attempts: Number.NaN },
    { attempts: 1e9 },
    { base: '0ms' },
    { base: 'soon' },
    { base: '2s', cap: '1s' },
  ])('refuses %j', (options) => {
    expect(() => retryPolicy(options as never)).toThrow(expect.objectContaining({ code: 'APP_INVALID' }))
  })
})
