import { sleep, type Clock } from '../../base/clock.ts'

export interface GivingOptions {
  readonly clock: Clock
  /** Resolves when none of their runs is in memory. */
  readonly leave: (partitions: ReadonlySet<number>) => Promise<unknown>
  /** They were not left in time: whatever is in flight is broken off. */
  readonly breakOff: (partitions: ReadonlySet<number>) => void
  readonly release: (partitions: readonly number[]) => Promise<unknown>
  /** They are another node's to take. */
  readonly onGiven: (partition: number) => void
}

/** What is given up within so many milliseconds is given up by one statement. */
const gatherMs = 20

/** Partitions that this node is about to give to others: runs leave memory first, in peace but not for ever. */
export class Giving {
  readonly #options: GivingOptions
  readonly #leaving = new Map<number, symbol>()
  #left = new Set<number>()

  constructor(options: GivingOptions) {
    this.#options = options
  }

  has(partition: number): boolean {
    return this.#leaving.has(partition)
  }

  /** It is lost already. */
  forget(partition: number): void {
    this.#leaving.delete(partition)
    this.#left.delete(partition)
  }

  /** All together, or what is not left at the limit is broken off; `null` for no limit but the end of the process. */
  async give(partitions: ReadonlySet<number>, limitMs: number | null): Promise<void> {
    const { clock, leave, breakOff } = this.#options
    const mark = Symbol()
    for (const partition of partitions) this.#leaving.set(partition, mark)
    const gone = leave(partitions).then(() => true)
    const isGone = limitMs === null ? await gone : await Promise.race([gone, sleep(clock, limitMs).then(() => false)])
    // Lost meanwhile, it may be ours anew.
    const left = [...partitions].filter((partition) => this.#leaving.get(partition) === mark)
    if (left.length === 0) return
    if (!isGone) breakOff(new Set(left))
    if (this.#left.size === 0) clock.after(gatherMs, () => void this.#release().catch(() => undefined))
    for (const partition of left) this.#left.add(partition)
  }

  async #release(): Promise<void> {
    const left = [...this.#left].map((partition) => [partition, this.#leaving.get(partition)] as const)
    this.#left = new Set()
    if (left.length === 0) return
    try {
      await this.#options.release(left.map(([partition]) => partition))
    } finally {
      // What could not be given up is found by the next sign of life.
      for (const [partition, mark] of left) {
        if (this.#leaving.get(partition) !== mark) continue
        this.#leaving.delete(partition)
        this.#options.onGiven(partition)
      }
    }
  }
}
