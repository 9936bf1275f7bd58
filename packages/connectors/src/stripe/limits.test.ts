import { defineApp, defineFlow, manual } from 'tenon'
import { testApp } from 'tenon/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { stripeSimulator } from './simulator.ts'
import { stripe } from './stripe.ts'

const reads = 20

const read = defineFlow('read', {
  trigger: manual(z.object({ first: z.number() })),
  uses: { stripe },
  priority: 'sync',
  run: ({ event, stripe }) =>
    Promise.all(
      Array.from({ length: reads }, (_, index) => stripe.listCustomers({ limit: event.data.first + index })),
    ).then(() => 'read'),
})

test('OUT-04: four times as many reads at once as Stripe takes in a second of test mode: all get through, none is refused', async () => {
  await using app = await testApp(defineApp({ flows: [read], simulators: [stripeSimulator] }))
  for (let run = 0; run < 5; run += 1) await app.start(read, { first: 1 + run * reads }, { id: `run-${run}` })
  for (let second = 0; second < 15; second += 1) await app.advance('1s')
  expect(await app.runs(read)).toMatchObject(Array.from({ length: 5 }, () => ({ status: 'completed' })))
  const requests = app.simulator('stripe').requests('listCustomers')
  expect(requests).toHaveLength(5 * reads)
  expect(requests.filter(({ status }) => status !== 200)).toEqual([])
})
