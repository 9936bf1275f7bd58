import { afterEach, expect, test } from 'vitest'
import { sleep, systemClock } from '../base/clock.ts'
import type { Secret } from '../base/secret.ts'
import { openDatabase } from '../postgres/postgres.ts'
import { startPostgres, usePostgres, type PostgresServer } from '../postgres/postgres.fixture.ts'
import { startProxy } from '../postgres/proxy.fixture.ts'
import { openTransaction, somebodyWaits } from '../postgres/transaction.fixture.ts'
import { postgresJournal, type PostgresJournal } from './postgres.ts'
import { format } from './postgres/format.ts'
import { append, event, start, started, state, tenant } from './suite/make.ts'

const server = usePostgres()
const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

async function open(url: Secret): Promise<PostgresJournal> {
  const journal = await postgresJournal({ url, leaseMs: 3000 })
  ends.push(() => journal.close())
  return journal
}

/** Writes run after run until told to stop; what was acknowledged. */
function load(journal: PostgresJournal): {
  readonly acknowledged: Set<string>
  readonly refused: unknown[]
  stop(): Promise<void>
} {
  const acknowledged = new Set<string>()
  const refused: unknown[] = []
  let isOver = false
  let count = 0
  const lane = async (): Promise<void> => {
    while (!isOver) {
      const run = `r${(count += 1)}`
      try {
        const receipt = await journal.deliver(event(`t/${run}`, { starts: [start(run)] }))
        if (receipt.outcome === 'written') acknowledged.add(run)
        const end = await journal.append(append(journal, run, 0, { bodies: ['a'], state: state('completed') }))
        if (!['written', 'fenced'].includes(end.outcome)) refused.push({ run, end })
      } catch (error) {
        expect(error).toMatchObject({ code: 'JOURNAL_UNAVAILABLE', retryable: true })
        await sleep(systemClock, 20)
      }
    }
  }
  const lanes = Array.from({ length: 8 }, lane)
  return {
    acknowledged,
    refused,
    async stop() {
      isOver = true
      await Promise.all(lanes)
    },
  }
}

async function grows(acknowledged: ReadonlySet<string>, by = 50): Promise<void> {
  const from = acknowledged.size
  while (acknowledged.size < from + by) await sleep(systemClock, 20)
}

async function missing(journal: PostgresJournal, acknowledged: ReadonlySet<string>): Promise<string[]> {
  const runs = [...acknowledged]
  const loaded = await journal.load(runs.map((run) => ({ tenant, run })))
  return runs.filter((_, index) => loaded[index] === null)
}

test('CLU-06: where the others have taken a node for dead meanwhile, nobody knows what its batch came to: it is not called fenced', async () => {
  const database = await server().newDatabase()
  const proxy = await startProxy(server().port)
  ends.push(() => proxy.close())
  const journal = await open(server().url(database, proxy.port))
  await started(journal, 'r1')
  const direct = openDatabase({ url: server().url(database), unavailable: 'JOURNAL_UNAVAILABLE' })
  ends.push(() => direct.close())
  const release = await openTransaction(direct, 'SELECT 1 FROM batch FOR UPDATE')
  const answer = journal.append(append(journal, 'r1', 0, { bodies: ['a'] }))
  answer.catch(() => undefined)
  await somebodyWaits(direct)
  proxy.cut()
  await release()
  const written = async (): Promise<boolean> => (await direct.query('SELECT FROM entry')).length > 0
  while (!(await written())) await sleep(systemClock, 10)
  await direct.query("UPDATE node SET expires = clock_timestamp() - interval '1 second'")
  await direct.query(`SELECT drop_dead_${format}()`)
  proxy.heal()
  await expect(answer).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE', details: { outcome: 'unknown' } })
}, 30_000)

test('DUR-03: an answer that was lost on its way is found: the batch was committed, once', async () => {
  const database = await server().newDatabase()
  const proxy = await startProxy(server().port)
  ends.push(() => proxy.close())
  const journal = await open(server().url(database, proxy.port))
  await started(journal, 'before')
  const direct = openDatabase({ url: server().url(database), unavailable: 'JOURNAL_UNAVAILABLE' })
  ends.push(() => direct.close())
  // The batch does everything but commit.
  const release = await openTransaction(direct, 'SELECT 1 FROM batch FOR UPDATE')
  const answer = journal.deliver(event('t/1', { starts: [start('r1', { key: 'k' }), start('r2', { key: 'k' })] }))
  await somebodyWaits(direct)
  proxy.cut()
  proxy.heal()
  await release()
  expect(await answer).toEqual({
    outcome: 'written',
    started: [
      { run: 'r1', status: 'ready' },
      { run: 'r2', status: 'queued' },
    ],
    reached: [],
  })
  expect(await journal.deliver(event('t/1', { starts: [start('r3')] }))).toEqual({
    outcome: 'duplicate',
    runs: ['r1', 'r2'],
  })
}, 30_000)

test('DUR-03: a batch that never came through is sent again, and stored once', async () => {
  const database = await server().newDatabase()
  const proxy = await startProxy(server().port)
  ends.push(() => proxy.close())
  const journal = await open(server().url(database, proxy.port))
  await started(journal, 'r1')
  proxy.cut()
  const answer = journal.append(append(journal, 'r1', 0, { bodies: ['a'], state: state('completed') }))
  await sleep(systemClock, 200)
  proxy.heal()
  expect(await answer).toMatchObject({ outcome: 'written' })
  expect(await journal.entries(tenant, 'r1')).toHaveLength(1)
}, 30_000)

test('WHI-01, WHI-09: a server that is killed and comes back loses nothing that was acknowledged, and the node goes on by itself', async () => {
  const own = await startPostgres()
  ends.push(() => own.remove())
  const journal = await open(own.url(await own.newDatabase()))
  const { acknowledged, refused, stop } = load(journal)
  await grows(acknowledged)
  await own.kill()
  await own.start()
  await grows(acknowledged)
  own.pause()
  await sleep(systemClock, 500)
  own.resume()
  await grows(acknowledged)
  await stop()
  expect(refused).toEqual([])
  expect(await missing(journal, acknowledged)).toEqual([])
}, 120_000)

test('WHI-01: a synchronous standby that is promoted has everything that was acknowledged, and the node goes on with it', async () => {
  const primary = await startPostgres()
  ends.push(() => primary.remove())
  const database = await primary.newDatabase()
  const standby: PostgresServer = await primary.addStandby()
  ends.push(() => standby.remove())
  const journal = await open(primary.url(database, [primary.port, standby.port]))
  const { acknowledged, refused, stop } = load(journal)
  await grows(acknowledged)
  await primary.kill()
  await standby.promote()
  await grows(acknowledged)
  await stop()
  expect(refused).toEqual([])
  expect(await missing(journal, acknowledged)).toEqual([])
}, 120_000)
