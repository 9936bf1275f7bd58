import { setTimeout as sleep } from 'node:timers/promises'
import type { PolicyOptions } from '../../packages/tenon/src/definition/policy.ts'
import type { Job } from '../job.ts'
import { monotonicMs } from '../measure/clock.ts'
import { startHelper } from '../measure/process.ts'
import { line } from '../measure/progress.ts'
import { round } from '../measure/statistics.ts'
import { tenonSide } from '../pipeline/sides.ts'

const callsPerS = 1000
const floorPerS = 10
const retriesShare = 0.2

export const job: Job = {
  description: `an upstream that fails while it is called ${callsPerS} times a second: how often it is asked, with all policies and by the retry budget alone`,
  async run({ runs = 60 * callsPerS }) {
    const shipped = await storm(runs, {})
    line('all policies', { calls: runs, attempts: shipped.attempts })
    const budget = await storm(runs, { breaker: false })
    line('without the breaker', { calls: runs, attempts: budget.attempts })
    return {
      calls: runs,
      attempts: shipped.attempts,
      attempts_without_breaker: budget.attempts,
      most_allowed: round(runs * (1 + retriesShare) + budget.seconds * floorPerS),
      attempts_per_call: round(shipped.attempts / runs, 3),
      attempts_per_call_without_breaker: round(budget.attempts / runs, 3),
    }
  },
}

/** How often the provider was asked, from the first call to the last retry. */
async function storm(calls: number, policies: PolicyOptions): Promise<{ attempts: number; seconds: number }> {
  const provider = await startHelper<object, { readonly asked: number }>(
    new URL('../pipeline/failing-provider.ts', import.meta.url),
  )
  const side = await tenonSide(`http://127.0.0.1:${(provider.first as { port: number }).port}`, policies)
  const made: Promise<unknown>[] = []
  const began = monotonicMs()
  while (made.length < calls) {
    const due = Math.min(calls, Math.floor(((monotonicMs() - began) / 1000) * callsPerS) + 1)
    while (made.length < due) made.push(side.call().catch(() => undefined))
    await sleep(1)
  }
  await Promise.all(made)
  const seconds = (monotonicMs() - began) / 1000
  const { asked } = await provider.ask({})
  await side.close()
  provider.stop()
  return { attempts: asked, seconds }
}
