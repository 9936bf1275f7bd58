import { z } from 'zod'
import { sleep } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { createClient } from '../client/client.ts'
import { createConnections } from '../connection/connection.ts'
import { defineApp } from '../definition/app.ts'
import { noAuth } from '../definition/auth.ts'
import { defineConnector } from '../definition/connector.ts'
import { defineFlow } from '../definition/flow.ts'
import { operation } from '../definition/operation.ts'
import type { PolicyOptions } from '../definition/policy.ts'
import { unverified } from '../definition/verifier.ts'
import type { RunStatus } from '../journal/journal.ts'
import { memoryJournal, type MemoryJournal } from '../journal/memory.ts'
import { emptyState } from '../journal/memory/state.ts'
import { failedWith, type RawAnswer } from '../outbound/outbound.ts'
import { loadPolicies } from '../outbound/pipeline.ts'
import { mortalClock, virtualClock } from '../testing/virtual-clock.ts'
import { createEngine } from './create-engine.ts'

function shopWith(policies: PolicyOptions) {
  const change = { method: 'POST', path: '/x', input: z.any(), output: z.any() } as const
  return defineConnector('shop', {
    baseUrl: 'https://shop.example',
    auth: noAuth(),
    idempotency: { header: 'idempotency-key', life: '24h' },
    policies,
    operations: { pay: operation(change), notify: operation({ ...change, idempotency: false }) },
    events: { ordered: { data: z.any() } },
    webhooks: { verify: unverified('a test'), read: () => [] },
  })
}

/** Runs that each call a provider that may fail, over the real client and its policies, with all that they cost the journal. `notify` must not be repeated. */
export async function outage(
  policies: PolicyOptions,
  { name = 'pay', attempts = 20, appendMs = 0 }: { name?: 'pay' | 'notify'; attempts?: number; appendMs?: number } = {},
) {
  const clock = virtualClock()
  const shop = shopWith(policies)
  const said: { status: number | 'refused' | 'nothing'; tookMs: number } = { status: 500, tookMs: 0 }
  const asked: number[] = []
  const counts = { loads: 0, appends: 0, entries: 0 }
  let seed = 1
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
  const send = async (): Promise<RawAnswer> => {
    asked.push(clock.now())
    if (said.tookMs > 0) await sleep(life, said.tookMs)
    const { status } = said
    if (status === 'nothing') return new Promise<never>(() => undefined)
    if (status === 'refused')
      throw failedWith('not-sent', 'UPSTREAM_UNAVAILABLE', 'nobody listens', { retryable: true })
    return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from('{}'), isComplete: true }
  }
  const flow = defineFlow('order', {
    trigger: shop.on('ordered'),
    uses: { shop },
    retry: { attempts, base: '1s', cap: '1s' },
    run: ({ shop }) => shop[name]({}),
  })
  let life = mortalClock(clock)
  const open = async (journal: MemoryJournal) =>
    createEngine({
      app: defineApp({ flows: [flow] }),
      journal: {
        ...journal,
        load: (runs) => ((counts.loads += runs.length), journal.load(runs)),
        append(append) {
          counts.appends += 1
          counts.entries += append.entries.length
          return appendMs === 0 ? journal.append(append) : sleep(life, appendMs).then(() => journal.append(append))
        },
      },
      client: createClient({
        connections: await createConnections({
          connections: [
            {
              tenant: 'default',
              connector: shop,
              name: 'main',
              baseUrl: 'https://shop.example',
              credentials: { none: new Secret('') },
              simulated: false,
            },
          ],
        }),
        clock: life,
        random,
        policies: await loadPolicies(),
        transportFor: () => ({ send, close: async () => undefined }),
      }),
      clock: life,
      random,
    })
  const state = emptyState()
  let journal = memoryJournal({ clock: life, state })
  const opening = open(journal)
  await clock.settle()
  let engine = await opening
  const count = async (status: RunStatus): Promise<number> =>
    (await engine.list({ tenant: 'default', status: [status], limit: 1000 })).runs.length
  return {
    clock,
    said,
    asked,
    counts,
    async start(runs: number) {
      for (let index = 0; index < runs; index += 1) {
        const accepted = engine.accept({
          tenant: 'default',
          trigger: 'shop',
          id: `event-${index}`,
          type: 'shop/ordered',
          source: 'shop',
          timeMs: clock.now(),
          data: {},
          dedupeMs: 86_400_000,
        })
        let isIn = false
        void accepted.then(() => (isIn = true))
        await clock.settle()
        // An engine that does not keep up holds events back for a moment.
        while (!isIn) await clock.advance(10)
      }
    },
    async crash() {
      journal.crash()
      life.kill()
      life = mortalClock(clock)
      journal = memoryJournal({ clock: life, state })
      const reopened = open(journal)
      await clock.settle()
      engine = await reopened
    },
    /** Kinds of what is durable, run by run. */
    entries: () => [...state.runs.values()].map(({ entries }) => entries.map(({ kind }) => kind)),
    count,
    completed: () => count('completed'),
  }
}
