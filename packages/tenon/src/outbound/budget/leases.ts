import type { Clock } from '../../base/clock.ts'
import type { Allotter } from './allotment.ts'
import type { Bucket, BucketSize } from './bucket.ts'
import { LeasedBucket } from './leased-bucket.ts'

/** Shares are asked for anew so often; sooner where a call waits for want of one, but not more often than that. */
const everyMs = { calm: 500, short: 50 }

export interface LeasesOptions {
  readonly clock: Clock
  readonly allotter: Allotter
  /** Names this start of this process among all that share the limits. */
  readonly node: string
}

/** The shares that a node holds of limits. All that it needs is asked for at once, ahead of its use: no call waits for the store unless the node was idle. */
export class Leases {
  readonly #options: LeasesOptions
  readonly #buckets = new Map<string, LeasedBucket>()
  #seq = 0
  #isAsking = false
  #isStopped = false
  #askedAt = -Infinity
  #timerAt = Infinity
  #cancelTimer: () => void = () => undefined

  constructor(options: LeasesOptions) {
    this.#options = options
  }

  /** For `bucketFor` of `Budgets`. */
  bucketFor(key: string, size: BucketSize): Bucket {
    const bucket = new LeasedBucket(size, () => this.#askIn(everyMs.short))
    this.#buckets.set(key, bucket)
    return bucket
  }

  /** Asks for no more; what is held lapses by itself. */
  stop(): void {
    this.#isStopped = true
    this.#cancelTimer()
  }

  /** Within `ms` of the last time, at the latest. */
  #askIn(ms: number): void {
    const { clock } = this.#options
    const now = clock.now()
    const at = Math.max(now + 1, Math.min(now, this.#askedAt) + ms)
    if (this.#isStopped || this.#isAsking || this.#timerAt <= at) return
    this.#cancelTimer()
    this.#timerAt = at
    this.#cancelTimer = clock.after(at - now, () => void this.#ask())
  }

  async #ask(): Promise<void> {
    const { clock, allotter, node } = this.#options
    this.#timerAt = Infinity
    const now = (this.#askedAt = clock.now())
    const asking = [...this.#buckets].filter(([, bucket]) => !bucket.isIdle(now))
    if (asking.length === 0) return
    this.#isAsking = true
    try {
      const asks = asking.map(([key, bucket]) => ({ key, node, seq: (this.#seq += 1), ...bucket.asks(now) }))
      const leases = await allotter.ask(asks)
      for (const [index, [, bucket]] of asking.entries()) {
        const lease = leases[index]
        if (lease !== undefined) bucket.lent(lease, now, clock.now())
      }
    } catch {
      // Nothing was lent. What is held lapses, and then calls wait.
    } finally {
      this.#isAsking = false
      this.#askIn([...this.#buckets.values()].some(({ isShort }) => isShort) ? everyMs.short : everyMs.calm)
    }
  }
}
