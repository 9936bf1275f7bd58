/** A budget that calls are paid from. A process may hold it whole, or a piece that was lent to it. */
export interface Bucket {
  /** 0 where `cost` may be taken at `now`; else the milliseconds until it may be at the earliest. */
  wait(cost: number, now: number): number
  take(cost: number, now: number): void
  /** For a call that never left. */
  giveBack(cost: number): void
  /** The provider says that there is nothing left. */
  empty(now: number): void
  /** Units that come back in a millisecond; 0 where that is not known. */
  readonly perMs: number
}

export interface BucketSize {
  readonly requests: number
  readonly perMs: number
  readonly burst: number
}

/**
 * Fills evenly and never lets more than `requests` through in any stretch of `perMs`: what may go at once is taken off what comes back
 * in that stretch. The clock has whole milliseconds, so first and last of a stretch are less than `perMs` apart.
 */
export class TokenBucket implements Bucket {
  readonly perMs: number
  readonly #burst: number
  #level: number
  #at = -Infinity

  constructor({ requests, perMs, burst }: BucketSize) {
    this.#burst = burst
    this.#level = burst
    this.perMs = (requests - burst + 1) / perMs
  }

  wait(cost: number, now: number): number {
    this.#fill(now)
    const missing = cost - this.#level
    return missing <= rounding ? 0 : Math.max(1, Math.ceil(missing / this.perMs))
  }

  take(cost: number, now: number): void {
    this.#fill(now)
    this.#level -= cost
  }

  giveBack(cost: number): void {
    this.#level = Math.min(this.#burst, this.#level + cost)
  }

  empty(now: number): void {
    this.#fill(now)
    this.#level = Math.min(this.#level, 0)
  }

  #fill(now: number): void {
    if (now <= this.#at) return
    if (this.#level < this.#burst) this.#level = Math.min(this.#burst, this.#level + (now - this.#at) * this.perMs)
    this.#at = now
  }
}

const rounding = 1e-9
