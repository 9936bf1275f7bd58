import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { defineApp } from '../definition/app.ts'
import { testApp } from './testing.ts'
import { bank, order, simulators } from './testing.fixture.ts'

// An import or a first use may open what stays for good, such as a folder that is read.
async function rest(): Promise<string[]> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  return process.getActiveResourcesInfo().toSorted()
}

async function story(): Promise<void> {
  const app = await testApp(defineApp({ flows: [order], simulators }))
  app.failAt('bank.pay', 'timeout')
  await app.deliver(bank.on('ordered'), { order: 'A-1' })
  await app.crash()
  app.simulator('bank').faults.set({ kind: 'late', of: 'ordered', delayMs: 1_000_000 })
  await app.simulator('bank').emit('ordered', { order: 'A-2' })
  // With a call in flight, a webhook on its way, and timers that are days away.
  app.failAt('bank.pay', 'timeout')
  await app.deliver(bank.on('ordered'), { order: 'A-3' })
  await app.close()
}

test('after close nothing is left: no timer, no handle', async () => {
  await story()
  const before = await rest()
  for (let times = 0; times < 10; times += 1) await story()
  expect(await rest()).toEqual(before)
})

test('a closed app can be forgotten', async () => {
  const kept = await (async () => {
    const app = await testApp(defineApp({ flows: [order], simulators }))
    await app.deliver(bank.on('ordered'), { order: 'A-1' })
    await app.close()
    return new WeakRef(app)
  })()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let turn = 0; turn < 10 && kept.deref() !== undefined; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    collect()
  }
  expect(kept.deref()).toBe(undefined)
})
