import { serialize } from 'node:v8'
import { messageOf } from '../../base/errors.ts'
import { append, type AppendAnswer } from './append.ts'
import { deliverEvent, deliverMessage, deliverStart, type DeliverAnswer } from './deliver.ts'
import { failureOf } from '../../sqlite/failure.ts'
import { plainSubjects } from './pending.ts'
import { writeTotals, type Store } from './store.ts'
import type { Transactions } from './transactions.ts'
import { unflatten, type Flat, type WireWrite } from './wire.ts'

export type Answer = AppendAnswer | DeliverAnswer | Refusal

/** Nothing of this write is stored. */
export interface Refusal {
  readonly outcome: 'unavailable'
  readonly reason: string
}

/** A larger batch gains nothing from the log, where it would stand twice. */
const mostLogged = 512 * 1024
/** Writes all of a batch in one commit, of the log where that is enough, and answers each. */
export function writeBatch(
  store: Store,
  transactions: Transactions,
  { flat, bytes }: { readonly flat: Flat; readonly bytes: number },
): Answer[] {
  transactions.takeIn()
  const writes = unflatten(flat)
  const mayLog = bytes <= mostLogged && transactions.mayLog
  const subjects = mayLog ? plainSubjects(store, writes) : null
  if (subjects === null) return writeTables(store, transactions, writes)
  const reason = transactions.log(writes, subjects, serialize(flat))
  return writes.map(() => (reason === null ? null : { outcome: 'unavailable', reason }))
}

function writeTables(store: Store, transactions: Transactions, writes: readonly WireWrite[]): Answer[] {
  const conflicting = new Set<string>()
  try {
    return transactions.transact(() => {
      const answers = writes.map((one) => apply(store, one, conflicting))
      writeTotals(store, writes.filter((one) => one.kind === 'event').length)
      return answers
    })
  } catch (error) {
    // A write that can never be stored must not take its neighbours along.
    if (failureOf(error) === 'write' && writes.length > 1 && transactions.stopped === null)
      return writes.flatMap((one) => writeTables(store, transactions, [one]))
    const reason = transactions.stopped ?? messageOf(error)
    return writes.map(() => ({ outcome: 'unavailable', reason }))
  }
}

function apply(store: Store, write: WireWrite, conflicting: Set<string>): Answer {
  switch (write.kind) {
    case 'append':
      return append(store, write, conflicting)
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
