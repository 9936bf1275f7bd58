import { generateKeyPairSync } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { describe, expect, test } from 'vitest'
import { standardWebhooks } from './standard-webhooks.ts'
import { postOf, verdict } from './verifier.fixture.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const nowMs = 1_614_265_330_000
const body = '{"test": 2432232314}'
const verifier = standardWebhooks({ field: 's' })

/** The vector of the specification's own libraries. */
const documented = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}
type Headers = Record<keyof typeof documented, string | undefined>

const judged = (headers: Partial<Headers> = {}, more: { secrets?: string[]; nowMs?: number; body?: string } = {}) =>
  verdict(verifier, postOf(more.body ?? body, { headers: { ...documented, ...headers } }), {
    secrets: more.secrets ?? [secret],
    nowMs: more.nowMs ?? nowMs,
  })

describe('WHI-03: Standard Webhooks', () => {
  test("the vector of the specification's libraries, and what they sign", async () => {
    expect(await judged()).toBe('taken')
    const given = new Webhook(secret).sign('msg_1', new Date(nowMs), body)
    expect(await judged({ 'webhook-id': 'msg_1', 'webhook-signature': given })).toBe('taken')
    const svix = standardWebhooks({ field: 's', prefix: 'svix-' })
    const headers = { 'svix-id': 'msg_1', 'svix-timestamp': '1614265330', 'svix-signature': new SvixWebhook(secret).sign('msg_1', new Date(nowMs), body) } // prettier-ignore
    expect(await verdict(svix, postOf(body, { headers }), { secrets: [secret], nowMs })).toBe('taken')
  })

  test('the libraries take what we sign', () => {
    const now = Date.now()
    const headers = verifier.sign(body, [secret, `whsec_${Buffer.alloc(24, 1).toString('base64')}`], now)
    expect(new Webhook(secret).verify(body, headers)).toEqual({ test: 2432232314 })
  })

  test('any one of several signatures and of several secrets', async () => {
    const good = documented['webhook-signature']
    const other = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc='
    for (const several of [`${other} ${good}`, `${good} ${other}`, `v1a,AAAA v2,x ${good}`])
      expect(await judged({ 'webhook-signature': several })).toBe('taken')
    const another = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
    expect(await judged({}, { secrets: [another, secret] })).toBe('taken')
    expect(await judged({}, { secrets: [another] })).toBe('SIGNATURE_INVALID')
  })

  const signature = documented['webhook-signature'].slice(3)
  test.each<[string, Partial<Headers>]>([
    ['truncated', { 'webhook-signature': `v1,${signature.slice(0, -4)}` }],
    ['longer', { 'webhook-signature': `v1,${signature}AAAA` }],
    ['empty', { 'webhook-signature': '' }],
    ['empty after its version', { 'webhook-signature': 'v1,' }],
    ['without a comma', { 'webhook-signature': `v1${signature}` }],
    ['without a version', { 'webhook-signature': signature }],
    ['of another version', { 'webhook-signature': `v2,${signature}` }],
    ['of the version of keys', { 'webhook-signature': `v1a,${signature}` }],
    ['in the alphabet for addresses', { 'webhook-signature': `v1,${signature.replaceAll('+', '-').replaceAll('/', '_')}` }], // prettier-ignore
    ['without its padding', { 'webhook-signature': `v1,${signature.replace('=', '')}` }],
    ['missing', { 'webhook-signature': undefined }],
    ['without an id', { 'webhook-id': undefined }],
    ['with a dot in the id', { 'webhook-id': 'msg.p5jXN8AQM9LWM0D4loKWxJek' }],
    ['of another id', { 'webhook-id': 'msg_x' }],
    ['without a time', { 'webhook-timestamp': undefined }],
    ['with a time that is none', { 'webhook-timestamp': '1614265330.0' }],
    ['with another time', { 'webhook-timestamp': '1614265331' }],
  ])('a signature %s is refused', async (_what, headers) => {
    expect(await judged(headers)).toBe('SIGNATURE_INVALID')
  })

  test('a dot may not move from the id into the body', async () => {
    const given = new Webhook(secret).sign('msg_1', new Date(nowMs), `1614265330.${body}`)
    const moved = { 'webhook-id': 'msg_1.1614265330', 'webhook-signature': given }
    expect(await judged({ ...moved, 'webhook-id': 'msg_1' }, { body: `1614265330.${body}` })).toBe('taken')
    expect(await judged(moved)).toBe('SIGNATURE_INVALID')
  })

  test('five minutes, in both directions', async () => {
    expect(await judged({}, { nowMs: nowMs + 300_000 })).toBe('taken')
    expect(await judged({}, { nowMs: nowMs - 300_000 })).toBe('taken')
    expect(await judged({}, { nowMs: nowMs + 301_000 })).toBe('CLOCK_SKEW')
    expect(await judged({}, { nowMs: nowMs - 301_000 })).toBe('CLOCK_SKEW')
  })

  test.each(['', 'whsec_', `whsec_${Buffer.alloc(23, 1).toString('base64')}`, 'whsec_not*base64', 'whpk_AAAA'])(
    'the secret %j is none',
    async (weak) => {
      expect(await judged({}, { secrets: [weak] })).toBe('SIGNATURE_INVALID')
      const text = weak.replace('whsec_', '')
      if (Buffer.from(text, 'base64').length === 0) return
      const headers = verifier.sign(body, weak.startsWith('whpk_') ? secret : weak, nowMs)
      expect(await judged(headers, { secrets: [weak] })).toBe('SIGNATURE_INVALID')
    },
  )

  test('v1a: Ed25519, by the public key', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const raw = (key: { export(options: { format: 'jwk' }): { x?: string; d?: string } }, part: 'x' | 'd') =>
      Buffer.from(key.export({ format: 'jwk' })[part] ?? '', 'base64url').toString('base64')
    const secrets = [`whpk_${raw(publicKey, 'x')}`]
    const headers = verifier.sign(body, `whsk_${raw(privateKey, 'd')}`, nowMs)
    expect(headers['webhook-signature']).toMatch(/^v1a,/)
    expect(await judged(headers, { secrets })).toBe('taken')
    expect(await judged(headers, { secrets, body: `${body} ` })).toBe('SIGNATURE_INVALID')
    expect(await judged(headers, { secrets, nowMs: nowMs + 301_000 })).toBe('CLOCK_SKEW')
    const text = headers['webhook-signature']?.slice(4) ?? ''
    for (const wrong of [`v1,${text}`, `v1a${text}`, `v1a,${text.slice(4)}`, `v1a,${text.replace(/=+$/, '')}`, 'v1a,'])
      expect(await judged({ ...headers, 'webhook-signature': wrong }, { secrets })).toBe('SIGNATURE_INVALID')
    expect(await judged(documented, { secrets })).toBe('SIGNATURE_INVALID')
  })
})
