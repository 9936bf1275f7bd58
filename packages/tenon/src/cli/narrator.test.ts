import picocolors from 'picocolors'
import { expect, test } from 'vitest'
import { virtualClock } from '../testing/virtual-clock.ts'
import { createNarrator } from './narrator.ts'

function listen(columns = 100) {
  const clock = virtualClock()
  const lines: string[] = []
  const terminal = {
    columns,
    colours: picocolors.createColors(false),
    out: (text: string) => void lines.push(text),
    err: () => undefined,
  }
  const narrator = createNarrator(terminal, clock)
  const facts = (run: string) => ({ at: clock.now(), tenant: 'default', run, flow: 'order-paid' })
  return { clock, lines, narrator, facts, told: () => lines.map((line) => line.slice(10)) }
}

test('a run is told in columns: what, how long, what there is to say', async () => {
  const { clock, narrator, facts, told } = listen()
  const run = facts('1q9z0k3fv8mp2n4qxa7x2k9fq')
  narrator.hear({
    name: 'event.accepted',
    tenant: 'default',
    at: clock.now(),
    type: 'stripe/payment_intent.succeeded',
    id: 'evt_1',
    runs: [run.run],
    duplicate: false,
  })
  narrator.hear({ name: 'run.started', ...run, key: 'SO-1001' })
  for (const [step, tookMs] of [
    ['shop.getOrder#1', 12],
    ['shop.reserveStock#1', 40],
  ] as const)
    narrator.hear({ name: 'step.completed', ...run, step, attempt: 1, tookMs })
  await clock.advance(300)
  narrator.hear({
    name: 'step.failed',
    ...run,
    step: 'shiprocket.createOrder#1',
    attempt: 1,
    code: 'UPSTREAM_UNAVAILABLE',
    message: 'answered 503',
    retryInMs: 800,
  })
  narrator.hear({ name: 'step.completed', ...run, step: 'shiprocket.createOrder#1', attempt: 2, tookMs: 55 })
  narrator.hear({ name: 'run.waited', ...run, for: 'delivered', until: clock.now() + 14 * 86_400_000 })
  expect(told()).toEqual([
    'a7x2k9fq  ▸ order-paid SO-1001                    by stripe/payment_intent.succeeded',
    'a7x2k9fq  ✓ shop.getOrder                  12 ms',
    'a7x2k9fq  ✓ shop.reserveStock              40 ms',
    'a7x2k9fq  ↻ shiprocket.createOrder                try 1: answered 503; again in 800 ms',
    'a7x2k9fq  ✓ shiprocket.createOrder         55 ms  at try 2',
    'a7x2k9fq  ◷ delivered                             waits, at most 14 d',
  ])
})

test('under load it counts instead, and tells again when it is calm', async () => {
  const { clock, lines, narrator, facts, told } = listen()
  for (let number = 0; number < 500; number += 1)
    narrator.hear({ name: 'run.started', ...facts(`run-${number}`), key: null })
  await clock.advance(1000)
  expect(lines.length).toBeLessThan(50)
  // What it would not tell, nobody need put together.
  expect([narrator.wants('step.completed'), narrator.wants('run.started')]).toEqual([false, true])
  expect(lines.at(-1)).toContain('500 started in the last second')
  await clock.advance(2000)
  expect(narrator.wants('step.completed')).toBe(true)
  narrator.hear({ name: 'run.completed', ...facts('run-last'), tookMs: 40 })
  expect(told().at(-1)).toMatch(/order-paid +40 ms  completed$/)
})

test('what a provider sent cannot begin a line', () => {
  const { narrator, facts, lines } = listen()
  narrator.hear({
    name: 'run.failed',
    ...facts('run-1'),
    tookMs: 1,
    code: 'STEP_FAILED',
    message: 'a\nfake \u001b[31mline',
  })
  expect(lines.join('')).not.toContain('\n')
  expect(lines.join('')).not.toContain('\u001b')
})

test('a failure says what to do, with the whole command line', () => {
  const { narrator, facts, told } = listen()
  const run = facts('1q9z0k3fv8mp2n4qxa7x2k9fq')
  narrator.hear({ name: 'run.failed', ...run, tookMs: 1200, code: 'CREDENTIALS_REFUSED', message: 'answered 401' })
  narrator.hear({ name: 'run.undone', ...run })
  narrator.hear({ name: 'run.failed', ...run, tookMs: 1200, code: 'UPSTREAM_UNAVAILABLE', message: 'answered 503' })
  narrator.hear({ name: 'run.parked', ...run, code: 'OUTCOME_UNKNOWN', message: 'no answer' })
  const text = told().join('\n')
  expect(text).toMatch(
    /✗ order-paid +1\.2 s {2}failed: answered 401\n +→ Check the credentials of its connection; then: npx tenon runs retry a7x2k9fq\n/,
  )
  expect(text).toContain('→ When the provider works again: npx tenon runs retry a7x2k9fq --anew')
  expect(text).toContain('→ Look there, then say what happened: npx tenon runs show a7x2k9fq')
})

test('a terminal of 80 columns has room beside the name for what is short', () => {
  const { narrator, facts, told } = listen(80)
  const run = facts('1q9z0k3fv8mp2n4qxa7x2k9fq')
  narrator.hear({ name: 'run.completed', ...run, tookMs: 300 })
  expect(told()).toEqual([expect.stringMatching(/^a7x2k9fq {2}✓ order-paid +300 ms {2}completed$/)])
})

test.each([60, 80, 200])('no line is wider than a terminal of %d columns', (columns) => {
  const { lines, narrator, facts } = listen(columns)
  const message =
    'the provider says that the order has been there since yesterday, and that it takes no other of that number '.repeat(
      4,
    )
  const step = 'a-connector-with-a-long-name.anOperationWithALongName#12'
  narrator.hear({
    name: 'step.failed',
    ...facts('run-1'),
    step,
    attempt: 3,
    code: 'TIMEOUT',
    message,
    retryInMs: 90_000,
  })
  narrator.hear({ name: 'run.parked', ...facts('run-1'), code: 'DIVERGED', message })
  expect(lines.length).toBeGreaterThan(4)
  expect(lines.filter((line) => line.length > columns)).toEqual([])
})
