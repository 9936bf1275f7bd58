import { randomBytes } from 'node:crypto'
import { chmodSync, closeSync, existsSync, linkSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, TenonError } from '../../base/errors.ts'
import { isBusy, isCorrupt, isFull } from '../../sqlite/failure.ts'
import { makeDurable, readHeader, syncFile } from '../../sqlite/sqlite.ts'
import { findWalDamage } from '../../sqlite/wal-check.ts'
import { sqliteDialect } from '../dialect.ts'
import { migrationsOf } from '../migrations.ts'

/** `TenS`: tells our file from any other SQLite file, and from the journal's. */
const applicationId = 0x54656e53

/** How long a write of another process is waited for. */
const patienceMs = 5000
const checkedBytes = 16 * 1024 * 1024

const migrations = migrationsOf(sqliteDialect)

/** Which migrations the store has had. */
const migrationTable =
  'CREATE TABLE migration (number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, needs INTEGER NOT NULL) STRICT;'

/** Opens the store, which other processes may have open. Whatever is wrong with it throws `DATA_FOLDER_UNUSABLE` and changes no file. */
export function openFile(path: string): DatabaseSync {
  try {
    if (!existsSync(path)) create(path)
    check(path)
    return openDatabase(path)
  } catch (error) {
    if (TenonError.is(error)) throw error
    if (isFull(error)) throw unusable(path, 'is on a full disk', 'Free some space.', error)
    if (isCorrupt(error)) throw damaged(path, messageOf(error))
    if (isBusy(error))
      throw unusable(path, `has been held by another process for ${patienceMs / 1000} s`, 'End that process.', error)
    const remedy = 'Check that this user may write it and that it is on a local disk.'
    throw unusable(path, `cannot be used (${messageOf(error)})`, remedy, error)
  }
}

function unusable(path: string, problem: string, remedy: string, cause?: unknown): TenonError {
  return new TenonError('DATA_FOLDER_UNUSABLE', `the store ${path} ${problem}. ${remedy}`, { details: { path }, cause })
}

function damaged(path: string, problem: string): TenonError {
  return unusable(
    path,
    `cannot be trusted: ${problem}`,
    'Nothing was changed. Keep a copy of the data folder, then restore it from a backup.',
  )
}

function newer(path: string): TenonError {
  const remedy = 'Use that version, or another folder (TENON_DATA).'
  return unusable(path, 'was changed by a newer version of Tenon, in a way that this version does not know', remedy)
}

/** Made whole beside its place, and put there only if no other process was first. */
function create(path: string): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`
  try {
    closeSync(openSync(draft, 'wx', 0o600))
    const db = new DatabaseSync(draft)
    db.exec(`PRAGMA auto_vacuum = NONE; BEGIN; ${migrationTable} PRAGMA application_id = ${applicationId}; COMMIT`)
    db.close()
    syncFile(draft)
    linkSync(draft, path)
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Looks without changing anything; another process may be writing meanwhile. */
function check(path: string): void {
  const header = readHeader(path)
  if (header?.applicationId !== applicationId) throw damaged(path, 'it is no store of Tenon, or its header is damaged')
  if (header.version > migrations.length) throw newer(path)
  const walDamage = steadyWalDamage(`${path}-wal`)
  if (walDamage !== null) throw damaged(path, walDamage)
  if (statSync(path).size > checkedBytes) return
  const db = new DatabaseSync(path, { readOnly: true, timeout: patienceMs })
  try {
    const problem = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    if (problem !== 'ok') throw damaged(path, String(problem))
  } finally {
    db.close()
  }
}

/** A log that another process begins anew while it is looked at tells nothing: it shows by its header. */
function steadyWalDamage(path: string): string | null {
  for (let time = 0; time < 5; time += 1) {
    const before = headerOf(path)
    const damage = findWalDamage(path)
    if (damage === null || headerOf(path).equals(before)) return damage
  }
  return null
}

function headerOf(path: string): Buffer {
  const header = Buffer.alloc(32)
  if (!existsSync(path)) return header
  const file = openSync(path, 'r')
  readSync(file, header, 0, header.length, 0)
  closeSync(file)
  return header
}

function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: patienceMs, enableForeignKeyConstraints: false })
  try {
    configure(db)
    migrate(db, path)
    for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) chmodSync(file, 0o600)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function configure(db: DatabaseSync): void {
  makeDurable(db, { secure_delete: 1 })
  db.exec(
    'PRAGMA journal_size_limit = 1048576; PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON',
  )
}

/** Forward only, and one process at a time. The file says which version of the code it needs at least. */
function migrate(db: DatabaseSync, path: string): void {
  const needed = (): number => Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  const applied = (): number => Number(db.prepare('SELECT COUNT(*) AS number FROM migration').get()?.['number'])
  if (needed() > migrations.length) throw newer(path)
  if (applied() >= migrations.length) return
  db.exec('BEGIN IMMEDIATE')
  try {
    for (const [index, { name, needs, sql }] of migrations.entries()) {
      if (index < applied()) continue
      db.exec(sql)
      db.prepare('INSERT INTO migration VALUES (?, ?, ?)').run(index + 1, name, needs)
      db.exec(`PRAGMA user_version = ${Math.max(needs, needed())}`)
    }
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}
