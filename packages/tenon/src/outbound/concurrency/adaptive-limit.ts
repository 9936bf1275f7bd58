/** Answers that come this fast are alike: a clock of milliseconds tells no more. */
const finestMs = 10
/** So many times as long as usual an answer may take before it counts as a queue at the upstream. */
const tolerance = 2
const firstLimit = 20
const fewest = 10
/** Of how many answers an operation's usual time is made: many, or the queue that is to be seen would become usual. */
const memory = 20_000
/** With so few in flight it is no queue of ours that makes answers slow: then that is usual, and soon. */
const alone = 4
const shortMemory = 20

export interface LimitRange {
  readonly min: number
  readonly max: number
}

/**
 * How many calls an upstream takes at once, learnt from how long its answers take beside what is usual for the operation: it grows by a step while answers are as
 * fast as ever, and shrinks in proportion to how much longer they take (gradient), or by a third where the upstream says that it is too much.
 */
export class AdaptiveLimit {
  readonly #range: LimitRange
  readonly #usual = new Map<string, number>()
  #limit: number
  #count = 0
  #ratios = 0
  #refused = 0
  #most = 0

  constructor(range: LimitRange) {
    this.#range = range
    this.#limit = Math.min(range.max, Math.max(range.min, firstLimit))
  }

  get value(): number {
    return this.#limit
  }

  /** An answer of an operation, with so many calls in flight when it came. */
  answered(operation: string, tookMs: number, inFlight: number): void {
    const took = Math.max(finestMs, tookMs)
    const usual = this.#usual.get(operation) ?? took
    this.#ratios += took / usual
    // Faster than thought: believed at once, or nearly.
    const weight = this.#limit <= alone ? shortMemory : memory
    const next = took * 2 < usual ? usual * 0.95 : usual + (took - usual) / weight
    this.#usual.set(operation, next)
    this.#seen(inFlight)
  }

  /** It did not come, or said that it was too much. */
  overloaded(inFlight: number): void {
    this.#refused += 1
    this.#ratios += 1
    this.#seen(inFlight)
  }

  #seen(inFlight: number): void {
    this.#count += 1
    if (inFlight > this.#most) this.#most = inFlight
    if (this.#count < Math.max(fewest, this.#limit)) return
    const { min, max } = this.#range
    this.#limit = Math.min(max, Math.max(min, this.#next()))
    this.#count = this.#ratios = this.#refused = this.#most = 0
  }

  #next(): number {
    const limit = this.#limit
    if (this.#refused > this.#count / 10) return limit * 0.7
    const gradient = Math.min(1, Math.max(0.5, tolerance / (this.#ratios / this.#count)))
    if (gradient < 1) return limit * (0.6 + 0.4 * gradient)
    // What was not needed is not given: it would only be known to be too much when it is used.
    return this.#most < limit / 2 ? limit : limit + Math.max(1, Math.sqrt(limit) / 2)
  }
}
