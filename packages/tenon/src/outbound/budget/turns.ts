import type { Clock } from '../../base/clock.ts'
import type { TenonError } from '../../base/errors.ts'
import type { Priority } from '../../definition/policy.ts'
import { givenUp } from '../failure.ts'
import { postponed } from '../outbound.ts'
import type { PolicyCall } from '../policy.ts'
import { type Fare, type Lane, pacePerMs, pay, waitOf } from './budget.ts'
import { Tickets } from './tickets.ts'
import { Rolling } from './usage.ts'
import { type Held, type Waiter, Waiting } from './waiting.ts'

/** What of each budget the later priorities get at least while they wait: one of five and one of twenty turns. */
const shares: Readonly<Record<Priority, number>> = { interactive: 0.75, sync: 0.2, backfill: 0.05 }
const order: readonly Priority[] = ['interactive', 'sync', 'backfill']
const mostWaiting = 10_000
/** Turns that are kept for those who are late in coming back. */
const mostOwed = 3
/** They are called back a little slower than their turns come, or each delay would send one of them away again. */
const calledBack = 0.9
const observedMs = 10_000

class Rank {
  readonly share: number
  readonly waiting: Waiting = new Waiting()
  readonly tickets: Tickets = new Tickets()
  readonly used: Rolling = new Rolling(observedMs)
  /** Turns that it is owed for those that others had; a whole one goes first. */
  owed: number = 0

  constructor(share: number) {
    this.share = share
  }
}

/**
 * Who goes next, among calls that share budgets. One who can be paid for while nobody waits goes at once. The others wait by priority, of which each has a share that
 * is its own; within a priority tenants take turns; within a tenant the oldest goes first. Who would wait longer than its patience is sent away with the time of its turn.
 */
export class Turns {
  readonly #clock: Clock
  readonly #ranks: Readonly<Record<Priority, Rank>>
  #waiting = 0
  #postponed = 0
  #cancelTimer: (() => void) | null = null
  #timerAt = Infinity

  constructor(clock: Clock) {
    this.#clock = clock
    const rank = (priority: Priority): Rank => new Rank(shares[priority])
    this.#ranks = { interactive: rank('interactive'), sync: rank('sync'), backfill: rank('backfill') }
  }

  /** Returns where it may go at once. Throws `RATE_LIMITED` (postponed), or what a wait ends by. */
  admit(fare: Fare, call: PolicyCall): void | Promise<void> {
    const now = this.#clock.now()
    const rank = this.#ranks[call.priority]
    // One that is new may be a little older than this moment: what its run learnt before had to be durable first.
    if (this.#postponed > 0 && now - call.since > call.patienceMs / 2) this.#comeBack(rank, fare.lane, call.since)
    if (this.#waiting === 0 && waitOf(fare, now) === 0) {
      pay(fare, call.flow, now)
      rank.used.add(1, now)
      return
    }
    const patienceMs = Math.min(call.patienceMs, call.deadline - now)
    if (this.#expectedMs(rank, fare, call.since, now) > patienceMs || this.#waiting >= mostWaiting)
      throw this.#postpone(rank, fare, call)
    return this.#wait(rank, fare, call, patienceMs)
  }

  /** Something came back, or is known better: looks whether somebody may go. */
  look(): void {
    if (this.#waiting === 0) return
    const now = this.#clock.now()
    const held: Held = { budgets: new Set(), soonestMs: Infinity }
    while (this.#letOneGo(now, held));
    if (this.#waiting > 0 && Number.isFinite(held.soonestMs)) this.#lookAgain(now + held.soonestMs)
  }

  /** False where nobody can go. */
  #letOneGo(now: number, held: Held): boolean {
    for (const isOwed of [true, false]) {
      for (const priority of order) {
        const rank = this.#ranks[priority]
        if (rank.waiting.size === 0 || (isOwed && rank.owed < 1)) continue
        const waiter = rank.waiting.next(now, held, this.#waiting)
        if (waiter === null) continue
        this.#go(rank, waiter, now)
        return true
      }
    }
    return false
  }

  #go(rank: Rank, waiter: Waiter, now: number): void {
    const { fare, flow } = waiter
    this.#leave(rank, waiter)
    rank.waiting.rotate(fare.lane)
    pay(fare, flow, now)
    rank.used.add(1, now)
    rank.owed = Math.max(0, rank.owed - 1)
    for (const priority of order) {
      const other = this.#ranks[priority]
      if (other !== rank && (other.waiting.size > 0 || other.tickets.size > 0))
        other.owed = Math.min(mostOwed, other.owed + (priority === 'interactive' ? 0 : other.share / (1 - other.share)))
    }
    waiter.go()
  }

  #wait(rank: Rank, fare: Fare, call: PolicyCall, patienceMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const { signal } = call
    if (signal?.aborted === true) throw givenUp('not-sent', signal.reason)
    const end = (): void => {
      cancel()
      signal?.removeEventListener('abort', onAbort)
    }
    const waiter: Waiter = {
      fare,
      flow: call.flow,
      since: call.since,
      go: () => {
        end()
        resolve()
      },
    }
    const fail = (make: () => TenonError): void => {
      end()
      this.#leave(rank, waiter)
      reject(make())
      this.look()
    }
    const onAbort = (): void => fail(() => givenUp('not-sent', signal?.reason))
    const cancel = this.#clock.after(patienceMs, () => fail(() => this.#postpone(rank, fare, call)))
    signal?.addEventListener('abort', onAbort, { once: true })
    rank.waiting.add(waiter)
    this.#waiting += 1
    for (const budget of fare.lane.budgets) budget.waiting += 1
    this.look()
    return promise
  }

  #leave(rank: Rank, waiter: Waiter): void {
    rank.waiting.remove(waiter)
    this.#waiting -= 1
    for (const budget of waiter.fare.lane.budgets) budget.waiting -= 1
  }

  /** How long one that comes now would wait. */
  #expectedMs(rank: Rank, fare: Fare, since: number, now: number): number {
    const pace = pacePerMs(fare)
    const own = rank.waiting.before(fare.lane, since)
    let ahead = own
    for (const priority of order) {
      const other = this.#ranks[priority]
      if (other === rank) break
      ahead += other.waiting.size
    }
    // Its share comes to it whoever else waits.
    const byShare = (own + 1 - rank.owed) / rank.share
    return waitOf(fare, now) + Math.min(ahead, Math.max(0, byShare)) / pace
  }

  #postpone(rank: Rank, fare: Fare, call: PolicyCall): TenonError {
    const now = this.#clock.now()
    const pace = this.#paceOf(rank, fare, now)
    const startsInMs = Math.max(waitOf(fare, now), (rank.waiting.before(fare.lane, call.since) + 1) / pace)
    rank.tickets.forget(now)
    const afterMs = rank.tickets.give(fare.lane, call.since, now + startsInMs, 1 / pace) - now
    this.#postponed = this.#counted()
    return postponed(
      'RATE_LIMITED',
      `${call.connector}.${call.operation}: the limit of connection ${call.connection} is used up; its turn is in ${Math.ceil(afterMs / 1000)} s`,
      afterMs,
    )
  }

  /** What is left for that rank by what the others used lately; at least its share. */
  #paceOf(rank: Rank, fare: Fare, now: number): number {
    const pace = pacePerMs(fare)
    let usedByOthers = 0
    for (const priority of order) {
      const other = this.#ranks[priority]
      if (other !== rank) usedByOthers += other.used.sum(now)
    }
    return calledBack * Math.max(rank.share * pace, pace - usedByOthers / observedMs)
  }

  #comeBack(rank: Rank, lane: Lane, since: number): void {
    rank.tickets.take(lane, since)
    this.#postponed = this.#counted()
  }

  #counted(): number {
    const { interactive, sync, backfill } = this.#ranks
    return interactive.tickets.size + sync.tickets.size + backfill.tickets.size
  }

  #lookAgain(at: number): void {
    if (this.#cancelTimer !== null && this.#timerAt <= at && this.#timerAt > this.#clock.now()) return
    this.#cancelTimer?.()
    this.#timerAt = at
    this.#cancelTimer = this.#clock.after(at - this.#clock.now(), () => {
      this.#cancelTimer = null
      this.look()
    })
  }
}
