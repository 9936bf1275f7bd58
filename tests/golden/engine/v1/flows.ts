import { z } from 'zod'
import { noAuth } from '../../../../packages/tenon/src/definition/auth.ts'
import { defineConnector } from '../../../../packages/tenon/src/definition/connector.ts'
import { defineFlow, type Flow } from '../../../../packages/tenon/src/definition/flow.ts'
import { operation } from '../../../../packages/tenon/src/definition/operation.ts'
import { manual, signal } from '../../../../packages/tenon/src/definition/trigger.ts'
import { unverified } from '../../../../packages/tenon/src/definition/verifier.ts'

// The journals beside this file were written by these flows. Neither may ever change: what stands in a user's store does not either.

const anything = z.any()
const change = { method: 'POST', path: '/x', input: anything, output: anything } as const

export const depot = defineConnector('depot', {
  baseUrl: 'https://depot.test',
  auth: noAuth(),
  idempotency: { header: 'idempotency-key', life: '24h' },
  operations: {
    read: operation({ method: 'GET', path: '/x', input: anything, output: anything }),
    reserve: operation(change),
    release: operation(change),
    notify: operation({ ...change, idempotency: false }),
  },
  events: { delivered: { data: anything, correlate: { shipment: (data: { shipment?: string }) => data.shipment } } },
  webhooks: { verify: unverified('golden journals'), read: () => [] },
})

const trigger = manual<unknown, unknown>(null as never)

const calls = defineFlow('calls', {
  trigger,
  uses: { depot },
  async run({ depot, step }) {
    const read = await depot.read({ at: step.now(), random: step.random(), id: step.id() })
    const [left, right] = await Promise.all([
      depot.reserve({ side: 'left', read }).then((output) => depot.notify({ output })),
      depot.reserve({ side: 'right', read }).then((output) => depot.notify({ output })),
    ])
    const own = await step.run('own', () => ({ big: 2n ** 64n, at: new Date(0), list: [left, right] }))
    const caught = await depot.read({ refuse: true }, { step: 'refused' }).catch((error: Error) => error.message)
    return { own, caught }
  },
})

const waits = defineFlow('waits', {
  trigger,
  waits: { go: signal(anything as never), delivered: depot.on('delivered') },
  async run({ step }) {
    const early = await step.waitFor('go')
    await step.sleep('1h')
    const arrived = await step.waitFor('delivered', { match: { shipment: 's1' }, timeout: '2d' })
    const late = await step.waitFor('go', { timeout: '1m' }).catch((error: Error) => error.name)
    const isNew = step.changed('from the start')
    return { early: early.data, arrived: arrived.data, late, isNew }
  },
})

const takenBack = defineFlow('taken-back', {
  trigger,
  uses: { depot },
  async run({ depot, step }) {
    await depot.reserve({ n: 1 }, { undo: (output) => depot.release({ output }) })
    await step.run('own', () => 7, { undo: () => undefined })
    await step.sleep('30d')
  },
})

const child = defineFlow('child', { trigger, run: ({ step }) => step.run('inside', () => 'of the child') })

const parent = defineFlow('parent', {
  trigger,
  async run({ step }) {
    const started = await step.start(child, { n: 1 })
    return started.result()
  },
})

const decided = defineFlow('decided', {
  trigger,
  uses: { depot },
  retry: { attempts: 3, base: '1s', cap: '5s' },
  async run({ depot }) {
    await depot.reserve({ n: 1 })
    return depot.notify({ lost: true })
  },
})

const retried = defineFlow('retried', {
  trigger,
  uses: { depot },
  retry: { attempts: 1 },
  async run({ depot, step }) {
    const [, output] = await Promise.all([step.sleep('10s'), depot.reserve({ fails: 'once' })])
    await step.run('after', () => 'x'.repeat(70_000))
    return output
  },
})

export const flows: readonly Flow[] = [calls, waits, takenBack, child, parent, decided, retried]
