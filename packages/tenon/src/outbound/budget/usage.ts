/** How much in the last `windowMs`: the stretch before the present one counts as far as it is still within. */
export class Rolling {
  readonly #windowMs: number
  #from = 0
  #now = 0
  #before = 0

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  add(amount: number, now: number): void {
    this.#turn(now)
    this.#now += amount
  }

  sum(now: number): number {
    this.#turn(now)
    return this.#now + this.#before * (1 - (now - this.#from) / this.#windowMs)
  }

  #turn(now: number): void {
    const passed = now - this.#from
    if (passed < this.#windowMs) return
    this.#before = passed < 2 * this.#windowMs ? this.#now : 0
    this.#now = 0
    this.#from = now - (passed % this.#windowMs)
  }
}

const outsideFlows = ''
const others = '…'
const mostFlows = 200

/** What was taken, and by which flow. */
export class Usage {
  readonly windowMs: number
  readonly #byFlow = new Map<string, Rolling>()

  /** Tells the use of a window of `perMs`, of ten seconds where that is shorter. */
  constructor(perMs: number) {
    this.windowMs = Math.max(perMs, 10_000)
  }

  add(flow: string | null, amount: number, now: number): void {
    const name = flow ?? outsideFlows
    let rolling = this.#byFlow.get(name)
    if (rolling === undefined) {
      const kept = this.#byFlow.size < mostFlows ? name : others
      rolling = this.#byFlow.get(kept) ?? new Rolling(this.windowMs)
      this.#byFlow.set(kept, rolling)
    }
    rolling.add(amount, now)
  }

  /** The most first; `null` is what no flow asked for. */
  view(now: number): readonly { readonly flow: string | null; readonly used: number }[] {
    return [...this.#byFlow]
      .map(([flow, rolling]) => ({ flow: flow === outsideFlows ? null : flow, used: Math.round(rolling.sum(now)) }))
      .filter(({ used }) => used > 0)
      .toSorted((one, other) => other.used - one.used)
  }
}
