import { describe, expect, test } from 'vitest'
import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { createLog } from './log.ts'
import { createRedactor } from './redact.ts'

const clock: Clock = { now: () => Date.UTC(2026, 4, 1), after: () => () => undefined, whenQuiet: () => undefined }
const canary = 'sk_live_canary/+"7Q'

function logged(form: 'json' | 'pretty', fields: Record<string, unknown>, name = 'webhook.refused') {
  const lines: string[] = []
  const redactor = createRedactor()
  redactor.add(canary)
  createLog({ clock, redactor, form, write: (line) => void lines.push(line) }).warn(name, fields)
  return lines.join('')
}

describe.each(['json', 'pretty'] as const)('the log in %s', (form) => {
  test.each([
    ['as it is', canary],
    ['in JSON', JSON.stringify({ key: canary })],
    ['in a URL', `https://x.example/?q=${encodeURIComponent(canary)}`],
    ['in basic authentication', `Basic ${Buffer.from(`user:${canary}`).toString('base64')}`],
    ['in base64 at another offset', Buffer.from(`me:${canary}:more`).toString('base64url')],
  ])('SEC-11: a secret is not printed %s', (_how, text) => {
    const line = logged(form, { reason: text })
    expect(line).toContain('[secret]')
    for (const part of [canary, canary.slice(0, 12), Buffer.from(canary).toString('base64').slice(3, 15)])
      expect(line).not.toContain(part)
  })

  test('SEC-11: members with the names of secrets are not printed, whatever they hold', () => {
    const line = logged(form, {
      headers: { authorization: 'Bearer abc', 'stripe-signature': 't=1,v1=2' },
      password: 'hunter22',
      apiKey: new Secret('xyz'),
    })
    for (const value of ['Bearer abc', 'v1=2', 'hunter22', 'xyz']) expect(line).not.toContain(value)
  })

  test('SEC-11: causes and details of an error are redacted too', () => {
    const error = new TenonError('INTERNAL', 'it broke', {
      cause: new Error(`upstream said ${canary}`),
      details: { token: 'tok_1' },
    })
    const line = logged(form, { error })
    expect(line).toContain('it broke')
    expect(line).not.toContain('tok_1')
    expect(line).not.toContain('sk_live_canary')
  })

  test('nothing received can begin a line or steer a terminal', () => {
    const line = logged(form, { reason: 'a\nfake line\r\u001B[2J\u009B31m\u2028b' })
    // oxlint-disable-next-line no-control-regex -- that is what must not be there
    expect(line.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028]/)
  })

  test('SEC-05: a member named __proto__ changes nothing', () => {
    logged(
      form,
      JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}') as Record<
        string,
        unknown
      >,
    )
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

test('a line of the JSON log is one object with time, level and name', () => {
  expect(JSON.parse(logged('json', { status: 401 }))).toEqual({
    level: 'warn',
    time: '2026-05-01T00:00:00.000Z',
    name: 'webhook.refused',
    status: 401,
  })
})

test('OBS-05: a member that is named like one of the line takes no place of it', () => {
  const line = logged('json', { name: 'request.answered', level: 'info', time: 'never', status: 401 })
  expect(JSON.parse(line)).toMatchObject({ name: 'webhook.refused', level: 'warn', name_: 'request.answered' })
  expect(line.match(/"name":/g)).toHaveLength(1)
})

test.each([
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
  ['silent', []],
] as const)('the level %s writes %j', (level, expected) => {
  const lines: string[] = []
  const log = createLog({
    clock,
    redactor: createRedactor(),
    form: 'json',
    level,
    write: (line) => void lines.push(line),
  })
  for (const wanted of ['info', 'warn', 'error'] as const) log[wanted]('app.started')
  expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(expected)
})
