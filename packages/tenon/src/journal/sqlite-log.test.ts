import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startWriting } from './sqlite/crash-parent.ts'
import { sqliteJournal } from './sqlite.ts'
import { append, event, start, state, tenant } from './suite/make.ts'

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'tenon-log-')), 'data')
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true }))

const log = (): string => join(folder, 'journal.log')

/** A folder whose process was killed while its log held some batches; the runs that were acknowledged. */
async function killed(): Promise<ReadonlyMap<string, number>> {
  const writing = await startWriting(folder, { round: 1, writes: 300 })
  const acknowledged = await writing.kill()
  for (const leftover of ['holder', 'journal.db-shm']) rmSync(join(folder, leftover), { force: true })
  return acknowledged
}

/** Where each record of the log begins that the tables do not have yet. */
function records(bytes: Buffer): number[] {
  const starts: number[] = []
  let batch = batchOfTables()
  for (let at = 0; at + 24 <= bytes.length && bytes.readUInt32LE(at) === 0x6e6f4c54;) {
    if (bytes.readDoubleLE(at + 16) !== batch + 1) break
    batch += 1
    starts.push(at)
    at += Math.ceil((24 + bytes.readUInt32LE(at + 8)) / 64) * 64
  }
  return starts
}

function batchOfTables(): number {
  const copy = join(folder, '..', 'copy')
  cpSync(folder, copy, { recursive: true })
  const db = new DatabaseSync(join(copy, 'journal.db'))
  const { batch } = db.prepare('SELECT batch FROM meta').get() as { batch: number }
  db.close()
  rmSync(copy, { recursive: true })
  return batch
}

test('a run that just runs through is in the tables once, and nobody can tell it from others', async () => {
  let journal = await sqliteJournal({ folder })
  expect(await journal.deliver(event('t/1', { starts: [start('r1')] }))).toEqual({
    outcome: 'written',
    started: [{ run: 'r1', status: 'ready' }],
    reached: [],
  })
  await journal.append(append(journal, 'r1', 0, { bodies: ['a', 'b'] }))
  await journal.append(append(journal, 'r1', 2, { bodies: ['c'] }))
  const last = append(journal, 'r1', 3, { bodies: ['d'], state: state('completed') })
  await journal.append(last)
  // The same again: an answer was lost.
  expect(await journal.append(last)).toEqual({ outcome: 'duplicate' })
  expect(await journal.append(append(journal, 'r1', 1, { bodies: ['x'] }))).toMatchObject({ outcome: 'conflict' })
  expect(await journal.deliver(event('t/1', { starts: [start('r2')] }))).toEqual({ outcome: 'duplicate', runs: ['r1'] })
  expect((await journal.entries(tenant, 'r1')).map(({ seq, body }) => [seq, body])).toEqual([
    [1, '"a"'],
    [2, '"b"'],
    [3, '"c"'],
    [4, '"d"'],
  ])
  expect(await journal.counts(tenant)).toMatchObject({ ready: 0, completed: 1 })
  await journal.close()
  expect(existsSync(log())).toBe(false)
  const db = new DatabaseSync(join(folder, 'journal.db'))
  expect(db.prepare('SELECT count(*) AS rows FROM entry').get()).toEqual({ rows: 1 })
  db.close()
  journal = await sqliteJournal({ folder })
  expect(journal.closedCleanly).toBe(true)
  expect(await journal.find(tenant, 'r1')).toMatchObject({ status: 'completed', lastSeq: 4 })
  await journal.close()
})

test('DUR-01: what is only in the log goes on after a crash, also by writes that need the tables', async () => {
  const acknowledged = await killed()
  const journal = await sqliteJournal({ folder })
  const living = await journal.ready({ limit: 1000 })
  expect(living.length).toBeGreaterThan(0)
  for (const { run, lastSeq } of living) {
    expect(lastSeq).toBeGreaterThanOrEqual(acknowledged.get(run) ?? 0)
    expect(
      await journal.append(append(journal, run, lastSeq, { bodies: ['z'], state: state('waiting', { wakeAt: 7 }) })),
    ).toMatchObject({ outcome: 'written' })
  }
  expect(await journal.due({ now: 7, limit: 1000 })).toHaveLength(living.length)
  expect(await journal.counts(tenant)).toMatchObject({ ready: 0, waiting: living.length })
  await journal.close()
})

test('DUR-15: a damaged record with others behind it is refused and nothing is changed; one torn by the crash is not', async () => {
  let bytes: Buffer
  let starts: number[]
  // The tables may just have taken most of it when the process is killed.
  do {
    rmSync(folder, { recursive: true, force: true })
    await killed()
    bytes = readFileSync(log())
    starts = records(bytes)
  } while (starts.length < 4)
  const sound = join(folder, '..', 'sound')
  cpSync(folder, sound, { recursive: true })

  // The kill itself may have torn the last one: the one before it is the last that is surely sound.
  const inTheMidst = Buffer.from(bytes)
  inTheMidst[starts.at(-3)! + 30]! ^= 0x10
  writeFileSync(log(), inTheMidst)
  await expect(sqliteJournal({ folder })).rejects.toMatchObject({
    code: 'DATA_FOLDER_UNUSABLE',
    message: expect.stringContaining('journal.log is damaged'),
  })
  expect(readFileSync(log()).equals(inTheMidst)).toBe(true)

  rmSync(folder, { recursive: true })
  cpSync(sound, folder, { recursive: true })
  const torn = Buffer.from(bytes)
  torn.fill(0, starts.at(-1)! + 40)
  writeFileSync(log(), torn)
  const journal = await sqliteJournal({ folder })
  const { ready, completed } = await journal.counts(tenant)
  expect(ready + completed).toBeGreaterThan(50)
  await journal.close()
})

test('WHI-09: a commit of the log that is made but reports an error is settled by reading it', async () => {
  const commits = Array.from({ length: 60 }, (_, index) => index + 1).filter((count) => count % 3 === 0)
  const journal = await sqliteJournal({ folder, trial: { failAfter: { commits, errcode: 5 } } })
  for (let count = 0; count < 20; count += 1) {
    const run = `r${count}`
    expect(await journal.deliver(event(`t/${count}`, { starts: [start(run)] }))).toMatchObject({ outcome: 'written' })
    expect(await journal.append(append(journal, run, 0, { bodies: ['a'] }))).toMatchObject({ outcome: 'written' })
    const end = append(journal, run, 1, { bodies: ['b'], state: state('completed') })
    expect(await journal.append(end)).toMatchObject({ outcome: 'written' })
  }
  expect(await journal.counts(tenant)).toMatchObject({ ready: 0, completed: 20 })
  await journal.close()
})
