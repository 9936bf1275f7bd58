import { SlidingWindow, type OnItsWay } from './window.ts'

/** A budget that calls are paid from. A process may hold it whole, or a piece that was lent to it. */
export interface Bucket {
  /** 0 where `cost` may be taken at `now`; else the milliseconds until it may be at the earliest. */
  wait(cost: number, now: number): number
  /** Lets a call go. Each one is ended by `arrived` or `giveBack`. */
  take(cost: number, now: number): void
  /** It is being written to a socket; `null` where that makes no difference. */
  left(cost: number, now: number): OnItsWay | null
  /** It was answered, or will never be. `way` is what `left` gave, `null` for one that was not seen leaving. */
  arrived(way: OnItsWay | null, cost: number, now: number): void
  /** It never left. */
  giveBack(cost: number, now: number): void
  /** The provider says that there is nothing left. */
  empty(now: number): void
  /** Units that come back in a millisecond; 0 where that is not known. */
  readonly perMs: number
  /** What it let go is another's meanwhile, and may leave no more. */
  readonly isLost: boolean
}

export interface BucketSize {
  readonly requests: number
  readonly perMs: number
  readonly burst: number
}

/** What could have gone while turns were handed out late is made up for by so much of the pace, for as long as this lasts. */
const madeUpBy = 0.5
const madeUpMs = 1000

/**
 * Lets at most `requests` go in any stretch of `perMs`, and uses all of it: `burst` at one moment, then evenly. The even pace is a token bucket's; that no stretch
 * holds too many is counted apart. Timers are late, and a process stands still now and then: tokens that overflowed while somebody waited are not lost, but follow faster.
 */
export class WindowBucket implements Bucket {
  readonly isLost = false
  readonly #size: BucketSize
  #burst: number
  #perMs: number
  readonly #window: SlidingWindow
  #level: number
  /** Tokens that overflowed while somebody waited. */
  #owed = 0
  #isAwaited = false
  #at = -Infinity

  constructor(size: BucketSize) {
    const { requests, perMs, burst } = (this.#size = size)
    this.#burst = this.#level = burst
    this.#perMs = requests / perMs
    this.#window = new SlidingWindow(requests, perMs)
  }

  get perMs(): number {
    return this.#perMs
  }

  /** Of the whole, `most` may go in a stretch of its length, at the pace that belongs to `paced` of it. */
  allow(most: number, paced: number, now: number): void {
    this.#fill(now)
    const { requests, perMs, burst } = this.#size
    this.#window.allowed = most
    this.#perMs = Math.max(1, paced) / perMs
    this.#burst = Math.max(1, Math.ceil((burst * paced) / requests))
    this.#level = Math.min(this.#level, this.#burst)
  }

  /** What went in the last stretch. */
  used(now: number): number {
    return this.#window.sum(now)
  }

  wait(cost: number, now: number): number {
    this.#fill(now)
    const wait = Math.max(this.#paceWait(cost), this.#window.wait(cost, now))
    this.#isAwaited = wait > 0
    return wait
  }

  take(cost: number, now: number): void {
    this.#fill(now)
    this.#level -= cost
    this.#window.letGo(cost)
  }

  left(cost: number, now: number): OnItsWay {
    return this.#window.left(cost, now)
  }

  arrived(way: OnItsWay | null, cost: number, now: number): void {
    this.#window.arrived(way, cost, now)
  }

  giveBack(cost: number, now: number): void {
    this.#fill(now)
    this.#level = Math.min(this.#burst, this.#level + cost)
    this.#window.cameBack(cost)
  }

  empty(now: number): void {
    this.#fill(now)
    this.#level = Math.min(this.#level, 0)
    this.#owed = 0
  }

  #paceWait(cost: number): number {
    const missing = Math.min(cost, this.#burst) - this.#level
    if (missing <= rounding) return 0
    const madeUp = Math.min(this.#owed, (missing * madeUpBy) / (1 + madeUpBy))
    return Math.max(1, Math.ceil((missing - madeUp) / this.#perMs - rounding))
  }

  #fill(now: number): void {
    if (now <= this.#at) {
      // Put back: it goes on from there.
      this.#at = now
      return
    }
    const passed = (now - this.#at) * this.#perMs
    const madeUp = Math.min(this.#owed, passed * madeUpBy)
    const level = this.#level + passed + madeUp
    this.#level = Math.min(this.#burst, level)
    const over = this.#isAwaited ? level - this.#level : 0
    this.#owed = Math.min(this.#owed - madeUp + over, madeUpMs * this.#perMs)
    this.#at = now
  }
}

const rounding = 1e-9
