import { describe, expect, test } from 'vitest'
import type { Budget, Lane } from './budget.ts'
import { LearntBucket } from './learnt.ts'
import { Tickets } from './tickets.ts'

const laneOf = (tenant: string, budget: Budget = budgetOf()): Lane => ({ tenant, budgets: [budget] })
const budgetOf = (): Budget => ({ bucket: new LearntBucket(), usage: null, waiting: 0, postponed: 0 })

describe('OUT-09: the places of those who were put off', () => {
  test('come one after the other, each a step after the one before it, and never before their time', () => {
    const tickets = new Tickets()
    const lane = laneOf('a')
    expect([1, 2, 3].map((since) => tickets.give(lane, since, 1000, 10))).toStrictEqual([1000, 1010, 1020])
    expect(tickets.give(lane, 4, 5000, 10)).toBe(5000)
    expect(tickets.size).toBe(4)
  })

  test('one that is older comes before those that are younger; of those that are as old the first comes first', () => {
    const tickets = new Tickets()
    const lane = laneOf('a')
    tickets.give(lane, 10, 1000, 10)
    tickets.give(lane, 20, 1000, 10)
    expect(tickets.give(lane, 20, 1000, 10)).toBe(1020)
    expect(tickets.give(lane, 15, 1000, 10)).toBe(1010)
    expect(tickets.give(lane, 5, 1000, 10)).toBe(1000)
  })

  test('tenants take turns: in each round every one has another moment', () => {
    const tickets = new Tickets()
    const [a, b] = [laneOf('a'), laneOf('b')]
    const first = [tickets.give(a, 1, 1000, 10), tickets.give(b, 1, 1000, 10)]
    expect(first).toStrictEqual([1000, 1000])
    // From now on it is known that there are two.
    expect([tickets.give(a, 2, 1000, 10), tickets.give(b, 2, 1000, 10)]).toStrictEqual([1020, 1020])
    // Who begins anew beside another does not do so in its moment.
    tickets.take(a, 1)
    tickets.take(a, 2)
    expect(tickets.give(a, 3, 1000, 10)).toBe(1010)
  })

  test('who comes back has none any more, and its tenant is forgotten with its last', () => {
    const tickets = new Tickets()
    const budget = budgetOf()
    const [a, b] = [laneOf('a', budget), laneOf('b')]
    tickets.give(a, 1, 1000, 10)
    tickets.give(a, 2, 1000, 10)
    tickets.give(b, 1, 1000, 10)
    expect([tickets.size, budget.postponed]).toStrictEqual([3, 2])
    tickets.take(b, 1)
    tickets.take(b, 1)
    tickets.take(a, 2)
    expect([tickets.size, budget.postponed]).toStrictEqual([1, 1])
    // One tenant is left: the next is one step behind, not two.
    expect(tickets.give(a, 3, 1000, 10)).toBe(1010)
  })

  test('who comes back gives back a place of its own lane', () => {
    const tickets = new Tickets()
    const [one, other] = [budgetOf(), budgetOf()]
    const [reads, writes] = [laneOf('a', one), laneOf('a', other)]
    tickets.give(reads, 1, 1000, 10)
    tickets.give(writes, 2, 1000, 10)
    tickets.take(writes, 1)
    expect([one.postponed, other.postponed]).toStrictEqual([1, 0])
    tickets.take(reads, 1)
    expect(tickets.size).toBe(0)
  })

  test('who should have come back a minute ago is forgotten, and nobody else', () => {
    const tickets = new Tickets()
    const lane = laneOf('a')
    tickets.give(lane, 1, 1000, 10)
    tickets.give(lane, 2, 1000, 10)
    tickets.forget(61_000)
    expect(tickets.size).toBe(2)
    tickets.forget(61_001)
    expect(tickets.size).toBe(1)
    tickets.forget(61_011)
    expect(tickets.size).toBe(0)
  })
})
