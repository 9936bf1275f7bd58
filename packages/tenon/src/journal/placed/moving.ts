import type { Clock } from '../../base/clock.ts'
import type { Placement } from '../../postgres/placement.ts'

/** What nodes are told of tenants that move between places. */
export interface Moves {
  /** Moves under way of which nodes must know, and those that ended in the last `sinceMs` milliseconds. */
  news(sinceMs: number): Promise<readonly MoveNews[]>
  /** This node has done what was asked: none of the tenant's runs is in memory, or it knows where it lives now. */
  done(news: MoveNews): Promise<void>
}

export interface MoveNews {
  readonly tenant: string
  /** Where it was. */
  readonly source: string
  /** Where it lives now. */
  readonly place: string
  /** Nobody may take up its runs. */
  readonly mustRest: boolean
  /** Which time it is that this was asked. */
  readonly round: number
}

export interface MovingParties {
  /** Lets its runs leave memory. Resolves when none is in it. */
  readonly leave: (tenant: string) => Promise<void>
  /** They must leave it at once. */
  readonly lose: (tenant: string) => void
  /** What is known of runs by number counts no more; what is to be done stands in the journals. */
  readonly goOn: () => void
}

const everyMs = 1000
/** Who heard nothing for longer asks for moves that ended longer ago. */
const overlapMs = 60_000
/** Calls in flight may end for so long. */
const patienceMs = 10_000

/** This node's part in moves of tenants: lets go of their runs, and learns where they live then. */
export class Moving {
  readonly #moves: Moves
  readonly #placement: Placement
  readonly #clock: Clock
  readonly #parties: MovingParties
  readonly #monotonic: () => number
  /** By tenant, whether none of its runs is in memory any more. */
  readonly #resting = new Map<string, { isAtRest: boolean }>()
  /** By tenant, the round that was told to be done. */
  readonly #told = new Map<string, number>()
  #heardAt: number
  #stopTimer: () => void = () => undefined
  #isStopped = false

  constructor(moves: Moves, placement: Placement, clock: Clock, parties: MovingParties) {
    this.#moves = moves
    this.#placement = placement
    this.#clock = clock
    this.#parties = parties
    this.#monotonic = () => performance.now()
    this.#heardAt = this.#monotonic()
    this.#arm(0)
  }

  isResting(tenant: string): boolean {
    return this.#resting.has(tenant)
  }

  stop(): void {
    this.#isStopped = true
    this.#stopTimer()
  }

  #arm(delayMs: number): void {
    if (this.#isStopped) return
    this.#stopTimer = this.#clock.after(delayMs, () => {
      // What cannot be heard now is heard with the next look.
      void this.look()
        .catch(() => undefined)
        .finally(() => this.#arm(everyMs))
    })
  }

  async look(): Promise<void> {
    const askedAt = this.#monotonic()
    const news = await this.#moves.news(Math.ceil(askedAt - this.#heardAt) + overlapMs)
    this.#heardAt = askedAt
    let hasMore = false
    for (const one of news) hasMore = this.#hear(one) || hasMore
    const asked = new Set(news.flatMap(({ tenant, mustRest }) => (mustRest ? [tenant] : [])))
    for (const tenant of this.#resting.keys()) if (!asked.has(tenant)) hasMore = this.#resting.delete(tenant)
    if (hasMore) this.#parties.goOn()
    for (const one of news) {
      const isDone = one.mustRest ? this.#resting.get(one.tenant)?.isAtRest === true : true
      if (!isDone || this.#told.get(one.tenant) === one.round) continue
      await this.#moves.done(one)
      this.#told.set(one.tenant, one.round)
    }
  }

  /** True when it lives elsewhere than this node knew. */
  #hear({ tenant, place, mustRest }: MoveNews): boolean {
    const known = this.#placement.known(tenant)
    const hasMoved = known !== null && known !== place
    // Where this node did not hear in time, its lease there is over, or the move would not have gone on.
    if (hasMoved) {
      if (!this.#resting.has(tenant)) this.#parties.lose(tenant)
      this.#placement.learn(tenant, place)
    }
    if (mustRest && !this.#resting.has(tenant)) void this.#rest(tenant)
    return hasMoved
  }

  async #rest(tenant: string): Promise<void> {
    const resting = { isAtRest: false }
    this.#resting.set(tenant, resting)
    let stopWaiting: () => void = () => undefined
    const patience = new Promise<void>((resolve) => (stopWaiting = this.#clock.after(patienceMs, resolve)))
    await Promise.race([this.#parties.leave(tenant), patience])
    stopWaiting()
    if (this.#resting.get(tenant) !== resting) return
    this.#parties.lose(tenant)
    resting.isAtRest = true
  }
}
