// Judged by the compiler: each line under `@ts-expect-error` must not compile, everything else must.
import { z } from 'zod'
import { defineApp, type App } from '../definition/app.ts'
import { defineFlow } from '../definition/flow.ts'
import { manual, signal } from '../definition/trigger.ts'
import { bank, carrier, carrierSimulator, order, simulators } from './testing.fixture.ts'
import { testApp } from './testing.ts'

type Equal<Left, Right> = (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false
const isTrue = <_Check extends true>(): void => undefined

const double = defineFlow('double', {
  trigger: manual(z.object({ n: z.number() })),
  waits: { stopped: signal(), corrected: signal(z.object({ by: z.number() })) },
  run: ({ event }) => event.data.n * 2,
})
const nothing = defineFlow('nothing', { trigger: manual(), run: () => 'done' })

const app = await testApp(defineApp({ flows: [order, double, nothing], simulators }))

// deliver: the data is that of the event
const delivered = await app.deliver(bank.on('ordered'), { order: 'A-1' }, { id: 'evt_1' })
await app.run(delivered)
// @ts-expect-error -- a member that the event does not have
await app.deliver(bank.on('ordered'), { order: 'A-1', colour: 'red' })
// @ts-expect-error -- a member of the wrong kind
await app.deliver(bank.on('ordered'), { order: 7 })
// @ts-expect-error -- an event that the connector does not have
await app.deliver(bank.on('closed'), {})

// simulator: by name or by the connector, with what it can do
await app.simulator('bank').emit('ordered', { order: 'A-1' })
await app.simulator(bank).emit('settled', { id: 'tr_1' })
app.simulator('bank').requests('pay')
app.simulator(carrier).effects('ship')
app.simulator('bank').faults.set({ kind: 'rate-limit', of: 'pay', retryAfterS: 7 })
// @ts-expect-error -- a simulator that the app does not have
app.simulator('shop')
// @ts-expect-error -- an event that it cannot make happen
await app.simulator('bank').emit('closed', {})
// @ts-expect-error -- an event of another provider
await app.simulator('carrier').emit('ordered', { order: 'A-1' })
// @ts-expect-error -- input of another event
await app.simulator('bank').emit('ordered', { id: 'tr_1' })
// @ts-expect-error -- input that is missing
await app.simulator('bank').emit('ordered')
// @ts-expect-error -- an operation of another provider
app.simulator('bank').requests('ship')
// @ts-expect-error -- a fault of what the provider does not have
app.simulator('bank').faults.set({ kind: 'rate-limit', of: 'ship' })
// @ts-expect-error -- a fault that there is not
app.simulator('bank').faults.set({ kind: 'sad' })

// start: by name or by the flow itself, with its input
await app.start('double', { n: 4 })
await app.start(double, { n: 4 }, { id: 'mine' })
await app.start('nothing')
await app.start(nothing)
// @ts-expect-error -- a flow that the app does not have
await app.start('triple', { n: 4 })
// @ts-expect-error -- an input of another kind
await app.start('double', { n: 'four' })
// @ts-expect-error -- an input that is missing
await app.start(double)

// signal: the names and data of what flows wait for
await app.signal('run', 'approved', { by: 'asha' })
await app.signal(delivered, 'corrected', { by: 3 })
await app.signal('run', 'stopped')
// @ts-expect-error -- an event that is waited for is no signal
await app.signal('run', 'settled', {})
// @ts-expect-error -- a signal that no flow waits for
await app.signal('run', 'refused')
// @ts-expect-error -- data of another signal
await app.signal('run', 'approved', { by: 3 })
// @ts-expect-error -- data that is missing
await app.signal('run', 'approved')

// steps: completed by the editor, and free for names of one's own
app.failAt('bank.pay')
app.failAt('carrier.ship#2', { kind: 'rate-limited', retryAfter: '30s', times: 2 })
app.failAt('write down', new Error('no paper'))
app.crashAt('bank.pay', 'after')
// @ts-expect-error -- a failure that there is not
app.failAt('bank.pay', 'sad')
// @ts-expect-error -- a moment that there is not
app.crashAt('bank.pay', 'during')
await app.decide('run', 'carrier.note', 'happened', { id: 'nt_1' })
await app.decide('run', 'carrier.note', 'retry')
// @ts-expect-error -- what happened has a result
await app.decide('run', 'carrier.note', 'happened')
// @ts-expect-error -- a decision that there is not
await app.decide('run', 'carrier.note', 'maybe')

// time
await app.advance('14d')
await app.advance(new Date(0))
// @ts-expect-error -- a duration without a unit
await app.advance('14')

// runs: the name of the flow tells the type of its output
const run = await app.run()
isTrue<Equal<typeof run.flow, 'order' | 'double' | 'nothing'>>()
if (run.flow === 'double') isTrue<Equal<typeof run.output, number | null>>()
const [doubled] = await app.runs('double')
isTrue<Equal<NonNullable<typeof doubled>['output'], number | null>>()
const [ordered] = await app.runs(order)
isTrue<Equal<NonNullable<typeof ordered>['output'], string | null>>()
// @ts-expect-error -- a flow that the app does not have
await app.runs('triple')

// simulators beside those of the app
const more = await testApp(defineApp({ flows: [order] }), { simulators: [carrierSimulator] })
more.simulator('carrier').requests('ship')
// @ts-expect-error -- nobody gave one
more.simulator('bank')

// an app whose types are not known takes any name
const unknown = await testApp({} as App)
unknown.simulator('anything').requests('whatever')
await unknown.start('something', { any: 'input' })
await unknown.signal('run', 'whatever', { any: 'data' })
