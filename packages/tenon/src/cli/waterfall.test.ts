import picocolors from 'picocolors'
import { describe, expect, test } from 'vitest'
import type { AttemptView, RunView, StepView } from '../engine/view.ts'
import { widthOf } from './terminal.ts'
import { bar, createTimeAxis } from './time-axis.ts'
import { drawRun } from './waterfall.ts'

const t = Date.UTC(2026, 4, 1, 12)
const day = 86_400_000

function attempt(
  number: number,
  [from, to]: readonly [number, number | null],
  message?: string,
  retryAt?: number,
): AttemptView {
  return {
    number,
    startedAt: t + from,
    endedAt: to === null ? null : t + to,
    error: message === undefined ? null : { name: 'TenonError', code: 'UPSTREAM_UNAVAILABLE', message },
    retryAt: retryAt === undefined ? null : t + retryAt,
  }
}

function step(name: string, from: number, to: number | null, changed: Partial<StepView> = {}): StepView {
  const state = changed.state ?? 'completed'
  const attempts = changed.attempts ?? [attempt(1, [from, to])]
  return {
    name,
    kind: 'call',
    isUndo: false,
    state,
    startedAt: t + from,
    endedAt: to === null ? null : t + to,
    postponed: null,
    decision: null,
    result: null,
    error: null,
    ...changed,
    attempts,
  }
}

const steps = [
  step('shop.getOrder#1', 4, 46),
  step('shop.reserveStock#1', 48, 151),
  step('shiprocket.createOrder#1', 48, 2150, {
    attempts: [
      attempt(1, [48, 350], 'shiprocket answered 503: it is not available at the moment, come again', 1150),
      attempt(2, [1150, 2150]),
    ],
  }),
]

function run(changed: Partial<RunView> = {}): RunView {
  return {
    tenant: 'default',
    run: '1q9z0k3fv8mp2n4qxa7x2k9fq',
    flow: 'order-paid',
    version: 1,
    status: 'completed',
    key: 'SO-1001',
    inLine: true,
    lastSeq: 9,
    createdAt: t,
    updatedAt: t,
    endedAt: t + 2160,
    wakeAt: null,
    code: null,
    recoveries: 0,
    eventKey: null,
    parent: null,
    linked: null,
    event: { id: 'evt_1', type: 'stripe/payment_intent.succeeded', at: t, source: '/hooks/stripe/main', data: {} },
    steps,
    output: null,
    error: null,
    waitsFor: null,
    undo: 'none',
    ...changed,
  }
}

const draw = (view: RunView, columns = 80): string[] =>
  drawRun(view, { columns, colours: picocolors.createColors(false), now: t + 60_000 }).split('\n')

describe('a run is drawn over time', () => {
  test('steps begin and end where their time is, tries below their step', () => {
    const [title, facts, by, blank, ...drawing] = draw(run())
    expect(title).toBe('order-paid  1q9z0k3fv8mp2n4qxa7x2k9fq                               ✓ completed')
    expect(facts).toMatch(/^started .* · took 2\.2 s · key SO-1001$/)
    expect([by, blank]).toEqual(['by stripe/payment_intent.succeeded evt_1', ''])
    expect(drawing).toEqual([
      '                                     0 ╌╌╌╌╌╌╌╌┄┄┄┄┄┄╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 2.2 s',
      '  ✓ shop.getOrder             42 ms  █▌',
      '  ✓ shop.reserveStock        103 ms   ███',
      '  ✓ shiprocket.createOrder    2.1 s   ████████▌┄┄┄┄┄███████████████████████████▌',
      '      try 1                  302 ms   ████████▌',
      '        shiprocket answered 503: it is not available at the moment, come again;',
      '        again after 800 ms',
      '      try 2                     1 s                 ███████████████████████████▌',
    ])
  })

  test.each([80, 100, 140])('no line but a command to copy is wider than a terminal of %i columns', (columns) => {
    const unknown = step('shiprocket.createOrder#1', 48, null, {
      state: 'unknown',
      attempts: [attempt(1, [48, 15_048], 'no answer within 15 s')],
    })
    const reason = { name: 'TenonError', code: 'RATE_LIMITED', message: 'the limit of connection main is used up' }
    const waiting = step('shop.find', 48, null, {
      state: 'waiting',
      attempts: [],
      postponed: { reason, until: t + day },
    })
    const views = [
      run(),
      run({
        status: 'waiting',
        endedAt: null,
        wakeAt: t + 14 * day,
        waitsFor: 'delivered#1 until 2026-05-15T12:00:00.000Z',
        steps: [...steps, step('delivered', 2152, null, { kind: 'wait', state: 'waiting', attempts: [] })],
      }),
      run({ status: 'parked', code: 'OUTCOME_UNKNOWN', endedAt: null, steps: [unknown] }),
      run({ status: 'waiting', endedAt: null, wakeAt: t + day, steps: [waiting] }),
      run({
        status: 'failed',
        code: 'STEP_FAILED',
        error: { name: 'TenonError', code: 'STEP_FAILED', message: 'word '.repeat(60) },
      }),
    ]
    const lines = views.flatMap((view) => draw(view, columns)).filter((line) => !line.includes('npx tenon'))
    expect(lines.filter((line) => widthOf(line) > columns)).toEqual([])
  })

  test('a wait of days leaves room for the milliseconds around it, and says how long it was', () => {
    const lines = draw(
      run({
        endedAt: t + 2 * day + 400,
        steps: [
          ...steps,
          step('delivered', 2152, 2 * day, { kind: 'wait', attempts: [] }),
          step('whatsapp.send#1', 2 * day + 2, 2 * day + 399),
        ],
      }),
      140,
    )
    const bars = lines.filter((line) => /whatsapp|createOrder/.test(line)).map((line) => line.split('█').length - 1)
    expect(Math.min(...bars)).toBeGreaterThan(5)
    expect(lines.find((line) => line.includes('0 ╌'))).toContain('┄ 2 d ┄')
  })

  test('an unknown outcome comes with the three decisions, word for word', () => {
    const unknown = step('shiprocket.createOrder#1', 48, null, {
      state: 'unknown',
      attempts: [attempt(1, [48, 15_048], 'no answer within 15 s')],
    })
    const text = draw(run({ status: 'parked', code: 'OUTCOME_UNKNOWN', endedAt: null, steps: [unknown] })).join('\n')
    for (const decision of ["happened --result '{ … }'", 'did-not-happen', 'retry'])
      expect(text).toContain(`npx tenon runs decide a7x2k9fq 'shiprocket.createOrder#1' ${decision}`)
  })

  test('a failed run says what can be done; one that was undone only anew', () => {
    const error = { name: 'TenonError', code: 'UPSTREAM_REFUSED', message: 'not serviceable' }
    expect(draw(run({ status: 'failed', code: error.code, error })).join('\n')).toMatch(
      /UPSTREAM_REFUSED: not serviceable[^]*runs retry a7x2k9fq {2,}[^]*--anew/,
    )
    const undone = draw(
      run({
        status: 'failed',
        code: error.code,
        error,
        undo: 'done',
        steps: [...steps, step('undo shop.reserveStock#1', 2200, 2300, { isUndo: true })],
      }),
    ).join('\n')
    expect(undone).toContain('taken back')
    expect(undone).not.toMatch(/runs retry a7x2k9fq\s*$/m)
  })

  test('what a provider sent cannot steer the terminal', () => {
    const failed = step('erp.get#1', 1, 2, {
      state: 'failed',
      error: { name: 'E', code: 'X', message: 'bad\u001b[2J\nline' },
    })
    // oxlint-disable-next-line no-control-regex -- that is what must not be there
    expect(draw(run({ steps: [failed] })).join('')).not.toMatch(/[\u0000-\u001f]/)
  })
})

test('a bar is at least half a character, and exact to half a character', () => {
  const axis = createTimeAxis({ from: 0, to: 100 }, [{ from: 0, to: 100 }], 10)
  expect(bar(axis, { from: 0, to: 0 })).toEqual({ start: 0, text: '▌' })
  expect(bar(axis, { from: 5, to: 10 })).toEqual({ start: 0, text: '▐' })
  expect(bar(axis, { from: 5, to: 35 })).toEqual({ start: 0, text: '▐██▌' })
  expect(bar(axis, { from: 90, to: 100 })).toEqual({ start: 9, text: '█' })
})
