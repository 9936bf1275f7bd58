import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../../base/errors.ts'
import { isAlive } from './alive.ts'
import { isBusy } from '../../sqlite/failure.ts'
import { checkHeader, checkLog, checkPages, holderPath, logPath, readWithoutTrace } from './folder.ts'
import { schemaVersion } from './schema.ts'

/** What can be told of a journal from outside, without harm to who works on it. */
export interface JournalInspection {
  /** Bytes of the file and of its write-ahead log. */
  readonly bytes: number
  readonly logBytes: number
  readonly format: number | null
  readonly newestFormat: number
  /** The process that wrote down that it has the folder, and whether it still does. */
  readonly holder: { readonly pid: number; readonly holds: boolean } | null
  /** `null` while somebody works on it. */
  readonly rest: {
    readonly closedCleanly: boolean
    /** When the latest run was started, ms since the epoch. */
    readonly latest: number | null
    readonly isChecked: boolean
  } | null
  /** Why it cannot be used, in words with a remedy. */
  readonly damage: string | null
}

/** Looks at the journal in a folder; `null` where there is none. Its pages are checked up to a size, and only while nobody works on it. */
export function inspectJournal(folder: string, checkUpTo: number): JournalInspection | null {
  const path = join(folder, 'journal.db')
  if (!existsSync(path)) return null
  const facts = {
    bytes: statSync(path).size,
    logBytes: sizeOf(`${path}-wal`) + sizeOf(logPath(folder)),
    newestFormat: schemaVersion,
    holder: holderOf(folder),
  }
  const isChecked = facts.bytes + facts.logBytes <= checkUpTo
  let format: number | null = null
  try {
    format = checkHeader(folder, path)
    if (facts.holder?.holds === true) return { ...facts, format, rest: null, damage: null }
    if (isChecked) checkPages(folder, path)
    checkLog(folder, path)
    return { ...facts, format, rest: { ...readRest(path), isChecked }, damage: null }
  } catch (error) {
    return { ...facts, format, rest: null, damage: messageOf(error) }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function readRest(path: string): { closedCleanly: boolean; latest: number | null } {
  return readWithoutTrace(path, (db) => {
    const latest = db.prepare('SELECT created_at FROM run ORDER BY number DESC LIMIT 1').get()?.['created_at']
    return {
      closedCleanly: db.prepare('SELECT clean FROM meta').get()?.['clean'] === 1,
      latest: typeof latest === 'number' ? latest : null,
    }
  })
}

function holderOf(folder: string): JournalInspection['holder'] {
  const path = holderPath(folder)
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (!/^\d+$/.test(text)) return null
  const pid = Number(text)
  return { pid, holds: isAlive(pid) && isLocked(join(folder, 'lock')) }
}

/** Another process may have its number by now. */
function isLocked(path: string): boolean {
  if (!existsSync(path)) return false
  const lock = new DatabaseSync(path, { readOnly: true, timeout: 0 })
  try {
    lock.prepare('SELECT count(*) FROM sqlite_schema').get()
    return false
  } catch (error) {
    return isBusy(error)
  } finally {
    lock.close()
  }
}
