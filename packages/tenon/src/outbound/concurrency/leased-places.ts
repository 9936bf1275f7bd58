import type { Leased, Wish } from '../budget/holding.ts'
import type { Share } from '../budget/share.ts'

const idleMs = 5000
/** More calls begin while an answer is on its way. */
const reserve = 1.25

interface Parts {
  /** Asks soon; false where no more is to be had. */
  readonly hurry: () => boolean
  readonly onMore: () => void
  /** In flight, and waiting for a place. */
  readonly counts: () => { readonly inFlight: number; readonly waiting: number }
}

/** The places that a node has of those that an upstream has for all nodes together. */
export class LeasedPlaces implements Leased {
  readonly #max: number
  readonly #share: Share
  readonly #parts: Parts
  #usedAt = -Infinity
  #most = 0
  isShort: boolean = false

  constructor(max: number, share: Share, parts: Parts) {
    this.#max = max
    this.#share = share
    this.#parts = parts
  }

  get places(): number {
    return this.#share.held
  }

  used(now: number): void {
    this.#usedAt = now
    this.#most = Math.max(this.#most, this.#parts.counts().inFlight)
  }

  /** Somebody waits for want of a place. */
  short(now: number): void {
    this.#usedAt = now
    this.isShort = true
    this.#parts.hurry()
  }

  isAtRest(now: number): boolean {
    return !this.isShort && this.#parts.counts().inFlight === 0 && now - this.#usedAt > idleMs
  }

  wants(): number {
    const { inFlight, waiting } = this.#parts.counts()
    const most = Math.max(inFlight + waiting, this.#most)
    return most === 0 ? 0 : Math.min(this.#max, Math.ceil(reserve * most) + 1)
  }

  wish(): Wish {
    const wanted = this.wants()
    this.#share.lower(Math.min(this.#share.target, wanted))
    const { inFlight } = this.#parts.counts()
    this.#most = inFlight
    this.isShort = false
    return { requests: this.#max, perMs: 0, held: Math.max(this.#share.held, inFlight), wanted }
  }

  changed(): void {
    this.#parts.onMore()
  }
}
