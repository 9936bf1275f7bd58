import type { Bucket } from './bucket.ts'
import type { Usage } from './usage.ts'
import type { OnItsWay } from './window.ts'

/** One limit of one account, or of the app: what calls are paid from, and what became of it. */
export interface Budget {
  readonly bucket: Bucket
  /** `null` for what was learnt: its calls are counted where they are declared, or not at all. */
  readonly usage: Usage | null
  /** Calls that wait for their turn in this process. */
  waiting: number
  /** Steps that rest until theirs. */
  postponed: number
}

/** Calls that are paid from the same budgets. */
export interface Lane {
  readonly tenant: string
  readonly budgets: readonly Budget[]
}

/** What one operation pays, budget by budget. */
export interface Fare {
  readonly lane: Lane
  readonly costs: readonly number[]
}

/** 0 where all budgets can pay at `now`. */
export function waitOf({ lane: { budgets }, costs }: Fare, now: number): number {
  let longest = 0
  for (let index = 0; index < budgets.length; index += 1) {
    const wait = budgets[index]?.bucket.wait(costs[index] ?? 1, now) ?? 0
    if (wait > longest) longest = wait
  }
  return longest
}

export function pay({ lane: { budgets }, costs }: Fare, flow: string | null, now: number): void {
  for (let index = 0; index < budgets.length; index += 1) {
    const budget = budgets[index]
    const cost = costs[index] ?? 1
    budget?.bucket.take(cost, now)
    budget?.usage?.add(flow, cost, now)
  }
}

/** A call that was paid for, from there to its end. */
export class Passage {
  readonly #fare: Fare
  #ways: (OnItsWay | null)[] | null = null

  constructor(fare: Fare) {
    this.#fare = fare
  }

  /** Of a call that is sent again, to another place or with other credentials, the first time counts. False where it must not leave. */
  left(now: number): boolean {
    const { lane, costs } = this.#fare
    if (this.#ways !== null) return true
    for (const { bucket } of lane.budgets) if (bucket.isLost) return false
    this.#ways = lane.budgets.map(({ bucket }, index) => bucket.left(costs[index] ?? 1, now))
    return true
  }

  /** One that was seen leaving was counted by the provider, also where what was sent after it, to another place or with other credentials, did not leave. */
  ended(isSent: boolean, now: number): void {
    const { lane, costs } = this.#fare
    for (const [index, { bucket }] of lane.budgets.entries()) {
      const cost = costs[index] ?? 1
      if (isSent || this.#ways !== null) bucket.arrived(this.#ways?.[index] ?? null, cost, now)
      else bucket.giveBack(cost, now)
    }
  }
}

/** Calls of that fare that all its budgets together let through in a millisecond; `assumed` where none of them says. */
export function pacePerMs({ lane: { budgets }, costs }: Fare): number {
  let slowest = Infinity
  for (let index = 0; index < budgets.length; index += 1) {
    const perMs = budgets[index]?.bucket.perMs ?? 0
    if (perMs > 0) slowest = Math.min(slowest, perMs / (costs[index] ?? 1))
  }
  return Number.isFinite(slowest) ? slowest : assumedPerMs
}

// Fifty in a second.
const assumedPerMs = 0.05
