import { afterEach, beforeEach, expect, test } from 'vitest'
import { sleep, systemClock } from '../base/clock.ts'
import type { Secret } from '../base/secret.ts'
import { openDatabase, type Database } from '../postgres/postgres.ts'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { openTransaction, somebodyWaits } from '../postgres/transaction.fixture.ts'
import type { Message } from './journal.ts'
import { format } from './postgres/format.ts'
import { bucketOf, digestOf } from './postgres/place.ts'
import { postgresJournal, type PostgresJournal } from './postgres.ts'
import { brokenLaws, writeAnything } from './side-by-side.fixture.ts'
import {
  append,
  delivered,
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
    `SELECT free_leases_${format}(ARRAY(SELECT partition FROM lease), ARRAY(SELECT id FROM node), 7)`,
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
    `SELECT free_leases_${format}(ARRAY(SELECT partition FROM lease), ARRAY(SELECT id FROM node), 7)`,
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

test('CLU-03: a node that closes at once has told the owner of a run that it started', async () => {
  const { one, two, ofTwo } = await twoNodes()
  const heard: string[] = []
  const silent = { gained: () => undefined, lost: () => undefined, leaving: () => Promise.resolve() }
  two.ownership.listen({ ...silent, reached: (runs) => void heard.push(...runs.map(({ run }) => run)) })
  await one.deliver(event('t/1', { starts: [start(ofTwo)] }))
  await one.close()
  while (heard.length === 0) await sleep(systemClock, 10)
  expect(heard).toEqual([ofTwo])
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
    const failures = await Promise.all(
      nodes.map((node, index) =>
        writeAnything(node, { seed: seed * 100 + index, goesOn: (round) => round < 100, prunes: index === 0 }),
      ),
    )
    expect(failures.flat()).toEqual([])
    expect(await brokenLaws(database)).toEqual({})
    const [statistics] = await database.query<{ deadlocks: number }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    )
    expect(statistics?.deadlocks).toBe(0)
  },
  120_000,
)
