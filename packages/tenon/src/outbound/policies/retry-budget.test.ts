import { expect, test } from 'vitest'
import type { Clock } from '../../base/clock.ts'
import type { RetryBudgetOptions } from '../../definition/policy.ts'
import { isPostponed, postponed } from '../outbound.ts'
import { callOf, contextOf } from '../policy.fixture.ts'
import type { Policy, PolicyContext } from '../policy.ts'
import { policy } from './retry-budget.ts'

function opened(options: RetryBudgetOptions = {}) {
  let now = 1_700_000_000_000
  const clock: Clock = { now: () => now, after: () => () => undefined, whenQuiet: () => undefined }
  const context = contextOf({ retryBudget: options }, clock)
  const at = (changed: Partial<PolicyContext>): Policy => {
    const budget = policy.open({ ...context, ...changed })
    if (budget === null) throw new Error('it is switched off')
    return budget
  }
  return { clock, at, budget: at({}), pass: (ms: number) => void (now += ms) }
}

/** How many of so many tries it lets through. */
function letThrough(budget: Policy, attempt: number, count: number): number {
  let through = 0
  for (let index = 0; index < count; index += 1) {
    try {
      void budget.admit?.(callOf({ attempt }))
      through += 1
    } catch (error) {
      if (!isPostponed(error)) throw error
    }
  }
  return through
}

test('OUT-05: an upstream that fails at 1,000 calls a second gets at most a fifth more, and ten a second', () => {
  const { budget, pass } = opened()
  let again = 0
  for (let second = 0; second < 60; second += 1) {
    expect(letThrough(budget, 1, 1_000)).toBe(1_000)
    again += letThrough(budget, 2, 1_000)
    pass(1_000)
  }
  expect(again).toBeLessThanOrEqual(0.2 * 60_000 + 10 * 60)
  expect(again).toBeGreaterThan(0.15 * 60_000)
})

test('OUT-05: where little is called, ten a second are still tried again', () => {
  const { budget, pass } = opened()
  expect(letThrough(budget, 2, 500)).toBe(100)
  pass(20_000)
  expect(letThrough(budget, 3, 500)).toBe(100)
})

test('OUT-05: it is one budget for all connections to an upstream, and another for another', () => {
  const { at } = opened()
  expect(letThrough(at({ connection: 'one' }), 2, 60)).toBe(60)
  expect(letThrough(at({ connection: 'two', tenant: 'other' }), 2, 60)).toBe(40)
  expect(letThrough(at({ origin: 'https://other.example' }), 2, 60)).toBe(60)
})

test('a call that a later policy turned away is not counted', () => {
  const { budget } = opened({ share: 0.5, perSecond: 0 })
  letThrough(budget, 1, 10)
  expect(letThrough(budget, 2, 10)).toBe(5)
  const error = postponed('CIRCUIT_OPEN', 'not now', 1_000)
  budget.settled?.(callOf({ attempt: 2 }), { error, tookMs: 0 })
  expect(letThrough(budget, 2, 10)).toBe(1)
  for (let index = 0; index < 10; index += 1) budget.settled?.(callOf(), { error, tookMs: 0 })
  expect(letThrough(budget, 2, 10)).toBe(0)
})

test('who is turned away comes back one after the other', () => {
  const { budget } = opened({ perSecond: 1 })
  letThrough(budget, 2, 10)
  const pauses: number[] = []
  for (let index = 0; index < 30; index += 1) {
    try {
      void budget.admit?.(callOf({ attempt: 2 }))
    } catch (error) {
      pauses.push((error as { retryAfterMs: number }).retryAfterMs)
    }
  }
  expect(pauses).toStrictEqual(pauses.toSorted((a, b) => a - b))
  expect(pauses.at(-1)).toBeGreaterThan(25_000)
})
