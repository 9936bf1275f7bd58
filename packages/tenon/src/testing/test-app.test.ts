import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { RetryableError, TerminalError } from '../base/errors.ts'
import { defineApp, defineConnection, fromEnvironment } from '../definition/app.ts'
import { defineFlow } from '../definition/flow.ts'
import { manual, schedule, signal } from '../definition/trigger.ts'
import { testApp } from './testing.ts'
import { bank, bankSimulator, carrier, carrierSimulator, order, simulators } from './testing.fixture.ts'

const orders = defineApp({ flows: [order], simulators })
const ordered = bank.on('ordered')

const double = defineFlow('double', {
  trigger: manual(z.object({ n: z.number() })),
  run: ({ event, step }) => step.run('double', () => event.data.n * 2),
})

describe('deliver', () => {
  test('starts what the event triggers, and everything that needs no time has happened', async () => {
    await using app = await testApp(orders)
    const delivered = await app.deliver(ordered, { order: 'A-1' })
    expect(delivered).toMatchObject({ duplicate: false, runs: [delivered.run] })
    const run = await app.run(delivered)
    expect(run).toMatchObject({ flow: 'order', key: 'A-1', status: 'waiting', event: { data: { order: 'A-1' } } })
    expect(run.waitsFor).toBe('waitFor.settled#1 until 2026-01-15T00:00:00.000Z')
    expect(run.step('bank.pay')).toMatchObject({
      name: 'bank.pay#1',
      input: { reference: 'A-1' },
      attempts: [{ number: 1 }],
    })
  })

  test('reaches a run that waits for it', async () => {
    await using app = await testApp(orders)
    const { run } = await app.deliver(ordered, { order: 'A-1' })
    const reached = await app.deliver(bank.on('settled'), { id: 'tr_1', reference: 'A-1', status: 'settled' })
    expect(reached.run).toBe(run)
    expect(await app.run(run)).toMatchObject({ status: 'completed', output: expect.stringMatching(/^pc_/) })
  })

  test('an id that came before is a duplicate and names the runs of the first', async () => {
    await using app = await testApp(orders)
    const first = await app.deliver(ordered, { order: 'A-1' }, { id: 'evt_1' })
    expect(await app.deliver(ordered, { order: 'A-1' }, { id: 'evt_1' })).toMatchObject({
      duplicate: true,
      runs: first.runs,
    })
    expect(await app.runs()).toHaveLength(1)
  })

  test('data that the event cannot carry, an event that nobody wants and a strange account are refused', async () => {
    await using app = await testApp(orders)
    await expect(app.deliver(ordered, { order: 7 } as never)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('order'),
    })
    await expect(app.deliver(ordered, { order: 'A' }, { connection: 'eu' })).rejects.toThrow(
      'bank has no connection named eu',
    )
    await expect(app.deliver('ordered' as never, {})).rejects.toThrow(
      '"ordered" is no event: write it as connector.on(',
    )
    const unused = { ...ordered, type: 'closed' } as typeof ordered
    await expect(app.deliver(unused, { order: 'A' })).rejects.toMatchObject({ code: 'EVENT_UNKNOWN' })
    const strange = { ...ordered, connector: carrier } as unknown as typeof ordered
    await expect(app.deliver(strange, { order: 'A' })).rejects.toThrow(
      'no flow starts from or waits for events of carrier; flows use those of bank',
    )
  })

  test('an event that starts nothing has no run to give, and one of several gives none', async () => {
    const second = defineFlow('second', { trigger: ordered, run: () => 'also' })
    await using app = await testApp(defineApp({ flows: [order, second], simulators }))
    const both = await app.deliver(ordered, { order: 'A-1' })
    expect(both.runs).toHaveLength(2)
    expect(() => both.run).toThrow('2 runs')
    const none = await app.deliver(bank.on('settled'), { id: 'tr', reference: 'nobody', status: 'settled' })
    expect(() => none.run).toThrow('started no run')
  })
})

describe('simulators', () => {
  test('events come by signed webhooks through the real intake: a forged one starts nothing', async () => {
    await using app = await testApp(orders)
    app.simulator('bank').faults.set({ kind: 'forged', of: 'ordered' })
    await app.simulator(bank).emit('ordered', { order: 'A-1' })
    expect(app.simulator('bank').deliveries()).toMatchObject([
      { kind: 'forged', status: 401, accepted: false },
      { kind: 'genuine', status: 200, accepted: true },
    ])
    expect(await app.runs()).toHaveLength(1)
  })

  test('calls go through the whole client: login, keys, validation', async () => {
    await using app = await testApp(orders)
    await app.deliver(ordered, { order: 'A-1' })
    expect(app.simulator('bank').requests('pay')).toMatchObject([
      { path: '/v1/transfers', status: 200, idempotencyKey: expect.any(String) },
    ])
    expect(
      app
        .simulator('carrier')
        .requests()
        .map(({ path }) => path),
    ).toEqual(['/login', '/parcels'])
    expect(app.simulator('carrier').effects('ship')).toMatchObject([{ input: { reference: 'A-1' } }])
    expect(app.simulator('carrier').state()['parcels']).toMatchObject([{ reference: 'A-1' }])
  })

  test('what they let happen by themselves happens as time passes, but not while they are paused', async () => {
    await using app = await testApp(orders)
    const { run } = await app.deliver(ordered, { order: 'A-1' })
    app.simulator('bank').pause()
    await app.advance('2h')
    expect(await app.run(run)).toMatchObject({ status: 'waiting' })
    await app.simulator('bank').resume()
    expect(await app.run(run)).toMatchObject({ status: 'completed' })
  })

  test('each account has its own', async () => {
    const eu = bank.connection('eu')
    const heard = defineFlow('heard', { trigger: ordered, run: () => 'heard' })
    const flow = defineFlow('two-accounts', {
      trigger: manual(),
      uses: { eu, us: bank.connection('us') },
      run: async ({ eu, us }) =>
        [await eu.pay({ reference: 'in euro' }), await us.pay({ reference: 'in dollars' })].length,
    })
    const credentials = { apiKey: fromEnvironment('UNSET'), webhookSecret: fromEnvironment('UNSET') }
    const connections = ['eu', 'us'].map((name) => defineConnection(bank, { name, credentials }))
    await using app = await testApp(defineApp({ flows: [flow, heard], connections }), { simulators: [bankSimulator] })
    await app.start(flow)
    const { run } = await app.deliver(ordered, { order: 'A-1' }, { connection: 'us' })
    expect(await app.run(run)).toMatchObject({ event: { source: '/hooks/bank/us' } })
    await expect(app.deliver(ordered, { order: 'A-1' })).rejects.toThrow('no connection named main; it has eu, us')
    expect(app.simulator('bank', 'eu').state()['transfers']).toMatchObject([{ reference: 'in euro' }])
    expect(app.simulator('bank', 'us').state()['transfers']).toMatchObject([{ reference: 'in dollars' }])
    expect(() => app.simulator('bank')).toThrow('there is no simulator of bank; there are bank (eu), bank (us)')
  })

  test('one that is not there, and an event that it cannot make happen, are refused by name', async () => {
    await using app = await testApp(orders)
    expect(() => app.simulator('shop' as 'bank')).toThrow('there is no simulator of shop; there are bank, carrier')
    await expect(app.simulator('bank').emit('closed' as 'ordered', { order: 'A' })).rejects.toThrow(
      'it knows ordered, settled',
    )
  })
})

describe('runs', () => {
  test('start: by name or by the flow itself; the same id is the same run', async () => {
    await using app = await testApp(defineApp({ flows: [double] }))
    const { run } = await app.start('double', { n: 4 }, { id: 'mine' })
    expect(run).toBe('mine')
    expect(await app.start(double, { n: 4 }, { id: 'mine' })).toEqual({ run, duplicate: true })
    expect(await app.run()).toMatchObject({ output: 8 })
    await expect(app.start(double, { n: 'four' as never })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await expect(app.start('triple' as 'double', { n: 4 })).rejects.toThrow('the app has no flow triple; it has double')
  })

  test('signal, cancel, retry and startAnew do what they say', async () => {
    let works = false
    const approval = defineFlow('approval', {
      trigger: manual(),
      waits: { approved: signal(z.object({ by: z.string() })) },
      async run({ step }) {
        const { data } = await step.waitFor('approved')
        return step.run('note', () => {
          if (!works) throw new TerminalError('not yet')
          return data.by
        })
      },
    })
    await using app = await testApp(defineApp({ flows: [approval] }))
    const first = await app.start(approval)
    await app.signal(first, 'approved', { by: 'asha' })
    expect(await app.run(first)).toMatchObject({ status: 'failed', code: 'TERMINAL' })
    works = true
    await app.retry(first)
    expect(await app.run(first)).toMatchObject({ status: 'completed', output: 'asha' })
    const second = await app.startAnew(first)
    expect(await app.run(second)).toMatchObject({ status: 'waiting', linked: first.run })
    await app.cancel(second, 'enough')
    expect(await app.run(second)).toMatchObject({
      status: 'cancelled',
      error: { message: expect.stringContaining('enough') },
    })
    await expect(app.signal(second, 'approved', { by: 'x' })).rejects.toMatchObject({ code: 'ORDER_REFUSED' })
    await expect(app.retry('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('are given in the order of their start, of one flow or of all; the only one needs no name', async () => {
    await using app = await testApp(defineApp({ flows: [double, order], simulators }))
    await expect(app.run()).rejects.toThrow('nothing has started one yet')
    const ids = []
    for (const n of [1, 2, 3]) ids.push((await app.start('double', { n })).run)
    await app.deliver(ordered, { order: 'A-1' })
    expect((await app.runs('double')).map(({ run }) => run)).toEqual(ids)
    expect((await app.runs(order)).map(({ flow }) => flow)).toEqual(['order'])
    expect(await app.runs()).toHaveLength(4)
    await expect(app.run()).rejects.toThrow(/there is more than one run.*double, completed/)
    await expect(app.run('nobody')).rejects.toThrow('there is no run nobody')
    await expect(app.runs('triple' as 'double')).rejects.toThrow('it has double, order')
  })

  test('a step is found by its name, with or without its number', async () => {
    await using app = await testApp(orders)
    await app.deliver(ordered, { order: 'A-1' })
    const run = await app.run()
    expect(run.step('bank.pay')).toBe(run.step('bank.pay#1'))
    expect(() => run.step('bank.giveBack')).toThrow(/has no step bank.giveBack; it has bank.pay#1, /)
  })
})

describe('time', () => {
  test('stands still but for advance, and timers fire at their moment', async () => {
    const moments: string[] = []
    const naps = defineFlow('naps', {
      trigger: manual(),
      async run({ step }) {
        for (const nap of ['3h', '14d', '300d'] as const) {
          await step.sleep(nap)
          moments.push(step.now().toISOString())
        }
      },
    })
    await using app = await testApp(defineApp({ flows: [naps] }), { start: new Date('2026-03-01T00:00:00Z') })
    await app.start(naps)
    await app.settled()
    expect(app.now).toEqual(new Date('2026-03-01T00:00:00Z'))
    await app.advance('3h')
    expect(moments).toEqual(['2026-03-01T03:00:00.000Z'])
    await app.advance(new Date('2027-02-01T00:00:00Z'))
    expect([...new Set(moments)]).toEqual([
      '2026-03-01T03:00:00.000Z',
      '2026-03-15T03:00:00.000Z',
      '2027-01-09T03:00:00.000Z',
    ])
    expect(await app.run()).toMatchObject({ status: 'completed' })
    await expect(app.advance(new Date('2026-01-01T00:00:00Z'))).rejects.toThrow(
      'time goes forward only: it is 2027-02-01',
    )
    await expect(app.advance(5000 as never)).rejects.toThrow(
      'the time to advance is 5000; expected a number and a unit',
    )
    await expect(app.advance('soon' as '1h')).rejects.toMatchObject({ code: 'DURATION_INVALID' })
  })

  test('schedules start their flows', async () => {
    const nightly = defineFlow('nightly', {
      trigger: schedule('0 3 * * *'),
      run: ({ event }) => event.data.scheduledFor.toISOString(),
    })
    await using app = await testApp(defineApp({ flows: [nightly] }))
    await app.advance('2d')
    expect((await app.runs()).map(({ output }) => output)).toEqual([
      '2026-01-01T03:00:00.000Z',
      '2026-01-02T03:00:00.000Z',
    ])
  })

  test('own code that does real work is waited for', async () => {
    const slow = defineFlow('slow', {
      trigger: manual(),
      run: ({ step }) =>
        step.run('work', () => new Promise<string>((resolve) => setTimeout(() => resolve('done'), 30))),
    })
    await using app = await testApp(defineApp({ flows: [slow] }))
    await app.start(slow)
    expect(await app.run()).toMatchObject({ output: 'done' })
  })

  test('a run that never settles is named, with what it waits for', async () => {
    const stuck = defineFlow('stuck', {
      trigger: manual(z.object({ inStep: z.boolean() })),
      async run({ event, step }) {
        if (event.data.inStep) await step.run('endless', () => new Promise(() => undefined))
        else await new Promise(() => undefined)
      },
    })
    for (const inStep of [true, false]) {
      const app = await testApp(defineApp({ flows: [stuck] }), { patience: '50ms' })
      const error = await app.start(stuck, { inStep }, { id: 'it' }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({
        code: 'TIMEOUT',
        message: expect.stringContaining(
          inStep
            ? 'the function of step endless of run it (stuck), which has not returned'
            : 'run it (stuck), whose function awaits something that is not a step',
        ),
      })
      await app.close()
    }
  })
})

describe('an app that cannot be brought up', () => {
  test('one that is none', async () => {
    await expect(testApp(undefined as never)).rejects.toThrow('what is tested is undefined, not an app')
    await expect(testApp({ flows: [] } as never)).rejects.toMatchObject({ code: 'APP_INVALID' })
  })

  test('one with mistakes, and one with a provider that has no simulator', async () => {
    await expect(testApp(defineApp({ flows: [double, double] }))).rejects.toThrow(
      /the app has a mistake:\n {2}flow double: version 1 is defined twice/,
    )
    const real = defineConnection(carrier, {
      credentials: { user: fromEnvironment('U'), password: fromEnvironment('P') },
    })
    const app = defineApp({ flows: [order], connections: [real], simulators: [bankSimulator] })
    await expect(testApp(app)).rejects.toThrow('there is no simulator of carrier: a test calls no real provider')
    await using mended = await testApp(app, { simulators: [carrierSimulator] })
    await mended.deliver(ordered, { order: 'A-1' })
    expect(mended.simulator('carrier').effects('ship')).toHaveLength(1)
  })
})

describe('the end', () => {
  test('afterwards everything is refused, and a second close joins the first', async () => {
    const app = await testApp(orders)
    await app.deliver(ordered, { order: 'A-1' })
    const closing = app.close()
    expect(app.close()).toBe(closing)
    await closing
    await expect(app.deliver(ordered, { order: 'A-2' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('closed'),
    })
    await expect(app.advance('1h')).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(app.run()).rejects.toMatchObject({ code: 'FORBIDDEN' })
    for (const misuse of [
      () => app.simulator('bank'),
      () => app.failAt('bank.pay'),
      () => app.crashAt('bank.pay', 'before'),
    ])
      expect(misuse).toThrow('closed')
  })

  test('a failure that was asked for and never came fails the test', async () => {
    const app = await testApp(orders)
    app.failAt('write it down')
    app.crashAt('bank.giveBack', 'after')
    await app.deliver(ordered, { order: 'A-1' })
    await expect(app.close()).rejects.toThrow(
      "failAt('write it down'), crashAt('bank.giveBack') never happened: no such step was tried. Calls and step.run are; these were: bank.pay#1",
    )
  })

  test('one that was taken back is not missed', async () => {
    const app = await testApp(orders)
    app.failAt('bank.pay').takeBack()
    await app.deliver(ordered, { order: 'A-1' })
    expect(await app.run()).toMatchObject({ status: 'waiting' })
    await app.close()
  })
})

test('what is asked for at the same moment happens one after the other', async () => {
  await using app = await testApp(orders)
  const [first, , run] = await Promise.all([app.deliver(ordered, { order: 'A-1' }), app.advance('1h'), app.run()])
  expect(run).toMatchObject({ run: first.run, status: 'completed' })
})

test('own code may say when to come back', async () => {
  const limited = defineFlow('limited', {
    trigger: manual(),
    run: ({ step }) =>
      step.run('ask', ({ attempt }) => {
        if (attempt === 1) throw new RetryableError('later', { after: 60_000 })
        return attempt
      }),
  })
  await using app = await testApp(defineApp({ flows: [limited] }))
  await app.start(limited)
  await app.advance('59s')
  expect(await app.run()).toMatchObject({ status: 'waiting' })
  await app.advance('1s')
  expect(await app.run()).toMatchObject({ output: 2 })
})
