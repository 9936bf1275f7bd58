import { RunMap } from './run-map.ts'

/** Runs whose start is on its way to the journal, perhaps more than once. */
export class Expected {
  readonly #counts = new RunMap<number>()

  begin(run: string): void {
    this.#counts.set(run, (this.#counts.get(run) ?? 0) + 1)
  }

  end(run: string): void {
    const count = this.#counts.get(run) ?? 0
    if (count > 1) this.#counts.set(run, count - 1)
    else this.#counts.delete(run)
  }

  has(run: string): boolean {
    return this.#counts.has(run)
  }

  runs(): Iterable<string> {
    return this.#counts.keys()
  }
}
