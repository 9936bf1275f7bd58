import { TenonError } from '../base/errors.ts'
import type { Services } from './command.ts'

/** Aborts what a run has in flight when it leaves this node. Where no other node could go on with it there is no signal, and nothing to pay for it. */
export class Abort {
  readonly #isPossible: boolean
  #controller: AbortController | null = null

  constructor({ journal }: Services) {
    this.#isPossible = journal.ownership.membership !== null
  }

  get signal(): AbortSignal | null {
    if (!this.#isPossible) return null
    return (this.#controller ??= new AbortController()).signal
  }

  abort(run: string): void {
    this.#controller?.abort(new TenonError('RUN_CANCELLED', `run ${run} has left this node`, { retryable: true }))
  }
}
