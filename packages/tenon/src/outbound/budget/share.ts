import type { Lease } from './allotment.ts'

/** Of a lease that a node counts on: two clocks need not go equally fast. */
const sure = 0.9

/** What a node holds of a limit, for as long as it can be sure of it. */
export class Share {
  readonly #monotonic: () => number
  #held = 0
  #until = -Infinity
  /** What it could have by what others want. */
  target: number

  constructor(whole: number, monotonic: () => number) {
    this.target = whole
    this.#monotonic = monotonic
  }

  get isSure(): boolean {
    return this.#monotonic() < this.#until
  }

  get held(): number {
    return this.isSure ? this.#held : 0
  }

  /** It never has more than that again, unless it is lent. */
  lower(most: number): void {
    this.#held = Math.min(this.#held, most)
  }

  /** The answer to what was asked for at `askedAt`, by the monotonic clock. */
  lent({ share, target, forMs }: Lease, askedAt: number): void {
    const before = this.held
    this.target = target
    this.#until = askedAt + forMs * sure
    this.#held = Math.min(share, Math.max(target, before))
  }
}
