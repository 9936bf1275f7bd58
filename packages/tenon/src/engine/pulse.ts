/**
 * Decides when a run may go on: never while its function can still run by itself, and never inside itself.
 * What it does then is `beat`; `settled` follows once the function has nothing more to do.
 */
export class Pulse {
  readonly #whenQuiet: (callback: () => void) => void
  readonly #beat: () => void
  readonly #settled: () => void
  #isBeating = false
  #isStopped = false
  /** The function may still be running. */
  isAwaitingQuiet: boolean = false

  constructor(whenQuiet: (callback: () => void) => void, beat: () => void, settled: () => void) {
    this.#whenQuiet = whenQuiet
    this.#beat = beat
    this.#settled = settled
  }

  /** The function was given something, or asked for something: wait until it is quiet, then go on. */
  awaitQuiet(): void {
    if (this.isAwaitingQuiet) return
    this.isAwaitingQuiet = true
    this.#whenQuiet(() => {
      this.isAwaitingQuiet = false
      this.goOn()
    })
  }

  goOn(): void {
    if (this.#isBeating || this.#isStopped || this.isAwaitingQuiet) return
    this.#isBeating = true
    this.#beat()
    this.#isBeating = false
    if (!this.isAwaitingQuiet) this.#settled()
  }

  stop(): void {
    this.#isStopped = true
  }
}
