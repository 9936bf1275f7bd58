/** What a run does when it may go on; `settled` follows once its function has nothing more to do. */
export interface Beating {
  beat(): void
  settled(): void
}

/** Decides when a run may go on: never while its function can still run by itself, and never inside itself. */
export class Pulse {
  readonly #whenQuiet: (callback: () => void) => void
  readonly #run: Beating
  readonly #onQuiet = (): void => {
    this.isAwaitingQuiet = false
    this.goOn()
  }
  #isBeating = false
  #isStopped = false
  /** The function may still be running. */
  isAwaitingQuiet: boolean = false

  constructor(whenQuiet: (callback: () => void) => void, run: Beating) {
    this.#whenQuiet = whenQuiet
    this.#run = run
  }

  /** The function was given something, or asked for something: wait until it is quiet, then go on. */
  awaitQuiet(): void {
    if (this.isAwaitingQuiet) return
    this.isAwaitingQuiet = true
    this.#whenQuiet(this.#onQuiet)
  }

  goOn(): void {
    if (this.#isBeating || this.#isStopped || this.isAwaitingQuiet) return
    this.#isBeating = true
    this.#run.beat()
    this.#isBeating = false
    if (!this.isAwaitingQuiet) this.#run.settled()
  }

  stop(): void {
    this.#isStopped = true
  }
}
