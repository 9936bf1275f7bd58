import type { Clock } from '../base/clock.ts'

/** The longest that an event is kept waiting for the runs before it: small beside any provider's patience, whatever the runs are waiting for. */
const longestMs = 50

/**
 * Lets events in no faster than their runs begin, as long as that takes only moments. Accepting first and working later would be no quicker:
 * what waits in memory makes everything slower. It bounds nothing; what must wait for longer waits in the journal.
 */
export class Pace {
  readonly #clock: Clock
  readonly #hasRoom: () => boolean
  #waiting: (() => void)[] = []
  #stopTimer: () => void = () => undefined

  constructor(clock: Clock, hasRoom: () => boolean) {
    this.#clock = clock
    this.#hasRoom = hasRoom
  }

  /** Runs that are started now begin at once, or nearly. */
  get hasRoom(): boolean {
    return this.#hasRoom()
  }

  /** `null` when there is room at once. */
  room(): Promise<void> | null {
    if (this.#hasRoom() && this.#waiting.length === 0) return null
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (this.#waiting.length === 1) this.#stopTimer = this.#clock.after(longestMs, () => this.#letIn())
    })
  }

  /** Runs have begun. */
  look(): void {
    if (this.#waiting.length > 0 && this.#hasRoom()) this.#letIn()
  }

  #letIn(): void {
    this.#stopTimer()
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
