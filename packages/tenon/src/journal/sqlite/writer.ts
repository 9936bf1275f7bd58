import { parentPort, workerData } from 'node:worker_threads'
import { writeBatch } from './batch.ts'
import { readEvent } from './deliver.ts'
import { logPath, openFolder, type FolderOptions, type OpenFolder } from './folder.ts'
import { openLog } from './log.ts'
import { openStore } from './open-store.ts'
import { prune, type PruneQuery } from './prune.ts'
import { workReads, type WorkReads } from './read.ts'
import { writeTotals, type Store } from './store.ts'
import { serve, type Methods } from '../../sqlite/thread.ts'
import { Transactions } from './transactions.ts'
import { trialCommit, type Trial } from './trial.ts'
import type { Flat } from './wire.ts'

export interface WriterData extends FolderOptions {
  readonly trial: Trial
}

/** Pages of SQLite's write-ahead log are copied into the file when about so many bytes have been written: often enough to stay in cache, seldom enough to copy a page once for many writes. */
const checkpointBytes = 16 * 1024 * 1024

/** Pages that a batch touches however little it holds, and what an entry costs beyond its own bytes. */
const bytesPerBatch = 96 * 1024
const overhead = 3

/** Our own log (log.ts) is brought into the tables when it holds so much: seldom enough to write each page once for many runs, often enough that nobody waits for long. */
const settleAt = { writes: 2000, bytes: 1024 * 1024 }

serve(parentPort, 'JOURNAL_UNAVAILABLE', () => openWriter(workerData as WriterData))

function openWriter({ trial, ...options }: WriterData): Methods {
  const opened = openFolder(options)
  const { db, closedCleanly } = opened
  if (trial.mostPages !== undefined) db.exec(`PRAGMA max_page_count = ${trial.mostPages}`)
  const store = openStore(db, openLog(logPath(options.folder)))
  const transactions = new Transactions(store, trialCommit(trial))
  let written = 0

  function checkpoint(bytes: number): void {
    written += bytesPerBatch + overhead * bytes
    if (written < checkpointBytes || transactions.stopped !== null) return
    written = 0
    db.exec('PRAGMA wal_checkpoint(PASSIVE)')
  }

  function settle(): void {
    const { bytes } = store.pending
    if (bytes === 0) return
    transactions.settle()
    checkpoint(bytes)
  }

  /** Where the tables take nothing, what they have is better than no answer. */
  function settleIfPossible(): void {
    try {
      settle()
    } catch {
      // The next batch says why.
    }
  }

  return {
    ...afterwards(settle, workReads(db)),
    opened: () => ({ epoch: store.epoch, closedCleanly }),
    write: (flat: Flat, bytes: number) => writeBatch(store, transactions, { flat, bytes }),
    'after write': (_flat: Flat, bytes: number) => {
      transactions.takeIn()
      const { pending } = store
      if (pending.writes === 0) checkpoint(bytes)
      else if (pending.writes >= settleAt.writes || pending.bytes >= settleAt.bytes) settleIfPossible()
    },
    settle: settleIfPossible,
    event(tenant: string, key: string) {
      settleIfPossible()
      return readEvent(store, tenant, key)
    },
    // What it deletes may be the room that the rest needs.
    prune(query: PruneQuery) {
      settleIfPossible()
      return transactions.separately(() => prune(store, query))
    },
    close: () => closeWriter(opened, store, transactions),
  }
}

/** Each of these, once `first` is done. */
function afterwards(first: () => void, reads: WorkReads): Methods {
  return Object.fromEntries(
    Object.entries(reads as unknown as Methods).map(([name, read]) => [
      name,
      (...parameters: unknown[]) => {
        first()
        return read(...parameters)
      },
    ]),
  )
}

function closeWriter({ db, release }: OpenFolder, store: Store, transactions: Transactions): void {
  try {
    if (transactions.stopped !== null) return
    transactions.transact(() => {
      // What is merged need not be read back at the next start.
      store.dedupe.mergeAll()
      writeTotals(store, 0)
      store.run.closeCleanly.run()
    })
    store.log.remove()
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    store.log.close()
    db.close()
    release()
  }
}
