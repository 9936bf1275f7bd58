import type { Ask, Lease } from './allotment.ts'
import { WindowBucket, type Bucket, type BucketSize } from './bucket.ts'
import type { OnItsWay } from './window.ts'

/** So long a share is kept that nothing is used of. */
const idleMs = 5000
/** A share has room for what may go in this time beside what went. */
const aheadMs = 2000
const soonMs = 20

/** What a node holds of a limit that several share: a bucket of its share, as long as its lease lasts. */
export class LeasedBucket implements Bucket {
  readonly #size: BucketSize
  readonly #bucket: WindowBucket
  readonly #hurry: () => void
  #share = 0
  #target: number
  #until = -Infinity
  #askedAt = -Infinity
  #takenAt = -Infinity
  #taken = 0
  /** Somebody waits who would not with a larger share. */
  isShort: boolean = false

  /** `hurry` is called whenever a call waits for want of a share. */
  constructor(size: BucketSize, hurry: () => void) {
    this.#size = size
    this.#target = size.requests
    this.#bucket = new WindowBucket(size)
    this.#hurry = hurry
    this.#bucket.allow(0, size.requests, 0)
  }

  get perMs(): number {
    return this.#bucket.perMs
  }

  wait(cost: number, now: number): number {
    this.#expire(now)
    const wait = this.#bucket.wait(cost, now)
    const isLess = this.#share < this.#size.requests
    if (wait === 0 || !isLess || this.#bucket.used(now) + cost <= this.#share) return wait
    this.isShort = true
    this.#hurry()
    return Math.min(wait, soonMs)
  }

  take(cost: number, now: number): void {
    this.#bucket.take(cost, now)
    this.#taken += cost
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

  /** Nothing is held and nothing wanted: nobody has to be asked. */
  isIdle(now: number): boolean {
    return !this.isShort && this.#share === 0 && this.#bucket.used(now) === 0
  }

  /** What to ask for. Already from here on no more is used than what is held by it. */
  asks(now: number): Pick<Ask, 'requests' | 'perMs' | 'held' | 'wanted'> {
    this.#expire(now)
    const { requests, perMs, burst } = this.#size
    const used = this.#bucket.used(now)
    const ratePerMs = this.#taken / Math.max(1, Math.min(now - this.#askedAt, aheadMs))
    const isIdle = !this.isShort && now - this.#takenAt > idleMs
    const ahead = isIdle ? 0 : Math.max(1, Math.min(burst, requests / 4), Math.ceil(ratePerMs * aheadMs))
    const wanted = Math.ceil(Math.min(requests, used + ahead))
    this.#share = Math.min(this.#share, this.#target, wanted)
    this.#bucket.allow(this.#share, this.#target, now)
    this.#taken = 0
    this.#askedAt = now
    this.isShort = false
    return { requests, perMs, held: Math.max(this.#share, Math.ceil(used)), wanted }
  }

  /** The answer to what was asked for at `askedAt`. */
  lent({ share, target, forMs }: Lease, askedAt: number, now: number): void {
    this.#target = target
    this.#until = askedAt + forMs
    this.#share = Math.min(share, Math.max(target, this.#share))
    this.#bucket.allow(this.#share, target, now)
    this.#expire(now)
  }

  // A clock that was put back does not make it longer.
  #expire(now: number): void {
    if (now < this.#until && now >= this.#askedAt) return
    this.#share = 0
    this.#bucket.allow(0, this.#target, now)
  }
}
