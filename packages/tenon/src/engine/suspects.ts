import type { Clock } from '../base/clock.ts'
import type { RunKey } from '../journal/journal.ts'

/** A suspect that has done no harm for this long is let go on beside the next. */
const trialMs = 2000

/**
 * Runs that were in memory when the process died, more than once, without getting any further. They are resumed one by one,
 * so that those which merely stood beside the culprit are not blamed with it.
 */
export class Suspects {
  /** Recoveries without progress after which a run is poison. */
  readonly limit = 5
  readonly #clock: Clock
  readonly #onTurn: (run: RunKey) => void
  readonly #waiting: RunKey[] = []
  #current: string | null = null
  #stopTimer: () => void = () => undefined

  constructor(clock: Clock, onTurn: (run: RunKey) => void) {
    this.#clock = clock
    this.#onTurn = onTurn
  }

  /** False while another is on trial: it is taken up when that one is through. */
  admit(run: RunKey): boolean {
    if (this.#current === run.run) return true
    if (this.#current !== null) {
      this.#waiting.push(run)
      return false
    }
    this.#current = run.run
    this.#stopTimer = this.#clock.after(trialMs, () => this.leave(run.run))
    return true
  }

  leave(run: string): void {
    if (this.#current !== run) return
    this.#stopTimer()
    this.#current = null
    const next = this.#waiting.shift()
    if (next !== undefined) this.#onTurn(next)
  }
}
