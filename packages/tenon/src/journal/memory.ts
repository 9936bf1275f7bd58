import { systemClock, type Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { checkAppend, checkMessage } from './check.ts'
import { groupCommit } from './group-commit.ts'
import type { Append, AppendReceipt, DeliverReceipt, Journal, Message } from './journal.ts'
import { append } from './memory/append.ts'
import { deliver } from './memory/deliver.ts'
import { memoryHistory, memoryWork } from './memory/read.ts'
import { emptyState, type MemoryState } from './memory/state.ts'

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
  const { clock = systemClock, faults = {}, queueLimit = 100_000 } = options
  const state = options.state ?? emptyState()
  const closedCleanly = state.closedCleanly
  const epoch = (state.epoch += 1)
  state.closedCleanly = false
  const lastAnswers = new Map<string, Promise<unknown>>()
  let inFlight: readonly MemoryWrite[] | null = null
  let isDead = false
  let isClosed = false

  const writes = groupCommit<MemoryWrite, Receipt>({
    clock,
    commit,
    batch: { writes: 1000, bytes: Number.POSITIVE_INFINITY },
    queue: { writes: queueLimit, bytes: Number.POSITIVE_INFINITY },
  })

  function commit(batch: readonly MemoryWrite[]): Promise<(Receipt | Error | Promise<Receipt>)[]> {
    inFlight = batch
    const { outcome, delayMs = 0 } = faults.batch?.(batch) ?? { outcome: 'stored' }
    return new Promise((resolve) => {
      const finish = (): void => {
        if (isDead) return
        inFlight = null
        const receipts = outcome === 'failed' ? [] : apply(batch)
        resolve(batch.map((write, index) => (outcome === 'stored' ? late(write, receipts[index]!) : unavailable(outcome))))
      }
      if (delayMs > 0) clock.after(delayMs, finish)
      else clock.whenQuiet(finish)
    })
  }

  function apply(batch: readonly MemoryWrite[]): Receipt[] {
    const failed = new Set<string>()
    return batch.map((write) => ('message' in write ? deliver(state, write.message) : append(state, write.append, failed, clock.now())))
  }

  function late(write: MemoryWrite, receipt: Receipt): Receipt | Promise<Receipt> {
    const delayMs = faults.answerDelayMs?.(write)
    if (delayMs === undefined) return receipt
    const run = subjectOf(write)
    const earlier = lastAnswers.get(run) ?? Promise.resolve()
    const answer = new Promise<void>((resolve) => clock.after(delayMs, resolve))
      .then(() => earlier)
      .then(() => (isDead ? new Promise<never>(() => {}) : receipt))
    lastAnswers.set(run, answer)
    return answer
  }

  async function write<R extends Receipt>(one: MemoryWrite): Promise<R> {
    if (isDead) return new Promise<never>(() => {})
    // What was accepted must not change under the caller's hands before it is committed.
    return (await writes.push(structuredClone(one), 0)) as R
  }

  const journal: MemoryJournal = {
    epoch,
    closedCleanly,
    async deliver(message) {
      checkMessage(message)
      return write<DeliverReceipt>({ message })
    },
    async append(entries) {
      checkAppend(entries)
      return write<AppendReceipt>({ append: entries })
    },
    ...memoryWork(state),
    ...memoryHistory(state),
    async close() {
      if (isClosed) return
      isClosed = true
      await writes.close()
      if (!isDead) state.closedCleanly = true
    },
    crash() {
      if (!isDead && inFlight !== null && faults.keepsInFlight?.(inFlight) === true) apply(inFlight)
      isDead = true
      return state
    },
    snapshot: () => structuredClone(state),
  }
  return journal
}

function subjectOf(write: MemoryWrite): string {
  if ('append' in write) return `${write.append.tenant}\n${write.append.run}`
  const { message } = write
  if (message.kind === 'event') return `${message.tenant}\nevent\n${message.key}`
  return `${message.tenant}\n${message.kind === 'start' ? message.start.run : message.run}`
}

function unavailable(outcome: 'failed' | 'unknown'): TenonError {
  const text = outcome === 'failed' ? 'the batch was not stored' : 'it is not known whether the batch was stored'
  return new TenonError('JOURNAL_UNAVAILABLE', text, { details: { outcome } })
}
