import { expect, test } from 'vitest'
import { openProcessLog } from './process-log.ts'

function written(environment: Record<string, string>, isTTY = false): string {
  let text = ''
  const { log } = openProcessLog(environment, { isTTY, write: (line) => (text += line) })
  log.info('request.answered', { status: 200 })
  log.warn('request.refused', { status: 401 })
  return text
}

test('OBS-05: a machine gets everything as JSON, a person at a terminal what is worth a look', () => {
  expect(
    written({})
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { name: string }).name),
  ).toEqual(['request.answered', 'request.refused'])
  expect(written({}, true)).toMatch(/^\d\d:\d\d:\d\d warn {2}request\.refused status=401\n$/)
})

test('level and form can be chosen', () => {
  expect(written({ TENON_LOG: 'info', TENON_LOG_FORM: 'pretty' })).toContain('request.answered status=200')
  expect(written({ TENON_LOG: 'error' })).toBe('')
  expect(written({ TENON_LOG: 'silent' }, true)).toBe('')
})

test.each([
  ['TENON_LOG', 'loud', 'info, warn, error, silent'],
  ['TENON_LOG_FORM', 'xml', 'json, pretty'],
])('%s=%s is refused with what it can be', (variable, value, possible) => {
  expect(() => written({ [variable]: value })).toThrow(`${variable} is "${value}"; it can be ${possible}.`)
})
