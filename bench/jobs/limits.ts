import { z } from 'zod'
import { systemClock } from '../../packages/tenon/src/base/clock.ts'
import { Secret } from '../../packages/tenon/src/base/secret.ts'
import { createClient } from '../../packages/tenon/src/client/client.ts'
import { createConnections } from '../../packages/tenon/src/connection/connection.ts'
import { noAuth } from '../../packages/tenon/src/definition/auth.ts'
import { defineConnector } from '../../packages/tenon/src/definition/connector.ts'
import { operation } from '../../packages/tenon/src/definition/operation.ts'
import { loadPolicies } from '../../packages/tenon/src/outbound/pipeline.ts'
import { Answer, defineSimulator, startSimulator } from '../../packages/tenon/src/simulator/simulator.ts'
import type { Job } from '../job.ts'
import { monotonicMs } from '../measure/clock.ts'
import { line } from '../measure/progress.ts'
import { round } from '../measure/statistics.ts'

const tenants = 1000
/** What the provider takes in a second. */
const limit = 400
/** The share of it that the connector declares: the rest is for ways that differ by more than a budget allows for. */
const used = 0.955
const heavy = { of: 10, callers: 5 }
const roundMs = 10_000

export const job: Job = {
  description: `${tenants} tenants on one simulated provider, one in ${heavy.of} asking for ${heavy.callers} times as much, all together at ${used * 100} % of its limit, which it counts in every second by arrival: 429s, and how even the shares are`,
  async run({ rounds = 4 }) {
    arrivals.length = 0
    const provider = await startSimulator(simulator)
    const { call, close } = await openClient(provider.baseUrl)
    const shares = Array.from({ length: tenants }, () => 0)
    const refused: number[] = []
    let served = 0
    let refusals = 0
    let isOver = false
    const caller = async (tenant: number): Promise<void> => {
      while (!isOver) {
        const status = await call(`tenant-${tenant}`)
        if (status === 429) refusals += 1
        if (status !== 200 || isOver) continue
        shares[tenant] = (shares[tenant] ?? 0) + 1
        served += 1
      }
    }
    const callers = shares.flatMap((_, tenant) =>
      Array.from({ length: tenant % heavy.of === 0 ? heavy.callers : 1 }, () => caller(tenant)),
    )
    const began = monotonicMs()
    for (let index = 0; index < rounds; index += 1) {
      const before = [served, refusals] as const
      await new Promise((resolve) => setTimeout(resolve, roundMs))
      refused.push(refusals - before[1])
      line(`round ${index + 1}`, {
        'calls/s': round(((served - before[0]) / roundMs) * 1000),
        '429': refused.at(-1) ?? 0,
      })
    }
    const seconds = (monotonicMs() - began) / 1000
    isOver = true
    await Promise.all(callers)
    await Promise.all([close(), provider.close()])
    return {
      limit_per_s: limit,
      calls_per_s: round(served / seconds),
      of_limit: round(served / seconds / limit, 3),
      refused_first_round: refused[0] ?? 0,
      refused_later: refused.slice(1).reduce((sum, one) => sum + one, 0),
      most_in_a_second: mostInASecond(arrivals),
      jain: round(jain(shares), 3),
    }
  },
}

const provider = defineConnector('provider', {
  baseUrl: 'http://127.0.0.1',
  auth: noAuth(),
  policies: {
    limits: { declared: [{ name: 'all', requests: limit * used, per: '1s', scope: 'app', burst: 5 }] },
    // Callers of one tenant ask for the same: each is to be a request of its own.
    coalesce: false,
  },
  operations: {
    read: operation({ method: 'GET', path: '/things', input: z.object({}), output: z.object({ ok: z.boolean() }) }),
  },
})

/** When the provider got each request. It counts them in a strict sliding second; a bucket would forgive more than some providers do. */
const arrivals: number[] = []

const simulator = defineSimulator(provider, {
  operations: {
    read() {
      const now = monotonicMs()
      // The one that came `limit` requests before, less than a second ago: this is one too many.
      const before = arrivals.at(-limit)
      arrivals.push(now)
      if (before !== undefined && now - before < 1000) return new Answer(429, {}, { 'retry-after': '1' })
      return { ok: true }
    },
  },
  refuse: ({ reason }) => new Answer(reason === 'rate-limited' ? 429 : 400, {}, { 'retry-after': '1' }),
})

async function openClient(baseUrl: string) {
  const all = Array.from({ length: tenants }, (_, index) => ({
    tenant: `tenant-${index}`,
    connector: provider,
    name: 'main',
    baseUrl,
    credentials: { none: new Secret('') },
    simulated: true,
  }))
  const client = createClient({
    connections: await createConnections({ connections: all }),
    clock: systemClock,
    policies: await loadPolicies(),
  })
  return {
    close: () => client.close(),
    /** The status of the answer; `null` where there was none. */
    async call(tenant: string): Promise<number | null> {
      const answer = await client.call({
        tenant,
        connector: provider,
        connection: 'main',
        operation: 'read',
        input: {},
        idempotencyKey: null,
        mayHaveHappened: false,
        timeoutMs: 30_000,
        signal: null,
        // In a flow nothing is tried again below: each refusal is seen.
        flow: 'bench',
        patienceMs: 30_000,
      })
      return answer.status
    },
  }
}

function mostInASecond(times: readonly number[]): number {
  let most = 0
  let from = 0
  for (const [to, time] of times.entries()) {
    while (time - (times[from] ?? time) >= 1000) from += 1
    most = Math.max(most, to - from + 1)
  }
  return most
}

/** Jain's index: 1 where all have the same, 1/n where one has all. */
function jain(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0)
  return (sum * sum) / (values.length * values.reduce((total, value) => total + value * value, 0))
}
