import { expect, test } from 'vitest'
import { defineFlow } from '../definition/flow.ts'
import { manual } from '../definition/trigger.ts'
import { warehouse, world } from './engine.fixture.ts'

const tenant = 'default'

const waiting = defineFlow('waiting', {
  trigger: warehouse.on('ordered'),
  uses: { warehouse },
  waits: { delivered: warehouse.on('delivered') },
  async run({ step, event }) {
    await step.waitFor('delivered', { match: { shipment: (event.data as { shipment: string }).shipment } })
  },
})
const byHand = defineFlow('by-hand', { trigger: manual(), run: () => 1 })

test('runs are found by the id of the event that started or reached them, and by their own where they were started by hand', async () => {
  const at = await world([waiting, byHand])
  const [run] = await at.send('ordered', { shipment: 's1' }, 'evt_1')
  await at.send('ordered', { shipment: 's2' }, 'evt_2')
  await at.send('delivered', { shipment: 's1' }, 'evt_3')
  const started = await at.engine.start({ tenant, flow: 'by-hand', input: undefined, id: 'order-17' })
  await at.clock.settle()
  const list = async (event: string): Promise<string[]> =>
    (await at.engine.list({ tenant, event, limit: 10 })).runs.map((row) => row.run)
  expect(await list('evt_1')).toEqual([run])
  expect(await list('evt_3')).toEqual([run])
  expect(await list('warehouse/evt_3')).toEqual([run])
  expect(await list('order-17')).toEqual([started.run])
  expect(await list('evt_9')).toEqual([])
})

test('a list says which runs are in memory', async () => {
  const at = await world([
    defineFlow('calling', {
      trigger: warehouse.on('ordered'),
      uses: { warehouse },
      run: ({ warehouse: client }) => client.read({}),
    }),
    waiting,
  ])
  at.upstream.on('read', () => new Promise(() => undefined))
  await at.send('ordered', { shipment: 's1' })
  const { runs } = await at.engine.list({ tenant, limit: 10 })
  expect(Object.fromEntries(runs.map((row) => [row.flow, row.inMemory]))).toEqual({ calling: true, waiting: false })
})
