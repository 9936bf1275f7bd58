import { expect, test } from 'vitest'
import { providerUrl } from './provider-url.ts'

test('AUT-06: a browser is sent to https addresses, and to a simulator on its own origin', () => {
  expect(providerUrl('https://login.example/authorise?a=1', 'crm', null)).toBe('https://login.example/authorise?a=1')
  expect(providerUrl('http://127.0.0.1:4501/authorise', 'crm', 'http://127.0.0.1:4501')).toContain('127.0.0.1:4501')
})

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'file:///etc/passwd',
  'http://login.example/authorise',
  'https://user:word@login.example/',
  'http://127.0.0.1:4502/authorise',
  'intent://x',
  '//login.example',
  '',
])('AUT-06: to %j nobody is sent, and the error does not repeat it', (text) => {
  const refused = expect.objectContaining({
    code: 'ADDRESS_REFUSED',
    message: expect.not.stringContaining('alert') as string,
  })
  expect(() => providerUrl(text, 'crm', 'http://127.0.0.1:4501')).toThrow(refused)
})
