import { startSimulator } from 'tenon/simulator'
import { expect, test } from 'vitest'
import { whatsappSimulator } from './simulator.ts'
import { whatsapp } from './whatsapp.ts'

const { webhooks, failure } = whatsapp.options
const request = { method: 'POST', headers: {}, query: {}, body: Buffer.alloc(0) }

test('the signature is the one that Meta makes', () => {
  const body = '{"object":"page"}'
  const header = 'sha256=ae958d6f00b134dd32b95a9a76bedaaeb068c0949769358355023f7d1a0c580b'
  expect(webhooks?.verify.sign(body, 'app-secret', 0)).toEqual({ 'x-hub-signature-256': header })
  const verify = (text: string, signature: string) => () =>
    webhooks?.verify.verify(
      { ...request, headers: { 'x-hub-signature-256': signature }, body: Buffer.from(text) },
      ['app-secret'],
      0,
    )
  expect(verify(body, header)).not.toThrow()
  // Written anew, the same JSON has other bytes.
  expect(verify('{ "object": "page" }', header)).toThrow(/does not match/)
  expect(verify(body, header.slice(7))).toThrow(/does not match/)
  expect(verify(body, header.slice(0, -2))).toThrow(/does not match/)
})

test('one request may carry several entries, changes, messages and statuses', () => {
  const change = (value: object, field = 'messages') => ({
    field,
    value: { metadata: { phone_number_id: '1' }, ...value },
  })
  const message = (id: string) => ({ id, from: '91', timestamp: '1700000000', type: 'text' })
  const body = {
    object: 'whatsapp_business_account',
    entry: [
      {
        id: 'a',
        changes: [
          change({ messages: [message('m1'), message('m2')] }),
          change({ event: 'APPROVED' }, 'account_review_update'),
        ],
      },
      {
        id: 'b',
        changes: [
          change({ statuses: ['read', 'sent'].map((status) => ({ id: 'm0', status, timestamp: '1700000001' })) }),
        ],
      },
    ],
  }
  expect(webhooks?.read(body, request).map(({ id, type, timeMs }) => [id, type, timeMs])).toEqual([
    ['m1', 'message.received', 1_700_000_000_000],
    ['m2', 'message.received', 1_700_000_000_000],
    ['m0:read', 'message.status', 1_700_000_001_000],
    ['m0:sent', 'message.status', 1_700_000_001_000],
  ])
})

test.each([
  [429, 130_429, true],
  [400, 131_056, true],
  [500, 131_000, true],
  [500, 131_016, true],
  [400, 80_007, true],
  [400, 131_026, false],
  [400, 131_047, false],
  [404, 132_001, false],
  [401, 190, false],
  [403, 200, false],
])('status %d with code %d may be tried again: %s', (status, code, retryable) => {
  const told = failure?.({ status, headers: {}, body: { error: { message: 'm', code, error_data: { details: 'd' } } } })
  expect(told).toMatchObject({ message: 'm: d', code: String(code), retryable })
  expect(told?.retryAfterMs).toBe(code === 131_056 ? 6000 : undefined)
})

test('a failure without the usual body is still one, and an error in a good answer too', () => {
  expect(failure?.({ status: 502, headers: {}, body: '<html>' })).toEqual({ message: '' })
  expect(failure?.({ status: 502, headers: {}, body: undefined })).toEqual({ message: '' })
  expect(failure?.({ status: 200, headers: {}, body: { error: { message: 'm', code: 100 } } })).toMatchObject({
    code: '100',
  })
  expect(failure?.({ status: 200, headers: {}, body: { messages: [] } })).toBeNull()
})

const template = (change: object = {}) => ({
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  type: 'template',
  to: '919820012345',
  template: {
    name: 'order_confirmation',
    language: { code: 'en' },
    components: [{ type: 'body', parameters: [1, 2].map((text) => ({ type: 'text', text: String(text) })) }],
    ...change,
  },
})

test('the simulator knows its number, its templates and the window for free text', async () => {
  const simulator = await startSimulator(whatsappSimulator, { limits: false })
  const post = async (body: unknown, number = '106540352242922') => {
    const headers = {
      authorization: `Bearer ${simulator.credentials['accessToken']}`,
      'content-type': 'application/json',
    }
    const answer = await fetch(`${simulator.origin}/v23.0/${number}/messages`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return (await answer.json()) as { error?: { code: number }; messages?: { id: string }[] }
  }
  expect((await post(template())).messages?.[0]?.id).toMatch(/^wamid\./)
  expect((await post(template(), '1234567')).error?.code).toBe(100)
  expect((await post(template({ name: 'sale' }))).error?.code).toBe(132_001)
  expect((await post(template({ components: [] }))).error?.code).toBe(132_000)
  expect((await post({ ...template(), to: undefined })).error?.code).toBe(131_008)
  expect((await post({ ...template(), recipient_type: 'group' })).error?.code).toBe(131_009)
  const text = { messaging_product: 'whatsapp', to: '919820012345', type: 'text', text: { body: 'Hello' } }
  expect((await post(text)).error?.code).toBe(131_047)
  await simulator.emit('message.received', { from: '919820012345' })
  expect((await post(text)).messages).toHaveLength(1)
  expect(simulator.effects()).toHaveLength(2)
  await simulator.close()
})

test('a status never goes back', async () => {
  const simulator = await startSimulator(whatsappSimulator, { pace: 1000 })
  const headers = { authorization: `Bearer ${simulator.credentials['accessToken']}` }
  await fetch(`${simulator.origin}/v23.0/106540352242922/messages`, {
    method: 'POST',
    headers,
    body: JSON.stringify(template()),
  })
  expect(await simulator.emit('message.status', { status: 'read' })).toMatchObject({ status: 'read' })
  expect(await simulator.emit('message.status', { status: 'sent' })).toMatchObject({ status: 'read' })
  await simulator.close()
})
