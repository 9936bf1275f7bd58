import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, TenonError } from '../../base/errors.ts'
import { isBusy, isCorrupt, isFull } from '../../sqlite/failure.ts'
import { applicationId, schema, schemaVersion, upgrades } from './schema.ts'
import { findLogDamage } from './log.ts'
import { markAtStart } from '../transfer.ts'
import { readMark, writeMark } from './mark.ts'
import { makeDurable, readHeader, syncFile } from '../../sqlite/sqlite.ts'
import { findWalDamage } from '../../sqlite/wal-check.ts'

export interface OpenFolder {
  readonly db: DatabaseSync
  readonly closedCleanly: boolean
  /** Lets another process have the folder. */
  release(): void
}

export interface FolderOptions {
  readonly folder: string
  /** Files up to this size are checked as a whole at each opening, larger ones up to `checkAfterCrash` only after a crash. */
  readonly checkAlways: number
  readonly checkAfterCrash: number
  /** `transfer`: to move it as a whole, which begins no epoch and asks for no mark. Default: `work`. */
  readonly purpose?: 'work' | 'transfer'
}

const pageBytes = 8192

/** Takes possession of a data folder and opens its journal. Whatever is wrong with it throws `DATA_FOLDER_UNUSABLE` and changes no file. */
export function openFolder({ folder, checkAlways, checkAfterCrash, purpose = 'work' }: FolderOptions): OpenFolder {
  const path = join(folder, 'journal.db')
  const lock = attempt(folder, () => takeLock(folder))
  const release = (): void => {
    rmSync(holderPath(folder), { force: true })
    lock.close()
  }
  try {
    return attempt(folder, () => {
      if (purpose === 'work') beginWork(folder)
      if (!existsSync(path)) create(folder, path)
      checkHeader(folder, path)
      const size = statSync(path).size
      if (size <= (hasWal(path) ? checkAfterCrash : checkAlways)) checkPages(folder, path)
      checkLog(folder, path)
      return { ...openDatabase(path, purpose), release }
    })
  } catch (error) {
    release()
    throw error
  }
}

/** Nobody works on a folder that was moved away, or that has not all of what is moved to it. */
function beginWork(folder: string): void {
  const mark = readMark(folder)
  const next = markAtStart(mark, { name: folder, unusable: 'DATA_FOLDER_UNUSABLE' })
  if (next !== mark) writeMark(folder, next)
}

function attempt<T>(folder: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (TenonError.is(error)) throw error
    if (isFull(error)) throw unusable(folder, 'is on a full disk', 'Free some space, then start again.', error)
    if (isCorrupt(error)) throw damaged(folder, `journal.db is damaged (${messageOf(error)})`)
    throw unusable(
      folder,
      `cannot be used (${messageOf(error)})`,
      'Check that it exists, that this user may write it and that it is on a local disk.',
      error,
    )
  }
}

function unusable(folder: string, problem: string, remedy: string, cause?: unknown): TenonError {
  return new TenonError('DATA_FOLDER_UNUSABLE', `the data folder ${folder} ${problem}. ${remedy}`, {
    details: { folder },
    cause,
  })
}

function damaged(folder: string, problem: string): TenonError {
  return unusable(
    folder,
    `holds a journal that cannot be trusted: ${problem}`,
    'Nothing was changed. Keep a copy of the folder, then restore it from a backup.',
  )
}

export function holderPath(folder: string): string {
  return join(folder, 'holder')
}

/** The operating system gives the lock back when its process dies, however it dies. */
function takeLock(folder: string): DatabaseSync {
  makeFolder(folder)
  const path = join(folder, 'lock')
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
  const lock = new DatabaseSync(path, { timeout: 0 })
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    writeFileSync(holderPath(folder), String(process.pid), { mode: 0o600 })
    return lock
  } catch (error) {
    lock.close()
    throw isBusy(error) ? inUse(folder) : error
  }
}

function inUse(folder: string): TenonError {
  const holder = existsSync(holderPath(folder)) ? readFileSync(holderPath(folder), 'utf8') : ''
  const by = /^\d+$/.test(holder) ? `process ${holder}` : 'another process'
  return unusable(folder, `is in use by ${by}`, 'Stop that process, or use another folder (TENON_DATA).')
}

function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  // In two steps: asked for both at once, Node tries for ever where the file system has no place for new folders.
  if (!existsSync(dirname(folder))) mkdirSync(dirname(folder), { recursive: true })
  mkdirSync(folder, { mode: 0o700 })
}

/** Written beside its place and moved there whole, so that a crash leaves no half-made file. */
function create(folder: string, path: string): void {
  const draft = join(folder, 'journal.new')
  for (const leftover of [draft, `${draft}-journal`]) rmSync(leftover, { force: true })
  try {
    closeSync(openSync(draft, 'a', 0o600))
    const db = new DatabaseSync(draft)
    const seed = Math.floor(Math.random() * 2 ** 31)
    db.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA auto_vacuum = NONE; BEGIN; ${schema}
      INSERT INTO meta VALUES (1, 0, 1, 0, 0, 0, ${seed});
      PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}; COMMIT`)
    db.close()
    syncFile(draft)
    renameSync(draft, path)
    syncFile(folder)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

/** Returns the format of the file. */
export function checkHeader(folder: string, path: string): number {
  const header = readHeader(path)
  if (header?.applicationId !== applicationId)
    throw damaged(folder, 'journal.db is no journal of Tenon, or its header is damaged')
  const { version } = header
  if (version <= schemaVersion && version > 0) return version
  throw unusable(
    folder,
    `was written by a newer version of Tenon (its journal has format ${version}, this version knows ${schemaVersion})`,
    'Use that version, or another folder (TENON_DATA).',
  )
}

/** What is durable, but not in the tables yet (log.ts). */
export function logPath(folder: string): string {
  return join(folder, 'journal.log')
}

export function checkLog(folder: string, path: string): void {
  if (!existsSync(logPath(folder))) return
  const batch = readWithoutTrace(path, (db) => Number(db.prepare('SELECT batch FROM meta').get()?.['batch']))
  const problem = findLogDamage(logPath(folder), batch)
  if (problem !== null) throw damaged(folder, problem)
}

export function hasWal(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
}

export function checkPages(folder: string, path: string): void {
  const walDamage = findWalDamage(`${path}-wal`)
  if (walDamage !== null) throw damaged(folder, walDamage)
  readWithoutTrace(path, (db) => {
    const problem = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    if (problem !== 'ok') throw damaged(folder, `journal.db is damaged (${String(problem)})`)
  })
}

/** A reader neither completes nor empties the write-ahead log, and leaves no file behind that was not there. */
export function readWithoutTrace<Result>(path: string, read: (db: DatabaseSync) => Result): Result {
  const hadIndex = existsSync(`${path}-shm`)
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    return read(db)
  } finally {
    db.close()
    if (!hadIndex)
      for (const leftover of hasWal(path) ? ['-shm'] : ['-shm', '-wal']) rmSync(path + leftover, { force: true })
  }
}

function openDatabase(path: string, purpose: 'work' | 'transfer'): { db: DatabaseSync; closedCleanly: boolean } {
  const db = new DatabaseSync(path, { timeout: 2000, enableForeignKeyConstraints: false })
  try {
    configure(db)
    upgrade(db)
    const closedCleanly = db.prepare('SELECT clean FROM meta').get()?.['clean'] === 1
    if (purpose === 'work') db.exec('UPDATE meta SET epoch = epoch + 1, clean = 0')
    for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) chmodSync(file, 0o600)
    return { db, closedCleanly }
  } catch (error) {
    db.close()
    throw error
  }
}

/** A file of an older version becomes one of this, or stays as it was. */
function upgrade(db: DatabaseSync): void {
  let version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  for (; version < schemaVersion; version += 1)
    db.exec(`BEGIN IMMEDIATE; ${upgrades[version] ?? ''}; PRAGMA user_version = ${version + 1}; COMMIT`)
}

function configure(db: DatabaseSync): void {
  makeDurable(db)
  // Checkpoints are made between batches (writer.ts).
  db.exec(
    'PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON',
  )
}
