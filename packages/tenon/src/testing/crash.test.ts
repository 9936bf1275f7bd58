import { describe, expect, test } from 'vitest'
import { defineApp } from '../definition/app.ts'
import { defineFlow, type Flow } from '../definition/flow.ts'
import { manual } from '../definition/trigger.ts'
import { seededRandom } from './seeded.ts'
import { testApp } from './testing.ts'
import { bank, carrier, order, simulators } from './testing.fixture.ts'

describe('crash', () => {
  test('memory is gone, the journal and the providers stay', async () => {
    const lives: string[] = []
    const napping = defineFlow('napping', {
      trigger: manual(),
      uses: { bank },
      async run({ bank, step }) {
        lives.push('begun')
        await bank.pay({ reference: 'r' })
        await step.sleep('1h')
        return 'rested'
      },
    })
    await using app = await testApp(defineApp({ flows: [napping], simulators }))
    await app.start(napping)
    await app.crash()
    await app.advance('1h')
    expect(await app.run()).toMatchObject({ status: 'completed', output: 'rested' })
    // At the start, and as it was brought back to go on.
    expect(lives).toEqual(['begun', 'begun'])
    expect(app.simulator('bank').effects('pay')).toHaveLength(1)
  })

  test('OUT-03: a step that the provider told to come back in an hour rests until then, also over a restart', async () => {
    await using app = await testApp(defineApp({ flows: [order], simulators }))
    app.failAt('bank.pay', { kind: 'rate-limited', retryAfter: '1h' })
    await app.deliver(bank.on('ordered'), { order: 'A-1' })
    await app.advance('10m')
    await app.crash()
    await app.advance('49m')
    expect((await app.run()).step('bank.pay')).toMatchObject({ state: 'waiting', attempts: [{ number: 1 }] })
    expect(app.simulator('bank').effects('pay')).toHaveLength(0)
    await app.advance('5m')
    expect((await app.run()).step('bank.pay').state).toBe('completed')
    expect(app.simulator('bank').effects('pay')).toHaveLength(1)
  })

  test('a call in flight dies with the process, and goes out again under its key', async () => {
    await using app = await testApp(defineApp({ flows: [order], simulators }))
    app.simulator('bank').faults.set({ kind: 'hang-after', of: 'pay' })
    await app.deliver(bank.on('ordered'), { order: 'A-1' })
    await app.crash()
    expect((await app.run()).step('bank.pay').state).toBe('completed')
    const [first, second] = app.simulator('bank').requests('pay')
    expect(second).toMatchObject({ idempotencyKey: first?.idempotencyKey, replayed: true })
    expect(app.simulator('bank').effects('pay')).toHaveLength(1)
  })

  test('a login dies with the process, too', async () => {
    await using app = await testApp(defineApp({ flows: [order], simulators }))
    await app.deliver(bank.on('ordered'), { order: 'A-1' })
    await app.crash()
    await app.deliver(bank.on('ordered'), { order: 'A-2' })
    expect(
      app
        .simulator('carrier')
        .requests()
        .filter(({ path }) => path === '/login'),
    ).toHaveLength(2)
  })

  test('a webhook that nobody answered comes again, and is known where it was taken', async () => {
    await using app = await testApp(defineApp({ flows: [order], simulators }))
    app.simulator('bank').faults.set({ kind: 'duplicate', of: 'ordered' })
    app.crashAt('bank.pay', 'after')
    await app.simulator('bank').emit('ordered', { order: 'A-1' })
    await app.advance('1m')
    expect(await app.runs()).toHaveLength(1)
    expect(app.simulator('bank').undelivered()).toBe(0)
  })

  test('with another app: as a deploy; a run that no longer fits is parked, and goes on when it fits again', async () => {
    const waiting = (before: 'pay' | 'nothing') =>
      defineFlow('waiting', {
        trigger: manual(),
        uses: { bank },
        async run({ bank, step }) {
          if (before === 'pay') await bank.pay({ reference: 'r' })
          await step.sleep('1h')
          return before
        },
      })
    await using app = await testApp(defineApp({ flows: [waiting('pay')], simulators }))
    await app.start('waiting')
    await app.crash(defineApp({ flows: [waiting('nothing')], simulators }))
    await app.advance('1h')
    const parked = await app.run()
    expect(parked).toMatchObject({ status: 'parked', code: 'DIVERGED' })
    await app.crash(defineApp({ flows: [waiting('pay')] }))
    await app.retry(parked)
    expect(await app.run()).toMatchObject({ status: 'completed', output: 'pay' })
  })

  test('nothing else of the process leaves at the moment it dies', async () => {
    const pair = defineFlow('pair', {
      trigger: manual(),
      uses: { bank },
      run: ({ bank }) => Promise.all([bank.pay({ reference: 'a' }), bank.pay({ reference: 'b' })]),
    })
    await using app = await testApp(defineApp({ flows: [pair], simulators }))
    app.crashAt('bank.pay#1', 'before')
    await app.start(pair)
    expect(await app.run()).toMatchObject({ status: 'completed' })
    expect(app.simulator('bank').requests('pay')).toHaveLength(2)
  })

  test('own code that was running goes unheard, however it ends', async () => {
    const first = Promise.withResolvers<string>()
    const works = [first.promise, Promise.resolve('second')]
    const both = defineFlow('both', {
      trigger: manual(),
      uses: { bank },
      async run({ bank, step }) {
        const [work] = await Promise.all([
          step.run('work', () => works.shift() as Promise<string>),
          bank.pay({ reference: 'a' }),
        ])
        return work
      },
    })
    await using app = await testApp(defineApp({ flows: [both], simulators }))
    app.crashAt('bank.pay', 'after')
    await app.start(both)
    first.reject(new Error('from the life before'))
    await app.advance('1h')
    expect(await app.run()).toMatchObject({ status: 'completed', output: 'second' })
    expect(app.trace.filter(({ name }) => name === 'step.failed')).toEqual([])
  })

  test('crashAt before: nothing of the try has left; after: it took effect and the journal does not know', async () => {
    for (const [moment, requests] of [
      ['before', 1],
      ['after', 2],
    ] as const) {
      await using app = await testApp(defineApp({ flows: [order], simulators }))
      const crash = app.crashAt('bank.pay', moment)
      await app.deliver(bank.on('ordered'), { order: 'A-1' })
      expect(crash.happened).toBe(1)
      expect(app.simulator('bank').requests('pay')).toHaveLength(requests)
      expect(app.simulator('bank').effects('pay')).toHaveLength(1)
    }
  })

  test('crashAt before, of what must not be repeated: nothing has left, and nobody but a person can know', async () => {
    const noting = defineFlow('noting', {
      trigger: manual(),
      uses: { carrier },
      run: ({ carrier }) => carrier.note({ reference: 'r' }),
    })
    await using app = await testApp(defineApp({ flows: [noting], simulators }))
    app.crashAt('carrier.note', 'before')
    await app.start(noting)
    expect(await app.run()).toMatchObject({ status: 'parked', waitsFor: 'a decision on carrier.note#1' })
    expect(app.simulator('carrier').requests('note')).toHaveLength(0)
  })
})

type Node = { readonly call: 'pay' | 'ship' | 'own' | 'sleep' } | { readonly all: readonly Node[] }

/** A flow of chance: calls, own code and sleeps, one after the other and beside each other. */
function randomFlow(random: () => number): { flow: Flow; steps: readonly string[] } {
  const steps: string[] = []
  const node = (depth: number): Node => {
    const chance = random()
    if (depth > 0 && chance < 0.35)
      return { all: Array.from({ length: 2 + Math.floor(random() * 2) }, () => node(depth - 1)) }
    const call = (['pay', 'ship', 'own', 'sleep'] as const)[Math.floor(random() * 4)] ?? 'own'
    if (call !== 'sleep') steps.push(`${call} ${steps.length}`)
    return { call }
  }
  const plan = Array.from({ length: 4 }, () => node(2))
  const flow = defineFlow('chance', {
    trigger: manual(),
    uses: { bank, carrier },
    async run({ bank, carrier, step }) {
      let asked = 0
      const walk = async (one: Node): Promise<unknown> => {
        if ('all' in one) return Promise.all(one.all.map(walk))
        if (one.call === 'sleep') return step.sleep('10m')
        const name = `${one.call} ${asked}`
        asked += 1
        if (one.call === 'own') return step.run(name, () => name)
        // An id would differ after other calls: what is the same is what was asked for.
        if (one.call === 'pay') return (await bank.pay({ reference: name }, { step: name })).reference
        return typeof (await carrier.ship({ reference: name }, { step: name })).id
      }
      const results: unknown[] = []
      for (const one of plan) results.push(await walk(one))
      return JSON.stringify(results)
    },
  })
  return { flow, steps }
}

describe('a crash at every step of a flow of chance neither loses nor repeats anything', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i', async (seed) => {
    const { flow, steps } = randomFlow(seededRandom(seed, 'flow'))
    const story = async (crashes: readonly (readonly [step: string, moment: 'before' | 'after'])[]) => {
      await using app = await testApp(defineApp({ flows: [flow], simulators }), { seed })
      for (const [step, moment] of crashes) app.crashAt(step, moment)
      await app.start(flow)
      await app.advance('3h')
      const { status, output } = await app.run()
      const effects = [...app.simulator('bank').effects(), ...app.simulator('carrier').effects()]
      return {
        status,
        output,
        effects: effects.map(({ input }) => (input as { reference: string }).reference).toSorted(),
      }
    }
    const calm = await story([])
    expect(calm.status).toBe('completed')
    const reached = steps.filter(
      (step) => calm.output?.toString().includes(step) === true || calm.effects.includes(step),
    )
    expect(reached.length).toBeGreaterThan(2)
    for (const step of reached) {
      expect(await story([[step, 'before']]), `before ${step}`).toEqual(calm)
      expect(await story([[step, 'after']]), `after ${step}`).toEqual(calm)
    }
    expect(await story(reached.map((step) => [step, 'after'] as const)), 'after each').toEqual(calm)
  })
})
