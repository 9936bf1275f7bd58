import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RunQuery } from './history.ts'
import type { Journal } from './journal.ts'
import { historyReads } from './sqlite/read.ts'
import { sqliteJournal } from './sqlite.ts'
import { append, start, started, state, tenant } from './suite/make.ts'

// How the history stays quick, however long it is; what it answers is in the suite.

let folder: string
let journal: Journal
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tenon-list-'))
  journal = await sqliteJournal({ folder })
})
afterEach(async () => {
  await journal.close()
  rmSync(folder, { recursive: true })
})

async function crowd(count: number): Promise<void> {
  const runs = Array.from({ length: count }, (_, index) => `r${String(index).padStart(5, '0')}`)
  await Promise.all(runs.map((run) => started(journal, run)))
}

/** The runs of each page, and whether there was a next one. */
async function pagesOf(query: Partial<RunQuery>): Promise<string[][]> {
  const pages: string[][] = []
  let before: string | null = null
  do {
    const page = await journal.list({ tenant, limit: 50, ...query, ...(before === null ? {} : { before }) })
    pages.push(page.runs.map(({ run }) => run))
    before = page.next
  } while (before !== null)
  return pages
}

test('a search that finds little looks at a bounded number of runs and says where it goes on', async () => {
  await started(journal, start('needle', { key: 'k' }))
  await crowd(6_000)
  for (const query of [{ key: 'k' }, { id: 'dle' }]) {
    const pages = await pagesOf(query)
    expect(pages.length).toBeGreaterThan(1)
    expect(pages.at(-1)).toEqual(['needle'])
    expect(pages.slice(0, -1).flat()).toEqual([])
  }
})

test('a flow that runs seldom is found at once among many others', async () => {
  await started(journal, start('old', { flow: 'rare' }))
  await crowd(6_000)
  await started(journal, start('new', { flow: 'rare' }))
  expect(await pagesOf({ flow: 'rare' })).toEqual([['new', 'old']])
  expect(await pagesOf({ flow: 'rare', status: ['ready', 'completed'] })).toEqual([['new', 'old']])
})

test('a flow whose block of numbers was rolled back is found nevertheless', async () => {
  const [ofFull, ofNext] = [join(folder, 'full'), { key: 'k' }]
  const small = await sqliteJournal({ folder: ofFull, trial: { failBefore: { commits: [1], errcode: 5 } } })
  await expect(
    small.deliver({ kind: 'start', tenant, at: 1, start: { ...start('lost'), input: '1' } }),
  ).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' })
  await started(small, start('kept', ofNext))
  expect((await small.list({ tenant, flow: 'order-paid', limit: 5 })).runs.map(({ run }) => run)).toEqual(['kept'])
  await small.close()
})

test('the blocks of pruned runs are forgotten', async () => {
  await crowd(1_200)
  const blocks = (): number => {
    const db = new DatabaseSync(join(folder, 'journal.db'), { readOnly: true })
    const row = db.prepare('SELECT count(*) AS blocks FROM zone').get()
    db.close()
    return row?.['blocks'] as number
  }
  expect(blocks()).toBeGreaterThan(2)
  const { runs } = await journal.list({ tenant, limit: 2_000 })
  await Promise.all(
    runs.map(({ run }) => journal.append(append(journal, run, 0, { bodies: ['x'], state: state('completed') }))),
  )
  await started(journal, 'last')
  while (await journal.prune({ now: 1e6, endedBefore: 1e6, limit: 500 }));
  expect(blocks()).toBe(1)
  expect(await pagesOf({ flow: 'order-paid' })).toEqual([['last']])
})

test('each filter goes by an index or down the numbers: no statement reads all runs or sorts them', async () => {
  await started(journal, 'r1', start('r2', { key: 'k' }))
  await journal.append(append(journal, 'r1', 0, { bodies: ['x'], state: state('failed', { code: 'STEP_FAILED' }) }))
  const db = new DatabaseSync(join(folder, 'journal.db'), { readOnly: true })
  const texts = new Set<string>()
  const watched = Object.create(db, {
    prepare: { value: (sql: string) => (texts.add(sql), db.prepare(sql)) },
  }) as DatabaseSync
  const reads = historyReads(watched)
  const parts: readonly Partial<RunQuery>[] = [
    { flow: 'order-paid' },
    { status: ['failed', 'ready'] },
    { status: ['completed'] },
    { code: 'STEP_FAILED' },
    { key: 'k' },
    { id: 'r1x' },
    { since: 1, until: 9 },
  ]
  for (const one of parts) for (const other of parts) reads.list({ tenant, limit: 5, ...one, ...other }, null)
  reads.line(tenant, 'r2', 5)
  reads.find(tenant, 'r2')
  const plans = [...texts].flatMap((sql) =>
    db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => `${String(row['detail'])}  in  ${sql}`),
  )
  db.close()
  expect(plans.length).toBeGreaterThan(20)
  expect(plans.filter((plan) => /^(SCAN (run|entry|event|zone)\b|USE TEMP)/.test(plan))).toEqual([])
})
