/** What counting keeps: plain numbers, in which nothing is put together before someone asks. */
const other = 'other'

type Branch<Measure> = Map<string, Branch<Measure> | Measure>

export type Labels = Readonly<Record<string, string>>

/** A measure for each combination of labels that occurred. A value that was not declared counts as `other`: the definitions bound the number of series, whatever arrives. */
export class Measures<Measure> {
  readonly #labels: readonly (readonly [name: string, values: ReadonlySet<string>])[]
  readonly #make: () => Measure
  readonly #root: Branch<Measure> = new Map()

  /** At least one label, each with the values that it may have. */
  constructor(labels: Readonly<Record<string, Iterable<string>>>, make: () => Measure) {
    this.#labels = Object.entries(labels).map(([name, values]) => [name, new Set(values)])
    this.#make = make
  }

  /** The measure of these values, in the order of the labels. */
  at(first: string, second?: string): Measure {
    const found = this.#root.get(first) ?? this.#grow(this.#root, first, 0)
    if (this.#labels.length === 1) return found as Measure
    const branch = found as Branch<Measure>
    return (branch.get(second ?? other) ?? this.#grow(branch, second ?? other, 1)) as Measure
  }

  /** Every combination that occurred. */
  *[Symbol.iterator](): Iterator<readonly [labels: Labels, measure: Measure]> {
    const [first, second] = this.#labels
    if (first === undefined) return
    for (const [value, found] of this.#root) {
      if (second === undefined) yield [{ [first[0]]: value }, found as Measure]
      else
        for (const [inner, measure] of found as Branch<Measure>)
          yield [{ [first[0]]: value, [second[0]]: inner }, measure as Measure]
    }
  }

  #grow(branch: Branch<Measure>, value: string, depth: number): Branch<Measure> | Measure {
    const known = this.#labels[depth]?.[1].has(value) === true ? value : other
    const there = branch.get(known)
    if (there !== undefined) return there
    const grown = depth === this.#labels.length - 1 ? this.#make() : (new Map() as Branch<Measure>)
    branch.set(known, grown)
    return grown
  }
}

/** How often each of a few declared things happened. */
export class Tally {
  readonly #known: ReadonlySet<string>
  readonly #counts = new Map<string, number>()

  constructor(known: ReadonlySet<string>) {
    this.#known = known
  }

  add(value: string): void {
    const name = this.#known.has(value) ? value : other
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  [Symbol.iterator](): Iterator<readonly [value: string, count: number]> {
    return this.#counts.entries()
  }
}

/** How values are spread: for each bound, how many were not above it. */
export class Distribution {
  readonly bounds: readonly number[]
  /** One for each bound and one for what is above them all; each value is in one of them. */
  readonly counts: number[]
  sum: number = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    const { bounds, counts } = this
    let index = 0
    while (index < bounds.length && value > (bounds[index] ?? 0)) index += 1
    counts[index] = (counts[index] ?? 0) + 1
    this.sum += value
  }
}
