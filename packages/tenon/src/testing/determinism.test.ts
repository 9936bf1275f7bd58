import { expect, test } from 'vitest'
import { defineApp } from '../definition/app.ts'
import { testApp } from './testing.ts'
import { bank, order, simulators } from './testing.fixture.ts'

/** Events, faults by chance, lost answers, crashes and time: everything that could differ. */
async function story(seed: number) {
  await using app = await testApp(defineApp({ flows: [order], simulators }), { seed })
  app.simulator('bank').faults.set({ kind: 'error', probability: 0.3 })
  app.simulator('bank').faults.set({ kind: 'duplicate', probability: 0.3 })
  app.crashAt('carrier.ship', 'after')
  for (let number = 1; number <= 5; number += 1) await app.simulator('bank').emit('ordered', { order: `A-${number}` })
  app.failAt('write down', 'unavailable')
  const [, delivered] = await Promise.all([
    app.deliver(bank.on('ordered'), { order: 'B-1' }),
    app.deliver(bank.on('ordered'), { order: 'B-2' }),
  ])
  await app.advance('30m')
  await app.crash()
  await app.advance('2h')
  expect(await app.run(delivered)).toMatchObject({ status: 'completed' })
  return {
    trace: app.trace,
    runs: await app.runs(),
    requests: app.simulator('bank').requests(),
    state: app.simulator('carrier').state(),
  }
}

test('the same seed gives the same story, to the last id and the last millisecond', async () => {
  const [first, second] = [await story(7), await story(7)]
  expect(first.trace.length).toBeGreaterThan(50)
  expect(second).toEqual(first)
})

test('another seed gives another one', async () => {
  const [first, second] = [await story(7), await story(8)]
  expect(second.runs.map(({ run }) => run)).not.toEqual(first.runs.map(({ run }) => run))
  expect(second.trace).not.toEqual(first.trace)
})
