import type { Job } from '../job.ts'
import { line } from '../measure/progress.ts'
import { median, round } from '../measure/statistics.ts'
import { startBare, startTenon } from '../order-webhook/engines.ts'
import { type Measured, openSession, type Session } from '../order-webhook/session.ts'

const eventBytes = 1_000_000

/** A little less than the size of the whole body, which has a limit of 1 MiB. */
const filler = eventBytes - 1_300

export const job: Job = {
  description: 'the job order-webhook with events of 1 MB, 8 in flight',
  async run({ rounds = 3, runs = 300 }) {
    const session = await openSession()
    const bare: Measured[] = []
    const tenon: Measured[] = []
    try {
      for (let number = 0; number < rounds; number += 1) {
        bare.push(await measure(session, 'bare', runs))
        tenon.push(await measure(session, 'tenon', runs))
      }
    } finally {
      session.stop()
    }
    const [barePerS, perS] = [bare, tenon].map((side) => median(side.map((one) => one.perS))) as [number, number]
    return {
      bare_per_s: round(barePerS, 1),
      tenon_per_s: round(perS, 1),
      ratio: round(perS / barePerS, 3),
      mb_per_s: round((perS * eventBytes) / 1e6, 1),
      ack_p99_ms: round(median(tenon.map((one) => one.ackP99Ms)), 1),
      peak_rss_mib: round(Math.max(...tenon.map((one) => one.peakRssMib))),
      bare_peak_rss_mib: round(Math.max(...bare.map((one) => one.peakRssMib))),
      refused: tenon.reduce((total, { refused }) => total + refused, 0),
      lost: tenon.reduce((total, { lost }) => total + lost, 0),
      duplicated: tenon.reduce((total, { duplicated }) => total + duplicated, 0),
    }
  },
}

async function measure(session: Session, name: 'bare' | 'tenon', runs: number): Promise<Measured> {
  const engine = await (name === 'bare' ? startBare : startTenon)(session.sinks)
  try {
    await session.measure(engine, { count: 20, inFlight: 8, filler })
    const measured = await session.measure(engine, { count: runs, inFlight: 8, filler })
    const { perS, ackP99Ms, peakRssMib, refused, lost } = measured
    line(name, { 'runs/s': round(perS, 1), 'ack p99': round(ackP99Ms, 1), 'peak MiB': round(peakRssMib), refused, lost })
    return measured
  } finally {
    await engine.stop()
  }
}
