import { parentPort, workerData } from 'node:worker_threads'
import { committer, type Committer } from './batch.ts'
import { readEvent } from './deliver.ts'
import { openFolder, type FolderOptions, type OpenFolder } from './folder.ts'
import { prune, type PruneQuery } from './prune.ts'
import { workReads } from './read.ts'
import { openStore, type Store } from './store.ts'
import { serve, type Methods } from './thread.ts'
import { trialCommit, type Trial } from './trial.ts'
import { unflatten, type Flat } from './wire.ts'

export interface WriterData extends FolderOptions {
  readonly trial: Trial
}

/** Log pages are copied into the file when about so many bytes have been written: often enough to stay in cache, seldom enough to copy a page once for many writes. */
const checkpointBytes = 16 * 1024 * 1024

/** Pages that a batch touches however little it holds, and what an entry costs beyond its own bytes. */
const bytesPerBatch = 96 * 1024
const overhead = 3

serve(parentPort, () => openWriter(workerData as WriterData))

function openWriter({ trial, ...options }: WriterData): Methods {
  const opened = openFolder(options)
  const { db, closedCleanly } = opened
  if (trial.mostPages !== undefined) db.exec(`PRAGMA max_page_count = ${trial.mostPages}`)
  const store = openStore(db)
  const batches = committer(
    store,
    trialCommit(() => void store.run.commit.run(), trial),
  )
  let written = 0

  function checkpoint(bytes: number): void {
    written += bytesPerBatch + overhead * bytes
    if (written < checkpointBytes || batches.stopped() !== null) return
    written = 0
    db.exec('PRAGMA wal_checkpoint(PASSIVE)')
  }

  return {
    ...workReads(db),
    opened: () => ({ epoch: store.epoch, closedCleanly }),
    write: (flat: Flat) => batches.write(unflatten(flat)),
    'after write': (_flat: Flat, bytes: number) => checkpoint(bytes),
    event: (tenant: string, key: string) => readEvent(store, tenant, key),
    prune: (query: PruneQuery) => batches.transact(() => prune(store, query)),
    close: () => closeWriter(opened, store, batches),
  }
}

function closeWriter({ db, release }: OpenFolder, store: Store, batches: Committer): void {
  try {
    if (batches.stopped() !== null) return
    batches.transact(() => {
      // What is merged need not be read back at the next start.
      store.dedupe.mergeAll()
      store.run.writeMeta.run(++store.batch, store.lastNumber, store.dedupe.merged())
      store.run.closeCleanly.run()
    })
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    db.close()
    release()
  }
}
