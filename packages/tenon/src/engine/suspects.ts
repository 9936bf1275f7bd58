import type { EntryRow, LoadedRun, RunKey } from '../journal/journal.ts'
import type { Services } from './command.ts'
import { writePoisoned } from './prepare.ts'

/** Recoveries without progress after which a run is poison. Well above what an innocent meets in a row: whoever ends the process from outside blames whatever is on trial. */
const mostRecoveries = 10

/** A suspect that has done no harm for this long is let go on beside the next; longer each time that it was let go on before. */
const trialMs = 2000
const longestTrialMs = 600_000

/**
 * Runs that were in memory when the process died, more than once, without getting any further. They are resumed one by one,
 * so that those which merely stood beside the culprit are not blamed with it: one that stands its trial counts from nothing again.
 */
export class Suspects {
  readonly #services: Services
  readonly #onTurn: (run: RunKey) => void
  readonly #onStood: (run: string) => void
  readonly #waiting = new Map<string, RunKey>()
  /** Counted under that epoch: once is enough, however often they are read again. */
  readonly #admitted = new Map<string, number>()
  #current: string | null = null
  #stopTimer: () => void = () => undefined

  constructor(
    services: Services,
    { onTurn, onStood }: { onTurn: (run: RunKey) => void; onStood: (run: string) => void },
  ) {
    this.#services = services
    this.#onTurn = onTurn
    this.#onStood = onStood
  }

  /** False for a run that may not go on: poison, or a suspect while another is on trial; that one is taken up when its turn comes. */
  async admit({ row, entries }: LoadedRun, epoch: number): Promise<boolean> {
    const { journal } = this.#services
    const isOrphan = row.updatedAt < journal.ownership.orphanedBefore(row)
    if (!isOrphan || this.#admitted.get(row.run) === epoch) return true
    if (row.recoveries >= mostRecoveries) {
      await writePoisoned(row, epoch, this.#services)
      return false
    }
    if (row.recoveries > 0 && !this.#tryNow(row, entries)) return false
    // Counted before it runs: one that ends the process every time must be stopped some day.
    const { tenant, run, lastSeq } = row
    const counted = await journal.append({ tenant, run, epoch, after: lastSeq, entries: [], recovery: true })
    if (counted.outcome === 'fenced') return false
    this.#admitted.set(run, epoch)
    return true
  }

  #tryNow({ tenant, run }: RunKey, entries: readonly EntryRow[]): boolean {
    if (this.#current === run) return true
    if (this.#current !== null) {
      this.#waiting.set(run, { tenant, run })
      return false
    }
    // A timer or a message may bring it before its turn.
    this.#waiting.delete(run)
    this.#current = run
    const stood = entries.filter(({ kind }) => kind === 'resumed').length
    this.#stopTimer = this.#services.clock.after(Math.min(longestTrialMs, trialMs * 4 ** stood), () => {
      this.#onStood(run)
      this.leave(run)
    })
    return true
  }

  /** It has left memory, or has stood its trial. */
  leave(run: string): void {
    if (this.#current === run) {
      this.#stopTimer()
      this.#current = null
    }
    if (this.#current !== null) return
    // Also where it was not on trial: whose turn it was may have had nothing to do, and nobody else would call the next.
    const [next] = this.#waiting.values()
    if (next === undefined) return
    this.#waiting.delete(next.run)
    this.#onTurn(next)
  }
}
