// The prototype's writer thread: one transaction per batch, answered when it is on the disk.
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

const database = new DatabaseSync((workerData as { path: string }).path)
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA locking_mode = EXCLUSIVE')
database.exec(
  'CREATE TABLE entries (run TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run, seq)) WITHOUT ROWID',
)
const begin = database.prepare('BEGIN IMMEDIATE')
const insert = database.prepare('INSERT INTO entries VALUES (?, ?, ?)')
const end = database.prepare('COMMIT')

// Arrays of run, seq, body, run, seq, body …
parentPort?.on('message', (rows: (string | number)[]) => {
  begin.run()
  for (let at = 0; at < rows.length; at += 3) insert.run(rows[at]!, rows[at + 1]!, rows[at + 2]!)
  end.run()
  parentPort?.postMessage(null)
})
