/** How far each of several stores was read, in their order. */
export type Vector = readonly number[]

/** As many are remembered: callers hand back the latest ones. */
const mostKept = 10_000

/**
 * One number for how far several stores were read: the sum of their positions, which grows with each of them. What it stands for is kept in memory; where one number would stand for two
 * things, it stands for what both have.
 */
export class Positions {
  readonly #kept = new Map<number, Vector>()
  #latest: Vector

  constructor(stores: number) {
    this.#latest = Array.from({ length: stores }, () => 0)
  }

  /** The beginning, for a number that is not known here. */
  find(position: number): Vector {
    return this.#kept.get(position) ?? this.#latest.map(() => 0)
  }

  /** That much was read. */
  told(vector: Vector): number {
    this.#latest = vector.map((position, index) => Math.max(position, this.#latest[index] ?? 0))
    return this.#keep(vector)
  }

  /** One of them is there now; what was read of the others before counts. */
  written(store: number, position: number): number {
    return this.#keep(this.#latest.with(store, position))
  }

  #keep(vector: Vector): number {
    const sum = vector.reduce((total, position) => total + position, 0)
    const known = this.#kept.get(sum)
    this.#kept.delete(sum)
    this.#kept.set(sum, known === undefined ? vector : vector.map((one, index) => Math.min(one, known[index] ?? 0)))
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest)
    return sum
  }
}
