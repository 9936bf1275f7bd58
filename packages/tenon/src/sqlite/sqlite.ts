import { closeSync, fsyncSync, openSync, readSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'

/** What journal and store keep to alike. */
export interface Header {
  readonly applicationId: number
  /** `PRAGMA user_version`. */
  readonly version: number
}

/** Read without SQLite, which might repair or complete what it opens; `null` for a file that is none of SQLite's. Format: https://sqlite.org/fileformat2.html §1.3. */
export function readHeader(path: string): Header | null {
  const file = openSync(path, 'r')
  const header = Buffer.alloc(100)
  const length = readSync(file, header, 0, 100, 0)
  closeSync(file)
  if (length !== 100 || header.toString('latin1', 0, 16) !== 'SQLite format 3\0') return null
  return { applicationId: header.readUInt32BE(68), version: header.readUInt32BE(60) }
}

export function syncFile(path: string): void {
  const file = openSync(path, 'r')
  fsyncSync(file)
  closeSync(file)
}

/** A commit that has returned is on the disk. Set, and read back: a build or a file system that does not keep to it must not take a single write. */
export function makeDurable(db: DatabaseSync, more: Readonly<Record<string, number>> = {}): void {
  const wanted = {
    journal_mode: 'wal',
    synchronous: 2,
    ...(process.platform === 'darwin' ? { fullfsync: 1, checkpoint_fullfsync: 1 } : {}),
    ...more,
  }
  for (const [name, value] of Object.entries(wanted)) {
    db.exec(`PRAGMA ${name} = ${value}`)
    const found = db.prepare(`PRAGMA ${name}`).get()?.[name]
    if (found !== value) throw new Error(`SQLite did not accept ${name} = ${value}: it is ${String(found)}`)
  }
}
