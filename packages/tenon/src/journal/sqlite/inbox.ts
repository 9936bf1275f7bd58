import type { InboxMessage, StoredValue } from '../journal.ts'
import { setReady, type LiveRun, type Store } from './store.ts'

/** Puts a message into the inbox of a run, which may go on then. A failed run keeps it in case that it is retried; true when the run is not ended. */
export function put(store: Store, run: LiveRun, { kind, name, body, at }: Omit<InboxMessage, 'position'>): boolean {
  if (run.status === 'completed' || run.status === 'cancelled') return false
  store.run.insertInbox.run(++store.lastNumber, run.number, kind, name, body, at)
  run.inboxCount += 1
  run.isPlain = false
  if (run.status === 'waiting' || run.status === 'parked') setReady(store, run, at)
  return run.status !== 'failed'
}

export function keepValues(store: Store, values: readonly StoredValue[] | undefined, owners: readonly number[]): void {
  for (const { hash, body } of values ?? []) {
    store.run.insertValue.run(hash, body)
    for (const owner of owners) store.run.insertValueUse.run(owner, hash)
  }
}
