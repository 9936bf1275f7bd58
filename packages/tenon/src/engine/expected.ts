import { RunMap } from './run-map.ts'

/** Runs whose start is on its way to the journal, perhaps more than once. */
export class Expected {
  readonly #counts = new RunMap<number>()
  readonly #passedOver = new Set<string>()

  begin(run: string): void {
    this.#counts.set(run, (this.#counts.get(run) ?? 0) + 1)
  }

  /** True for one that was passed over meanwhile: should it turn out to be there already, nobody else looks for it. */
  end(run: string): boolean {
    const count = this.#counts.get(run) ?? 0
    if (count > 1) {
      this.#counts.set(run, count - 1)
      return false
    }
    this.#counts.delete(run)
    return this.#passedOver.delete(run)
  }

  has(run: string): boolean {
    return this.#counts.has(run)
  }

  /** Those of now, which whoever looks into the journal leaves out. */
  passOver(): Iterable<string> {
    for (const run of this.#counts.keys()) this.#passedOver.add(run)
    return this.#counts.keys()
  }
}
