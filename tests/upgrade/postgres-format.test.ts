import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { sleep, systemClock } from '../../packages/tenon/src/base/clock.ts'
import type { Secret } from '../../packages/tenon/src/base/secret.ts'
import { firstFormat, format, suffixOf } from '../../packages/tenon/src/journal/postgres/format.ts'
import { lockStatement } from '../../packages/tenon/src/journal/postgres/mark.ts'
import { postgresTransfer } from '../../packages/tenon/src/journal/postgres/transfer.ts'
import {
  postgresJournal,
  type PostgresJournal,
  type PostgresJournalOptions,
} from '../../packages/tenon/src/journal/postgres.ts'
import { brokenLaws, writeAnything } from '../../packages/tenon/src/journal/side-by-side.fixture.ts'
import { start, started, startMessage, tenant } from '../../packages/tenon/src/journal/suite/make.ts'
import { openDatabase, type Database } from '../../packages/tenon/src/postgres/postgres.ts'
import { usePostgres } from '../../packages/tenon/src/postgres/postgres.fixture.ts'
import { openTransaction, somebodyWaits } from '../../packages/tenon/src/postgres/transaction.fixture.ts'
import { makeNextVersion, nextFormat, type OtherVersion } from './next-version.ts'

const server = usePostgres()
let next: OtherVersion
let name: string
let url: Secret
let database: Database
const nodes: PostgresJournal[] = []

beforeAll(() => {
  next = makeNextVersion()
})
afterAll(() => next.remove())
beforeEach(async () => {
  name = await server().newDatabase()
  url = server().url(name)
  database = openDatabase({ url, unavailable: 'JOURNAL_UNAVAILABLE' })
})
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.close()
  await database.close()
})

const journalOfNext = (): string => join(next.folder, 'packages/tenon/src/journal/postgres.ts')

async function joinWith(
  open: (options: PostgresJournalOptions) => Promise<PostgresJournal>,
  options: Partial<PostgresJournalOptions> = {},
): Promise<PostgresJournal> {
  const node = await open({ url, partitions: 8, leaseMs: 3000, ...options })
  nodes.push(node)
  return node
}

const joinThis = (options?: Partial<PostgresJournalOptions>): Promise<PostgresJournal> =>
  joinWith(postgresJournal, options)

async function joinNext(options?: Partial<PostgresJournalOptions>): Promise<PostgresJournal> {
  const { postgresJournal: open } = (await import(pathToFileURL(journalOfNext()).href)) as {
    postgresJournal: typeof postgresJournal
  }
  return joinWith(open, options)
}

async function formatThere(): Promise<number | undefined> {
  return (await server().sql<{ format: number }>('SELECT format FROM tenon.journal', name))[0]?.format
}

async function hasCommitOf(of: number): Promise<boolean> {
  const there = await server().sql(`SELECT 1 FROM pg_proc WHERE proname = 'commit_${suffixOf(of)}'`, name)
  return there.length > 0
}

const refusal = (words: string): object => ({
  code: 'DATABASE_UNUSABLE',
  message: expect.stringContaining(words) as string,
})

test.each([firstFormat - 1, format + 2])(
  'CLU-06: a database of format %i is refused, and stays as it is',
  async (other) => {
    await (await joinThis()).close()
    await server().sql(`UPDATE tenon.journal SET format = ${other}`, name)
    await expect(postgresJournal({ url })).rejects.toMatchObject(refusal(`has format ${other}`))
    const source = postgresTransfer({ url })
    await expect(source.closedCleanly()).rejects.toMatchObject(refusal(`has format ${other}`))
    await expect(source.prepare()).rejects.toMatchObject(refusal(`has format ${other}`))
    await source.close()
    expect(await formatThere()).toBe(other)
  },
)

test('CLU-06: the next version brings the tables up while nodes of this one write; all go on side by side', async () => {
  await joinThis()
  await joinThis()
  let isDone = false
  const write = (node: PostgresJournal, seed: number): Promise<readonly unknown[]> =>
    writeAnything(node, { seed, goesOn: () => !isDone, prunes: seed === 1 })
  const writing = nodes.map((node, index) => write(node, index + 1))
  await sleep(systemClock, 500)
  // Two nodes of the next version at the same moment: one of them does it.
  const later = await Promise.all([joinNext(), joinNext()])
  expect(await formatThere()).toBe(nextFormat)
  writing.push(...later.map((node, index) => write(node, index + 11)))
  // And one more of this version, on tables that are ahead of it.
  writing.push(write(await joinThis(), 21))
  await sleep(systemClock, 2000)
  isDone = true
  expect((await Promise.all(writing)).flat()).toEqual([])
  expect(await brokenLaws(database)).toEqual({})
  const batches = await database.query<{ nodes: number }>('SELECT count(DISTINCT node) AS nodes FROM made_later')
  expect(batches).toEqual([{ nodes: 2 }])
  expect([await hasCommitOf(format), await hasCommitOf(nextFormat)]).toEqual([true, true])
}, 120_000)

test('CLU-06: what a node of this version holds goes on with one of the next', async () => {
  const one = await joinThis()
  await started(one, start('r1', { key: 'k' }), start('r2', { key: 'k' }))
  const two = await joinNext()
  await one.close()
  while ((await two.ready({ limit: 10 })).length === 0) await sleep(systemClock, 20)
  expect(await two.ready({ limit: 10 })).toMatchObject([{ run: 'r1' }])
  expect(await two.deliver(startMessage('r1'))).toMatchObject({ outcome: 'duplicate' })
})

/** A process of the next version that joins. */
async function nextProcess(): Promise<ReturnType<typeof spawn>> {
  const text = `
    import { postgresJournal } from ${JSON.stringify(pathToFileURL(journalOfNext()).href)}
    import { Secret } from ${JSON.stringify(pathToFileURL(join(next.folder, 'packages/tenon/src/base/secret.ts')).href)}
    await postgresJournal({ url: new Secret(process.env.DATABASE) })`
  return spawn(process.execPath, ['--conditions=source', '--input-type=module', '--eval', text], {
    env: { ...process.env, DATABASE: url.reveal() },
    stdio: 'inherit',
  })
}

test('CLU-06: a node that is killed in the midst of it leaves the tables as they were; the next one does it', async () => {
  const node = await joinThis()
  await started(node, 'r1')
  // The last table that the step changes: by then all others are changed.
  const release = await openTransaction(database, 'LOCK TABLE journal IN ACCESS SHARE MODE')
  const killed = await nextProcess()
  await somebodyWaits(database)
  killed.kill('SIGKILL')
  await once(killed, 'close')
  await release()
  expect(await formatThere()).toBe(format)
  expect([await hasCommitOf(format), await hasCommitOf(nextFormat)]).toEqual([true, false])
  await node.deliver(startMessage('r2'))
  await joinNext()
  expect(await formatThere()).toBe(nextFormat)
  await node.deliver(startMessage('r3'))
})

test('CLU-06: who changes the tables waits for whoever does so already', async () => {
  await joinThis()
  const release = await openTransaction(database, lockStatement)
  const joining = joinNext()
  await somebodyWaits(database)
  const waiting = await database.query(
    'SELECT DISTINCT locktype FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()',
  )
  expect(waiting).toEqual([{ locktype: 'advisory' }])
  await release()
  await joining
  expect(await formatThere()).toBe(nextFormat)
})

test('CLU-06: a table that is in use is waited for, and nobody else waits for long', async () => {
  const node = await joinThis()
  const release = await openTransaction(database, 'LOCK TABLE run IN ACCESS SHARE MODE')
  const joining = joinNext()
  // Writes go on between its tries.
  for (let count = 0; count < 20; count += 1) await node.deliver(startMessage(`r${count}`))
  expect(await formatThere()).toBe(format)
  await release()
  await joining
  expect(await formatThere()).toBe(nextFormat)
})

test('CLU-06: a version after the next waits until nodes of the format before this one are gone; then their functions go', async () => {
  const golden = fileURLToPath(new URL(`../golden/postgres/${format - 1}/database.sql`, import.meta.url))
  await server().sql(readFileSync(golden, 'utf8'), name)
  await server().sql(
    `INSERT INTO tenon.node (id, name, version, expires, leaving, figures) VALUES (99, 'old', '0.1', now() + interval '1 hour', false, '{}')`,
    name,
  )
  const node = await joinThis()
  expect([await hasCommitOf(format - 1), await hasCommitOf(format)]).toEqual([true, true])
  await expect(joinNext()).rejects.toMatchObject(refusal(`node old (version 0.1) works on`))
  expect(await formatThere()).toBe(format)
  await server().sql(`UPDATE tenon.node SET expires = now() - interval '1 second' WHERE id = 99`, name)
  await joinNext()
  expect(await hasCommitOf(format - 1)).toBe(false)
  await node.deliver(startMessage('r1'))
  expect(await node.entries(tenant, 'r1')).toEqual([])
  expect(await node.deliver(startMessage('r1'))).toMatchObject({ outcome: 'duplicate' })
})
