import { describe, expect, test } from 'vitest'
import { TerminalError } from '../base/errors.ts'
import { defineApp } from '../definition/app.ts'
import { defineFlow } from '../definition/flow.ts'
import { manual } from '../definition/trigger.ts'
import { testApp, type StepFault } from './testing.ts'
import { bank, carrier, order, simulators } from './testing.fixture.ts'

/** One step of each kind that can be tried. */
const flows = {
  keyed: defineFlow('keyed', {
    trigger: manual(),
    uses: { bank },
    run: ({ bank }) => bank.pay({ reference: 'r' }, { step: 'it' }),
  }),
  lookup: defineFlow('lookup', {
    trigger: manual(),
    uses: { carrier },
    run: ({ carrier }) => carrier.ship({ reference: 'r' }, { step: 'it' }),
  }),
  unsafe: defineFlow('unsafe', {
    trigger: manual(),
    uses: { carrier },
    run: ({ carrier }) => carrier.note({ reference: 'r' }, { step: 'it' }),
  }),
  own: defineFlow('own', { trigger: manual(), run: ({ step }) => step.run('it', () => void (ran += 1)) }),
}
let ran = 0

/** What becomes of the step at once, in a minute, and how many effects there are then. */
async function outcome(kind: keyof typeof flows, fault: StepFault) {
  ran = 0
  await using app = await testApp(defineApp({ flows: [flows[kind]], simulators }))
  app.failAt('it', fault)
  await app.start(flows[kind])
  const { state, attempts } = (await app.run()).step('it')
  await app.advance('1m')
  const later = (await app.run()).step('it')
  const effects = [...app.simulator('bank').effects(), ...app.simulator('carrier').effects()].length
  return [
    `${state} ${attempts.at(-1)?.error?.code ?? ''}`.trim(),
    `${later.state} ${later.attempts.length}`,
    kind === 'own' ? ran : effects,
  ]
}

const again = ['waiting UPSTREAM_UNAVAILABLE', 'completed 2', 1]
const unknown = ['unknown UPSTREAM_UNAVAILABLE', 'unknown 1']

describe('failAt: what the failure of a step looks like', () => {
  test.each([
    ['keyed', 'refused', ['failed UPSTREAM_REFUSED', 'failed 1', 0]],
    ['lookup', 'refused', ['failed UPSTREAM_REFUSED', 'failed 1', 0]],
    ['unsafe', 'refused', ['failed UPSTREAM_REFUSED', 'failed 1', 0]],
    ['own', 'refused', ['failed TERMINAL', 'failed 1', 0]],
    ['keyed', 'rate-limited', again],
    ['lookup', 'rate-limited', again],
    ['unsafe', 'rate-limited', again],
    ['own', 'rate-limited', ['waiting STEP_FAILED', 'completed 2', 1]],
    ['keyed', 'unavailable', again],
    ['lookup', 'unavailable', again],
    ['unsafe', 'unavailable', [...unknown, 0]],
    ['own', 'unavailable', ['waiting STEP_FAILED', 'completed 2', 1]],
    ['keyed', 'unreachable', again],
    ['lookup', 'unreachable', again],
    ['unsafe', 'unreachable', again],
    ['own', 'unreachable', ['waiting STEP_FAILED', 'completed 2', 1]],
    ['keyed', 'lost-answer', again],
    ['lookup', 'lost-answer', again],
    ['unsafe', 'lost-answer', [...unknown, 1]],
    ['own', 'lost-answer', ['waiting STEP_FAILED', 'completed 2', 2]],
    ['own', 'timeout', ['waiting TIMEOUT', 'completed 2', 1]],
  ] as const)('%s, %s', async (kind, fault, expected) => {
    expect(await outcome(kind, fault)).toEqual(expected)
  })

  test.each(['keyed', 'lookup', 'unsafe'] as const)(
    '%s, timeout: in flight until its limit has passed',
    async (kind) => {
      await using app = await testApp(defineApp({ flows: [flows[kind]], simulators }))
      app.failAt('it', 'timeout')
      await app.start(flows[kind])
      await app.advance('9s')
      expect(
        (await app.run()).steps.flatMap(({ attempts }) => attempts).filter(({ endedAt }) => endedAt !== null),
      ).toEqual([])
      await app.advance('1s')
      expect((await app.run()).step('it')).toMatchObject({
        state: kind === 'unsafe' ? 'unknown' : 'waiting',
        attempts: [{ error: { code: 'TIMEOUT' } }],
      })
    },
  )

  test('Retry-After is obeyed', async () => {
    await using app = await testApp(defineApp({ flows: [flows.keyed], simulators }))
    app.failAt('it', { kind: 'rate-limited', retryAfter: '10m' })
    await app.start(flows.keyed)
    await app.advance('599s')
    expect(app.simulator('bank').requests('pay')).toHaveLength(1)
    await app.advance('1s')
    expect(app.simulator('bank').requests('pay')).toHaveLength(2)
  })

  test('several times, or always', async () => {
    await using app = await testApp(defineApp({ flows: [flows.keyed], simulators }))
    const twice = app.failAt('it', { kind: 'unavailable', times: 2 })
    await app.start(flows.keyed)
    await app.advance('1m')
    expect([twice.happened, (await app.run()).step('it').attempts.length]).toEqual([2, 3])

    await using other = await testApp(defineApp({ flows: [flows.keyed], simulators }))
    other.failAt('it', { kind: 'unavailable', times: Number.POSITIVE_INFINITY })
    await other.start(flows.keyed)
    await other.advance('1h')
    expect(await other.run()).toMatchObject({ status: 'failed', code: 'UPSTREAM_UNAVAILABLE' })
  })

  test('an error is what the step throws', async () => {
    await using app = await testApp(defineApp({ flows: [flows.own], simulators }))
    app.failAt('it', new TerminalError('the printer is on fire'))
    await app.start(flows.own)
    expect(await app.run()).toMatchObject({ status: 'failed', error: { message: 'the printer is on fire' } })
  })

  test('one step of an undo is named by what it does', async () => {
    await using app = await testApp(defineApp({ flows: [order], simulators }))
    app.failAt('carrier.ship')
    app.failAt('bank.giveBack', 'unavailable')
    await app.deliver(bank.on('ordered'), { order: 'A-1' })
    await app.advance('1m')
    const run = await app.run()
    expect(run.step('bank.giveBack')).toMatchObject({ name: 'undo(bank.pay#1)/bank.giveBack#1', attempts: [{}, {}] })
    expect(run).toMatchObject({ status: 'failed', undo: 'done' })
  })

  test('what cannot be is refused, with what there is', async () => {
    await using app = await testApp(defineApp({ flows: [order], simulators }))
    expect(() => app.failAt('bank.steal')).toThrow(
      'no flow can take the step bank.steal: bank has the operations pay, giveBack',
    )
    expect(() => app.failAt('bank.pay', 'sad' as 'refused')).toThrow(
      'there is no fault "sad"; there are refused, rate-limited',
    )
    expect(() => app.failAt('bank.pay', { kind: 'refused', times: 0 })).toThrow('times is 0')
    expect(() => app.failAt('bank.pay', { kind: 'rate-limited', retryAfter: 'soon' as '1s' })).toThrow(
      'retryAfter is "soon"',
    )
    expect(() => app.crashAt('bank.pay', 'during' as 'after')).toThrow("expected 'before' or 'after'")
  })

  test('a decision is taken by the name of the step', async () => {
    for (const [decision, effects] of [
      ['did-not-happen', 1],
      ['retry', 2],
    ] as const) {
      await using app = await testApp(defineApp({ flows: [flows.unsafe], simulators }))
      app.failAt('it', 'lost-answer')
      const run = await app.start(flows.unsafe)
      await app.decide(run, 'it', decision)
      expect(await app.run(run)).toMatchObject(
        decision === 'retry' ? { status: 'completed' } : { status: 'failed', code: 'EFFECT_DENIED' },
      )
      expect(app.simulator('carrier').effects('note')).toHaveLength(effects)
    }
  })
})
