import { describe, expect, test } from 'vitest'
import type { RunDetail, StepView } from '../../api/contract.ts'
import { storyOf } from './story.ts'

const at = Date.UTC(2026, 4, 4, 12)

const step = (name: string, more: Partial<StepView> = {}): StepView => ({
  name,
  kind: 'call',
  isUndo: name.startsWith('undo('),
  state: 'completed',
  startedAt: at,
  endedAt: at + 50,
  attempts: [],
  postponed: null,
  decision: null,
  result: null,
  error: null,
  ...more,
})

const refused = { name: 'TenonError', code: 'UPSTREAM_REFUSED', message: 'no such order' }

const run = (more: Partial<RunDetail> = {}): RunDetail => ({
  run: '1m8ashkrqaeq6at35adkjr7pj',
  flow: 'order-paid',
  version: 1,
  status: 'completed',
  key: null,
  createdAt: at,
  updatedAt: at,
  endedAt: at + 2_000,
  wakeAt: null,
  code: null,
  parent: null,
  linked: null,
  inMemory: false,
  event: { id: 'evt_1', type: 'stripe/payment_intent.succeeded', at, source: '/hooks/stripe', data: {} },
  input: undefined,
  steps: [step('erp.getOrder#1'), step('shiprocket.createOrder#1')],
  inputsFit: true,
  output: null,
  error: null,
  waitsFor: null,
  undo: 'none',
  behind: [],
  behindCount: 0,
  ahead: null,
  children: [],
  actions: [],
  unknownSteps: [],
  signals: [],
  ...more,
})

const told = (more: Partial<RunDetail>, isPaused = false): string => {
  const { headline, sentences, advice } = storyOf(run(more), at + 2_000, isPaused)
  return [headline, ...sentences, advice ?? ''].join(' ').replaceAll(/[\u2068\u2069]/g, '')
}

describe('the story of a run', () => {
  test('that completed', () => {
    expect(told({})).toContain('Everything was done, in 2 s.')
    expect(told({})).toContain('the event “payment intent succeeded” from stripe')
    expect(told({})).toContain('Done: get order (erp) and create order (shiprocket).')
  })

  test('that needed several tries', () => {
    const tries = [1, 2, 3].map((number) => ({ number, startedAt: at, endedAt: at, error: null, retryAt: null }))
    expect(told({ steps: [step('erp.getOrder#1', { attempts: tries })] })).toContain('succeeded only at try 3')
  })

  test('that failed and can be retried', () => {
    const story = told({
      status: 'failed',
      steps: [step('erp.getOrder#1'), step('shiprocket.createOrder#1', { state: 'failed', error: refused })],
      error: refused,
      actions: ['retry', 'anew'],
    })
    expect(story).toContain('It failed at “create order (shiprocket)”. ')
    expect(story).toContain('The reason: no such order.')
    expect(story).toContain('press Retry')
  })

  test('that failed and was taken back', () => {
    const story = told({
      status: 'failed',
      undo: 'done',
      error: refused,
      steps: [
        step('erp.reserveStock#1'),
        step('shiprocket.createOrder#1', { state: 'failed', error: refused }),
        step('undo(erp.reserveStock#1)/erp.releaseStock#1'),
      ],
      actions: ['anew'],
    })
    expect(story).toContain('what it had done was taken back')
    expect(story).toContain('To take it back, it did: release stock (erp).')
    expect(story).toContain('press Start anew')
  })

  test('whose way back failed says who has to put it right', () => {
    const steps = [step('undo(erp.reserveStock#1)/erp.releaseStock#1', { state: 'failed', error: refused })]
    expect(told({ status: 'failed', undo: 'done', steps })).toContain('Put that right by hand.')
  })

  test('whose outcome is unknown', () => {
    const story = told({
      status: 'parked',
      endedAt: null,
      steps: [step('whatsapp.sendTemplate#1', { state: 'unknown', endedAt: null })],
      unknownSteps: ['whatsapp.sendTemplate#1'],
    })
    expect(story).toContain('Nobody knows whether “send template (whatsapp)” took effect. You decide.')
    expect(story).toContain('press Decide')
  })

  test('of which a person has decided says who, and counts no second try', () => {
    const lost = { number: 1, startedAt: at, endedAt: at, error: refused, retryAt: null }
    const decision = { kind: 'happened', by: 'asha', at } as const
    const story = told({
      steps: [step('whatsapp.sendTemplate#1', { attempts: [lost, { ...lost, number: 2 }], decision })],
    })
    expect(story).toContain('asha decided that “send template (whatsapp)” took effect.')
    expect(story).not.toContain('try')
  })

  test('that waits, for an event, for its turn, for another try, for its flow', () => {
    const open = { endedAt: null, wakeAt: at + 3_600_000 }
    const wait = step('waitFor.delivered#1', { kind: 'wait', state: 'waiting', endedAt: null })
    expect(told({ ...open, status: 'waiting', steps: [wait] })).toContain('It waits for “delivered”, until')
    expect(told({ status: 'queued', endedAt: null, key: 'SO-1', steps: [] })).toContain('It waits its turn')
    const again = [{ number: 1, startedAt: at, endedAt: at, error: refused, retryAt: at + 3_600_000 }]
    const tried = step('erp.getOrder#1', { state: 'waiting', attempts: again })
    expect(told({ ...open, status: 'waiting', steps: [tried] })).toContain(
      'It will try “get order (erp)” again in 1 h.',
    )
    expect(told({ ...open, status: 'waiting', steps: [tried] })).toContain('The last try failed: no such order.')
    expect(told({ status: 'ready', endedAt: null, steps: [] }, true)).toContain('its flow is paused')
  })

  test('a text that turns the direction of writing turns its own part alone', () => {
    const { sentences } = storyOf(run({ key: '\u202Eabc' }), at)
    expect(sentences[0]).toContain('Its key is \u2068\u202Eabc\u2069: runs')
  })

  test('that was started by hand, by another run, or anew', () => {
    const manual = { id: 'x', type: 'manual', at, source: 'manual', data: {} }
    expect(told({ event: manual })).toContain('It was started by hand')
    expect(told({ parent: { run: 'abcdefghijkl', step: 's' } })).toContain('Run efghijkl started it')
    expect(told({ linked: 'abcdefghijkl' })).toContain('started anew from run efghijkl')
  })
})
