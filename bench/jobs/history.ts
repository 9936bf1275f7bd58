import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fillStore } from '../history/store.ts'
import type { Job } from '../job.ts'
import { freshFolder } from '../measure/folder.ts'
import { line } from '../measure/progress.ts'
import { median, round } from '../measure/statistics.ts'
import { startTenon } from '../order-webhook/engines.ts'
import { inTurn, sum } from '../order-webhook/in-turn.ts'

const measuredRuns = 15_000
/** Far from the numbers that a session gives. */
const firstFilled = 2_000_000_000

export const job: Job = {
  description: 'the job order-webhook with many finished runs in the store, beside an empty one',
  async run({ rounds = 3, runs = 1_000_000 }) {
    const folder = freshFolder('history')
    try {
      await fillStore({ folder: folder.path, runs, first: firstFilled })
      const fileMib = statSync(join(folder.path, 'journal.db')).size / 1024 ** 2
      const { empty, full } = await inTurn({
        rounds,
        sides: { empty: startTenon, full: (sinks) => startTenon(sinks, { folder }) },
        async measure(session, engine, name) {
          await session.measure(engine, { count: measuredRuns / 5 })
          const measured = await session.measure(engine, { count: measuredRuns })
          const { perS, ackP99Ms, peakRssMib, lost } = measured
          line(name, { 'runs/s': round(perS), 'ack p99': round(ackP99Ms, 1), 'peak MiB': round(peakRssMib), lost })
          return measured
        },
      })
      const [emptyPerS, fullPerS] = [empty, full].map((side) => round(median(side.map(({ perS }) => perS)))) as [
        number,
        number,
      ]
      return {
        finished_runs: runs,
        file_mib: round(fileMib),
        empty_per_s: emptyPerS,
        full_per_s: fullPerS,
        ratio: round(fullPerS / emptyPerS, 3),
        full_peak_rss_mib: round(Math.max(...full.map(({ peakRssMib }) => peakRssMib))),
        lost: sum(full, 'lost'),
        duplicated: sum(full, 'duplicated'),
      }
    } finally {
      folder.remove()
    }
  },
}
