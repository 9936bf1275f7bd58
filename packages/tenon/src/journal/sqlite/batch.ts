import { messageOf } from '../../base/errors.ts'
import { append, type AppendAnswer } from './append.ts'
import { deliverEvent, deliverMessage, deliverStart, type DeliverAnswer } from './deliver.ts'
import { failureOf } from './failure.ts'
import { reload, writeTotals, type Store } from './store.ts'
import type { WireWrite } from './wire.ts'

export type Answer = AppendAnswer | DeliverAnswer | Refusal

/** Nothing of this write is stored. */
export interface Refusal {
  readonly outcome: 'unavailable'
  readonly reason: string
}

export interface Committer {
  /** Writes all in one transaction and answers each. */
  write(writes: readonly WireWrite[]): Answer[]
  /** Does `work` in a transaction. */
  transact<T>(work: () => T): T
  /** Why it takes no writes any more, `null` while it does. */
  stopped(): string | null
}

export function committer(store: Store, commit: () => void): Committer {
  let stopped: string | null = null

  function write(writes: readonly WireWrite[]): Answer[] {
    const failed = new Set<string>()
    try {
      return transact(() => {
        const answers = writes.map((one) => apply(store, one, failed))
        // Twice as many as are added: a merge ends before the next has to begin.
        store.dedupe.merge(2 * writes.filter((one) => one.kind === 'event').length)
        writeTotals(store)
        return answers
      })
    } catch (error) {
      // A write that can never be stored must not take its neighbours along.
      if (failureOf(error) === 'write' && writes.length > 1 && stopped === null)
        return writes.flatMap((one) => write([one]))
      const reason = stopped ?? messageOf(error)
      return writes.map(() => ({ outcome: 'unavailable', reason }))
    }
  }

  function transact<T>(work: () => T): T {
    if (stopped !== null) throw new Error(stopped)
    const before = store.batch
    try {
      store.run.begin.run()
      const result = work()
      try {
        commit()
      } catch (error) {
        // Whether it was made is settled by reading.
        rollBack()
        if (failureOf(error) === 'final' || store.batch !== before + 1) throw error
      }
      return result
    } catch (error) {
      if (failureOf(error) === 'final')
        stopped = `the journal stopped taking writes: ${messageOf(error)}. Check the disk, then restart.`
      rollBack()
      throw error
    }
  }

  function rollBack(): void {
    try {
      if (store.db.isTransaction) store.run.rollback.run()
      reload(store)
    } catch (error) {
      stopped ??= `the journal cannot be read any more: ${messageOf(error)}. Check the disk, then restart.`
    }
  }

  return { write, transact, stopped: () => stopped }
}

function apply(store: Store, write: WireWrite, failed: Set<string>): Answer {
  switch (write.kind) {
    case 'append':
      return append(store, write, failed)
    case 'event':
      return deliverEvent(store, write)
    case 'start':
      return deliverStart(store, write)
    case 'cursor':
      store.run.setCursor.run(write.tenant, write.name, write.value)
      return null
    default:
      return deliverMessage(store, write)
  }
}
