import picocolors from 'picocolors'
import { expect, test } from 'vitest'
import { virtualClock } from '../testing/virtual-clock.ts'
import { createNarrator } from './narrator.ts'

function listen() {
  const clock = virtualClock()
  const lines: string[] = []
  const terminal = {
    columns: 100,
    colours: picocolors.createColors(false),
    out: (text: string) => void lines.push(text),
    err: () => undefined,
  }
  const narrator = createNarrator(terminal, clock)
  const facts = (run: string) => ({ at: clock.now(), tenant: 'default', run, flow: 'order-paid' })
  return { clock, lines, narrator, facts, told: () => lines.map((line) => line.slice(10)) }
}

test('a run is told in a few lines: steps that end close together share one', async () => {
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
    'a7x2k9fq  ▸ order-paid SO-1001, by stripe/payment_intent.succeeded',
    'a7x2k9fq  ✓ shop.getOrder 12 ms · shop.reserveStock 40 ms',
    'a7x2k9fq  ✗ shiprocket.createOrder: answered 503; again in 800 ms',
    'a7x2k9fq  ✓ shiprocket.createOrder 55 ms (try 2)',
    'a7x2k9fq  ◷ waits for delivered, at most 14 d',
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
  expect(told().at(-1)).toContain('order-paid completed in 40 ms')
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
