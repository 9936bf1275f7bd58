interface Slice {
  at: number
  amount: number
}

/** Parts that a window is counted in at most; a short one is counted by the millisecond, the clock's grain. */
const slices = 1000

/** What went in the last `perMs`, so that it is never more than `most`. The clock has whole milliseconds: what went `perMs` ago is out of it. */
export class SlidingWindow {
  /** Of `most`, what may be used here. */
  allowed: number
  readonly #most: number
  readonly #perMs: number
  readonly #grainMs: number
  /** The oldest first, from `#first` on. */
  #slices: Slice[] = []
  #first = 0
  #sum = 0

  constructor(most: number, perMs: number) {
    this.#most = this.allowed = most
    this.#perMs = perMs
    this.#grainMs = Math.max(1, Math.floor(perMs / slices))
  }

  /** 0 where `cost` may go at `now`; else the milliseconds until it may. */
  wait(cost: number, now: number): number {
    this.#pass(now)
    let over = this.#sum + Math.min(cost, this.#most) - this.allowed
    if (over <= rounding) return 0
    for (let index = this.#first; index < this.#slices.length; index += 1) {
      const { at, amount } = this.#slices[index] as Slice
      over -= amount
      if (over <= rounding) return at + this.#perMs - now
    }
    return this.#perMs
  }

  sum(now: number): number {
    this.#pass(now)
    return this.#sum
  }

  add(cost: number, now: number): void {
    this.#pass(now)
    // A slice counts from its end on: never too early.
    const at = now - (now % this.#grainMs) + this.#grainMs - 1
    const last = this.#slices.at(-1)
    if (last !== undefined && last.at >= at && this.#slices.length > this.#first) last.amount += cost
    else this.#slices.push({ at, amount: cost })
    this.#sum += cost
  }

  /** Something that went since `since` did not go after all. The oldest is struck out, whichever it was: what is left is counted no earlier than it was. */
  strike(cost: number, since: number, now: number): void {
    this.#pass(now)
    // It may be out already, and then what is struck out would be another's.
    if (since <= now - this.#perMs) return
    let left = cost
    for (; left > 0 && this.#first < this.#slices.length; this.#first += 1) {
      const oldest = this.#slices[this.#first] as Slice
      const struck = Math.min(left, oldest.amount)
      oldest.amount -= struck
      this.#sum -= struck
      left -= struck
      if (oldest.amount > rounding) return
    }
  }

  #pass(now: number): void {
    // A clock that was put back: what went before counts as of now, not as of a time to come.
    const latest = now + this.#grainMs - 1
    for (let index = this.#slices.length - 1; index >= this.#first; index -= 1) {
      const slice = this.#slices[index] as Slice
      if (slice.at <= latest) break
      slice.at = latest
    }
    for (; this.#first < this.#slices.length; this.#first += 1) {
      const oldest = this.#slices[this.#first] as Slice
      if (oldest.at + this.#perMs > now) break
      this.#sum -= oldest.amount
    }
    if (this.#first === this.#slices.length) {
      this.#slices = []
      this.#first = this.#sum = 0
    } else if (this.#first > slices) {
      this.#slices.splice(0, this.#first)
      this.#first = 0
    }
  }
}

const rounding = 1e-9
