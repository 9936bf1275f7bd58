import { sleep, systemClock, type Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { checkAppend, checkMessage } from './check.ts'
import { groupCommit, type Answers } from './group-commit.ts'
import type { Append, AppendReceipt, DeliverReceipt, Journal, Message } from './journal.ts'
import { append } from './memory/append.ts'
import { deliver } from './memory/deliver.ts'
import { memoryHistory, memoryWork } from './memory/read.ts'
import { emptyState, type MemoryState } from './memory/state.ts'
import { soleOwnership } from './ownership.ts'

export type { MemoryState } from './memory/state.ts'

export interface MemoryJournalOptions {
  readonly clock?: Clock
  /** What an earlier journal left behind: `crash()` or `snapshot()` of it. */
  readonly state?: MemoryState
  readonly faults?: MemoryFaults
  /** Most writes that wait for the batch in flight. */
  readonly queueLimit?: number
}

/** What goes wrong, decided by a seeded simulation. Everything is optional; without it nothing does. */
export interface MemoryFaults {
  /** Asked before each batch commits. */
  batch?(writes: readonly MemoryWrite[]): BatchFate
  /** How long the answer of this write is on its way. Answers about one run keep their order, those of different runs do not. */
  answerDelayMs?(write: MemoryWrite): number
  /** At a crash: whether the batch in flight was committed already. */
  keepsInFlight?(writes: readonly MemoryWrite[]): boolean
}

export interface BatchFate {
  /** `failed`: nothing is stored, and each write rejects. `unknown`: all is stored, and each write rejects nevertheless, with `details.outcome` `unknown`. */
  readonly outcome: 'stored' | 'failed' | 'unknown'
  /** Time that the commit takes. */
  readonly delayMs?: number
}

export type MemoryWrite = { readonly message: Message } | { readonly append: Append }

type Receipt = DeliverReceipt | AppendReceipt

export interface MemoryJournal extends Journal {
  /** Ends it as `kill -9` would: nothing is answered any more. The state is for the next journal. */
  crash(): MemoryState
  /** A copy of what is durable now, the batch in flight left out. */
  snapshot(): MemoryState
}

/** A journal with the semantics and the timing of a durable one, for tests and the simulation. */
export function memoryJournal(options: MemoryJournalOptions = {}): MemoryJournal {
  const state = options.state ?? emptyState()
  const closedCleanly = state.closedCleanly
  const epoch = (state.epoch += 1)
  state.closedCleanly = false
  const writer = memoryWriter(state, options)
  return {
    epoch,
    closedCleanly,
    ownership: soleOwnership(epoch, closedCleanly ? 0 : (options.clock ?? systemClock).now()),
    async deliver(message) {
      checkMessage(message)
      return (await writer.write({ message })) as DeliverReceipt
    },
    async append(append) {
      checkAppend(append)
      return (await writer.write({ append })) as AppendReceipt
    },
    ...memoryWork(state),
    ...memoryHistory(state),
    close: writer.close,
    crash() {
      writer.crash()
      return state
    },
    snapshot: () => structuredClone(state),
  }
}

interface MemoryWriter {
  write(write: MemoryWrite): Promise<Receipt>
  close(): Promise<void>
  crash(): void
}

function memoryWriter(
  state: MemoryState,
  { clock = systemClock, faults = {}, queueLimit = 100_000 }: MemoryJournalOptions,
): MemoryWriter {
  const answerLate = lateAnswers(clock, () => isDead)
  let inFlight: readonly MemoryWrite[] | null = null
  let isDead = false
  let isClosed = false
  const writes = groupCommit<MemoryWrite, Receipt>({
    clock,
    commit,
    batch: { writes: 1000, bytes: Number.POSITIVE_INFINITY },
    queue: { writes: queueLimit, bytes: Number.POSITIVE_INFINITY },
  })

  function commit(batch: readonly MemoryWrite[]): Promise<Answers<Receipt>> {
    inFlight = batch
    const { outcome, delayMs = 0 } = faults.batch?.(batch) ?? { outcome: 'stored' }
    return new Promise((resolve) => {
      const finish = (): void => {
        if (isDead) return
        inFlight = null
        const answers =
          outcome === 'failed'
            ? []
            : apply(batch, (write, receipt) => answerLate(write, receipt, faults.answerDelayMs?.(write)))
        resolve(outcome === 'stored' ? answers : batch.map(() => unavailable(outcome)))
      }
      if (delayMs > 0) clock.after(delayMs, finish)
      else clock.whenQuiet(finish)
    })
  }

  function apply<T>(batch: readonly MemoryWrite[], answer: (write: MemoryWrite, receipt: Receipt) => T): T[] {
    const failed = new Set<string>()
    return batch.map((write) =>
      answer(
        write,
        'message' in write ? deliver(state, write.message) : append(state, write.append, failed, clock.now()),
      ),
    )
  }

  return {
    // What was accepted must not change under the caller's hands before it is committed.
    write: (write) => (isDead ? never() : writes.push(structuredClone(write), 0)),
    async close() {
      if (isDead || isClosed) return
      isClosed = true
      await writes.close()
      state.closedCleanly = true
    },
    crash() {
      if (!isDead && inFlight !== null && faults.keepsInFlight?.(inFlight) === true) apply(inFlight, () => null)
      isDead = true
    },
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => {})
}

/** Answers about one run keep their order, however long each is on its way. */
function lateAnswers(
  clock: Clock,
  isDead: () => boolean,
): (write: MemoryWrite, receipt: Receipt, delayMs: number | undefined) => Receipt | Promise<Receipt> {
  const last = new Map<string, Promise<unknown>>()
  return (write, receipt, delayMs) => {
    if (delayMs === undefined) return receipt
    const subject = subjectOf(write)
    const earlier = last.get(subject)
    const answer = sleep(clock, delayMs)
      .then(() => earlier)
      .then(() => (isDead() ? never<Receipt>() : receipt))
    last.set(subject, answer)
    return answer
  }
}

function subjectOf(write: MemoryWrite): string {
  if ('append' in write) return `${write.append.tenant}\n${write.append.run}`
  const { message } = write
  if (message.kind === 'event') return `${message.tenant}\nevent\n${message.key}`
  if (message.kind === 'cursor') return `${message.tenant}\ncursor\n${message.name}`
  return `${message.tenant}\n${message.kind === 'start' ? message.start.run : message.run}`
}

function unavailable(outcome: 'failed' | 'unknown'): TenonError {
  const text = outcome === 'failed' ? 'the batch was not stored' : 'it is not known whether the batch was stored'
  return new TenonError('JOURNAL_UNAVAILABLE', text, { details: { outcome } })
}
