import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../base/clock.ts'

/** Calls back when all that can run now has run: one turn of the event loop for all runs that ask meanwhile. */
export class QuietQueue {
  readonly #clock: Clock
  #waiting: (() => void)[] = []
  /** It serves all runs: what belongs to the one that happens to ask first must not reach the others. */
  readonly #onQuiet: () => void = AsyncLocalStorage.bind(() => this.#call())

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(callback: () => void): void {
    this.#waiting.push(callback)
    if (this.#waiting.length === 1) this.#clock.whenQuiet(this.#onQuiet)
  }

  // One callback may settle promises of its own run only, so the others are still quiet.
  #call(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const callback of waiting) callback()
  }
}
