import { expect, test } from 'vitest'
import { allowedOriginsOf } from './allowed-origins.ts'

test('an operator allows exact origins, and nothing looser', () => {
  expect(allowedOriginsOf({})).toEqual([])
  expect(allowedOriginsOf({ TENON_ALLOW_ORIGINS: ' http://10.0.0.7:8080, https://erp.internal ' })).toEqual([
    'http://10.0.0.7:8080',
    'https://erp.internal',
  ])
})

test.each(['10.0.0.7', 'http://10.0.0.7/path', 'http://user:canary@10.0.0.7', '*', 'http://*.internal', 'file:///etc'])(
  'EGR-02: %j is refused by name, and not shown',
  (text) => {
    expect(() => allowedOriginsOf({ TENON_ALLOW_ORIGINS: text })).toThrow(/TENON_ALLOW_ORIGINS holds/)
    expect(() => allowedOriginsOf({ TENON_ALLOW_ORIGINS: text })).not.toThrow(/canary/)
  },
)
