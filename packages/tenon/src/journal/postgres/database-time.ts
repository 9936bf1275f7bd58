/** The database's time, told from a node's own monotonic clock and what the database said. It does not go back. */
export class DatabaseTime {
  readonly #monotonic: () => number
  #offset: number | null = null
  #last = 0

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  now(): number {
    this.#last = Math.max(this.#last, Math.floor(this.#monotonic() + (this.#offset ?? 0)))
    return this.#last
  }

  /** The database said `now` at some moment between `from`, by the monotonic clock, and this one: a slow answer says little, and does not move what a quick one said. */
  learn(now: number, from: number): void {
    const [least, most] = [now - this.#monotonic(), now - from]
    this.#offset = Math.min(most, Math.max(least, this.#offset ?? (least + most) / 2))
  }
}
