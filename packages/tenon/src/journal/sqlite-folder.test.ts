import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startWriting } from './sqlite/crash-parent.ts'
import type { RunQuery } from './history.ts'
import { sqliteJournal } from './sqlite.ts'
import { append, event, start, state, tenant } from './suite/make.ts'

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'tenon-folder-')), 'data')
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true }))

function contents(): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, hash('sha256', readFileSync(join(folder, name)))]))
}

/** The folder cannot be opened, says why, and is afterwards as it was. */
async function expectRefusal(...words: readonly string[]): Promise<void> {
  const before = contents()
  const error: unknown = await sqliteJournal({ folder }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' })
  for (const word of [folder, ...words]) expect((error as Error).message).toContain(word)
  expect(contents()).toEqual(before)
}

async function fill(runs: number): Promise<void> {
  const journal = await sqliteJournal({ folder })
  await Promise.all(
    Array.from({ length: runs }, (_, index) =>
      journal.deliver(event(`t/${index}`, { starts: [start(`r${index}`)], body: 'x'.repeat(1000) })),
    ),
  )
  await journal.close()
}

function flip(file: string, position: number): void {
  const path = join(folder, file)
  const bytes = readFileSync(path)
  bytes[position]! ^= 0x10
  writeFileSync(path, bytes)
}

// What a file of an older format lacks, from the newest back.
const older: readonly (readonly [format: number, sql: string])[] = [
  [
    2,
    `DROP TABLE zone; DROP TABLE tally; DROP INDEX run_held; CREATE INDEX run_held ON run (tenant, held, run) WHERE held IS NOT NULL;
    CREATE TABLE tally (tenant TEXT NOT NULL, status INTEGER NOT NULL, runs INTEGER NOT NULL, PRIMARY KEY (tenant, status)) STRICT, WITHOUT ROWID;
    INSERT INTO tally SELECT tenant, status, count(*) FROM run GROUP BY tenant, status;`,
  ],
  [
    1,
    `DROP INDEX run_held; ALTER TABLE run DROP COLUMN held;
    CREATE INDEX run_held ON run (tenant, status, run) WHERE status IN (1, 2, 3, 5, 6);`,
  ],
]

test.each([1, 2])(
  'DUR-05: a journal of format %i becomes one of this format, with all that it held',
  async (format) => {
    await fill(4)
    const before = await sqliteJournal({ folder })
    for (const [run, status] of [
      ['r0', 'waiting'],
      ['r1', 'failed'],
      ['r2', 'completed'],
    ] as const)
      await before.append(append(before, run, 0, { bodies: ['x'], state: state(status) }))
    await before.close()
    const old = new DatabaseSync(join(folder, 'journal.db'))
    for (const [version, sql] of older) if (version >= format) old.exec(sql)
    old.exec(`PRAGMA user_version = ${format}`)
    old.close()

    const journal = await sqliteJournal({ folder })
    const runsOf = async (query: Partial<RunQuery>): Promise<string[]> =>
      (await journal.list({ tenant, limit: 10, ...query })).runs.map(({ run }) => run)
    expect(await runsOf({ status: ['waiting'] })).toEqual(['r0'])
    expect(await runsOf({ status: ['failed'] })).toEqual(['r1'])
    expect(await runsOf({ status: ['completed'] })).toEqual(['r2'])
    expect(await runsOf({ status: ['ready'] })).toEqual(['r3'])
    expect(await runsOf({ flow: 'order-paid' })).toEqual(['r3', 'r2', 'r1', 'r0'])
    expect(await journal.countsByFlow(tenant)).toMatchObject({
      'order-paid': { ready: 1, waiting: 1, failed: 1, completed: 1 },
    })
    await journal.append(append(journal, 'r3', 0, { bodies: ['x'], state: state('parked') }))
    await journal.append(append(journal, 'r0', 1, { bodies: ['y'], state: state('completed') }))
    expect(await runsOf({ status: ['waiting'] })).toEqual([])
    expect(await runsOf({ status: ['parked'] })).toEqual(['r3'])
    expect(await runsOf({ status: ['completed'] })).toEqual(['r2', 'r0'])
    expect(await journal.counts(tenant)).toMatchObject({ ready: 0, waiting: 0, parked: 1, completed: 2 })
    await journal.close()
  },
)

test('a data folder is made for its user only', async () => {
  const journal = await sqliteJournal({ folder })
  await journal.deliver(event('t/1'))
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  for (const name of readdirSync(folder))
    expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600])
  await journal.close()
  expect(readdirSync(folder).sort()).toEqual(['journal.db', 'lock'])
})

describe('one owner', () => {
  test('a second journal in the same process is refused, and the first goes on', async () => {
    const journal = await sqliteJournal({ folder })
    await expect(sqliteJournal({ folder })).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' })
    expect(await journal.deliver(event('t/1'))).toMatchObject({ outcome: 'written' })
    await journal.close()
    await (await sqliteJournal({ folder })).close()
  })

  test('a second process is refused and told which one holds the folder; a killed holder holds nothing', async () => {
    const writing = await startWriting(folder, { round: 1, writes: 10 })
    const error: unknown = await sqliteJournal({ folder }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
      message: expect.stringContaining(`in use by process ${writing.pid}`),
    })
    expect((error as Error).message).toContain(folder)
    await writing.kill()
    const journal = await sqliteJournal({ folder })
    expect(journal.closedCleanly).toBe(false)
    await journal.close()
  })
})

describe('DUR-15: a folder that cannot be trusted is refused and not touched', () => {
  test('another program owns the file', async () => {
    mkdirSync(folder)
    const other = new DatabaseSync(join(folder, 'journal.db'))
    other.exec('CREATE TABLE t (a)')
    other.close()
    writeFileSync(join(folder, 'lock'), '')
    await expectRefusal('no journal of Tenon')
  })

  test.each([
    ['text', 'hello'],
    ['an empty file', ''],
  ])('%s instead of a database', async (_name, text) => {
    mkdirSync(folder)
    writeFileSync(join(folder, 'journal.db'), text)
    writeFileSync(join(folder, 'lock'), '')
    await expectRefusal('no journal of Tenon')
  })

  test('a newer version wrote it', async () => {
    await fill(1)
    const db = new DatabaseSync(join(folder, 'journal.db'))
    db.exec('PRAGMA user_version = 99')
    db.close()
    await expectRefusal('newer version', '99')
  })

  test('a flipped bit in the header', async () => {
    await fill(10)
    flip('journal.db', 3)
    await expectRefusal('damaged')
  })

  test('damaged pages', async () => {
    await fill(200)
    const path = join(folder, 'journal.db')
    const bytes = readFileSync(path)
    for (let page = 4; (page + 1) * 8192 <= bytes.length; page += 1) bytes.fill(0xa5, page * 8192, page * 8192 + 64)
    writeFileSync(path, bytes)
    await expectRefusal('damaged')
  })

  test('a flipped bit in the write-ahead log, behind which commits would be lost in silence', async () => {
    const writing = await startWriting(folder, { round: 1, writes: 1000 })
    await writing.kill()
    rmSync(join(folder, 'holder'))
    rmSync(join(folder, 'journal.db-shm'))
    const sound = join(folder, '..', 'sound')
    cpSync(folder, sound, { recursive: true })
    flip('journal.db-wal', 32 + 24 + 3 * (24 + 8192))
    await expectRefusal('write-ahead log is damaged')
    flip('journal.db-wal', 32 + 24 + 3 * (24 + 8192))
    flip('journal.db-wal', 20)
    await expectRefusal('write-ahead log has a damaged header')
    // The same log without damage, and one whose last write was torn by the crash, are taken.
    const log = readFileSync(join(sound, 'journal.db-wal'))
    for (const length of [log.length, log.length - 100]) {
      rmSync(folder, { recursive: true })
      cpSync(sound, folder, { recursive: true })
      writeFileSync(join(folder, 'journal.db-wal'), log.subarray(0, length))
      // What stands there was written after the last write of the other.
      if (length < log.length) rmSync(join(folder, 'journal.log'))
      const journal = await sqliteJournal({ folder })
      expect((await journal.list({ tenant, limit: 1 })).runs.length).toBe(1)
      await journal.close()
    }
  })

  test.runIf(process.platform === 'linux')('a folder that cannot be written', async () => {
    // Holds for root as well, unlike permissions.
    await expect(sqliteJournal({ folder: '/proc/tenon-data' })).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
      message: expect.stringContaining('/proc/tenon-data'),
    })
  })

  // Permissions mean nothing to root: there the file system itself is read-only.
  const isRoot = process.getuid?.() === 0
  test.runIf(!isRoot || process.platform === 'linux')('a folder that is read-only', async () => {
    await fill(1)
    if (isRoot) {
      execFileSync('mount', ['--bind', folder, folder])
      execFileSync('mount', ['-o', 'remount,bind,ro', folder])
    } else {
      chmodSync(folder, 0o500)
      for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o400)
    }
    try {
      await expectRefusal('cannot be used')
    } finally {
      if (isRoot) execFileSync('umount', [folder])
      else chmodSync(folder, 0o700)
    }
  })
})
