import { expect, test } from 'vitest'
import { distance, length } from './time.ts'
import { listWords, stepLabel } from './words.ts'

test.each([
  ['erp.getOrder#1', 'call', 'Get order', 'erp'],
  ['erp.getOrder#3', 'call', 'Get order (3)', 'erp'],
  ['stripe.createRefund', 'call', 'Create refund', 'stripe'],
  ['undo(erp.reserveStock#1)/erp.releaseStock#1', 'call', 'Release stock', 'erp'],
  ['undo(greet)', 'run', 'Take back: greet', null],
  ['waitFor.delivered#1', 'wait', 'Wait for delivered', null],
  ['sleep#1', 'sleep', 'Pause', null],
  ['sleep#2', 'sleep', 'Pause (2)', null],
  ['start.close-month#1', 'child', 'Start close month', null],
  ['start.close-month#1.result#1', 'child-result', 'Result of close month 1', null],
  ['look-up-customer', 'run', 'Look up customer', null],
  ['<script>alert(1)</script>', 'run', '<script>alert(1)</script>', null],
  ['a.b c', 'call', 'a.b c', null],
  ['Tell them: 10.5 %!', 'run', 'Tell them: 10.5 %!', null],
] as const)('the step %s (%s) is called %s', (name, kind, text, system) => {
  expect(stepLabel(name, kind)).toEqual({ text, system })
})

test.each([
  [0, '0 ms'],
  [0.4, '<1 ms'],
  [42, '42 ms'],
  [2_140, '2.1 s'],
  [59_000, '59 s'],
  [185_000, '3 min 5 s'],
  [3_600_000, '1 h'],
  [14 * 86_400_000 + 7_200_000, '14 d 2 h'],
])('%d milliseconds are %s', (ms, text) => {
  expect(length(ms)).toBe(text)
})

test.each([
  [0, 'just now'],
  [-300_000, '5 min ago'],
  [3 * 86_400_000, 'in 3 d'],
  [2_000, 'in a moment'],
])('%d milliseconds from now is %s', (ms, text) => {
  expect(distance(1_000_000_000_000 + ms, 1_000_000_000_000)).toBe(text)
})

test('a list of many names its first and counts the rest', () => {
  expect(listWords(['a'])).toBe('a')
  expect(listWords(['a', 'b', 'c'])).toBe('a, b and c')
  expect(listWords(['a', 'b', 'c', 'd', 'e', 'f'])).toBe('a, b, c and 3 more')
})
