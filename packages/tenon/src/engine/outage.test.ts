import { expect, test } from 'vitest'
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
import { memoryJournal, type MemoryJournal } from '../journal/memory.ts'
import { failedWith, type RawAnswer } from '../outbound/outbound.ts'
import { mostWithin } from '../outbound/budget/rate.fixture.ts'
import { loadPolicies } from '../outbound/pipeline.ts'
import { mortalClock, virtualClock } from '../testing/virtual-clock.ts'
import { createEngine } from './create-engine.ts'

const minute = 60_000

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

/** Runs that each call a provider that may fail, over the real client and its policies, with all that they cost the journal. */
async function outage(policies: PolicyOptions, name: 'pay' | 'notify' = 'pay') {
  const clock = virtualClock()
  const shop = shopWith(policies)
  const said: { status: number | 'refused'; tookMs: number } = { status: 500, tookMs: 0 }
  const asked: number[] = []
  const counts = { loads: 0, appends: 0, entries: 0 }
  let seed = 1
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
  const send = async (): Promise<RawAnswer> => {
    asked.push(clock.now())
    if (said.tookMs > 0) await sleep(life, said.tookMs)
    const { status } = said
    if (status === 'refused')
      throw failedWith('not-sent', 'UPSTREAM_UNAVAILABLE', 'nobody listens', { retryable: true })
    return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from('{}'), isComplete: true }
  }
  const flow = defineFlow('order', {
    trigger: shop.on('ordered'),
    uses: { shop },
    retry: { attempts: 20, base: '1s', cap: '1s' },
    run: ({ shop }) => shop[name]({}),
  })
  let life = mortalClock(clock)
  const open = async (journal: MemoryJournal) =>
    createEngine({
      app: defineApp({ flows: [flow] }),
      journal: {
        ...journal,
        load: (runs) => ((counts.loads += runs.length), journal.load(runs)),
        append: (append) => ((counts.appends += 1), (counts.entries += append.entries.length), journal.append(append)),
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
  let journal = memoryJournal({ clock: life })
  const opening = open(journal)
  await clock.settle()
  let engine = await opening
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
      const state = journal.crash()
      life.kill()
      life = mortalClock(clock)
      journal = memoryJournal({ clock: life, state })
      const reopened = open(journal)
      await clock.settle()
      engine = await reopened
    },
    async completed() {
      return (await engine.list({ tenant: 'default', status: ['completed'], limit: 1000 })).runs.length
    },
  }
}

const limited = { limits: { declared: [{ name: 'all', requests: 20, per: '1s' }] } } as const

test('OUT-08: while an upstream fails, the runs that wait for it rest: few wake to try it, and each writes once why it waits', async () => {
  const runs = 300
  const { start, clock, counts, said, asked, completed } = await outage(limited)
  await start(runs)
  await clock.advance(minute)
  const early = { ...counts, asked: asked.length }
  await clock.advance(9 * minute)
  // A few tries each minute; the others come by themselves less and less often, and write nothing.
  const [wakes, entries] = [counts.loads - early.loads, counts.entries - early.entries]
  expect(asked.length - early.asked).toBeLessThanOrEqual(9 * 3)
  expect(wakes).toBeLessThan(4 * runs)
  expect(entries).toBeLessThan(runs / 4)
  // One entry for each reason to wait (the limit, then the breaker); each try that failed is one, and the wait after it.
  expect(counts.entries).toBeLessThanOrEqual(2 * (runs + asked.length))
  // A rest is one append, with its entry if it has one; what a try came to is another.
  expect(counts.appends).toBeLessThanOrEqual(runs + counts.loads + asked.length)
  said.status = 200
  const from = clock.now()
  while ((await completed()) < runs && clock.now() < from + 10 * minute) await clock.advance(1000)
  expect(await completed()).toBe(runs)
  // At most a minute until it is tried again, then as fast as the limit lets them, which takes 15 s.
  expect(clock.now() - from).toBeLessThan(2 * minute)
  expect(mostWithin(asked, 1000)).toBeLessThanOrEqual(20)
})

test('OUT-08: when it works again, those that wait follow as fast as the limit allows, without a wave', async () => {
  const runs = 300
  const { start, clock, counts, said, asked, completed } = await outage(limited)
  await start(runs)
  await clock.advance(30_000)
  said.status = 200
  while (asked.length === 0 || (asked.at(-1) ?? 0) < clock.now() - 60_000) await clock.advance(1000)
  const before = { ...counts }
  while ((await completed()) < runs) await clock.advance(1000)
  // Each wakes once to be served, and some once more because they came before their turn.
  expect(counts.loads - before.loads).toBeLessThan(1.5 * runs)
})

test('OUT-08: a step that must not be repeated becomes no unknown one while the breaker is open', async () => {
  const runs = 40
  const { start, clock, said, asked, completed } = await outage({}, 'notify')
  said.status = 'refused'
  await start(runs)
  await clock.advance(5 * minute)
  expect(asked.length).toBeLessThan(runs + 20)
  said.status = 200
  await clock.advance(2 * minute)
  expect(await completed()).toBe(runs)
})

test('OUT-08: runs that nobody calls back come by themselves, as after a crash', async () => {
  const { start, clock, said, crash, completed } = await outage({})
  await start(40)
  await clock.advance(minute)
  await crash()
  said.status = 200
  await clock.advance(5 * minute)
  expect(await completed()).toBe(40)
})

test('OUT-09: runs beyond what an upstream takes at once rest until there is room for them, and wake once', async () => {
  const runs = 600
  const { start, clock, said, asked, counts, completed } = await outage({ concurrency: { max: 5, adapt: false } })
  Object.assign(said, { status: 200, tookMs: 200 })
  await start(runs)
  while ((await completed()) < runs) await clock.advance(1000)
  expect(counts.loads).toBeLessThan(1.2 * runs)
  // Five at once, all the time.
  expect((asked.at(-1) ?? 0) - (asked[0] ?? 0)).toBeLessThan(1.1 * (runs / 5) * 200)
})
