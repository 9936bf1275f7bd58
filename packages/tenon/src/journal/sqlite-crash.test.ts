import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startWriting } from './sqlite/crash-parent.ts'
import { sqliteJournal } from './sqlite.ts'
import { append, event, start, tenant } from './suite/make.ts'

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'tenon-crash-')), 'data')
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true }))

test('WHI-01 DUR-17: after kill -9 under load every acknowledged write is there, whole, and the folder opens at once', async () => {
  const acknowledged = new Map<string, number>()
  for (const round of [1, 2, 3]) {
    const writing = await startWriting(folder, { round, writes: 800 * round })
    for (const [run, seq] of await writing.kill()) acknowledged.set(run, seq)
    const journal = await sqliteJournal({ folder })
    expect(journal.closedCleanly).toBe(false)
    const runs = [...acknowledged.keys()]
    const loaded = await journal.load(runs.map((run) => ({ tenant, run })))
    for (const [index, run] of runs.entries()) {
      const found = loaded[index]
      expect(found).not.toBeNull()
      // DUR-01: dense, and at least what was acknowledged.
      expect(found!.entries.map((entry) => entry.seq)).toEqual(
        Array.from({ length: found!.row.lastSeq }, (_, at) => at + 1),
      )
      expect(found!.row.lastSeq).toBeGreaterThanOrEqual(acknowledged.get(run)!)
      expect(found!.row.status).toBe(found!.row.lastSeq === 3 ? 'completed' : 'ready')
      expect(found!.input).toBe(`{"id":"t/${run}"}`)
    }
    // Keys are known again although their latest were in memory only.
    const duplicates = await Promise.all(
      runs.map((run) => journal.deliver(event(`t/${run}`, { starts: [start(`${run}-again`)] }))),
    )
    expect(duplicates.every((receipt) => receipt.outcome === 'duplicate')).toBe(true)
    await journal.close()
  }
  expect(acknowledged.size).toBeGreaterThan(200)
}, 60_000)

test('DUR-03: a commit that is made but reports an error is settled by reading: nothing is lost or doubled', async () => {
  const commits = Array.from({ length: 200 }, (_, index) => index + 1).filter((count) => count % 2 === 0)
  const journal = await sqliteJournal({ folder, trial: { failAfter: { commits, errcode: 5 } } })
  for (let count = 0; count < 40; count += 1) {
    const run = `r${count}`
    expect(await journal.deliver(event(`t/${count}`, { starts: [start(run)] }))).toMatchObject({ outcome: 'written' })
    expect(await journal.append(append(journal, run, 0, { bodies: ['a'] }))).toMatchObject({ outcome: 'written' })
    expect(await journal.append(append(journal, run, 1, { bodies: ['b'] }))).toMatchObject({ outcome: 'written' })
  }
  expect(await journal.counts(tenant)).toMatchObject({ ready: 40 })
  expect(await journal.entries(tenant, 'r39')).toHaveLength(2)
  await journal.close()
})

test('DUR-03: a commit that is not made rejects its writes, and the same writes can be made again', async () => {
  const journal = await sqliteJournal({ folder, trial: { failBefore: { commits: [2, 4], errcode: 5 } } })
  const first = event('t/1', { starts: [start('r1')] })
  await journal.deliver(first)
  const entries = append(journal, 'r1', 0, { bodies: ['a'] })
  await expect(journal.append(entries)).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' })
  expect(await journal.append(entries)).toMatchObject({ outcome: 'written' })
  const second = event('t/2', { starts: [start('r2')] })
  await expect(journal.deliver(second)).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' })
  expect(await journal.deliver(second)).toMatchObject({ outcome: 'written' })
  expect(await journal.deliver(second)).toMatchObject({ outcome: 'duplicate', runs: ['r2'] })
  expect(await journal.counts(tenant)).toMatchObject({ ready: 2 })
  await journal.close()
})
