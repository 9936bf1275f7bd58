import type { MemoryJournal, MemoryState, MemoryWrite } from '../../packages/tenon/src/journal/memory.ts'
import { partitionOf } from '../../packages/tenon/src/journal/memory/leases.ts'
import type { Ledger } from './ledger.ts'

/** I10: nothing is written by an owner that has been followed by another. */
export class FenceWatch {
  readonly #state: MemoryState
  readonly #ledger: Ledger
  readonly #committed = new Set<string>()

  constructor(state: MemoryState, ledger: Ledger) {
    this.#state = state
    this.#ledger = ledger
  }

  /** At the moment of the commit. */
  readonly onCommit = (write: MemoryWrite, outcome: string): void => {
    if (!('append' in write) || this.#state.leases === null || outcome !== 'written') return
    const { tenant, run, epoch, after } = write.append
    this.#committed.add(`${run} ${after} ${epoch}`)
    const stored = this.#state.runs.get(`${tenant}\n${run}`)
    if (stored !== undefined && partitionOf(this.#state.leases, stored).epoch !== epoch)
      this.#ledger.problem(`I10: ${run} is written under epoch ${epoch}, which had a later one`)
  }

  /** What an owner is told was written must have been written under its epoch. */
  over(journal: MemoryJournal): MemoryJournal {
    return {
      ...journal,
      append: async (append) => {
        const receipt = await journal.append(append)
        const { run, after, epoch } = append
        if (
          receipt.outcome === 'written' &&
          this.#state.leases !== null &&
          !this.#committed.has(`${run} ${after} ${epoch}`)
        )
          this.#ledger.problem(`I10: ${run} is written by an owner of epoch ${epoch}, but not under it`)
        return receipt
      },
    }
  }
}
