import { describe, expect, test } from 'vitest'
import { AdaptiveLimit } from './adaptive-limit.ts'

/** So many answers that took so long, with so many in flight. */
function answered(limit: AdaptiveLimit, count: number, tookMs: number, inFlight: number = limit.value): void {
  for (let index = 0; index < count; index += 1) limit.answered('read', tookMs, inFlight)
}

function refused(limit: AdaptiveLimit, count: number): void {
  for (let index = 0; index < count; index += 1) limit.overloaded(limit.value)
}

const open = (range = { min: 1, max: 1000 }): AdaptiveLimit => new AdaptiveLimit(range)

describe('OUT-09: the limit that is learnt', () => {
  test('begins with twenty, or the nearest that is allowed', () => {
    expect([open().value, open({ min: 1, max: 5 }).value, open({ min: 50, max: 90 }).value]).toStrictEqual([20, 5, 50])
  })

  test('grows after as many answers as it is, and not before', () => {
    const limit = open()
    answered(limit, 19, 50)
    expect(limit.value).toBe(20)
    answered(limit, 1, 50)
    expect(limit.value).toBeCloseTo(20 + Math.sqrt(20) / 2)
  })

  test('does not grow by what is not used', () => {
    const limit = open()
    answered(limit, 1000, 50, 9)
    expect(limit.value).toBe(20)
    answered(limit, 20, 50, 10)
    expect(limit.value).toBeGreaterThan(20)
  })

  test('what was used in an earlier round does not count in a later one', () => {
    const limit = open()
    answered(limit, 20, 50, 20)
    const grown = limit.value
    answered(limit, 200, 50, 1)
    expect(limit.value).toBe(grown)
  })

  test('a tenth of refusals is borne; more take a third, in that round and in no later one', () => {
    const limit = open({ min: 1, max: 20 })
    refused(limit, 2)
    answered(limit, 18, 50)
    expect(limit.value).toBe(20)
    refused(limit, 3)
    answered(limit, 17, 50)
    expect(limit.value).toBeCloseTo(14)
    answered(limit, 14, 50)
    expect(limit.value).toBeGreaterThan(14)
  })

  test('times that a clock of milliseconds cannot tell apart are alike', () => {
    const limit = open({ min: 1, max: 20 })
    answered(limit, 20, 1)
    answered(limit, 100, 10)
    expect(limit.value).toBe(20)
  })

  test('answers that take twice as long as usual are borne; three times as long take a share', () => {
    const limit = open({ min: 1, max: 20 })
    answered(limit, 20, 100)
    answered(limit, 20, 199)
    expect(limit.value).toBe(20)
    answered(limit, 20, 300)
    expect(limit.value).toBeLessThan(18)
    expect(limit.value).toBeGreaterThan(16)
  })

  test('what is much faster than usual is soon usual', () => {
    const limit = open({ min: 1, max: 20 })
    answered(limit, 20, 1000)
    answered(limit, 100, 100)
    expect(limit.value).toBe(20)
    answered(limit, 20, 800)
    expect(limit.value).toBeLessThan(18)
  })

  test('keeps within its range, whatever happens', () => {
    const limit = open({ min: 3, max: 25 })
    answered(limit, 500, 50)
    expect(limit.value).toBe(25)
    refused(limit, 500)
    expect(limit.value).toBe(3)
  })
})
