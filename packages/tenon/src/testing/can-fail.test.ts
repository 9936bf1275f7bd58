import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineApp } from '../definition/app.ts'
import { defineFlow, type Flow } from '../definition/flow.ts'
import { manual, signal } from '../definition/trigger.ts'
import { testApp, type TestApp } from './testing.ts'
import { bank, carrier, simulators } from './testing.fixture.ts'

// A method of the kit is worth something when a test with it fails on a mistake that people make. Each plants one.

type App = TestApp<Flow, (typeof simulators)[number]>

interface Case {
  /** The methods that find it. */
  readonly by: string
  readonly mistake: string
  readonly flow: (isWrong: boolean) => Flow
  readonly check: (app: App) => Promise<void>
}

const reference = 'A-1'
const start = (app: App, input?: unknown) => app.start('it', input)
let outside = 0

const cases: readonly Case[] = [
  {
    by: 'deliver, run',
    mistake: 'an event that is taken for something else',
    flow: (isWrong) =>
      defineFlow('it', {
        trigger: bank.on('ordered'),
        run: ({ event }) => (event.data.order === (isWrong ? 'a-1' : 'A-1') ? 'paid' : 'ignored'),
      }),
    async check(app) {
      await app.deliver(bank.on('ordered'), { order: reference })
      expect(await app.run()).toMatchObject({ output: 'paid' })
    },
  },
  {
    by: 'emit, runs',
    mistake: 'a key that does not join what belongs together',
    flow: (isWrong) =>
      defineFlow('it', {
        trigger: bank.on('ordered'),
        key: ({ data }) => (isWrong ? `${Math.random()}` : data.order),
        run: ({ step }) => step.sleep('1h'),
      }),
    async check(app) {
      for (let times = 0; times < 2; times += 1) await app.simulator('bank').emit('ordered', { order: reference })
      expect(await app.runs()).toMatchObject([{ status: 'waiting' }, { status: 'queued' }])
    },
  },
  {
    by: 'start',
    mistake: 'a wrong result',
    flow: (isWrong) =>
      defineFlow('it', { trigger: manual(z.number()), run: ({ event }) => event.data * (isWrong ? 3 : 2) }),
    async check(app) {
      await start(app, 4)
      expect(await app.run()).toMatchObject({ output: 8 })
    },
  },
  {
    by: 'signal',
    mistake: 'a no that is taken for a yes',
    flow: (isWrong) => {
      const waits = { answer: signal(z.object({ yes: z.boolean() })) }
      return defineFlow('it', {
        trigger: manual(),
        waits,
        run: async ({ step }) => ((await step.waitFor('answer')).data.yes || isWrong ? 'shipped' : 'kept'),
      })
    },
    async check(app) {
      await app.signal(await start(app), 'answer', { yes: false })
      expect(await app.run()).toMatchObject({ output: 'kept' })
    },
  },
  {
    by: 'failAt',
    mistake: 'nothing takes the payment back',
    flow: (isWrong) =>
      defineFlow('it', {
        trigger: manual(),
        uses: { bank, carrier },
        async run({ bank, carrier }) {
          await bank.pay({ reference }, isWrong ? {} : { undo: ({ id }) => bank.giveBack({ id }) })
          await carrier.ship({ reference })
        },
      }),
    async check(app) {
      app.failAt('carrier.ship')
      await start(app)
      expect(await app.run()).toMatchObject({ status: 'failed' })
      expect(app.simulator('bank').effects('giveBack')).toHaveLength(1)
    },
  },
  {
    by: 'failAt lost-answer',
    mistake: 'a key of one’s own that is another one at the next try',
    flow: (isWrong) =>
      defineFlow('it', {
        trigger: manual(),
        uses: { bank },
        run: ({ bank }) => bank.pay({ reference }, isWrong ? { idempotencyKey: `${Math.random()}` } : {}),
      }),
    async check(app) {
      app.failAt('bank.pay', 'lost-answer')
      await start(app)
      await app.advance('1m')
      expect(await app.run()).toMatchObject({ status: 'completed' })
      expect(app.simulator('bank').effects('pay')).toHaveLength(1)
    },
  },
  {
    by: 'decide',
    mistake: 'a no of a person that is swallowed',
    flow: (isWrong) =>
      defineFlow('it', {
        trigger: manual(),
        uses: { carrier },
        run: ({ carrier }) => {
          const noting = carrier.note({ reference })
          return isWrong ? noting.catch(() => 'as if it were noted') : noting
        },
      }),
    async check(app) {
      app.failAt('carrier.note', 'lost-answer')
      await app.decide(await start(app), 'carrier.note', 'did-not-happen')
      expect(await app.run()).toMatchObject({ status: 'failed', code: 'EFFECT_DENIED' })
    },
  },
  {
    by: 'retry',
    mistake: 'a failure that looks like an end',
    flow: (isWrong) =>
      defineFlow('it', {
        trigger: manual(),
        uses: { bank },
        run: ({ bank }) => (isWrong ? bank.pay({ reference }).catch(() => null) : bank.pay({ reference })),
      }),
    async check(app) {
      app.failAt('bank.pay')
      const run = await start(app)
      await app.retry(run)
      expect(await app.run(run)).toMatchObject({ status: 'completed', output: { reference } })
    },
  },
  {
    by: 'startAnew',
    mistake: 'memory of the process that stands for a journal',
    flow: (isWrong) => {
      const known = new Set<string>()
      return defineFlow('it', {
        trigger: manual(),
        uses: { bank },
        async run({ bank, run }) {
          if (isWrong && known.size > 0 && !known.has(run.id)) return 'done already'
          known.add(run.id)
          return (await bank.pay({ reference })).status
        },
      })
    },
    async check(app) {
      const again = await app.startAnew(await start(app))
      expect(await app.run(again)).toMatchObject({ output: 'pending' })
    },
  },
  {
    by: 'cancel',
    mistake: 'an undo that comes too late to be registered',
    flow: (isWrong) =>
      defineFlow('it', {
        trigger: manual(),
        uses: { bank },
        async run({ bank, step }) {
          const { id } = await bank.pay(
            { reference },
            isWrong ? {} : { undo: (paid) => bank.giveBack({ id: paid.id }) },
          )
          await step.sleep('1h')
          await step.run('book', () => id, isWrong ? { undo: () => bank.giveBack({ id }) } : {})
        },
      }),
    async check(app) {
      await app.cancel(await start(app))
      expect(app.simulator('bank').effects('giveBack')).toHaveLength(1)
    },
  },
  {
    by: 'advance',
    mistake: 'a limit that is too long',
    flow: (isWrong) =>
      defineFlow('it', {
        trigger: manual(),
        waits: { settled: bank.on('settled') },
        run: ({ step }) => step.waitFor('settled', { match: { reference }, timeout: isWrong ? '15d' : '14d' }),
      }),
    async check(app) {
      await start(app)
      await app.advance('14d')
      expect(await app.run()).toMatchObject({ code: 'TIMEOUT' })
    },
  },
  {
    by: 'settled',
    mistake: 'a wait for something that is no step',
    flow: (isWrong) =>
      defineFlow('it', {
        trigger: manual(),
        run: ({ step }) => (isWrong ? new Promise<void>(() => undefined) : step.sleep('1h')),
      }),
    async check(app) {
      await start(app).catch(() => undefined)
      await app.settled()
    },
  },
  {
    by: 'crash',
    mistake: 'code that decides by what is another thing each time',
    flow: (isWrong) =>
      defineFlow('it', {
        trigger: manual(),
        uses: { bank },
        async run({ bank, step }) {
          await bank.pay({ reference: isWrong ? `${Math.random()}` : step.id() })
          await step.sleep('1h')
        },
      }),
    async check(app) {
      await start(app)
      await app.crash()
      await app.advance('1h')
      expect(await app.run()).toMatchObject({ status: 'completed' })
    },
  },
  {
    by: 'crashAt',
    mistake: 'an effect outside of any step',
    flow: (isWrong) =>
      defineFlow('it', {
        trigger: manual(),
        uses: { bank },
        async run({ bank, step }) {
          if (isWrong) outside += 1
          else await step.run('count', () => void (outside += 1))
          await bank.pay({ reference })
        },
      }),
    async check(app) {
      outside = 0
      app.crashAt('bank.pay', 'after')
      await start(app)
      expect(await app.run()).toMatchObject({ status: 'completed' })
      expect(outside).toBe(1)
    },
  },
]

async function checkOn({ flow, check }: Case, isWrong: boolean): Promise<void> {
  await using app = await testApp(defineApp({ flows: [flow(isWrong)], simulators }), { patience: '50ms' })
  await check(app)
}

describe.each(cases)('$by', (one) => {
  test('passes where nothing is wrong', () => checkOn(one, false))

  test(`finds ${one.mistake}`, async () => {
    await expect(checkOn(one, true)).rejects.toThrow(/^expected|did not settle|cannot be retried/)
  })
})
