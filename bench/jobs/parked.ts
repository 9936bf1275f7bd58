import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from '../job.ts'
import { freshFolder } from '../measure/folder.ts'
import { line, say } from '../measure/progress.ts'
import { round } from '../measure/statistics.ts'
import { type Engine, startBare, startTenon } from '../order-webhook/engines.ts'
import { type Measured, openSession } from '../order-webhook/session.ts'

const app = 'parked/app.ts'
const idleMs = 5_000
const longestParkMs = 120_000

export const job: Job = {
  description: 'runs that wait for an event each: their memory, then how fast all are woken and end',
  async run({ runs = 100_000 }) {
    const session = await openSession()
    const bare = await startBare(session.sinks)
    const folder = freshFolder('parked')
    let tenon = await startTenon(session.sinks, { app, folder })
    try {
      await session.measure(bare, { count: 1 })
      await session.measure(tenon, { count: 1, ends: false })
      await sleep(idleMs)
      const [bareIdle, idle] = [bare.program.usage().rssMib, tenon.program.usage().rssMib]
      line('idle', { bare: `${round(bareIdle)} MiB`, tenon: `${round(idle)} MiB` })
      await bare.stop()

      say(`starting ${runs} runs …`)
      const started = await session.measure(tenon, { count: runs, ends: false })
      // One more: the run that warmed up.
      await untilWaiting(tenon, runs + 1)
      await sleep(idleMs)
      const afterLoad = tenon.program.usage().rssMib
      // What the load left behind in the heap is not what waiting runs cost.
      await tenon.stop()
      tenon = await startTenon(session.sinks, { app, folder })
      await sleep(idleMs)
      const parked = tenon.program.usage().rssMib
      line('all wait', { 'after the load': `${round(afterLoad)} MiB`, 'after a restart': `${round(parked)} MiB` })

      say('waking all …')
      const woken = await session.measure(tenon, { count: runs, continues: started.first, type: 'charge.captured' })
      line('all woken', { 'runs/s': round(woken.perS), lost: woken.lost, duplicated: woken.duplicated })
      return figures({ runs, bareIdle, idle, afterLoad, parked, woken })
    } finally {
      await bare.stop()
      await tenon.stop()
      folder.remove()
      session.stop()
    }
  },
}

interface Found {
  readonly runs: number
  readonly bareIdle: number
  readonly idle: number
  readonly afterLoad: number
  readonly parked: number
  readonly woken: Measured
}

function figures({ runs, bareIdle, idle, afterLoad, parked, woken }: Found): Record<string, number> {
  return {
    runs,
    bare_idle_mib: round(bareIdle, 1),
    idle_mib: round(idle, 1),
    after_load_mib: round(afterLoad, 1),
    parked_mib: round(parked, 1),
    parked_ratio: round(parked / bareIdle, 2),
    woken_per_s: round(woken.perS),
    peak_rss_mib: round(woken.peakRssMib),
    lost: woken.lost,
    duplicated: woken.duplicated,
  }
}

/** Asks the management API, as a person would. */
async function untilWaiting(engine: Engine, runs: number): Promise<void> {
  const token = readFileSync(join(engine.folder.path, 'operator-token'), 'utf8').trim()
  for (const began = performance.now(); performance.now() - began < longestParkMs; await sleep(500)) {
    const answer = await fetch(`${engine.program.origin}/api/v1/status`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const { counts } = (await answer.json()) as { counts: { readonly waiting: number } }
    if (counts.waiting >= runs) return
  }
  throw new Error(`not all runs wait within ${longestParkMs / 1000} s`)
}
