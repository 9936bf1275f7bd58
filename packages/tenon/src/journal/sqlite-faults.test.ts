import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Journal } from './journal.ts'
import { sqliteJournal } from './sqlite.ts'
import { append, entry, event, start, started, state, tenant } from './suite/make.ts'

let folder: string
let journal: Journal | null = null
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenon-faults-'))
})
afterEach(async () => {
  await journal?.close()
  journal = null
  rmSync(folder, { recursive: true })
})

async function fillUp(full: Journal): Promise<number> {
  const large = 'x'.repeat(20_000)
  for (let count = 0; ; count += 1) {
    try {
      await full.deliver(event(`t/${count}`, { starts: [start(`r${count}`)], body: large, dedupeUntil: 2 }))
    } catch (error) {
      expect(error).toMatchObject({ code: 'JOURNAL_UNAVAILABLE', retryable: true })
      return count
    }
    const end = append(full, `r${count}`, 0, { bodies: ['a'], state: state('completed') })
    await full.append(end).catch((error: unknown) => expect(error).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' }))
  }
}

test('WHI-09: on a full disk nothing is acknowledged and nothing is lost; with space again it goes on by itself', async () => {
  journal = await sqliteJournal({ folder, trial: { mostPages: 400 } })
  const stored = await fillUp(journal)
  expect(stored).toBeGreaterThan(10)
  expect(await journal.event(tenant, `t/${stored}`)).toBeNull()
  expect(await journal.find(tenant, `r${stored}`)).toBeNull()
  // What waits for room is in the log. Retention makes some, and what was acknowledged is all there.
  const seen = new Set<string>()
  for (;;) {
    for (const { run } of (await journal.list({ tenant, limit: 500 })).runs) seen.add(run)
    if (!(await journal.prune({ now: 100, endedBefore: 100, limit: 5 }))) break
  }
  for (const { run } of (await journal.list({ tenant, limit: 500 })).runs) seen.add(run)
  expect(seen.size).toBe(stored)
  expect(await journal.deliver(event('t/after', { starts: [start('after')] }))).toMatchObject({ outcome: 'written' })
})

test('WHI-09: while another program locks the file what needs the tables is refused, what the log can take is kept; afterwards it goes on by itself', async () => {
  journal = await sqliteJournal({ folder })
  const intruder = new DatabaseSync(join(folder, 'journal.db'))
  intruder.exec('BEGIN IMMEDIATE')
  const keyed = event('t/1', { starts: [start('r1', { key: 'k' })] })
  expect(await journal.deliver(event('t/2', { starts: [start('r2')] }))).toMatchObject({ outcome: 'written' })
  await expect(journal.deliver(keyed)).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' })
  await expect(journal.load([{ tenant, run: 'r2' }])).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' })
  intruder.exec('ROLLBACK')
  intruder.close()
  expect(await journal.deliver(keyed)).toMatchObject({ outcome: 'written' })
  expect((await journal.ready({ limit: 10 })).map(({ run }) => run)).toEqual(['r2', 'r1'])
})

test('WHI-09: beyond its limits the queue refuses with OVERLOADED and stores nothing of it', async () => {
  journal = await sqliteJournal({ folder, queueLimit: { writes: 10, bytes: 1_000_000 }, trial: { commitDelayMs: 20 } })
  const writes = Array.from({ length: 30 }, (_, index) =>
    journal!.deliver(event(`t/${index}`, { starts: [start(`r${index}`)] })),
  )
  const results = await Promise.allSettled(writes)
  const refused = results.filter((result) => result.status === 'rejected')
  expect(refused).toHaveLength(20)
  for (const result of refused)
    expect(result.reason).toMatchObject({ code: 'OVERLOADED', retryable: true, retryAfterMs: expect.any(Number) })
  expect(await journal.counts(tenant)).toMatchObject({ ready: 10 })
  expect(await journal.deliver(event('t/30', { starts: [start('r30')] }))).toMatchObject({ outcome: 'written' })
})

test.each([
  ['a failed fsync', 1034],
  ['a damaged file', 11],
])('DUR-15: after %s it takes no writes any more, and says so', async (_name, errcode) => {
  journal = await sqliteJournal({ folder, trial: { failBefore: { commits: [2], errcode } } })
  await started(journal, 'r1')
  const write = append(journal, 'r1', 0, { bodies: ['a'] })
  await expect(journal.append(write)).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' })
  await expect(journal.append(write)).rejects.toMatchObject({
    code: 'JOURNAL_UNAVAILABLE',
    message: expect.stringContaining('stopped taking writes'),
  })
  await expect(journal.deliver(event('t/1'))).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' })
  await expect(journal.prune({ now: 1, endedBefore: 1, limit: 1 })).rejects.toMatchObject({
    code: 'JOURNAL_UNAVAILABLE',
  })
  await journal.close()
  journal = await sqliteJournal({ folder })
  expect(journal.closedCleanly).toBe(false)
  expect(await journal.append(append(journal, 'r1', 0, { bodies: ['a'] }))).toMatchObject({ outcome: 'written' })
})

test('DUR-16: a run of 10,000 steps and a value of 50 MB come back whole, and go again', async () => {
  journal = await sqliteJournal({ folder })
  await started(journal, 'long')
  const appends = Array.from({ length: 1000 }, (_, index) =>
    journal!.append({
      ...append(journal!, 'long', index * 10),
      entries: Array.from({ length: 10 }, (__, step) => entry(`${index}-${step}`)),
    }),
  )
  expect((await Promise.all(appends)).every((receipt) => receipt.outcome === 'written')).toBe(true)
  const large = 'y'.repeat(50 * 1024 * 1024)
  await journal.append(
    append(journal, 'long', 10_000, {
      bodies: ['last'],
      values: [{ hash: 'h', body: large }],
      state: state('completed'),
    }),
  )
  const [loaded] = await journal.load([{ tenant, run: 'long' }])
  expect(loaded!.entries).toHaveLength(10_001)
  expect(loaded!.entries.every((one, index) => one.seq === index + 1)).toBe(true)
  expect((await journal.values(['h']))[0]).toHaveLength(large.length)
  let calls = 0
  while (await journal.prune({ now: 100, endedBefore: 100, limit: 100 })) calls += 1
  expect(calls).toBeGreaterThan(5)
  expect(await journal.values(['h'])).toEqual([null])
})

test('DUR-16: with retention the file stays bounded over 30 days', async () => {
  journal = await sqliteJournal({ folder })
  const size = (): number => statSync(join(folder, 'journal.db')).size
  const sizes: number[] = []
  for (let day = 1; day <= 30; day += 1) {
    const runs = Array.from({ length: 100 }, (_, index) => `r${day}-${index}`)
    await Promise.all(
      runs.map((run) =>
        journal!.deliver(
          event(`t/${run}`, { at: day, starts: [start(run)], body: 'x'.repeat(2000), dedupeUntil: day + 2 }),
        ),
      ),
    )
    await Promise.all(
      runs.map((run) =>
        journal!.append({ ...append(journal!, run, 0), entries: [entry('a', day)], state: state('completed') }),
      ),
    )
    while (await journal.prune({ now: day, endedBefore: day - 1, limit: 50 }));
    if (day % 10 !== 0) continue
    await journal.close()
    journal = await sqliteJournal({ folder })
    sizes.push(size())
  }
  expect(sizes.at(-1)!).toBeLessThan(sizes[0]! * 1.3)
  expect(await journal.counts(tenant)).toMatchObject({ completed: 200 })
})
