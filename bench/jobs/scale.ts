import { setTimeout as sleep } from 'node:timers/promises'
import { newRunId } from '../../packages/tenon/src/base/ids.ts'
import type { Append, EventMessage, Journal } from '../../packages/tenon/src/journal/journal.ts'
import { pack } from '../../packages/tenon/src/journal/pack.ts'
import { postgresJournal } from '../../packages/tenon/src/journal/postgres.ts'
import type { PostgresServer } from '../../packages/tenon/src/postgres/postgres.fixture.ts'
import type { Job } from '../job.ts'
import { type Spent, spentBy, startMeasured } from '../measure/postgres.ts'
import { line } from '../measure/progress.ts'
import { median, round } from '../measure/statistics.ts'

const tenant = 'default'
const writesOfRun = 4
const dayMs = 86_400_000
const [few, many] = [4, 256]
const looks = 200

export const job: Job = {
  description:
    'what documents about scale reckon with: the journal on PostgreSQL by itself, per batch, write, run, webhook and waiting run',
  async run({ rounds = 3, runs = 20_000 }) {
    const server = await startMeasured()
    try {
      const database = await server.newDatabase()
      const journal = await postgresJournal({ url: server.url(database) })
      const spend = async (act: () => Promise<unknown>): Promise<Cost> => {
        const [from, before, cpu] = [
          await batchesOf(server, database),
          await spentBy(server, database),
          process.cpuUsage(),
        ]
        await act()
        const [own, after, to] = [
          process.cpuUsage(cpu),
          await spentBy(server, database),
          await batchesOf(server, database),
        ]
        return { before, after, nodeMs: (own.user + own.system) / 1000, batches: to - from }
      }
      await load(runs, many, () => oneRun(journal))
      const found: Record<string, number>[] = []
      for (let number = 1; number <= rounds; number += 1) {
        const figures = {
          ...(await costsOfBatches(journal, spend, runs)),
          ...(await costsOfRows(journal, spend, Math.ceil(runs / 4))),
          ...(await costsOfLooks(journal, spend)),
        }
        line(`round ${number}`, figures)
        found.push(figures)
      }
      await journal.close()
      return Object.fromEntries(
        Object.keys(found[0] ?? {}).map((name) => [name, round(median(found.map((one) => one[name] ?? 0)), 4)]),
      )
    } finally {
      await server.remove()
    }
  },
}

interface Cost {
  readonly before: Spent
  readonly after: Spent
  readonly nodeMs: number
  readonly batches: number
}

/** Each takes one block of numbers. */
async function batchesOf(server: PostgresServer, database: string): Promise<number> {
  const [row] = await server.sql<{ taken: string }>('SELECT last_value AS taken FROM tenon.number_block', database)
  return Number(row?.taken)
}

type Spend = (act: () => Promise<unknown>) => Promise<Cost>

const of = ({ before, after }: Cost, figure: keyof Spent): number => after[figure] - before[figure]

/** Small batches and large ones, of equally many writes: two lines that meet at what a batch costs and what a write does. */
async function costsOfBatches(journal: Journal, spend: Spend, runs: number): Promise<Record<string, number>> {
  const some = Math.ceil(runs / 10)
  const small = await spend(() => load(some, few, () => oneRun(journal)))
  const large = await spend(() => load(runs, many, () => oneRun(journal)))
  const per = (count: number, cost: Cost) => ({
    batches: cost.batches / (count * writesOfRun),
    databaseMs: of(cost, 'cpuMs') / (count * writesOfRun),
    nodeMs: cost.nodeMs / (count * writesOfRun),
  })
  const [one, other] = [per(some, small), per(runs, large)]
  const batch = (figure: 'databaseMs' | 'nodeMs') => (one[figure] - other[figure]) / (one.batches - other.batches)
  const [databaseMs, nodeMs] = [batch('databaseMs'), batch('nodeMs')]
  return {
    batch_database_ms: databaseMs,
    batch_node_ms: nodeMs,
    write_database_ms: other.databaseMs - databaseMs * other.batches,
    write_node_ms: other.nodeMs - nodeMs * other.batches,
    run_wal_bytes: of(large, 'walBytes') / runs,
    run_disk_bytes: of(large, 'diskBytes') / runs,
    run_content_bytes: body.length + pack(entries(5)).length,
  }
}

async function costsOfRows(journal: Journal, spend: Spend, count: number): Promise<Record<string, number>> {
  const webhooks = await spend(() => load(count, many, () => journal.deliver(event(newRunId(Date.now()), []))))
  const waiting = await spend(() => load(count, many, () => waitingRun(journal)))
  return {
    webhook_wal_bytes: of(webhooks, 'walBytes') / count,
    webhook_disk_bytes: of(webhooks, 'diskBytes') / count,
    waiting_wal_bytes: of(waiting, 'walBytes') / count,
    waiting_disk_bytes: of(waiting, 'diskBytes') / count,
  }
}

/** What a node asks once a second, whether there is anything to do or not. */
async function costsOfLooks(journal: Journal, spend: Spend): Promise<Record<string, number>> {
  await sleep(100)
  const cost = await spend(async () => {
    for (let look = 0; look < looks; look += 1) {
      await journal.cursors('pause/')
      await journal.ready({ limit: 4096 })
      await journal.due({ now: 0, limit: 4096 })
      await journal.nextWake()
      await journal.ownership.membership?.mail([])
    }
  })
  return { idle_database_ms: of(cost, 'cpuMs') / looks }
}

async function load(count: number, inFlight: number, act: () => Promise<unknown>): Promise<void> {
  let left = count
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await act()
    }),
  )
}

const body = JSON.stringify({
  object: 'event',
  data: { object: { metadata: { order_id: '17' }, note: 'x'.repeat(900) } },
})
const result = JSON.stringify({
  id: 'pi_3Nabc',
  amount: 1999,
  currency: 'eur',
  status: 'succeeded',
  lines: ['a', 'b', 'c'],
})

function event(run: string, starts: EventMessage['starts']): EventMessage {
  const now = Date.now()
  const key = `stripe/${run}`
  const rest = { fields: null, keepUntil: 0, dedupeUntil: now + dayMs }
  return { kind: 'event', tenant, at: now, key, type: 'payment_intent.succeeded', body, starts, ...rest }
}

/** A new run, and what its entries are written with. */
async function begin(journal: Journal): Promise<Pick<Append, 'tenant' | 'run' | 'epoch'>> {
  const run = newRunId(Date.now())
  await journal.deliver(event(run, [{ run, flow: 'order-paid', version: 1, key: null, input: null }]))
  return { tenant, run, epoch: journal.ownership.epochOf({ tenant, run, flow: 'order-paid', key: null }) ?? 0 }
}

const entries = (count: number): Append['entries'] =>
  Array.from({ length: count }, (_, index) => ({
    at: Date.now(),
    kind: 'step',
    step: `erp.getOrder#${index}`,
    body: result,
    format: 1,
  }))

/** As the job order-webhook writes it. */
async function oneRun(journal: Journal): Promise<void> {
  const run = await begin(journal)
  await journal.append({ ...run, after: 0, entries: entries(2) })
  await journal.append({ ...run, after: 2, entries: entries(1) })
  const state = { status: 'completed', wakeAt: null, code: null, leaveLine: true } as const
  const { outcome } = await journal.append({ ...run, after: 3, entries: entries(2), state })
  if (outcome !== 'written') throw new Error(`expected written, got ${outcome}`)
}

async function waitingRun(journal: Journal): Promise<void> {
  const run = await begin(journal)
  const wait = { step: 'delivered', type: 'shipment.delivered', match: { shipment: run.run }, since: null }
  const state = { status: 'waiting', wakeAt: Date.now() + dayMs, code: null, leaveLine: false } as const
  await journal.append({ ...run, after: 0, entries: entries(1), waits: [wait], state })
}
