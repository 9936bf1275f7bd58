import { execFileSync } from 'node:child_process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { defineApp } from '../definition/app.ts'
import { testApp } from './testing.ts'
import { bank, order, simulators } from './testing.fixture.ts'

/** A program of its own: a test runner has timers that come and go. */
const program = `
  import { defineApp } from '${import.meta.resolve('../definition/app.ts')}'
  import { testApp } from '${import.meta.resolve('./testing.ts')}'
  import { bank, order, simulators } from '${import.meta.resolve('./testing.fixture.ts')}'

  async function story() {
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
    await new Promise((resolve) => setImmediate(resolve))
  }

  // A first use may open what stays, such as a folder that is read.
  await story()
  const before = process.getActiveResourcesInfo()
  for (let times = 0; times < 10; times += 1) await story()
  console.log(JSON.stringify({ before, after: process.getActiveResourcesInfo() }))
`

test('after close nothing is left: no timer, no handle, and the process ends by itself', () => {
  const args = ['--conditions=source', '--input-type=module', '-e', program]
  const { before, after } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 15_000 }))
  expect(after.toSorted()).toEqual(before.toSorted())
  expect(after).not.toContain('Timeout')
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
