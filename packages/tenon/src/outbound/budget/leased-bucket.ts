import { WindowBucket, type Bucket, type BucketSize } from './bucket.ts'
import type { Leased, Wish } from './holding.ts'
import type { Share } from './share.ts'
import { Rolling } from './usage.ts'
import type { OnItsWay } from './window.ts'

/** So long a share is kept that nothing is used of. */
const idleMs = 5000
/** A share has room for what may go in this time beside what went. */
const aheadMs = 2000
/** Demand grows while an answer is on its way. */
const reserve = 1.25
/** So soon a larger share may have come: worth waiting for. */
const soonMs = 200

/** What a node holds of a limit that several share: a bucket of its share, as long as its lease lasts. */
export class LeasedBucket implements Bucket, Leased {
  readonly #share: Share
  readonly #size: BucketSize
  readonly #bucket: WindowBucket
  readonly #hurry: () => boolean
  readonly #onMore: () => void
  /** What may come and go until the next ask but one. */
  readonly #aheadMs: number
  readonly #taken: Rolling
  #takenAt = -Infinity
  #shortAt = -Infinity
  isShort: boolean = false

  /** `hurry` is called whenever a call waits for want of a share: true where a larger one may come soon. `onMore`: it has come. */
  constructor(size: BucketSize, share: Share, { hurry, onMore }: { hurry: () => boolean; onMore: () => void }) {
    this.#size = size
    this.#share = share
    this.#bucket = new WindowBucket(size)
    this.#hurry = hurry
    this.#onMore = onMore
    this.#aheadMs = Math.min(aheadMs, size.perMs)
    this.#taken = new Rolling(this.#aheadMs)
  }

  get isLost(): boolean {
    return !this.#share.isSure
  }

  get perMs(): number {
    return this.#bucket.perMs
  }

  wait(cost: number, now: number): number {
    const { held, target } = this.#share
    this.#bucket.allow(held, target, now)
    const wait = this.#bucket.wait(cost, now)
    if (wait === 0 || held >= this.#size.requests || this.#bucket.used(now) + cost <= held) return wait
    this.isShort = true
    this.#shortAt = now
    return this.#hurry() ? Math.min(wait, soonMs) : wait
  }

  take(cost: number, now: number): void {
    this.#bucket.take(cost, now)
    this.#taken.add(cost, now)
    this.#takenAt = now
  }

  left(cost: number, now: number): OnItsWay {
    return this.#bucket.left(cost, now)
  }

  arrived(way: OnItsWay | null, cost: number, now: number): void {
    this.#bucket.arrived(way, cost, now)
  }

  giveBack(cost: number, now: number): void {
    this.#bucket.giveBack(cost, now)
  }

  empty(now: number): void {
    this.#bucket.empty(now)
  }

  isAtRest(now: number): boolean {
    return !this.isShort && now - Math.max(this.#takenAt, this.#shortAt) > idleMs
  }

  wish(now: number): Wish {
    const { requests, perMs } = this.#size
    const wanted = this.wants(now)
    this.#share.lower(Math.min(this.#share.target, wanted))
    this.#bucket.allow(this.#share.held, this.#share.target, now)
    this.isShort = false
    return { requests, perMs, held: Math.max(this.#share.held, Math.ceil(this.#bucket.used(now))), wanted }
  }

  wants(now: number): number {
    const used = this.#bucket.used(now)
    return Math.ceil(Math.min(this.#size.requests, used + this.#more(used, now)))
  }

  /** Beside what went. */
  #more(used: number, now: number): number {
    const { requests, perMs, burst } = this.#size
    if (this.isShort) return burst + (requests * this.#aheadMs) / perMs
    const taken = this.#taken.sum(now)
    // Who waited in vain a moment ago comes back.
    if (taken === 0) return now - this.#shortAt <= idleMs ? 1 : 0
    const leaving = (used * this.#aheadMs) / perMs
    return reserve * taken + 1 - leaving
  }

  changed(now: number): void {
    this.#bucket.allow(this.#share.held, this.#share.target, now)
    this.#onMore()
  }
}
