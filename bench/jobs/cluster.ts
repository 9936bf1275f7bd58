import { setTimeout as sleep } from 'node:timers/promises'
import type { PostgresServer } from '../../packages/tenon/src/postgres/postgres.fixture.ts'
import type { Job, JobOptions } from '../job.ts'
import { type Spent, spentBy, startMeasured } from '../measure/postgres.ts'
import { line, say } from '../measure/progress.ts'
import { median, round } from '../measure/statistics.ts'
import { startCluster } from '../order-webhook/cluster.ts'
import { type Engine, startBare, startTenon } from '../order-webhook/engines.ts'
import { sum } from '../order-webhook/in-turn.ts'
import { type Measured, openSession, type Session } from '../order-webhook/session.ts'

const names = ['bare', 'embedded', 'one', 'three'] as const
type Side = (typeof names)[number]

interface Results {
  readonly full: Record<Side, Measured[]>
  readonly half: Record<Side, Measured[]>
  /** What PostgreSQL spent for 1,000 runs. */
  readonly spent: Record<Side, Spent[]>
}

const halfSeconds = 5
const leaseS = 10

export const job: Job = {
  description:
    'the job order-webhook on one node and on three over one PostgreSQL with fsync on, beside the journal in the process; then a node is killed, and a primary',
  run,
}

async function run({ rounds = 3, runs = 20_000 }: JobOptions): Promise<Record<string, number>> {
  const none = <Value>(): Record<Side, Value[]> => ({ bare: [], embedded: [], one: [], three: [] })
  const results: Results = { full: none(), half: none(), spent: none() }
  const session = await openSession()
  try {
    for (let number = 1; number <= rounds; number += 1) {
      say(`round ${number} of ${rounds}`)
      for (const name of names) await measureSide(session, results, name, runs)
    }
    const killed = await killNode(session)
    const promoted = await promoteStandby(session)
    return { ...summary(results), ...killed, ...promoted }
  } finally {
    session.stop()
  }
}

async function measureSide(session: Session, results: Results, name: Side, runs: number): Promise<void> {
  if (name === 'bare') return measure(session, results, { name, runs, engine: await startBare(session.sinks) })
  if (name === 'embedded') return measure(session, results, { name, runs, engine: await startTenon(session.sinks) })
  // A fresh one each time: what the sides leave behind must not be the next one's work.
  const server = await startMeasured()
  try {
    const database = await server.newDatabase()
    const engine = await startCluster(server, database, { sinks: session.sinks, nodes: name === 'one' ? 1 : 3 })
    await measure(session, results, { name, runs, engine, spent: () => spentBy(server, database) })
  } finally {
    await server.remove()
  }
}

interface Measurement {
  readonly name: Side
  readonly engine: Engine
  readonly runs: number
  readonly spent?: () => Promise<Spent>
}

async function measure(session: Session, results: Results, { name, engine, runs, spent }: Measurement): Promise<void> {
  try {
    await session.measure(engine, { count: runs * 2 })
    const before = await spent?.()
    const full = await session.measure(engine, { count: runs })
    const after = await spent?.()
    results.full[name].push(full)
    if (before !== undefined && after !== undefined) results.spent[name].push(perThousand(before, after, runs))
    const rate = Math.max(1, Math.floor(full.perS / 2))
    const half = await session.measure(engine, { count: rate * halfSeconds, rate })
    results.half[name].push(half)
    line(name, {
      'runs/s': round(full.perS),
      'CPU s/1k': round(full.cpuPer1k, 3),
      'PostgreSQL s/1k': round((results.spent[name].at(-1)?.cpuMs ?? 0) / 1000, 3),
      'e2e p50 at half': round(half.e2eP50Ms, 1),
      p99: round(half.e2eP99Ms, 1),
      lost: full.lost + half.lost,
      duplicated: full.duplicated + half.duplicated,
    })
  } finally {
    await engine.stop()
  }
}

function perThousand(before: Spent, after: Spent, runs: number): Spent {
  const part = (of: keyof Spent): number => ((after[of] - before[of]) / runs) * 1000
  return { cpuMs: part('cpuMs'), walBytes: part('walBytes'), diskBytes: part('diskBytes'), commits: part('commits') }
}

const failoverLoad = { count: 6_000, rate: 200 }
const untilFaultMs = 5_000

/** The run that took longest is one of the killed node's, which began about when it was killed. */
async function killNode(session: Session): Promise<Record<string, number>> {
  const server = await startMeasured()
  try {
    const cluster = await startCluster(server, await server.newDatabase(), { sinks: session.sinks, nodes: 3 })
    try {
      const measured = session.measure(cluster, failoverLoad)
      await sleep(untilFaultMs)
      process.kill(cluster.nodes.at(-1)!.program.pid, 'SIGKILL')
      const { e2eLongestMs, lost, duplicated } = await measured
      const leases = round(e2eLongestMs / 1000 / leaseS, 2)
      line('a node killed', { leases, lost, duplicated })
      return { killed_node_leases: leases, killed_node_lost: lost, killed_node_repeated_calls: duplicated }
    } finally {
      await cluster.stop()
    }
  } finally {
    await server.remove()
  }
}

async function promoteStandby(session: Session): Promise<Record<string, number>> {
  const primary = await startMeasured()
  const servers: PostgresServer[] = [primary]
  try {
    const database = await primary.newDatabase()
    const standby = await primary.addStandby()
    servers.push(standby)
    const ports = [primary.port, standby.port]
    const cluster = await startCluster(primary, database, { sinks: session.sinks, nodes: 3, ports })
    try {
      const measured = session.measure(cluster, failoverLoad)
      await sleep(untilFaultMs)
      const killedAt = performance.now()
      await primary.kill()
      const untilPromotionMs = performance.now() - killedAt
      await standby.promote()
      const { e2eLongestMs, lost, duplicated, refused } = await measured
      const seconds = round((e2eLongestMs - untilPromotionMs) / 1000, 2)
      line('a standby promoted', { seconds, lost, duplicated, refused })
      return { promoted_s: seconds, promoted_lost: lost, promoted_repeated_calls: duplicated }
    } finally {
      await cluster.stop()
    }
  } finally {
    for (const server of servers.toReversed()) await server.remove()
  }
}

function summary({ full, half, spent }: Results): Record<string, number> {
  const of = (side: Side, figure: keyof Measured, from = full): number => median(from[side].map((one) => one[figure]))
  const database = (side: Side, figure: keyof Spent): number => median(spent[side].map((one) => one[figure]))
  const measured = [full, half].flatMap(({ embedded, one, three }) => [...embedded, ...one, ...three])
  const bare = of('bare', 'perS')
  return {
    bare_per_s: round(bare),
    embedded_ratio: round(of('embedded', 'perS') / bare, 3),
    one_ratio: round(of('one', 'perS') / bare, 3),
    three_ratio: round(of('three', 'perS') / bare, 3),
    three_of_one: round(of('three', 'perS') / of('one', 'perS'), 3),
    bare_cpu_s_per_1k: round(of('bare', 'cpuPer1k'), 3),
    embedded_cpu_s_per_1k: round(of('embedded', 'cpuPer1k'), 3),
    one_cpu_s_per_1k: round(of('one', 'cpuPer1k'), 3),
    three_cpu_s_per_1k: round(of('three', 'cpuPer1k'), 3),
    one_postgres_cpu_s_per_1k: round(database('one', 'cpuMs') / 1000, 3),
    three_postgres_cpu_s_per_1k: round(database('three', 'cpuMs') / 1000, 3),
    one_wal_bytes_per_run: round(database('one', 'walBytes') / 1000),
    one_disk_bytes_per_run: round(database('one', 'diskBytes') / 1000),
    one_commits_per_1k: round(database('one', 'commits')),
    three_commits_per_1k: round(database('three', 'commits')),
    bare_e2e_p50_ms: round(of('bare', 'e2eP50Ms', half), 2),
    embedded_e2e_p50_ms: round(of('embedded', 'e2eP50Ms', half), 2),
    one_e2e_p50_ms: round(of('one', 'e2eP50Ms', half), 2),
    three_e2e_p50_ms: round(of('three', 'e2eP50Ms', half), 2),
    lost: sum(measured, 'lost'),
    duplicated: sum(measured, 'duplicated'),
  }
}
