// One measurement: load and sinks in their own processes, an engine between them, and the ledger's judgement.
import { setTimeout as sleep } from 'node:timers/promises'
import { startHelper, type Helper } from '../measure/process.ts'
import { percentile } from '../measure/statistics.ts'
import type { Engine } from './engines.ts'
import type { LoadReport, LoadRequest } from './load.ts'
import type { Ledger, SinkReport, SinkRequest } from './sinks.ts'

export interface Measured {
  /** Number of the first event. */
  readonly first: number
  readonly perS: number
  readonly ackP50Ms: number
  readonly ackP99Ms: number
  readonly e2eP50Ms: number
  readonly e2eP99Ms: number
  readonly e2eLongestMs: number
  readonly cpuPer1k: number
  readonly peakRssMib: number
  readonly acknowledged: number
  readonly refused: number
  /** Acknowledged, but never arrived at both sinks. */
  readonly lost: number
  /** Arrivals beyond the first, at either sink. */
  readonly duplicated: number
}

export interface Phase {
  readonly count: number
  /** `null`: a closed loop of `inFlight`. */
  readonly rate?: number
  readonly inFlight?: number
  readonly filler?: number
  /** Default `payment_intent.succeeded`. */
  readonly type?: LoadRequest['type']
  /** Number of the first event, for a phase that goes on with the runs of an earlier one. */
  readonly continues?: number
  /** Default true; false where the runs do not end in this phase. */
  readonly ends?: boolean
}

export interface Session {
  readonly sinks: readonly string[]
  measure(engine: Engine, phase: Phase): Promise<Measured>
  stop(): void
}

const patienceMs = 60_000

export async function openSession(): Promise<Session> {
  const sinks = await startHelper<SinkRequest, SinkReport>(new URL('sinks.ts', import.meta.url))
  const load = await startHelper<LoadRequest, LoadReport>(new URL('load.ts', import.meta.url))
  const { ports } = sinks.first as { ports: readonly number[] }
  let next = 0
  return {
    sinks: ports.map((port) => `http://127.0.0.1:${port}`),
    async measure(engine, phase) {
      const first = phase.continues ?? next
      if (phase.continues === undefined) next += phase.count
      return measure({ sinks, load, engine, phase, first })
    },
    stop() {
      sinks.stop()
      load.stop()
    },
  }
}

interface Measurement {
  readonly sinks: Helper<SinkRequest, SinkReport>
  readonly load: Helper<LoadRequest, LoadReport>
  readonly engine: Engine
  readonly phase: Phase
  readonly first: number
}

async function measure({ sinks, load, engine, phase, first }: Measurement): Promise<Measured> {
  const { count } = phase
  if (phase.continues === undefined) await sinks.ask({ kind: 'reset', first, count })
  const before = engine.program.usage()
  const report = await load.ask({
    origins: engine.origins ?? [engine.program.origin],
    path: engine.path,
    secret: engine.secret,
    first,
    count,
    inFlight: phase.inFlight ?? 64,
    rate: phase.rate ?? null,
    filler: phase.filler ?? 0,
    type: phase.type ?? 'payment_intent.succeeded',
  })
  const acknowledged = report.ackedAt.filter((at) => at > 0).length
  const ledger = await arrivals(sinks, phase.ends === false ? null : report)
  const after = engine.program.usage()
  return {
    ...judge(report, ledger),
    first,
    acknowledged,
    refused: report.refused,
    cpuPer1k: ((after.cpuS - before.cpuS) / count) * 1000,
    peakRssMib: after.peakRssMib,
  }
}

/** The ledger, once all that was acknowledged has arrived, or when nothing has arrived for a minute; at once where nothing is `expected`. */
async function arrivals(sinks: Helper<SinkRequest, SinkReport>, expected: LoadReport | null): Promise<Ledger> {
  let arrived = -1
  for (let idleSince = performance.now(); ;) {
    const report = await sinks.ask({ kind: 'ledger' })
    if (report.kind !== 'ledger') throw new Error(`the sinks answered ${report.kind}`)
    if (expected === null || missing(expected, report) === 0) return report
    if (performance.now() - idleSince > patienceMs) return report
    if (report.arrived > arrived) idleSince = performance.now()
    arrived = report.arrived
    await sleep(100)
  }
}

/** Acknowledged, but not at both sinks. Not by their number: an event whose acknowledgement was lost arrives, too. */
function missing({ ackedAt }: LoadReport, { one, two }: Ledger): number {
  return ackedAt.filter((at, index) => at > 0 && (one[index] === 0 || two[index] === 0)).length
}

function judge(load: LoadReport, ledger: Ledger) {
  const { sentAt, ackedAt } = load
  const { one, two, at } = ledger
  const acks: number[] = []
  const ends: number[] = []
  let [begin, end, duplicated] = [Infinity, 0, 0]
  for (const [index, sent] of sentAt.entries()) {
    if (ackedAt[index]! > 0) acks.push(ackedAt[index]! - sent)
    if (at[index]! > 0) ends.push(at[index]! - sent)
    duplicated += Math.max(0, one[index]! - 1) + Math.max(0, two[index]! - 1)
    begin = Math.min(begin, sent)
    end = Math.max(end, at[index]!)
  }
  return {
    perS: ends.length / ((end - begin) / 1000),
    ackP50Ms: percentile(acks, 0.5),
    ackP99Ms: percentile(acks, 0.99),
    e2eP50Ms: percentile(ends, 0.5),
    e2eP99Ms: percentile(ends, 0.99),
    e2eLongestMs: percentile(ends, 1),
    lost: missing(load, ledger),
    duplicated,
  }
}
