import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sleep, systemClock } from '../base/clock.ts'
import type { Secret } from '../base/secret.ts'
import { openDatabase, type Database } from '../postgres/postgres.ts'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { openTransaction, somebodyWaits } from '../postgres/transaction.fixture.ts'
import { haltingClock } from '../testing/virtual-clock.ts'
import { Figures } from './figures.ts'
import { emptyLeases, fairShare } from './memory/leases.ts'
import { postgresJournal, type PostgresJournal, type PostgresJournalOptions } from './postgres.ts'
import { format } from './postgres/format.ts'
import { started, tenant } from './suite/make.ts'

const server = usePostgres()
let url: Secret
let database: Database
const nodes: PostgresJournal[] = []

beforeEach(async () => {
  url = server().url(await server().newDatabase())
  database = openDatabase({ url, unavailable: 'JOURNAL_UNAVAILABLE' })
})
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.close()
  await database.close()
})

async function join(options: Partial<PostgresJournalOptions> = {}): Promise<PostgresJournal> {
  const node = await postgresJournal({ url, leaseMs: 3000, ...options })
  nodes.push(node)
  return node
}

async function databaseNow(): Promise<number> {
  const [row] = await database.query<{ now: number }>(`SELECT now_ms_${format}() AS now`)
  return row?.now ?? 0
}

test('CLU-02: a node whose timers stand still takes nothing up once its lease is over', async () => {
  const leaseClock = haltingClock(systemClock)
  let ahead = 0
  const node = await join({ leaseClock, monotonic: () => performance.now() + ahead })
  const epoch = (): number | null => node.ownership.epochOf({ tenant, run: 'r1', flow: 'order-paid', key: null })
  expect(epoch()).toBeGreaterThan(0)
  leaseClock.halt()
  ahead = 3000
  expect(epoch()).toBeNull()
  leaseClock.goOn()
})

test('what a killed node counted is counted for nobody once another has its work, and of its permits and its batches nothing stays', async () => {
  const [one, two] = [await join(), await join()]
  await started(two, 'a', 'b')
  const counts = await one.counts(tenant)
  expect(counts).not.toEqual([])
  const wish = { flow: 'order-paid', limit: 2, keep: 0, wanted: 1 }
  for (const node of [one, two]) await node.ownership.membership!.claim([wish])
  expect(await database.query('SELECT node FROM batch')).toHaveLength(1)
  await one.ownership.membership!.claim([{ ...wish, wanted: 0 }])
  two.kill()
  while ((await one.ownership.membership!.nodes()).nodes.length > 1) await sleep(systemClock, 100)
  const left = `SELECT node FROM tally WHERE node <> 0 AND abs(node) NOT IN (SELECT id FROM node)
    UNION ALL SELECT node FROM permit UNION ALL SELECT node FROM batch WHERE node NOT IN (SELECT id FROM node)`
  expect(await database.query(left)).toEqual([])
  expect(await one.counts(tenant)).toEqual(counts)
})

const anyNodes = fc.array(fc.record({ startedAt: fc.integer({ min: 0, max: 4 }), isLeaving: fc.boolean() }), {
  minLength: 1,
  maxLength: 9,
})

test('CLU-03: the database and the memory give each node the same share', async () => {
  await (await postgresJournal({ url })).close()
  const shareOf = async (node: number, isLeaving: boolean): Promise<number | undefined> => {
    const [row] = await database.query<{ share: number }>(
      { name: 'beat', text: `SELECT (beat_${format}($1, '', '', 60000, false, $2, '{}') ->> 'share')::int AS share` },
      [node, isLeaving],
    )
    return row?.share
  }
  await fc.assert(
    fc.asyncProperty(anyNodes, fc.integer({ min: 1, max: 40 }), async (given, count) => {
      const nodes = given.map((node, index) => ({ ...node, id: index + 1 }))
      await database.query('TRUNCATE node, lease')
      await database.query(
        {
          name: 'nodes',
          text: `INSERT INTO node (id, name, version, started, expires, leaving, figures)
            SELECT id, '', '', to_timestamp("startedAt"), 'infinity', "isLeaving", '{}' FROM json_to_recordset($1::json) AS n (id int, "startedAt" int, "isLeaving" boolean)`,
        },
        [JSON.stringify(nodes)],
      )
      await database.query(
        { name: 'leases', text: 'INSERT INTO lease SELECT p, NULL, 1, 0 FROM generate_series(1, $1::int) AS p' },
        [count],
      )
      const leases = emptyLeases(count)
      for (const { id, isLeaving } of nodes.toSorted((a, b) => a.startedAt - b.startedAt || a.id - b.id))
        leases.members.set(String(id), {
          joinedAt: 0,
          seenAt: 0,
          until: 1,
          isLeaving,
          figures: new Figures(() => 0).tell(),
        })
      for (const { id, isLeaving } of nodes)
        expect({ id, share: await shareOf(id, isLeaving) }).toEqual({ id, share: fairShare(leases, String(id)) })
    }),
    { numRuns: 40 },
  )
})

test('CLU-05: the time of a node is the database’s, whatever its own clock says', async () => {
  const far = { ...systemClock, now: () => Date.now() + 300_000 }
  const early = await join({ clock: far, monotonic: () => performance.now() + 12_345 })
  const late = await join()
  const now = await databaseNow()
  for (const node of [early, late]) expect(Math.abs(node.clock.now() - now)).toBeLessThan(5000)
})

test('CLU-05: a sign of life that is answered late does not set a node’s clock wrong', async () => {
  const node = await join()
  const difference = async (): Promise<number> => {
    const now = await databaseNow()
    return node.clock.now() - now
  }
  const before = await difference()
  const release = await openTransaction(database, 'SELECT 1 FROM node FOR UPDATE')
  await somebodyWaits(database)
  // In the middle of question and answer would be a second and more from the truth.
  await sleep(systemClock, 2400)
  await release()
  await sleep(systemClock, 100)
  expect(Math.abs((await difference()) - before)).toBeLessThan(800)
})
