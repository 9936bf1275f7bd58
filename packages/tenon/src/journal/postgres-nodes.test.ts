import { afterEach, beforeEach, expect, test } from 'vitest'
import { sleep, systemClock } from '../base/clock.ts'
import type { Secret } from '../base/secret.ts'
import { openDatabase, type Database } from '../postgres/postgres.ts'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { openTransaction, somebodyWaits } from '../postgres/transaction.fixture.ts'
import type { Append, Journal, Message, RunRow, Start } from './journal.ts'
import { bucketOf, digestOf } from './postgres/place.ts'
import { postgresJournal, type PostgresJournal } from './postgres.ts'
import {
  append,
  delivered,
  entry,
  epochOf,
  event,
  message,
  start,
  started,
  startMessage,
  state,
  tenant,
  wait,
} from './suite/make.ts'

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

async function join(): Promise<PostgresJournal> {
  const node = await postgresJournal({ url, partitions: 8, leaseMs: 3000 })
  nodes.push(node)
  return node
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => false), sleep(systemClock, 100).then(() => true)])
}

test('rule 27: an append that meets a takeover under way waits for it, and is fenced', async () => {
  const node = await join()
  await started(node, 'r1')
  const write = append(node, 'r1', 0, { bodies: ['a'] })
  const commit = await openTransaction(
    database,
    'SELECT free_leases_1(ARRAY(SELECT partition FROM lease), ARRAY(SELECT id FROM node), 7)',
  )
  const answer = node.append(write)
  await somebodyWaits(database)
  expect(await isPending(answer)).toBe(true)
  await commit()
  expect(await answer).toMatchObject({ outcome: 'fenced' })
  expect(await node.entries(tenant, 'r1')).toEqual([])
})

test('rule 27: a takeover waits for a batch under way, and sees what it wrote', async () => {
  const node = await join()
  await started(node, 'r1')
  // The batch has its leases and waits at its end.
  const release = await openTransaction(database, 'SELECT 1 FROM batch FOR UPDATE')
  const answer = node.append(append(node, 'r1', 0, { bodies: ['a'] }))
  await somebodyWaits(database)
  const takeover = database.query(
    'SELECT free_leases_1(ARRAY(SELECT partition FROM lease), ARRAY(SELECT id FROM node), 7)',
  )
  expect(await isPending(takeover)).toBe(true)
  await release()
  expect(await answer).toMatchObject({ outcome: 'written' })
  await takeover
  expect(await node.entries(tenant, 'r1')).toHaveLength(1)
})

/** Two nodes, and a run of each. */
async function twoNodes(): Promise<{ one: PostgresJournal; two: PostgresJournal; ofTwo: string }> {
  const [one, two] = [await join(), await join()]
  const owned = (): string | undefined =>
    Array.from({ length: 40 }, (_, index) => `r${index}`).find((run) => epochOf(two, run) > 0)
  while (owned() === undefined) await sleep(systemClock, 20)
  return { one, two, ofTwo: owned() ?? '' }
}

function bucketOfLine(key: string): number {
  return bucketOf('line', digestOf(tenant, 'order-paid', key))
}

/** The first node's next batch has done everything but commit. */
function holdBatchOfFirst(): Promise<() => Promise<void>> {
  return openTransaction(database, 'SELECT 1 FROM batch WHERE node = (SELECT min(id) FROM node) FOR UPDATE')
}

test('rule 17: an event and a wait for it that come at once, by two nodes, do not miss each other', async () => {
  const { one, two, ofTwo } = await twoNodes()
  await started(one, ofTwo)
  const release = await holdBatchOfFirst()
  const arrived = one.deliver(delivered('t/1', { shipment: '1', leg: '2' }))
  await somebodyWaits(database)
  const waiting = two.append(
    append(two, ofTwo, 0, { bodies: ['a'], waits: [wait('s', { shipment: '1' })], state: state('waiting') }),
  )
  expect(await isPending(waiting)).toBe(true)
  await release()
  expect(await arrived).toMatchObject({ outcome: 'written', reached: [] })
  expect(await waiting).toMatchObject({ reached: [{ run: ofTwo }] })
  expect(await two.find(tenant, ofTwo)).toMatchObject({ status: 'ready' })
})

test('WHI-08: a run that comes into a line while another leaves it, by two nodes, is not left behind', async () => {
  const { one, two } = await twoNodes()
  const names = Array.from({ length: 40 }, (_, index) => `k${index}`)
  const key = names.find((name) => epochOf(two, 'x', name) > 0)!
  await started(one, start('x1', { key }))
  const release = await holdBatchOfFirst()
  const arrived = one.deliver(startMessage('x2', { key }))
  await somebodyWaits(database)
  const end = { ...append(two, 'x1', 0, { bodies: ['a'], state: state('completed') }), epoch: epochOf(two, 'x1', key) }
  const left = two.append(end)
  expect(await isPending(left)).toBe(true)
  await release()
  expect(await arrived).toMatchObject({ started: [{ run: 'x2', status: 'queued', elsewhere: true }] })
  expect(await left).toMatchObject({ readied: [{ run: 'x2' }] })
})

test('WHI-08: runs of one line that come by two nodes stand in it as they are listed', async () => {
  const { one, two } = await twoNodes()
  const buckets = Array.from({ length: 10 }, (_, index) => ({ key: `k${index}`, bucket: bucketOfLine(`k${index}`) }))
  const [low, high] = [buckets[0]!, buckets.find(({ bucket }) => bucket > buckets[0]!.bucket)!]
  // The first node's batch has begun, and waits for a line before that which both come into.
  const release = await openTransaction(database, `SELECT pg_advisory_xact_lock(1952804463, ${low.bucket})`)
  const first = one.deliver(event('t/1', { starts: [start('x', { key: low.key }), start('later', { key: high.key })] }))
  await somebodyWaits(database)
  await two.deliver(startMessage('sooner', { key: high.key }))
  await release()
  expect(await first).toMatchObject({ started: [{ run: 'x' }, { run: 'later', status: 'queued' }] })
  const { runs } = await one.list({ tenant, limit: 10 })
  expect(runs.map(({ run }) => run)).toEqual(['later', 'x', 'sooner'])
  expect(await one.line(tenant, 'later', 10)).toMatchObject({ ahead: 'sooner' })
})

test('WHI-08: a run that comes into an empty line beside a second delivery of an earlier one may go on', async () => {
  const node = await join()
  const delivery = (key: string, run: string): Message => event(key, { starts: [start(run, { key: 'k' })] })
  await node.deliver(delivery('t/1', 'x1'))
  const epoch = epochOf(node, 'x1', 'k')
  await node.append({ ...append(node, 'x1', 0, { bodies: ['a'], state: state('completed') }), epoch })
  const [again, fresh] = await Promise.all([node.deliver(delivery('t/1', 'x2')), node.deliver(delivery('t/2', 'x3'))])
  expect(again).toEqual({ outcome: 'duplicate', runs: ['x1'] })
  expect(fresh).toMatchObject({ started: [{ run: 'x3', status: 'ready' }] })
})

test('DUR-09: a message and a rest that come at once, by two nodes, do not miss each other', async () => {
  const { one, two, ofTwo } = await twoNodes()
  await started(one, ofTwo)
  const release = await holdBatchOfFirst()
  const sent = one.deliver(message(ofTwo, 'm'))
  await somebodyWaits(database)
  const rest = two.append(append(two, ofTwo, 0, { bodies: ['a'], state: state('parked') }))
  expect(await isPending(rest)).toBe(true)
  await release()
  expect(await sent).toMatchObject({ outcome: 'written' })
  expect(await rest).toMatchObject({ reached: [{ run: ofTwo }] })
  expect(await two.find(tenant, ofTwo)).toMatchObject({ status: 'ready' })
})

test('WHI-05: one delivery that comes twice at once, by two nodes, is taken once', async () => {
  const { one, two } = await twoNodes()
  await started(one, 'before')
  const release = await holdBatchOfFirst()
  const first = one.deliver(event('t/1', { starts: [start('a')] }))
  await somebodyWaits(database)
  const second = two.deliver(event('t/1', { starts: [start('b')] }))
  expect(await isPending(second)).toBe(true)
  await release()
  expect(await first).toMatchObject({ outcome: 'written' })
  expect(await second).toEqual({ outcome: 'duplicate', runs: ['a'] })
})

/** Small, and the same for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let word = seed
  return (below) => {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((word / 4_294_967_296) * below)
  }
}

type Random = (below: number) => number

const values = [{ hash: 'h', body: 'shared by all' }]

function anyStart(random: Random): Start & { input: string } {
  return {
    ...start(`r${random(400)}`, { flow: `f${random(2)}`, key: random(3) === 0 ? null : `k${random(4)}` }),
    input: '1',
  }
}

function anyMessage(random: Random): Message {
  const fields = { a: String(random(3)), ...(random(2) === 0 && { b: String(random(2)) }) }
  switch (random(3)) {
    case 0:
      return event(`t/${random(300)}`, {
        starts: [anyStart(random), anyStart(random)],
        cursor: { name: `c${random(2)}`, value: '1' },
        values,
      })
    case 1:
      return event(`w/${random(300)}`, { type: 'paid', fields, keepUntil: 1000, starts: [anyStart(random)] })
    default:
      return message(`r${random(400)}`, `m${random(5)}`, { values })
  }
}

async function anyAppend(random: Random, node: Journal, row: RunRow): Promise<Append> {
  const inbox = await node.inbox(row)
  const base = {
    tenant,
    run: row.run,
    epoch: node.ownership.epochOf(row) ?? 0,
    after: row.lastSeq,
    entries: [entry('a')],
    consumed: inbox.map(({ position }) => position),
  }
  switch (random(5)) {
    case 0:
      return {
        ...base,
        waits: [{ step: 's', type: 'paid', match: { a: String(random(3)) }, since: 0 }],
        state: state('waiting'),
      }
    case 1:
      return { ...base, starts: [{ ...anyStart(random), parent: { run: row.run, step: 's' } }], values }
    case 2:
      return { ...base, state: state('failed', { leaveLine: random(2) === 0, toParent: '1' }) }
    default:
      return { ...base, state: state('completed', { toParent: '1' }) }
  }
}

/** What must hold whenever no batch is under way; each names what breaks it. */
const laws: Readonly<Record<string, string>> = {
  'nobody is queued with nobody ahead': `SELECT run.id FROM (SELECT DISTINCT ON (hash) run FROM line ORDER BY hash, place) head JOIN run ON run.number = head.run WHERE run.status = 1`,
  'who is queued stands in a line': `SELECT id FROM run WHERE status = 1 AND NOT EXISTS (SELECT 1 FROM line WHERE line.run = run.number)`,
  'ready runs are found': `SELECT id FROM run WHERE (status = 0) <> EXISTS (SELECT 1 FROM ready WHERE ready.run = run.number)`,
  'held runs are found': `SELECT id FROM run WHERE (status NOT IN (0, 4)) <> EXISTS (SELECT 1 FROM held WHERE held.run = run.number AND held.status = run.status)`,
  'who has something in its inbox does not wait': `SELECT id FROM run WHERE status IN (2, 3) AND EXISTS (SELECT 1 FROM inbox WHERE inbox.run = run.number)`,
  'no event passed a wait that it fits': `SELECT run.id, event.key FROM wait JOIN run ON run.number = wait.run JOIN event
    ON wait.hash = match_hash_1(event.tenant, event.type, jsonb_build_object('a', event.fields::jsonb -> 'a'))
    WHERE run.event IS DISTINCT FROM event.number AND NOT EXISTS (SELECT 1 FROM reach WHERE reach.event = event.number AND reach.run = run.number)`,
  'each run is counted once': `SELECT flow, status FROM (SELECT flow, status, -1 AS by FROM run UNION ALL SELECT flow, status, runs FROM tally) both_sides GROUP BY flow, status HAVING sum(by) <> 0`,
  'entries are dense': `SELECT run FROM (SELECT run, after, lag(seq) OVER (PARTITION BY run ORDER BY after) AS before FROM entry) rows WHERE after <> coalesce(before, 0)`,
  'values that are used are there': `SELECT hash FROM value_use WHERE NOT EXISTS (SELECT 1 FROM value WHERE value.hash = value_use.hash)`,
}

test.each([1, 2, 3])(
  'rule 27, WHI-08: four nodes that write side by side break no law, and never lock each other out (seed %i)',
  async (seed) => {
    await join()
    await join()
    await join()
    while (
      nodes.some(
        (node) =>
          ![...Array(50).keys()].some(
            (key) => node.ownership.epochOf({ tenant, run: `r${key}`, flow: 'f', key: null }) !== null,
          ),
      )
    )
      await sleep(systemClock, 20)
    const failures: unknown[] = []
    await Promise.all(
      nodes.map(async (node, index) => {
        const random = randomOf(seed * 100 + index)
        for (let round = 0; round < 100; round += 1) {
          const ready = await node.ready({ limit: 2 })
          const appends = await Promise.all(ready.map((row) => anyAppend(random, node, row)))
          const writes: Promise<unknown>[] = [
            ...Array.from({ length: 1 + random(3) }, () => node.deliver(anyMessage(random))),
            ...appends.map((one) => node.append(one)),
          ]
          if (round % 10 === 9 && index === 0) writes.push(node.prune({ now: 0, endedBefore: 6, limit: 5 }))
          for (const one of await Promise.allSettled(writes)) if (one.status === 'rejected') failures.push(one.reason)
        }
      }),
    )
    expect(failures).toEqual([])
    for (const [law, broken] of Object.entries(laws))
      expect({ law, broken: await database.query(broken) }).toEqual({ law, broken: [] })
    const [statistics] = await database.query<{ deadlocks: number }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    )
    expect(statistics?.deadlocks).toBe(0)
  },
  120_000,
)
