import { createHmac } from 'node:crypto'
import { sign as signGitHub } from '@octokit/webhooks-methods'
import Razorpay from 'razorpay'
import Stripe from 'stripe'
import twilio from 'twilio'
import { describe, expect, test } from 'vitest'
import { bodyHmac, timestampedHmac, type Verifier } from '../verifier.ts'
import { requestHmac } from './request-hmac.ts'
import { urlHmac } from './url-hmac.ts'
import { postOf, verdict } from './verifier.fixture.ts'

const nowMs = 1_700_000_000_000
const base64 = { encoding: 'base64' } as const

/** The providers' own vectors: what they documented, or what their libraries computed. */
const bodies: readonly (readonly [string, Verifier, { secret: string; body: string; given: string }])[] = [
  ...(['x-shopify-hmac-sha256', 'x-wc-webhook-signature', 'x-xero-signature'] as const).map(
    (header) =>
      [
        header,
        bodyHmac({ header, field: 's', ...base64 }),
        { secret: 'hush', body: '{"id":1}', given: 'VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY=' },
      ] as const,
  ),
  [
    // GitHub, "Validating webhook deliveries".
    'x-hub-signature-256',
    bodyHmac({ header: 'x-hub-signature-256', field: 's', prefix: 'sha256=' }),
    {
      secret: "It's a Secret to Everybody",
      body: 'Hello, World!',
      given: 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    },
  ],
]

describe('a keyed hash over the body', () => {
  test.each(bodies)('WHI-02: %s, by its provider’s own vector', async (header, verifier, { secret, body, given }) => {
    const request = postOf(body, { headers: { [header]: given } })
    expect(await verdict(verifier, request, { secrets: [secret] })).toBe('taken')
    expect(await verdict(verifier, request, { secrets: ['another', secret] })).toBe('taken')
    expect(verifier.sign(body, secret, 0)).toEqual({ [header]: given })
    for (const wrong of [
      given.slice(0, -1),
      `${given}=`,
      given.toUpperCase().replace('SHA256', 'sha256'),
      '',
      ` ${given}`,
    ])
      if (wrong !== given && !wrong.startsWith('sha256=7'))
        expect(await verdict(verifier, postOf(body, { headers: { [header]: wrong } }), { secrets: [secret] })).toBe(
          'SIGNATURE_INVALID',
        )
    expect(await verdict(verifier, request, { secrets: ['another'] })).toBe('SIGNATURE_INVALID')
    expect(await verdict(verifier, postOf(`${body} `, { headers: request.headers }), { secrets: [secret] })).toBe(
      'SIGNATURE_INVALID',
    )
  })

  test("WHI-02: what GitHub's and Razorpay's own packages sign and check", async () => {
    const [secret, body] = ['a secret of some length', '{"ä":1}']
    const github = bodyHmac({ header: 'x-hub-signature-256', field: 's', prefix: 'sha256=' })
    const given = await signGitHub(secret, body)
    expect(await verdict(github, postOf(body, { headers: { 'x-hub-signature-256': given } }), { secrets: [secret] })).toBe('taken') // prettier-ignore
    const razorpay = bodyHmac({ header: 'x-razorpay-signature', field: 's' })
    const made = razorpay.sign(body, secret, 0)['x-razorpay-signature'] ?? ''
    expect(Razorpay.validateWebhookSignature(body, made, secret)).toBe(true)
  })

  test.each(['sha1', 'sha512'] as const)('by %s where a provider wants it', async (hash) => {
    const verifier = bodyHmac({ header: 'x-signature', field: 's', hash })
    const given = createHmac(hash, 'secret').update('{}').digest('hex')
    const request = postOf('{}', { headers: { 'x-signature': given.toUpperCase() } })
    expect(await verdict(verifier, request, { secrets: ['secret'] })).toBe('taken')
    expect(await verdict(verifier, request, { secrets: ['Secret'] })).toBe('SIGNATURE_INVALID')
  })

  test.each<[string, string | Uint8Array, string | Uint8Array]>([
    ['members in another order', '{"a":1,"b":2}', '{"b":2,"a":1}'],
    ['a member twice', '{"a":1}', '{"a":1,"a":1}'],
    ['a byte order mark', '{}', '\uFEFF{}'],
    ['another blank', '{"a":1}', '{"a": 1}'],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe), Uint8Array.of(0xff, 0xfd)],
  ])('WHI-02: the bytes count, not what they mean: %s', async (_what, signed, sent) => {
    const verifier = bodyHmac({ header: 'x-signature', field: 's' })
    const given = createHmac('sha256', 'secret').update(signed).digest('hex')
    const of = (body: string | Uint8Array) => postOf(body, { headers: { 'x-signature': given } })
    expect(await verdict(verifier, of(signed), { secrets: ['secret'] })).toBe('taken')
    expect(await verdict(verifier, of(sent), { secrets: ['secret'] })).toBe('SIGNATURE_INVALID')
  })
})

describe('a keyed hash over body and time', () => {
  test("WHI-02: Stripe's own package and Mailchimp's vector", async () => {
    const stripe = timestampedHmac({ header: 'stripe-signature', field: 's' })
    const payload = '{"id":"evt_1"}'
    const given = new Stripe('sk_test_x').webhooks.generateTestHeaderString({ payload, secret: 'whsec_x', timestamp: nowMs / 1000 }) // prettier-ignore
    const request = postOf(payload, { headers: { 'stripe-signature': given } })
    expect(await verdict(stripe, request, { secrets: ['whsec_x'], nowMs })).toBe('taken')
    const mailchimp = timestampedHmac({ header: 'x-mailchimp-signature', field: 's' })
    expect(mailchimp.sign('type=subscribe&fired_at=2026-01-01', 'secret', nowMs)).toEqual({
      'x-mailchimp-signature': 't=1700000000,v1=4dd6fae50cf4a59142319bc2dfc03679ecf8af24a071359a8ffb0b1f1b404270',
    })
  })

  const slack = requestHmac({
    header: 'x-slack-signature',
    field: 's',
    prefix: 'v0=',
    content: 'v0:{timestamp}:{body}',
    timestamp: { header: 'x-slack-request-timestamp', unit: 's' },
  })
  const zendesk = requestHmac({
    header: 'x-zendesk-webhook-signature',
    field: 's',
    ...base64,
    content: '{timestamp}{body}',
    timestamp: { header: 'x-zendesk-webhook-signature-timestamp', unit: 'iso' },
  })
  const hubspot = requestHmac({
    header: 'x-hubspot-signature-v3',
    field: 's',
    ...base64,
    content: '{method}{decodedUrl}{body}{timestamp}',
    timestamp: { header: 'x-hubspot-request-timestamp', unit: 'ms' },
  })
  const url = 'https://www.example.com/webhook_uri'
  const cases = [
    {
      name: 'Slack',
      verifier: slack,
      // Slack, "Verifying requests from Slack".
      secret: '8f742231b10e8888abcd99yyyzzz85a5',
      nowMs: 1_531_420_618_000,
      body: 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
      headers: {
        'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
        'x-slack-request-timestamp': '1531420618',
      },
    },
    {
      name: 'Zendesk',
      verifier: zendesk,
      secret: 'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==',
      nowMs: Date.parse('2021-03-25T05:09:27Z'),
      body: '{"test":true}',
      headers: {
        'x-zendesk-webhook-signature': 'RxLbIp9KSDfssTjJc6Uq77cGvsNzqzBjsNB95xsurew=',
        'x-zendesk-webhook-signature-timestamp': '2021-03-25T05:09:27Z',
      },
    },
    {
      name: 'HubSpot',
      verifier: hubspot,
      secret: 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy',
      nowMs,
      body: '{"example_field":"example_value"}',
      headers: {
        'x-hubspot-signature-v3': 'rQEKkaNUiu+1qGF//O/pw4BCzstSqO1PyUnGICmf+7o=',
        'x-hubspot-request-timestamp': '1700000000000',
      },
    },
  ]

  test.each(cases)(
    'WHI-02: $name, by its vector, and nothing else',
    async ({ verifier, secret, nowMs, body, headers }) => {
      const request = postOf(body, { headers, url })
      const judged = (changed: Partial<typeof request>, at = nowMs, secrets = [secret]) =>
        verdict(verifier, { ...request, ...changed }, { secrets, nowMs: at })
      expect(await judged({})).toBe('taken')
      expect(await judged({}, nowMs, ['new one', secret])).toBe('taken')
      expect(await judged({}, nowMs + 299_000)).toBe('taken')
      expect(await judged({}, nowMs + 302_000)).toBe('CLOCK_SKEW')
      expect(await judged({}, nowMs - 302_000)).toBe('CLOCK_SKEW')
      expect(await judged({ body: Buffer.from(`${body} `) })).toBe('SIGNATURE_INVALID')
      expect(await judged({}, nowMs, ['another'])).toBe('SIGNATURE_INVALID')
      for (const [name, value] of Object.entries(headers)) {
        expect(await judged({ headers: { ...headers, [name]: undefined } })).toBe('SIGNATURE_INVALID')
        expect(await judged({ headers: { ...headers, [name]: `${value}1` } })).toBe('SIGNATURE_INVALID')
      }
      expect(await judged({ headers: verifier.sign(body, secret, nowMs, { method: 'POST', url }) })).toBe('taken')
    },
  )

  test('WHI-02: HubSpot signs the address with some characters decoded, and for it alone', async () => {
    const secrets = ['hubspot-secret']
    const [sent, signed] = ['https://a.example/x?q=%3A%2F%20%25', 'https://a.example/x?q=:/%20%25']
    const given = createHmac('sha256', secrets[0] ?? '')
      .update(`POST${signed}{}1700000000000`)
      .digest('base64')
    const headers = { 'x-hubspot-signature-v3': given, 'x-hubspot-request-timestamp': '1700000000000' }
    expect(await verdict(hubspot, postOf('{}', { headers, url: sent }), { secrets, nowMs })).toBe('taken')
    expect(await verdict(hubspot, postOf('{}', { headers, url: `${sent}1` }), { secrets, nowMs })).toBe('SIGNATURE_INVALID') // prettier-ignore
  })

  test.each(['{timestamp}', '{body}', '{body}{time}', '{timestamp}{body}{secret}'])(
    'a content %s is refused where it is written',
    (content) => {
      const options = { header: 'x', field: 's', timestamp: { header: 't', unit: 's' } } as const
      expect(() => requestHmac({ ...options, content })).toThrow(expect.objectContaining({ code: 'APP_INVALID' }))
    },
  )
})

describe('a keyed hash over address and form', () => {
  const verifier = urlHmac({ header: 'x-twilio-signature', field: 's', bodyHash: 'bodySHA256' })
  const form = 'application/x-www-form-urlencoded'
  const of = (given: string, url: string, body: string, type = form) =>
    postOf(body, {
      url,
      headers: { 'x-twilio-signature': given, 'content-type': type },
      query: Object.fromEntries(new URL(url).searchParams),
    })
  const secrets = ['12345']

  test("WHI-02: Twilio's documented request", async () => {
    const body = 'CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212'
    const url = 'https://mycompany.com/myapp.php?foo=1&bar=2'
    const given = 'RSOYDt4T1cUTdK1PDd93/VVr8B8='
    expect(await verdict(verifier, of(given, url, body), { secrets })).toBe('taken')
    expect(verifier.sign(body, '12345', 0, { method: 'POST', url })).toEqual({ 'x-twilio-signature': given })
    for (const wrong of [
      of(given, `${url}1`, body),
      of(given, url, `${body}&More=1`),
      of(given, url, body, 'application/json'),
      of(given, url, ''),
    ])
      expect(await verdict(verifier, wrong, { secrets })).toBe('SIGNATURE_INVALID')
  })

  test.each([
    ['https://a.example/x', 'https://a.example:443/x'],
    ['https://a.example:8443/x', 'https://a.example/x'],
    ["https://a.example/x?q=it's", "https://a.example/x?q=it's"],
    ['https://a.example/x?q=a%20b', 'https://a.example/x?q=a%20b'],
  ])('WHI-02: %s is known where Twilio signed %s, as its own package judges', async (received, signed) => {
    const given = twilio.getExpectedTwilioSignature('12345', signed, { b: ['2', '1', '1'], a: 'ä' })
    const parameters = { b: ['2', '1', '1'], a: 'ä' }
    expect(twilio.validateRequest('12345', given, received, parameters)).toBe(true)
    expect(await verdict(verifier, of(given, received, 'b=2&a=%C3%A4&b=1&b=1'), { secrets })).toBe('taken')
  })

  test('WHI-02: a body that is no form is covered by its hash in the address, or not taken', async () => {
    const body = '{"a":1}'
    const url = `https://a.example/x?bodySHA256=${twilio.getExpectedBodyHash(body)}`
    const given = twilio.getExpectedTwilioSignature('12345', url, {})
    expect(await verdict(verifier, of(given, url, body, 'application/json'), { secrets })).toBe('taken')
    expect(await verdict(verifier, of(given, url, '{"a":2}', 'application/json'), { secrets })).toBe(
      'SIGNATURE_INVALID',
    )
    const bare = 'https://a.example/x'
    const uncovered = of(twilio.getExpectedTwilioSignature('12345', bare, {}), bare, body, 'application/json')
    expect(await verdict(verifier, uncovered, { secrets })).toBe('SIGNATURE_INVALID')
  })
})
