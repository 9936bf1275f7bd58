import type { Lane } from './budget.ts'

interface Ticket {
  readonly since: number
  readonly dueAt: number
  readonly lane: Lane
}

// A run that was cancelled in between does not come back.
const forgottenAfterMs = 60_000
const mostTickets = 100_000

/**
 * The places of postponed calls of one priority. A place is remembered by when the call was first asked for: it comes back by that, and whoever is younger comes after it.
 * Tenants take turns in it as they do among those that wait.
 */
export class Tickets {
  readonly #byTenant = new Map<string, Ticket[]>()
  #size = 0
  #seat = 0

  get size(): number {
    return this.#size
  }

  /** Writes the call down and gives the time of its turn: not before `from`, and `stepMs` for each of this priority that comes before it. */
  give(lane: Lane, since: number, from: number, stepMs: number): number {
    let list = this.#byTenant.get(lane.tenant)
    if (list === undefined) this.#byTenant.set(lane.tenant, (list = []))
    const at = placeOf(list, since + 1)
    const tenants = this.#byTenant.size
    const before = list[at - 1]
    // Each tenant's first come before any tenant's second; within such a round each has another moment.
    const dueAt =
      before === undefined
        ? from + ((this.#seat += 1) % tenants) * stepMs
        : Math.max(from, before.dueAt + tenants * stepMs)
    if (this.#size < mostTickets) {
      list.splice(at, 0, { since, dueAt, lane })
      this.#size += 1
      for (const budget of lane.budgets) budget.postponed += 1
    }
    return dueAt
  }

  /** A call that was first asked for at `since` is back: its ticket is the first that was written down then or later. */
  take(lane: Lane, since: number): void {
    const list = this.#byTenant.get(lane.tenant)
    if (list === undefined) return
    for (let at = placeOf(list, since); at < list.length; at += 1) {
      if (list[at]?.lane === lane) return this.#remove(list, at)
    }
  }

  /** Lets go of those that should have come back long ago. */
  forget(now: number): void {
    for (const list of this.#byTenant.values())
      for (let at = list.length - 1; at >= 0; at -= 1)
        if ((list[at]?.dueAt ?? now) + forgottenAfterMs < now) this.#remove(list, at)
  }

  #remove(list: Ticket[], at: number): void {
    const [ticket] = list.splice(at, 1)
    if (ticket === undefined) return
    this.#size -= 1
    for (const budget of ticket.lane.budgets) budget.postponed -= 1
    if (list.length === 0) this.#byTenant.delete(ticket.lane.tenant)
  }
}

/** Index of the first ticket that is as old as `since` or younger. */
function placeOf(list: readonly Ticket[], since: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle]?.since ?? 0) < since) low = middle + 1
    else high = middle
  }
  return low
}
