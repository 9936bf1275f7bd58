import type { Job } from '../job.ts'
import { line } from '../measure/progress.ts'
import { median, round } from '../measure/statistics.ts'
import { type StartEngine, startBare, startPrototype, startTenon } from '../order-webhook/engines.ts'
import { openSession } from '../order-webhook/session.ts'

const sides: readonly (readonly [name: string, start: StartEngine])[] = [
  ['bare', startBare],
  ['prototype', startPrototype],
  ['tenon', startTenon],
]
const commitMs = 3

export const job: Job = {
  description: `the job order-webhook on a disk whose commits take ${commitMs} ms longer`,
  async run({ rounds = 3, runs = 10_000 }) {
    // Read by slow-disk.ts in the engines' processes.
    process.env['BENCH_COMMIT_MS'] = String(commitMs)
    const session = await openSession()
    const speeds = new Map(sides.map(([name]) => [name, [] as number[]]))
    let [lost, duplicated] = [0, 0]
    try {
      for (let number = 0; number < rounds; number += 1) {
        for (const [name, start] of sides) {
          const engine = await start(session.sinks)
          try {
            await session.measure(engine, { count: Math.ceil(runs / 5) })
            const measured = await session.measure(engine, { count: runs })
            line(name, { 'runs/s': round(measured.perS), 'ack p99': round(measured.ackP99Ms, 1), 'e2e p50': round(measured.e2eP50Ms, 1) })
            speeds.get(name)?.push(measured.perS)
            if (name === 'tenon') [lost, duplicated] = [lost + measured.lost, duplicated + measured.duplicated]
          } finally {
            await engine.stop()
          }
        }
      }
    } finally {
      session.stop()
    }
    const [bare, prototype, tenon] = [...speeds.values()].map((of) => round(median(of))) as [number, number, number]
    return { commit_ms: commitMs, bare_per_s: bare, prototype_per_s: prototype, tenon_per_s: tenon, ratio: round(tenon / bare, 3), lost, duplicated }
  },
}
