import type { Ask, Lease } from './allotment.ts'
import type { Share } from './share.ts'

/** A share is asked for anew so often while nothing changes, and sooner where a call waits for want of one: at once, then after twice as long each time that it was in vain. */
const everyMs = { calm: 2000, short: 50, failed: 500 }
/** So often a node looks whether it has what others want and it does not need any more; that asks nobody. */
const lookMs = 250
/** Less than this part of a limit is not worth a statement: it waits for the next ask. */
const worthAsking = 1 / 20
/** A node that stands still for a moment has not lost its demand: a smaller part of its share than this is kept. */
const worthGiving = 1 / 4
/** Who has more than is fair now asks so often in a stretch: what leaves it is another's. */
const looks = 10
/** What went stays in the stretch, and its row is in the way for as long: so often it is made smaller. */
const looksAtRest = 20

/** What is asked for, as the limit sees it. */
export type Wish = Pick<Ask, 'requests' | 'perMs' | 'held' | 'wanted'>

/** A limit of which this node has a share. */
export interface Leased {
  /** Somebody waits who would not with a larger share; until the next ask. */
  readonly isShort: boolean
  /** False while it is in use; what went in the last stretch still counts. */
  isAtRest(now: number): boolean
  /** What it could make use of. */
  wants(now: number): number
  /** What to ask for. Already from here on no more is used than what is held by it. */
  wish(now: number): Wish
  /** The share is another one. */
  changed(now: number): void
}

interface Standing {
  readonly has: number
  readonly perMs: number
  /** It is short of what it could have. */
  readonly isMissing: boolean
  /** It has more than it could have. */
  readonly isOver: boolean
}

/** One limit of several that a node has shares of: when it asks, and what it makes of the answer. */
export class Holding {
  readonly key: string
  readonly #leased: Leased
  readonly #share: Share
  #askAt = Infinity
  #lookAt = Infinity
  #askedAt = -Infinity
  #pauseMs = everyMs.short
  #before = 0
  #wasShort = false
  #wish: Wish | null = null

  constructor(key: string, leased: Leased, share: Share) {
    this.key = key
    this.#leased = leased
    this.#share = share
  }

  /** When there is something to do. */
  get dueAt(): number {
    return Math.min(this.#askAt, this.#lookAt)
  }

  /** True where it must ask by then. */
  isDue(now: number, by: number): boolean {
    if (this.#lookAt <= now) {
      this.#lookAt = now + lookMs
      const { held } = this.#share
      const spare = held - this.#leased.wants(now)
      if (spare >= held * worthGiving && this.#isMuch(spare)) this.#askAt = now
    }
    return this.#askAt <= by
  }

  /** A call waits. False where not much more is to be had. */
  hurry(): boolean {
    const { isSure, held, target } = this.#share
    if (isSure && !this.#isMuch(target - held)) return false
    this.#askAt = Math.min(this.#askAt, this.#askedAt + this.#pauseMs)
    return true
  }

  /** Others have less than they want, or have let go. */
  heard(): void {
    // Who has nothing and wants nothing is not concerned.
    if (this.#askAt === Infinity) return
    this.#pauseMs = everyMs.short
    this.#askAt = Math.min(this.#askAt, this.#askedAt + everyMs.short)
  }

  asks(now: number): Wish {
    this.#before = this.#share.held
    this.#wasShort = this.#leased.isShort
    this.#askedAt = now
    this.#askAt = now + everyMs.failed
    this.#lookAt = Infinity
    return (this.#wish = this.#leased.wish(now))
  }

  /** The node ends: what went still counts, and nothing more goes. */
  ends(now: number): Wish {
    this.#share.lower(0)
    const { held, ...wish } = this.asks(now)
    return { ...wish, held, wanted: held }
  }

  /** Takes over the answer to what was asked for at `askedAt`, by the monotonic clock. True where others should look anew. */
  answered(lease: Lease, askedAt: number, now: number): boolean {
    const { perMs, held } = this.#wish as Wish
    this.#share.lent(lease, askedAt)
    this.#leased.changed(now)
    const has = Math.max(held, this.#share.held)
    const isMissing = this.#wasShort && this.#isMuch(lease.target - has)
    const isInVain = isMissing && !this.#isMuch(has - this.#before)
    this.#pauseMs = isInVain ? Math.min(everyMs.calm, this.#pauseMs * 2) : everyMs.short
    this.#askAt = now + this.#pauseAfter({ has, perMs, isMissing, isOver: this.#isMuch(has - lease.target) }, now)
    if (lease.isAwaited && this.#askAt > now + lookMs && has > 0) this.#lookAt = now + lookMs
    return isMissing || (lease.isAwaited && this.#isMuch(this.#before - has))
  }

  #isMuch(part: number): boolean {
    return part >= Math.max(1, (this.#wish?.requests ?? 0) * worthAsking)
  }

  #pauseAfter({ has, perMs, isMissing, isOver }: Standing, now: number): number {
    if (isMissing) return this.#pauseMs
    if (this.#leased.isAtRest(now)) return has === 0 ? Infinity : Math.max(everyMs.calm, perMs / looksAtRest)
    return isOver ? Math.min(everyMs.calm, Math.max(everyMs.short, perMs / looks)) : everyMs.calm
  }
}
