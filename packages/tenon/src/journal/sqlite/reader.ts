import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { historyReads } from './read.ts'
import { serve } from '../../sqlite/thread.ts'

// Reads what is committed, beside the writer and without ever making it wait.
serve(parentPort, 'JOURNAL_UNAVAILABLE', () => {
  const db = new DatabaseSync(workerData as string, { readOnly: true, timeout: 10_000 })
  return { ...historyReads(db), close: () => db.close() }
})
