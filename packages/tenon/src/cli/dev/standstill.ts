import { Worker } from 'node:worker_threads'

/** The file descriptor on which a process that cannot do anything else any more is told about. */
export const standstillDescriptor = 4

export interface Standstill {
  /** Where the code is at that moment, `null` where it waits for something that does not come. */
  readonly place: { readonly url: string; readonly line: number; readonly column: number } | null
}

/** Tells, from a thread of its own, where this thread is when what it has begun is not disposed of within the limit; and ends the process when the parent is gone. */
export interface StandstillWatch {
  begin(limitMs: number): Disposable
}

/** To be made before there is much to do: a thread cannot start beside one that is in an endless loop. */
export function createStandstillWatch(): StandstillWatch {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  const thread = new Worker(new URL(`./standstill-thread${extension}`, import.meta.url))
  thread.unref()
  // Without it there is no place in the report; the parent has a limit of its own.
  thread.on('error', () => undefined)
  return {
    begin(limitMs) {
      thread.postMessage(limitMs)
      return { [Symbol.dispose]: () => thread.postMessage(null) }
    },
  }
}
