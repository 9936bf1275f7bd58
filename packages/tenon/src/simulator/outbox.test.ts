import { expect, test } from 'vitest'
import { z } from 'zod'
import { virtualClock } from '../testing/virtual-clock.ts'
import {
  bank,
  bankSimulator,
  call,
  credentials,
  file,
  opened,
  start,
  subscriber,
  until,
  type Received,
} from './bank.fixture.ts'
import {
  cause,
  defineSimulator,
  startSimulator,
  type RunningSimulator,
  type Simulation,
  type SimulatorOptions,
} from './simulator.ts'

const minute = 60_000
const pausesMs = [5 * minute, 60 * minute, 720 * minute]

/** A bank that repeats webhooks three times, half a day later the last. */
async function patient(options: SimulatorOptions): Promise<RunningSimulator> {
  const definition = defineSimulator(bank, { ...bankSimulator.behaviour, redelivery: { pausesMs } } as never)
  const simulator = await startSimulator(definition, { credentials, random: () => 0.5, ...options })
  opened.push(simulator)
  return simulator
}

test('webhooks come again by the schedule of the provider, until it gives up', async () => {
  const hooks = await subscriber([500, 500, 500, 500])
  const clock = virtualClock({ startMs: 0 })
  const simulator = await patient({ webhook: { url: hooks.url }, clock })
  await simulator.emit('transfer.made', { amount: 1 })
  for (const [tries, pause] of pausesMs.entries()) {
    await until(() => simulator.deliveries().length === tries + 1)
    expect(simulator.deliveries().at(-1)).toMatchObject({ accepted: false, nextAt: clock.now() + pause })
    await clock.advance(pause - 1)
    expect(hooks.received).toHaveLength(tries + 1)
    await clock.advance(1)
  }
  await until(() => simulator.deliveries().length === 4)
  expect(simulator.deliveries().at(-1)).toMatchObject({ attempt: 4, status: 500, accepted: false, nextAt: null })
  expect(simulator.undelivered()).toBe(0)
})

test('where somebody is watching they come again within seconds', async () => {
  const hooks = await subscriber([500])
  const simulator = await patient({ webhook: { url: hooks.url }, redelivery: 'quick' })
  await simulator.emit('transfer.made', { amount: 1 })
  await until(() => hooks.received.length === 2)
})

const signedBy = (secret: string, { headers, body }: Received): boolean => {
  try {
    const request = { method: 'POST', headers: headers as never, query: {}, body: Buffer.from(body) }
    void bank.options.webhooks?.verify.verify(request, [secret], Date.now())
    return true
  } catch {
    return false
  }
}

test('while a secret is being replaced, webhooks are signed with the new one and the old one', async () => {
  const hooks = await subscriber()
  const simulator = await start({ webhook: { url: hooks.url, secret: ['new', 'old'] } })
  await simulator.emit('transfer.made', { amount: 1 })
  await until(() => hooks.received.length === 1)
  simulator.subscribe({ url: hooks.url, secret: 'new' })
  await simulator.emit('transfer.made', { amount: 2 })
  await until(() => hooks.received.length === 2)
  const verdicts = hooks.received.map((one) => ['new', 'old'].map((secret) => signedBy(secret, one)))
  expect(verdicts).toEqual([
    [true, true],
    [true, false],
  ])
})

test('a webhook may go to an endpoint of its own, with its own secret, and nowhere else', async () => {
  const [own, main] = [await subscriber(), await subscriber()]
  const events = {
    'transfer.made': cause(z.strictObject({ url: z.string() }), ({ url }, simulation) =>
      simulation.deliver('transfer.made', { url }, { url, secret: 'own' }),
    ),
  }
  const definition = defineSimulator(bank, { ...bankSimulator.behaviour, events } as never)
  const simulator = await startSimulator(definition, { credentials, webhook: { url: main.url } })
  opened.push(simulator)
  simulator.subscribe(null)
  await simulator.emit('transfer.made', { url: own.url })
  await until(() => own.received.length === 1)
  expect(own.received.map((one) => signedBy('own', one))).toEqual([true])
  await simulator.emit('transfer.made', { url: 'https://example.com/hooks' })
  await until(() => simulator.deliveries().length === 2)
  const far = simulator.deliveries().find(({ url }) => url === 'https://example.com/hooks')
  expect(far).toMatchObject({ status: null, accepted: false })
  expect(main.received).toEqual([])
})

test('of more objects than are kept the oldest go, also from the file', async () => {
  const persist = await file()
  const operations = {
    ...bankSimulator.behaviour.operations,
    transfer({ amount }: { amount: number }, simulation: Simulation) {
      simulation.table('transfers').put(String(amount), { amount })
      return { amount }
    },
  }
  const definition = defineSimulator(bank, { ...bankSimulator.behaviour, operations } as never)
  const open = async (): Promise<RunningSimulator> => {
    const simulator = await startSimulator(definition, { credentials, persist, keep: 3 })
    opened.push(simulator)
    return simulator
  }
  const first = await open()
  for (const amount of [1, 2, 3, 1, 4, 5]) await call(first, { body: { amount } })
  expect(Object.keys(first.state()['transfers'] ?? {})).toEqual(['3', '4', '5'])
  await first.close()
  expect(Object.keys((await open()).state()['transfers'] ?? {})).toEqual(['3', '4', '5'])
})
