import { sleep, systemClock, type Clock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import { groupCommit, type Answers } from '../group-commit.ts'
import type { Append, AppendReceipt, DeliverReceipt, Message } from '../journal.ts'
import { append } from './append.ts'
import { deliver } from './deliver.ts'
import type { MemoryState } from './state.ts'

/** What goes wrong, decided by a seeded simulation. Everything is optional; without it nothing does. */
export interface MemoryFaults {
  /** Asked before each batch commits. */
  batch?(writes: readonly MemoryWrite[]): BatchFate
  /** How long the answer of this write is on its way. Answers about one run keep their order, those of different runs do not. */
  answerDelayMs?(write: MemoryWrite): number
  /** What became of a write, at the moment of the commit and before anyone is answered. */
  onCommit?(write: MemoryWrite, outcome: Receipt['outcome']): void
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

export type Receipt = DeliverReceipt | AppendReceipt

export interface MemoryWriter {
  write(write: MemoryWrite): Promise<Receipt>
  close(): Promise<void>
  crash(): void
}

export interface MemoryWriterOptions {
  readonly state: MemoryState
  readonly clock?: Clock
  readonly faults?: MemoryFaults
  readonly queueLimit?: number
  /** What becomes of a receipt before it is answered. */
  readonly onReceipt?: (receipt: Receipt, tenant: string) => Receipt
  readonly onClose: () => void
}

/** Group commit onto a state, with the timing and the faults of a disk. */
export function memoryWriter(options: MemoryWriterOptions): MemoryWriter {
  const { state, clock = systemClock, faults = {}, queueLimit = 100_000, onReceipt = same, onClose } = options
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
    return batch.map((write) => {
      const isMessage = 'message' in write
      const stored = isMessage ? deliver(state, write.message) : append(state, write.append, failed, clock.now())
      faults.onCommit?.(write, stored.outcome)
      return answer(write, onReceipt(stored, isMessage ? write.message.tenant : write.append.tenant))
    })
  }

  return {
    // What was accepted must not change under the caller's hands before it is committed.
    write: (write) => (isDead ? never() : writes.push(structuredClone(write), 0)),
    async close() {
      if (isDead || isClosed) return
      isClosed = true
      await writes.close()
      onClose()
    },
    crash() {
      if (!isDead && inFlight !== null && faults.keepsInFlight?.(inFlight) === true) apply(inFlight, () => null)
      isDead = true
    },
  }
}

function same(receipt: Receipt): Receipt {
  return receipt
}

export function never<T>(): Promise<T> {
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
