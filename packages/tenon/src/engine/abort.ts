import { TenonError } from '../base/errors.ts'
import type { Services } from './command.ts'

/** Aborts what a run has in flight when it leaves this node. */
export interface Abort {
  /** `null` where no other node could go on with the run meanwhile. */
  readonly signal: AbortSignal | null
  abort(run: string): void
}

const never: Abort = { signal: null, abort: () => undefined }

/** Where one process holds the journal by itself there is nothing to pay for it. */
export function abortOf({ journal }: Services): Abort {
  return journal.ownership.membership === null ? never : new NodeAbort()
}

class NodeAbort implements Abort {
  #controller: AbortController | null = null

  // Made when the first call asks for it.
  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal
  }

  abort(run: string): void {
    this.#controller?.abort(new TenonError('RUN_CANCELLED', `run ${run} has left this node`, { retryable: true }))
  }
}
