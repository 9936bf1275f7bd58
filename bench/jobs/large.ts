import type { Job } from '../job.ts'
import { line } from '../measure/progress.ts'
import { median, round } from '../measure/statistics.ts'
import { startBare, startTenon } from '../order-webhook/engines.ts'
import { inTurn, sum } from '../order-webhook/in-turn.ts'

const eventBytes = 1_000_000

/** A little less than the size of the whole body, which has a limit of 1 MiB. */
const filler = eventBytes - 1_300
const inFlight = 8

export const job: Job = {
  description: `the job order-webhook with events of 1 MB, ${inFlight} in flight`,
  async run({ rounds = 3, runs = 300 }) {
    const { bare, tenon } = await inTurn({
      rounds,
      sides: { bare: startBare, tenon: startTenon },
      async measure(session, engine, name) {
        await session.measure(engine, { count: 20, inFlight, filler })
        const measured = await session.measure(engine, { count: runs, inFlight, filler })
        const { perS, ackP99Ms, peakRssMib, refused, lost } = measured
        line(name, {
          'runs/s': round(perS, 1),
          'ack p99': round(ackP99Ms, 1),
          'peak MiB': round(peakRssMib),
          refused,
          lost,
        })
        return measured
      },
    })
    const barePerS = median(bare.map((one) => one.perS))
    const perS = median(tenon.map((one) => one.perS))
    return {
      bare_per_s: round(barePerS, 1),
      tenon_per_s: round(perS, 1),
      ratio: round(perS / barePerS, 3),
      mb_per_s: round((perS * eventBytes) / 1e6, 1),
      ack_p99_ms: round(median(tenon.map((one) => one.ackP99Ms)), 1),
      peak_rss_mib: round(Math.max(...tenon.map((one) => one.peakRssMib))),
      bare_peak_rss_mib: round(Math.max(...bare.map((one) => one.peakRssMib))),
      refused: sum(tenon, 'refused'),
      lost: sum(tenon, 'lost'),
      duplicated: sum(tenon, 'duplicated'),
    }
  },
}
