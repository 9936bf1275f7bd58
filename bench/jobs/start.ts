import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from '../job.ts'
import { line } from '../measure/progress.ts'
import { median, round } from '../measure/statistics.ts'
import { type Engine, isBuilt, startBare, startTenon } from '../order-webhook/engines.ts'
import { openSession } from '../order-webhook/session.ts'
import { paymentSucceeded, signature } from '../order-webhook/payload.ts'

interface Started {
  readonly ms: number
  readonly idleMib: number
}

const idleMs = 4_000

export const job: Job = {
  description: `from a cold start to the first accepted event, then memory after ${idleMs / 1000} idle seconds; ${isBuilt ? 'the built package' : 'from sources: npm run build first'}`,
  async run({ rounds = 5 }) {
    const session = await openSession()
    const bare: Started[] = []
    const tenon: Started[] = []
    try {
      // The first start of each fills the caches of the disk and of compiled code.
      for (let number = 0; number <= rounds; number += 1) {
        const isWarmUp = number === 0
        const pair = [
          await measure(() => startBare(session.sinks)),
          await measure(() => startTenon(session.sinks)),
        ] as const
        line(isWarmUp ? 'warm-up' : `round ${number}`, {
          'bare ms': round(pair[0].ms),
          'tenon ms': round(pair[1].ms),
          'bare MiB': round(pair[0].idleMib),
          'tenon MiB': round(pair[1].idleMib),
        })
        if (isWarmUp) continue
        bare.push(pair[0])
        tenon.push(pair[1])
      }
    } finally {
      session.stop()
    }
    const of = (side: readonly Started[], figure: keyof Started) => median(side.map((one) => one[figure]))
    return {
      bare_start_ms: round(of(bare, 'ms')),
      tenon_start_ms: round(of(tenon, 'ms')),
      start_ratio: round(of(tenon, 'ms') / of(bare, 'ms'), 2),
      bare_idle_mib: round(of(bare, 'idleMib'), 1),
      tenon_idle_mib: round(of(tenon, 'idleMib'), 1),
      idle_ratio: round(of(tenon, 'idleMib') / of(bare, 'idleMib'), 2),
      built: Number(isBuilt),
    }
  },
}

let events = 900_000_000

async function measure(start: () => Promise<Engine>): Promise<Started> {
  const began = performance.now()
  const engine = await start()
  try {
    while (!(await isAccepted(engine))) await sleep(2)
    const ms = performance.now() - began
    await sleep(idleMs)
    return { ms, idleMib: engine.program.usage().rssMib }
  } finally {
    await engine.stop()
  }
}

function isAccepted(engine: Engine): Promise<boolean> {
  const body = paymentSucceeded((events += 1))
  const headers = { 'content-type': 'application/json', 'stripe-signature': signature(body, engine.secret, Date.now()) }
  return new Promise((resolve) => {
    const sending = request(
      `${engine.program.origin}${engine.path}`,
      { method: 'POST', headers, agent: false },
      (answer) => {
        answer.resume()
        resolve(answer.statusCode === 200)
      },
    )
    sending.on('error', () => resolve(false))
    sending.end(body)
  })
}
