// What counting costs: the flow of `order-webhook` in this process, on a journal on disk, with and without a meter, in turn: `node bench/meter.bench.ts [--json] [--rounds N]`.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../packages/tenon/src/base/clock.ts'
import { Secret } from '../packages/tenon/src/base/secret.ts'
import { createClient } from '../packages/tenon/src/client/client.ts'
import { createConnections } from '../packages/tenon/src/connection/connection.ts'
import type { Connector } from '../packages/tenon/src/definition/connector.ts'
import { createEngine } from '../packages/tenon/src/engine/create-engine.ts'
import type { Engine } from '../packages/tenon/src/engine/engine.ts'
import { sqliteJournal } from '../packages/tenon/src/journal/sqlite.ts'
import type { Transport } from '../packages/tenon/src/outbound/outbound.ts'
import { vocabularyOf } from '../packages/tenon/src/server/measures.ts'
import { Meter, silentMeter } from '../packages/tenon/src/telemetry/meter.ts'
import { median, round } from './measure/statistics.ts'
import app from './order-webhook/app.ts'
import { carrier, ledger } from './order-webhook/connectors.ts'
import { paymentSucceeded } from './order-webhook/payload.ts'

const inFlight = 64
const runsPerRound = 10_000
const answer = Buffer.from('{"number":1,"id":"s_1","state":"done"}')

/** Answers at once: what is measured is our own work. */
const transport: Transport = {
  send: async () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: answer, isComplete: true }),
  close: async () => undefined,
}

interface Side {
  readonly engine: Engine
  readonly meter: Meter | null
  close(): Promise<void>
}

async function open(folder: string, meter: Meter | null): Promise<Side> {
  const connections = await createConnections({
    connections: [ledger, carrier].map((connector) => ({
      tenant: 'default',
      connector: connector as unknown as Connector,
      name: 'main',
      baseUrl: 'https://sink.example.com',
      credentials: { token: new Secret('bench-token') },
      simulated: false,
    })),
  })
  const counting = { meter: meter ?? silentMeter }
  const journal = await sqliteJournal({ folder, ...(meter && { meter }) })
  const client = createClient({ connections, clock: systemClock, ...counting, transportFor: () => transport })
  const engine = await createEngine({ app, journal, client, ...counting })
  return {
    engine,
    meter,
    async close() {
      await engine.drain(1000)
      await client.close()
      await journal.close()
    },
  }
}

let sent = 0

/** Microseconds of CPU and of time for a run. */
async function drive({ engine, meter }: Side): Promise<{ cpuUs: number; wallUs: number }> {
  let left = runsPerRound
  let ended = 0
  const done = new Promise<void>((resolve) => {
    engine.listen(
      () => {
        if ((ended += 1) === runsPerRound) resolve()
      },
      (name) => name === 'run.completed',
    )
  })
  const worker = async (): Promise<void> => {
    while ((left -= 1) >= 0) {
      const { id, type, created, data } = JSON.parse(paymentSucceeded((sent += 1)))
      const began = systemClock.now()
      await engine.accept({
        tenant: 'default',
        trigger: 'payments',
        id,
        type: `payments/${type}`,
        source: 'payments',
        timeMs: created * 1000,
        data: data.object,
        dedupeMs: 86_400_000,
      })
      meter?.eventTaken('payments', 'accepted')
      meter?.webhookAnswered('payments', '', systemClock.now() - began)
    }
  }
  const started = performance.now()
  const before = process.threadCpuUsage()
  await Promise.all(Array.from({ length: inFlight }, worker))
  await done
  const { user, system } = process.threadCpuUsage(before)
  return {
    cpuUs: (user + system) / runsPerRound,
    wallUs: ((performance.now() - started) / runsPerRound) * 1000,
  }
}

const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 7
const home = join(import.meta.dirname, '../.tenon/bench')
mkdirSync(home, { recursive: true })
const folder = mkdtempSync(join(home, 'meter-'))
const sides = {
  without: await open(join(folder, 'without'), null),
  counted: await open(join(folder, 'counted'), new Meter(vocabularyOf(app))),
}
const ratios: { cpu: number; wall: number; cpuUs: number; withoutUs: number }[] = []
for (let index = 0; index < rounds + 2; index += 1) {
  // Who goes first changes, so that neither always finds the other's garbage.
  const order = index % 2 === 0 ? (['without', 'counted'] as const) : (['counted', 'without'] as const)
  const found = { without: { cpuUs: 0, wallUs: 0 }, counted: { cpuUs: 0, wallUs: 0 } }
  for (const side of order) found[side] = await drive(sides[side])
  // The first two warm up.
  if (index < 2) continue
  const { without, counted } = found
  ratios.push({
    cpu: counted.cpuUs / without.cpuUs,
    wall: counted.wallUs / without.wallUs,
    cpuUs: counted.cpuUs,
    withoutUs: without.cpuUs,
  })
}
await sides.without.close()
await sides.counted.close()
rmSync(folder, { recursive: true })

const figures = {
  job: 'meter',
  cpu_ratio: round(median(ratios.map(({ cpu }) => cpu)), 3),
  wall_ratio: round(median(ratios.map(({ wall }) => wall)), 3),
  main_thread_cpu_us: round(median(ratios.map(({ cpuUs }) => cpuUs)), 1),
  without_us: round(median(ratios.map(({ withoutUs }) => withoutUs)), 1),
}
if (!process.argv.includes('--json'))
  console.log(`a run with counting costs ${figures.cpu_ratio} times the CPU of one without`)
console.log(JSON.stringify(figures))
