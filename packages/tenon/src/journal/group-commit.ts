import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'

export interface GroupCommitOptions<Write, Answer> {
  readonly clock: Clock
  /** Commits all together and answers each; an answer that is an `Error` rejects its write, a rejection all of them. */
  readonly commit: (writes: readonly Write[], bytes: number) => Promise<Answers<Answer>>
  /** Most writes and bytes of one batch: bounds the time that a commit takes. */
  readonly batch: Size
  /** Most writes and bytes that wait for the batch in flight. */
  readonly queue: Size
}

export type Answers<Answer> = readonly (Answer | Error | Promise<Answer>)[]

export interface Size {
  readonly writes: number
  readonly bytes: number
}

export interface GroupCommit<Write, Answer> {
  push(write: Write, bytes: number): Promise<Answer>
  /** What waits for the batch in flight. */
  backlog(): Size
  /** Refuses new writes and resolves when all accepted ones are answered. */
  close(): Promise<void>
}

interface Pending<Write, Answer> {
  readonly write: Write
  readonly bytes: number
  readonly resolve: (answer: Answer | Promise<Answer>) => void
  readonly reject: (error: Error) => void
}

/** One batch in flight while the next one fills, so that many writes share one commit. */
export function groupCommit<Write, Answer>(options: GroupCommitOptions<Write, Answer>): GroupCommit<Write, Answer> {
  const { clock, commit, batch: most, queue: limit } = options
  let queue: Pending<Write, Answer>[] = []
  let queuedBytes = 0
  let busy = false
  let closing: (() => void) | null = null

  function push(write: Write, bytes: number): Promise<Answer> {
    if (closing !== null) return Promise.reject(new TenonError('JOURNAL_UNAVAILABLE', 'the journal is closed'))
    if (queue.length >= limit.writes || (queuedBytes + bytes > limit.bytes && queue.length > 0))
      return Promise.reject(overloaded(queue.length, queuedBytes))
    return new Promise((resolve, reject) => {
      queue.push({ write, bytes, resolve, reject })
      queuedBytes += bytes
      if (busy) return
      busy = true
      // What is written in the same turn belongs to the same batch.
      clock.whenQuiet(flush)
    })
  }

  function flush(): void {
    const { batch, bytes } = take()
    commit(
      batch.map((pending) => pending.write),
      bytes,
    ).then(
      (answers) => settle(batch, answers),
      (error: unknown) => settle(batch, error instanceof Error ? error : new Error(String(error))),
    )
  }

  function take(): { readonly batch: Pending<Write, Answer>[]; readonly bytes: number } {
    let count = 0
    let bytes = 0
    for (const pending of queue) {
      if (count === most.writes || (count > 0 && bytes + pending.bytes > most.bytes)) break
      count += 1
      bytes += pending.bytes
    }
    queuedBytes -= bytes
    const batch = count === queue.length ? queue : queue.slice(0, count)
    queue = count === queue.length ? [] : queue.slice(count)
    return { batch, bytes }
  }

  function settle(batch: Pending<Write, Answer>[], answers: Answers<Answer> | Error): void {
    // The next batch leaves first: the disk works while the answers are acted upon.
    if (queue.length > 0) flush()
    else busy = false
    let index = 0
    for (const pending of batch) {
      const answer = answers instanceof Error ? answers : (answers[index++] ?? new Error('a write was not answered'))
      if (answer instanceof Error) pending.reject(answer)
      else pending.resolve(answer)
    }
    if (!busy) closing?.()
  }

  function close(): Promise<void> {
    return new Promise((resolve) => {
      closing = resolve
      if (!busy) resolve()
    })
  }

  return { push, backlog: () => ({ writes: queue.length, bytes: queuedBytes }), close }
}

function overloaded(writes: number, bytes: number): TenonError {
  return new TenonError('OVERLOADED', `${writes} writes (${bytes} bytes) wait for the journal already`, {
    retryAfterMs: 1000,
  })
}
