import { systemClock, type Clock } from '../base/clock.ts'
import { checkAppend, checkMessage } from './check.ts'
import type { AppendReceipt, DeliverReceipt, Journal } from './journal.ts'
import { memoryHistory, memoryWork } from './memory/read.ts'
import { emptyState, type MemoryState } from './memory/state.ts'
import { memoryWriter, type MemoryFaults } from './memory/writer.ts'
import { soleOwnership } from './ownership.ts'

export type { MemoryState } from './memory/state.ts'
export type { BatchFate, MemoryFaults, MemoryWrite } from './memory/writer.ts'

export interface MemoryJournalOptions {
  readonly clock?: Clock
  /** What an earlier journal left behind: `crash()` or `snapshot()` of it. */
  readonly state?: MemoryState
  readonly faults?: MemoryFaults
  /** Most writes that wait for the batch in flight. */
  readonly queueLimit?: number
}

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
  const writer = memoryWriter({ state, ...options, onClose: () => (state.closedCleanly = true) })
  return {
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
