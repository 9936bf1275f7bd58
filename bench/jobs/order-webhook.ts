import type { Job, JobOptions } from '../job.ts'
import { line, say } from '../measure/progress.ts'
import { median, round, spread } from '../measure/statistics.ts'
import { type Engine, type StartEngine, startBare, startPrototype, startTenon } from '../order-webhook/engines.ts'
import { type Measured, openSession, type Session } from '../order-webhook/session.ts'

type Side = 'bare' | 'prototype' | 'tenon'

interface Results {
  readonly full: Record<Side, Measured[]>
  readonly half: Record<'bare' | 'tenon', Measured[]>
}

const latencySeconds = 8
/** So many runs until V8 has compiled what is hot; before that, every side is measured at its start only. */
const warmUp = 40_000

export const job: Job = {
  description:
    'a signed webhook is accepted, mapped, posted to one sink and then to another; 64 in flight, then at half of the reached rate',
  run,
}

async function run({ rounds = 3, runs = 20_000 }: JobOptions): Promise<Record<string, number>> {
  const session = await openSession()
  const results: Results = { full: { bare: [], prototype: [], tenon: [] }, half: { bare: [], tenon: [] } }
  try {
    for (let number = 1; number <= rounds; number += 1) {
      say(`round ${number} of ${rounds}`)
      await playRound(session, results, runs)
    }
  } finally {
    session.stop()
  }
  return summary(results)
}

/** A, B, C in turn; the latency of A and C at one rate, which only C's speed tells. */
async function playRound(session: Session, { full, half }: Results, runs: number): Promise<void> {
  const bare = await start(session, startBare)
  try {
    full.bare.push(await atFullSpeed(session, bare, 'bare', runs))
    const prototype = await start(session, startPrototype)
    try {
      full.prototype.push(await atFullSpeed(session, prototype, 'prototype', runs))
    } finally {
      await prototype.stop()
    }
    const tenon = await start(session, startTenon)
    let rate
    try {
      full.tenon.push(await atFullSpeed(session, tenon, 'tenon', runs))
      rate = Math.max(1, Math.floor(median(full.tenon.map(({ perS }) => perS)) / 2))
      half.tenon.push(await atRate(session, tenon, 'tenon', rate))
    } finally {
      await tenon.stop()
    }
    half.bare.push(await atRate(session, bare, 'bare', rate))
  } finally {
    await bare.stop()
  }
}

function start(session: Session, startEngine: StartEngine): Promise<Engine> {
  return startEngine(session.sinks)
}

async function atFullSpeed(session: Session, engine: Engine, name: Side, runs: number): Promise<Measured> {
  await session.measure(engine, { count: warmUp })
  const measured = await session.measure(engine, { count: runs })
  line(name, {
    'runs/s': round(measured.perS),
    'ack p99': round(measured.ackP99Ms, 1),
    'e2e p50': round(measured.e2eP50Ms, 1),
    p99: round(measured.e2eP99Ms, 1),
    'CPU s/1k': round(measured.cpuPer1k, 3),
    'peak MiB': round(measured.peakRssMib),
    lost: measured.lost,
    duplicated: measured.duplicated,
  })
  return measured
}

async function atRate(session: Session, engine: Engine, name: Side, rate: number): Promise<Measured> {
  const measured = await session.measure(engine, { count: rate * latencySeconds, rate })
  line(`${name} at ${rate}/s`, {
    'ack p50': round(measured.ackP50Ms, 2),
    'ack p99': round(measured.ackP99Ms, 1),
    'e2e p50': round(measured.e2eP50Ms, 2),
    p99: round(measured.e2eP99Ms, 1),
    lost: measured.lost,
    duplicated: measured.duplicated,
  })
  return measured
}

const of = (measured: readonly Measured[], figure: keyof Measured, digits: number) =>
  round(median(measured.map((one) => one[figure])), digits)

function summary({ full, half }: Results): Record<string, number> {
  for (const [name, measured] of Object.entries(full)) {
    const speeds = measured.map(({ perS }) => perS)
    line(name, { median: `${round(median(speeds))}/s`, spread: `${round(spread(speeds) * 100)} %` })
  }
  const ofTenon = [...full.tenon, ...half.tenon]
  const [bare, tenon] = [of(full.bare, 'perS', 0), of(full.tenon, 'perS', 0)]
  return {
    bare_per_s: bare,
    prototype_per_s: of(full.prototype, 'perS', 0),
    tenon_per_s: tenon,
    ratio: round(tenon / bare, 3),
    ack_p99_ms: of(half.tenon, 'ackP99Ms', 1),
    e2e_p50_ms: of(half.tenon, 'e2eP50Ms', 2),
    e2e_p99_ms: of(half.tenon, 'e2eP99Ms', 1),
    bare_e2e_p50_ms: of(half.bare, 'e2eP50Ms', 2),
    cpu_s_per_1k: of(full.tenon, 'cpuPer1k', 3),
    bare_cpu_s_per_1k: of(full.bare, 'cpuPer1k', 3),
    peak_rss_mib: round(Math.max(...full.tenon.map(({ peakRssMib }) => peakRssMib))),
    lost: ofTenon.reduce((total, { lost }) => total + lost, 0),
    duplicated: ofTenon.reduce((total, { duplicated }) => total + duplicated, 0),
  }
}
