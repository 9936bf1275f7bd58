/** Runs in progress per flow; taken when a run comes into memory, given back when it leaves, however it leaves. */
export class Permits {
  readonly #used = new Map<string, number>()
  readonly #limitOf: (flow: string, version: number) => number

  constructor(limitOf: (flow: string, version: number) => number) {
    this.#limitOf = limitOf
  }

  take(flow: string, version: number): boolean {
    const used = this.#used.get(flow) ?? 0
    if (used >= this.#limitOf(flow, version)) return false
    this.#used.set(flow, used + 1)
    return true
  }

  give(flow: string): void {
    const used = (this.#used.get(flow) ?? 0) - 1
    if (used > 0) this.#used.set(flow, used)
    else this.#used.delete(flow)
  }
}
