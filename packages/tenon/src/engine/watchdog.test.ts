import { expect, test } from 'vitest'
import { defineFlow } from '../definition/flow.ts'
import { warehouse, world } from './engine.fixture.ts'

test('DUR-11: a run whose function awaits something that is no step is reported, with the remedy; one at work is not', async () => {
  const logged: { event: string; facts: Readonly<Record<string, unknown>> }[] = []
  const flow = defineFlow('order', {
    trigger: warehouse.on('ordered'),
    uses: { warehouse },
    async run({ event, warehouse }) {
      await warehouse.reserve({})
      if (event.data.foreign) await new Promise(() => undefined)
    },
  })
  const at = await world([flow], { log: (event, facts) => logged.push({ event, facts }) })
  const [stuck] = await at.send('ordered', { foreign: true })
  at.upstream.on('reserve', () => new Promise(() => undefined))
  await at.send('ordered', {})
  await at.clock.advance(120_000)
  const reports = logged.filter(({ event }) => event === 'run.stuck')
  expect(reports.map(({ facts }) => facts['run'])).toEqual([stuck])
  expect(reports[0]?.facts['remedy']).toContain('step.run')
})
