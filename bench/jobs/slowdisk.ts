import type { Job } from '../job.ts'
import { line } from '../measure/progress.ts'
import { median, round } from '../measure/statistics.ts'
import { startBare, startPrototype, startTenon } from '../order-webhook/engines.ts'
import { inTurn, sum } from '../order-webhook/in-turn.ts'

const commitMs = 3

export const job: Job = {
  description: `the job order-webhook on a disk whose commits take ${commitMs} ms longer`,
  async run({ rounds = 3, runs = 10_000 }) {
    // Read by slow-disk.ts in the engines' processes.
    process.env['BENCH_COMMIT_MS'] = String(commitMs)
    const results = await inTurn({
      rounds,
      sides: { bare: startBare, prototype: startPrototype, tenon: startTenon },
      async measure(session, engine, name) {
        await session.measure(engine, { count: Math.ceil(runs / 5) })
        const measured = await session.measure(engine, { count: runs })
        const { perS, ackP99Ms, e2eP50Ms, lost } = measured
        line(name, { 'runs/s': round(perS), 'ack p99': round(ackP99Ms, 1), 'e2e p50': round(e2eP50Ms, 1), lost })
        return measured
      },
    })
    const speed = (side: keyof typeof results) => round(median(results[side].map(({ perS }) => perS)))
    return {
      commit_ms: commitMs,
      bare_per_s: speed('bare'),
      prototype_per_s: speed('prototype'),
      tenon_per_s: speed('tenon'),
      ratio: round(speed('tenon') / speed('bare'), 3),
      ack_p99_ms: round(median(results.tenon.map((one) => one.ackP99Ms)), 1),
      lost: sum(results.tenon, 'lost'),
      duplicated: sum(results.tenon, 'duplicated'),
    }
  },
}
