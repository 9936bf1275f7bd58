import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { defineFlow } from '../definition/flow.ts'
import { never, warehouse, world } from './engine.fixture.ts'

const tenant = 'default'

test('a run that is suspected of ending the process, or was stopped for it, is not run again by who looks at it', async () => {
  let times = 0
  const culprit = defineFlow('culprit', {
    trigger: warehouse.on('ordered'),
    uses: { warehouse },
    async run({ step, warehouse: client }) {
      times += 1
      await step.run('first', () => 1)
      await client.reserve({ n: 1 })
    },
  })
  const at = await world([culprit])
  at.upstream.on('reserve', never)
  const [run = ''] = await at.send('ordered', {})
  const look = async () => {
    const before = times
    const looking = at.engine.describe(tenant, run)
    await at.clock.settle()
    const view = await looking
    return { status: view?.status, code: view?.code, inputsFit: view?.inputsFit, ran: times - before }
  }
  const crash = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      await at.clock.advance(1)
      await at.crash()
    }
  }
  expect(await look()).toEqual({ status: 'ready', code: null, inputsFit: true, ran: 1 })
  await crash(1)
  expect(await look()).toEqual({ status: 'ready', code: null, inputsFit: true, ran: 1 })
  await crash(1)
  expect(await look()).toEqual({ status: 'ready', code: null, inputsFit: false, ran: 0 })
  await crash(10)
  expect(await look()).toEqual({ status: 'failed', code: 'POISONED', inputsFit: false, ran: 0 })
})

/** A program of its own: a test runner has something to say about promises that nobody catches. */
const program = `
  import { defineApp } from '${import.meta.resolve('../definition/app.ts')}'
  import { defineFlow } from '${import.meta.resolve('../definition/flow.ts')}'
  import { manual } from '${import.meta.resolve('../definition/trigger.ts')}'
  import { memoryJournal } from '${import.meta.resolve('../journal/memory.ts')}'
  import { createEngine } from '${import.meta.resolve('./create-engine.ts')}'

  let leaves = false
  const careless = defineFlow('careless', {
    trigger: manual(),
    async run({ step }) {
      if (leaves) void Promise.reject(new Error('left at once'))
      await step.run('a', () => 1)
      if (leaves) void new Promise((_, reject) => setTimeout(() => reject(new Error('left for later')), 1))
      await step.run('b', () => 2)
    },
  })
  const engine = await createEngine({
    app: defineApp({ flows: [careless] }),
    journal: memoryJournal(),
    client: { call: () => Promise.reject(new Error('no calls here')) },
    log: (name, { error }) => console.log(name, error.message),
  })
  const ended = new Promise((resolve) => engine.listen(({ name }) => name === 'run.completed' && resolve()))
  const { run } = await engine.start({ tenant: 'default', flow: 'careless', input: 1 })
  await ended
  leaves = true
  console.log((await engine.describe('default', run)).inputsFit)
  await new Promise((resolve) => setTimeout(resolve, 50))
  console.log('alive')
  await engine.start({ tenant: 'default', flow: 'careless', input: 1 })
  setTimeout(() => console.log('never reached'), 1000)
`

test('what a function leaves to nobody ends the process when it runs, but not when somebody looks', () => {
  const args = ['--conditions=source', '--input-type=module', '-e', program]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 15_000 })
  expect(stdout.trim().split('\n').toSorted()).toEqual([
    'alive',
    'replay.failed left at once',
    'replay.failed left for later',
    'true',
  ])
  expect(stderr).toContain('Error: left at once')
  expect(status).toBe(1)
})
