import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { newRunId } from '../packages/tenon/src/base/ids.ts'
import type { Append, EventMessage, Journal, NewEntry } from '../packages/tenon/src/journal/journal.ts'
import { postgresJournal } from '../packages/tenon/src/journal/postgres.ts'
import { sqliteJournal } from '../packages/tenon/src/journal/sqlite.ts'
import { cpuOf, startMeasured } from './measure/postgres.ts'

// What the journal alone costs for the job order-webhook: one event that starts one run, then four appends. No engine, no network.
//   node --conditions=source bench/journal.bench.ts [--runs 30000] [--in-flight 256] [--rounds 3] [--history 1000000] [--folder DIR] [--postgres] [--nodes 3]

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '30000' },
    'in-flight': { type: 'string', default: '256' },
    rounds: { type: 'string', default: '3' },
    history: { type: 'string', default: '0' },
    folder: { type: 'string', default: tmpdir() },
    quick: { type: 'boolean', default: false },
    postgres: { type: 'boolean', default: false },
  },
})
const runs = Number(values.runs)
const inFlight = Number(values['in-flight'])

const body = JSON.stringify({
  id: 'evt_0',
  object: 'event',
  data: { object: { metadata: { order_id: '17' }, note: 'x'.repeat(900) } },
})
const small = JSON.stringify({
  id: 'pi_3Nabc',
  amount: 1999,
  currency: 'eur',
  status: 'succeeded',
  lines: ['a', 'b', 'c'],
})

function entries(count: number): NewEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    at: Date.now(),
    kind: 'step',
    step: `erp.getOrder#${index}`,
    body: small,
    format: 1,
  }))
}

function event(run: string): EventMessage {
  const now = Date.now()
  const starts = [{ run, flow: 'order-paid', version: 1, key: null, input: null }]
  return {
    kind: 'event',
    tenant: 'default',
    at: now,
    key: `stripe/${run}`,
    type: 'payment_intent.succeeded',
    body,
    starts,
    fields: null,
    keepUntil: 0,
    dedupeUntil: now + 86_400_000,
  }
}

async function oneRun(journal: Journal): Promise<void> {
  const run = newRunId(Date.now())
  await journal.deliver(event(run))
  const base = {
    tenant: 'default',
    run,
    epoch: journal.ownership.epochOf({ tenant: 'default', run, flow: '', key: null }) ?? 0,
  }
  await journal.append({ ...base, after: 0, entries: entries(2) })
  await journal.append({ ...base, after: 2, entries: entries(1) })
  await journal.append({ ...base, after: 3, entries: entries(1) })
  const last: Append = {
    ...base,
    after: 4,
    entries: entries(2),
    state: { status: 'completed', wakeAt: null, code: null, leaveLine: true },
  }
  const receipt = await journal.append(last)
  if (receipt.outcome !== 'written') throw new Error(`expected written, got ${receipt.outcome}`)
}

async function load(journal: Journal, count: number): Promise<number[]> {
  let left = count
  const times: number[] = []
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) {
        const from = performance.now()
        await oneRun(journal)
        times.push(performance.now() - from)
      }
    }),
  )
  return times.sort((a, b) => a - b)
}

interface Figures {
  readonly runs_per_s: number
  readonly main_cpu_ms_per_1k: number
  readonly cpu_ms_per_1k: number
  readonly run_p50_ms: number
  readonly run_p99_ms: number
  readonly longest_ms: number
}

async function measure(journal: Journal, count: number): Promise<Figures> {
  const [from, cpu, main] = [performance.now(), process.cpuUsage(), process.threadCpuUsage()]
  const times = await load(journal, count)
  const seconds = (performance.now() - from) / 1000
  const [all, own] = [process.cpuUsage(cpu), process.threadCpuUsage(main)]
  return {
    runs_per_s: Math.round(count / seconds),
    main_cpu_ms_per_1k: round((own.user + own.system) / count),
    cpu_ms_per_1k: round((all.user + all.system) / count),
    run_p50_ms: round(times[Math.floor(count / 2)]!),
    run_p99_ms: round(times[Math.floor(count * 0.99)]!),
    longest_ms: round(times.at(-1)!),
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

interface Side {
  readonly name: string
  readonly journal: Journal
  /** What the database's own processes have used, ms of CPU. */
  cpuMs?(): number
  bytes(): Promise<number>
  end(): Promise<void>
}

async function prepare(name: string, options: { history?: number; commitDelayMs?: number }): Promise<Side> {
  const folder = mkdtempSync(join(values.folder, 'tenon-bench-'))
  const journal = await sqliteJournal({ folder, trial: { commitDelayMs: options.commitDelayMs ?? 0 } })
  await load(journal, Math.max(3000, options.history ?? 0))
  return {
    name,
    journal,
    bytes: async () => statSync(join(folder, 'journal.db')).size,
    async end() {
      await journal.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** With fsync, as it would be run. */
async function preparePostgres(name: string, history: number): Promise<Side> {
  const server = await startMeasured()
  const database = await server.newDatabase()
  const journal = await postgresJournal({ url: server.url(database) })
  await load(journal, Math.max(3000, history))
  return {
    name,
    journal,
    cpuMs: () => cpuOf(server),
    async bytes() {
      const [row] = await server.sql<{ size: string }>(`SELECT pg_database_size('${database}') AS size`)
      return Number(row?.size)
    },
    async end() {
      await journal.close()
      await server.remove()
    },
  }
}

const sides = [await prepare('empty', {})]
if (!values.quick) sides.push(await prepare('slow disk (3 ms more)', { commitDelayMs: 3 }))
if (Number(values.history) > 0)
  sides.push(await prepare(`${values.history} finished`, { history: Number(values.history) }))
if (values.postgres) sides.push(await preparePostgres('postgres', Number(values.history)))

// In turn, since the machine changes its pace over time.
for (let round = 1; round <= Number(values.rounds); round += 1) {
  for (const { name, journal, cpuMs, bytes } of sides) {
    const [cpu, size] = [cpuMs?.() ?? 0, await bytes()]
    const figures = await measure(journal, runs)
    const server = cpuMs === undefined ? {} : { server_cpu_ms_per_1k: round1k(cpuMs() - cpu) }
    console.log(
      name,
      JSON.stringify({ ...figures, ...server, bytes_per_run: Math.round(((await bytes()) - size) / runs) }),
    )
  }
}

function round1k(ms: number): number {
  return round((ms / runs) * 1000)
}

for (const { end } of sides) await end()
