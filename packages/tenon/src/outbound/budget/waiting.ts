import { type Budget, type Fare, type Lane, waitOf } from './budget.ts'

/** A call that waits in this process. */
export interface Waiter {
  readonly fare: Fare
  readonly flow: string | null
  readonly since: number
  readonly go: () => void
}

/** Budgets that one who comes before could not be paid from: until then nobody else is. */
export interface Held {
  readonly budgets: Set<Budget>
  /** Milliseconds until the first of those that were passed over may go. */
  soonestMs: number
}

/**
 * Those of one priority who wait: tenants take turns, within a tenant its lanes do, within a lane the oldest goes first.
 * Both maps are rings: who had its turn is put at the end.
 */
export class Waiting {
  readonly #tenants = new Map<string, Map<Lane, Waiter[]>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get tenants(): number {
    return this.#tenants.size
  }

  /** How many come before a call of that lane and age. */
  before({ tenant }: Lane, since: number): number {
    let own = 0
    for (const list of this.#tenants.get(tenant)?.values() ?? []) own += placeOf(list, since)
    const tenants = this.#tenants.size + (this.#tenants.has(tenant) ? 0 : 1)
    return Math.min(this.#size, own * tenants + tenants - 1)
  }

  add(waiter: Waiter): void {
    const { lane } = waiter.fare
    let lanes = this.#tenants.get(lane.tenant)
    if (lanes === undefined) this.#tenants.set(lane.tenant, (lanes = new Map()))
    const list = lanes.get(lane)
    if (list === undefined) lanes.set(lane, [waiter])
    else list.splice(placeOf(list, waiter.since), 0, waiter)
    this.#size += 1
  }

  remove(waiter: Waiter): void {
    const { lane } = waiter.fare
    const lanes = this.#tenants.get(lane.tenant)
    const list = lanes?.get(lane)
    const at = list?.indexOf(waiter) ?? -1
    if (lanes === undefined || list === undefined || at < 0) return
    list.splice(at, 1)
    this.#size -= 1
    if (list.length === 0) lanes.delete(lane)
    if (lanes.size === 0) this.#tenants.delete(lane.tenant)
  }

  /** The next who can be paid for, `null` where none can. */
  next(now: number, held: Held, allWait: number): Waiter | null {
    for (const lanes of this.#tenants.values()) {
      for (const [first] of lanes.values()) {
        if (first === undefined || isHeld(first, held)) continue
        const wait = waitOf(first.fare, now)
        if (wait === 0) return first
        held.soonestMs = Math.min(held.soonestMs, wait)
        // The dear one too comes to its turn only when the cheap ones do not take from under it what it waits for.
        if (hold(first, held, now, allWait)) return null
      }
    }
    return null
  }

  /** Who had its turn goes to the end of both rings. */
  rotate(lane: Lane): void {
    const { tenant } = lane
    const lanes = this.#tenants.get(tenant)
    if (lanes === undefined) return
    this.#tenants.delete(tenant)
    this.#tenants.set(tenant, lanes)
    const list = lanes.get(lane)
    if (list === undefined) return
    lanes.delete(lane)
    lanes.set(lane, list)
  }
}

function isHeld({ fare: { lane } }: Waiter, { budgets }: Held): boolean {
  if (budgets.size === 0) return false
  for (const budget of lane.budgets) if (budgets.has(budget)) return true
  return false
}

/** True where all who wait need one of these budgets: there is nobody left to look at. */
function hold({ fare: { lane, costs } }: Waiter, { budgets }: Held, now: number, allWait: number): boolean {
  let isEnd = false
  lane.budgets.forEach((budget, index) => {
    if (budget.bucket.wait(costs[index] ?? 1, now) === 0) return
    budgets.add(budget)
    isEnd ||= budget.waiting >= allWait
  })
  return isEnd
}

/** Behind all who are as old or older. New ones are the youngest: looked for from the end. */
function placeOf(list: readonly Waiter[], since: number): number {
  let at = list.length
  while (at > 0 && (list[at - 1]?.since ?? 0) > since) at -= 1
  return at
}
