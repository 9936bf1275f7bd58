interface Slice {
  at: number
  amount: number
}

/** A call that has left, and of which nobody knows yet whether it has arrived. */
export interface OnItsWay {
  readonly cost: number
  readonly leftAt: number
  /** It is in the window by a moment of its own. */
  isCounted: boolean
}

/** Parts that a window is counted in at most; a short one is counted by the millisecond, the clock's grain. */
const slices = 1000
/** A call that left and is not answered yet has arrived after so much of the window, as far as anybody can say. */
const longestWay = 1 / 20

/**
 * What arrived at the provider in the last `perMs`, so that it is never more than `most`. The clock has whole milliseconds: what arrived `perMs` ago is out of it.
 * When a call arrives nobody here can see. One that was let go may wait for a connection, and is in every window until it leaves; from then on until it is answered, at most
 * for `longestWay` of the window; and after that for the whole of `perMs`.
 */
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
  /** Of what was let go, what is not in a slice. */
  #away = 0
  /** Those that left, the earliest first. */
  readonly #onTheirWay: OnItsWay[] = []

  constructor(most: number, perMs: number) {
    this.#most = this.allowed = most
    this.#perMs = perMs
    this.#grainMs = Math.max(1, Math.floor(perMs / slices))
  }

  /** 0 where `cost` may go at `now`; else the milliseconds until it may. */
  wait(cost: number, now: number): number {
    this.#pass(now)
    let over = this.#sum + this.#away + Math.min(cost, this.#most) - this.allowed
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
    return this.#sum + this.#away
  }

  letGo(cost: number): void {
    this.#away += cost
  }

  left(cost: number, now: number): OnItsWay {
    const one = { cost, leftAt: now, isCounted: false }
    this.#onTheirWay.push(one)
    return one
  }

  /** Its answer is here, or no answer will come. `null` for one that was not seen leaving. */
  arrived(one: OnItsWay | null, cost: number, now: number): void {
    this.#pass(now)
    if (one?.isCounted === true) return
    if (one !== null) one.isCounted = true
    this.#count(cost, now)
  }

  /** It never left. */
  cameBack(cost: number): void {
    this.#away = Math.max(0, this.#away - cost)
  }

  #count(cost: number, now: number): void {
    this.#away = Math.max(0, this.#away - cost)
    // A slice counts from its end on: never too early.
    const at = now - (now % this.#grainMs) + this.#grainMs - 1
    const last = this.#slices.at(-1)
    if (last !== undefined && last.at >= at && this.#slices.length > this.#first) last.amount += cost
    else this.#slices.push({ at, amount: cost })
    this.#sum += cost
  }

  #pass(now: number): void {
    this.#settleLate(now)
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

  #settleLate(now: number): void {
    const all = this.#onTheirWay
    let passed = 0
    for (; passed < all.length; passed += 1) {
      const one = all[passed] as OnItsWay
      const arrivedBy = Math.ceil(one.leftAt + this.#perMs * longestWay)
      // A clock that was put back: it is as if they had arrived now.
      if (!one.isCounted && arrivedBy > now && one.leftAt <= now) break
      if (one.isCounted) continue
      one.isCounted = true
      this.#count(one.cost, Math.min(arrivedBy, now))
    }
    if (passed > 0) all.splice(0, passed)
  }
}

const rounding = 1e-9
