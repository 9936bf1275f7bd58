import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLog } from './log.ts'
import { createRedactor } from './redact.ts'
import { isSecretName } from './secret-name.ts'

const clock = { now: () => 0, after: () => () => undefined, whenQuiet: () => undefined }

function logged(fields: Record<string, unknown>, secrets: readonly string[] = []): string {
  const lines: string[] = []
  const redactor = createRedactor()
  for (const secret of secrets) redactor.add(secret)
  createLog({ clock, redactor, form: 'json', write: (line) => void lines.push(line) }).error('step.failed', fields)
  return lines.join('')
}

const text = (printed: string): string => createRedactor().text(printed)

/** A secret that no word of a log line holds by chance. */
const secret = fc
  .string({ unit: 'grapheme', minLength: 6, maxLength: 60 })
  .filter((value) => value.trim().length >= 6)
  .map((value) => `§${value}`)

/** Every way in which a secret is written down somewhere. */
const spelling: fc.Arbitrary<(secret: string) => string> = fc.constantFrom(
  (value: string) => value,
  (value) => JSON.stringify({ deep: [value] }),
  (value) => JSON.stringify(JSON.stringify({ deep: [value] })),
  (value) => `https://api.example/v1?q=${encodeURIComponent(value)}#x`,
  (value) => `q=${new URLSearchParams({ q: value }).toString()}`,
  (value) => encodeURIComponent(value).replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
  (value) => `x-key ${Buffer.from(value).toString('base64')}`,
  (value) => Buffer.from(`user:${value}`).toString('base64'),
  (value) => Buffer.from(`id:${value}:more`).toString('base64url'),
  (value) => Buffer.from(value).toString('hex'),
  (value) => Buffer.from(value).toString('hex').toUpperCase(),
  // PHP escapes slashes; Go, Gson and .NET what HTML could trip over; many all but ASCII.
  (value) => JSON.stringify(value).replaceAll('/', String.raw`\/`),
  (value) => JSON.stringify(value).replaceAll(/[^\w"\\]/gu, inUnicode),
  (value) => JSON.stringify(JSON.stringify(value).replaceAll(/[^\w"\\]/gu, inUnicode)),
  (value) => `next=${encodeURIComponent(`https://x.example/?q=${encodeURIComponent(value)}`)}`,
  // RFC 3986 lets everything be encoded but these.
  (value) => encodeURIComponent(value).replaceAll(/[!'()*]/g, inPercent),
  (value) => value.replaceAll(/[^\w]/gu, (char) => `&#${char.codePointAt(0)};`),
  (value) => value.replaceAll(/[^\w]/gu, (char) => `&#x${(char.codePointAt(0) ?? 0).toString(16)};`),
  (value) => `authorization%3ABasic+${encodeURIComponent(Buffer.from(`u:${value}`).toString('base64'))}`,
  (value) => JSON.stringify(Buffer.from(value).toString('base64')).replaceAll('/', String.raw`\/`),
)

function inUnicode(char: string): string {
  const units = char.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'))
  return units.map((unit) => `\\u${unit}`).join('')
}

function inPercent(char: string): string {
  return `%${char.charCodeAt(0).toString(16)}`
}

/** Every place from which a text gets into a log line. */
const place: fc.Arbitrary<(text: string) => unknown> = fc.constantFrom<((text: string) => unknown)[]>(
  (value) => value,
  (value) => ({ deep: { list: [1, { value }] } }),
  (value) => ({ [value]: 1 }),
  (value) => new Error(value),
  (value) => new Error('outer', { cause: new Error('inner', { cause: value }) }),
  (value) => new AggregateError([new Error(value)], 'several'),
  (value) => Object.assign(new Error('refused'), { code: value, details: { body: value } }),
  (value) => Object.assign(new Error('x'), { name: value }),
  (value) => new Map([[value, { value }]]),
  (value) => new Set([value]),
  (value) => ({ toJSON: () => ({ value }) }),
  (value) => Symbol(value),
  (value) => ['a'.repeat(8190) + value],
)

describe('known secrets', () => {
  test('SEC-11: whatever the secret, its spelling and its place, it is not in the line, and the line is one JSON object', () => {
    fc.assert(
      fc.property(secret, spelling, place, (value, spell, put) => {
        const spelled = spell(value)
        const line = logged({ before: 'x', thing: put(spelled), after: 'y' }, [value])
        expect(line.trimEnd()).not.toContain('\n')
        const read = JSON.parse(line) as Record<string, unknown>
        expect(read['after']).toBe('y')
        const all = JSON.stringify(read)
        expect(all).not.toContain(JSON.stringify(spelled).slice(1, -1))
        for (const form of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)])
          expect(all).not.toContain(form)
        const inHex = Buffer.from(value).toString('hex')
        expect(all.toLowerCase()).not.toContain(inHex)
        expect(all).not.toContain(Buffer.from(value).toString('base64').slice(3, -4))
      }),
      { numRuns: 500 },
    )
  })

  test('SEC-11: a line of a private key alone is not printed', () => {
    const key = `-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nAoIBAQC7VJTUt9Us8cKj\n-----END KEY-----`
    expect(logged({ reason: 'bad line AoIBAQC7VJTUt9Us8cKj' }, [key])).not.toContain('AoIBAQC7VJTUt9Us8cKj')
  })

  test('SEC-11: a secret that holds another, or the signs of patterns, is found whole', () => {
    const secrets = ['abcdef', 'abcdef.*(ghi)[$', 'x|y|z|w']
    expect(logged({ a: 'abcdef.*(ghi)[$', b: 'x|y|z|w', c: 'abcdef' }, secrets)).toContain(
      '"a":"[secret]","b":"[secret]","c":"[secret]"',
    )
  })

  test('of secrets that come and go, the latest are remembered and the number stays bounded', () => {
    const redactor = createRedactor()
    redactor.add('lasting-secret')
    for (let index = 0; index < 1000; index += 1) redactor.addTemporary(`access-${index}-token`)
    expect(redactor.text('lasting-secret access-999-token access-940-token')).toBe('[secret] [secret] [secret]')
    expect(redactor.known('access-3-token')).toBe('access-3-token')
  })

  test('a secret of the operator that no encoding can express does no harm', () => {
    expect(logged({ reason: 'broken-\uD800-secret' }, ['broken-\uD800-secret'])).not.toContain('broken-')
  })
})

const secretNames = [
  'password',
  'userPassword',
  'PASSWD',
  'passphrase',
  'client_secret',
  'clientSecret',
  'webhook-secret',
  'apiKey',
  'api_key',
  'X-Api-Key',
  'access_token',
  'refreshToken',
  'id_token',
  'csrf-token',
  'Authorization',
  'Proxy-Authorization',
  'Cookie',
  'Set-Cookie',
  'Stripe-Signature',
  'X-Hub-Signature-256',
  'X-Shopify-Hmac-Sha256',
  'private_key',
  'signingKey',
  'credentials',
  'client_assertion',
  'code_verifier',
  'sessionId',
  'otp',
  'cvv',
]
const plainNames = ['key', 'name', 'token_type', 'author', 'passed', 'idempotencyKey', 'keys', 'code', 'session_count']

describe('by name', () => {
  test.each(secretNames)('SEC-11: %s holds a secret', (name) => {
    expect(isSecretName(name)).toBe(true)
    for (const value of ['value-4711', 4711, ['value-4711'], { inner: 'value-4711' }])
      expect(logged({ headers: { deep: [{ [name]: value }] } })).not.toContain('4711')
    expect(logged({ headers: new Map([[name, 'value-4711']]) })).not.toContain('4711')
  })

  test.each(plainNames)('%s does not', (name) => {
    expect(logged({ [name]: 'value-4711' })).toContain('value-4711')
  })

  test.each(secretNames)('SEC-11: in the text of others, %s hides what stands behind it', (name) => {
    for (const written of [
      JSON.stringify({ a: 1, [name]: 'value-4711 "more-4711' }),
      JSON.stringify(JSON.stringify({ [name]: 'value-4711' })),
      `{'${name}': 'value-4711'}`,
      `{"${name}": 4711}`,
      `a=1&${name}=value-4711&b=2`,
      `https://x.example/?${name}=value-4711`,
      `metadata[${name}]=value-4711`,
    ])
      expect(text(written)).not.toContain('4711')
  })
})

describe('by form', () => {
  test.each([
    ['user and password of a URL', 'fetch of postgres://admin:hunter2@db.example:5432/x failed', 'hunter2'],
    ['a bearer token', 'sent Authorization: Bearer abc123def456 to', 'abc123def456'],
    ['a bearer token in prose', 'with Bearer abc123def456', 'abc123def456'],
    ['basic authentication', 'Basic dXNlcjpwYXNzd29yZA==', 'dXNlcjpwYXNzd29yZA'],
    ['a header with a scheme of its own', 'authorization: Signature keyId="a",x=hunter2', 'Signature'],
    ['a cookie', 'cookie: sid=hunter2; other=hunter3', 'hunter'],
    ['a JSON web token', 'got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN', 'dozjgNryP4J3'],
    ['a JSON web token without a signature', 'a.b-eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.', 'eyJ'],
    ['one behind another', 'x.eyJhbGciOiJI.eyJzdWIi.c2ln.eyJhbGciOiJI.eyJzdWIi.c2ln', 'c2ln'],
    ['a key of Stripe', 'Invalid API Key provided: sk_live_51H8abcdefghijk', '51H8abcdefghijk'],
    ['a webhook secret', 'whsec_0123456789abcdef', '0123456789abcdef'],
    ['the token of the data folder', `tenon_operator_${'ab12'.repeat(16)}`, 'ab12ab12'],
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----', 'MIIabc'],
    ['a private key that broke off', '-----BEGIN PRIVATE KEY-----\nMIIabc', 'MIIabc'],
  ])('SEC-11: %s is not printed', (_what, written, hidden) => {
    expect(text(written)).not.toContain(hidden)
    expect(logged({ error: new Error('x', { cause: new Error(written) }) })).not.toContain(hidden)
  })

  test.each([
    'Basic authentication is not supported',
    'the token: expected a text, found a number',
    'order 4711 of shop = open',
    'https://api.example/v1/orders?limit=10&status=open',
    'key=order-4711 tookMs=12',
    'Bearer realm="tenon"',
  ])('what is no secret stays as it is: %s', (written) => {
    expect(text(written)).toBe(written)
  })

  test('hostile text costs no time that grows with its square', () => {
    const pieces = [
      'eyJaaaaaa-',
      'a.',
      '://',
      '"password":',
      '\\"',
      "'",
      'x=',
      'Bearer ',
      '-----BEGIN PRIVATE KEY-----',
    ]
    for (const piece of pieces) expect(logged({ reason: piece.repeat(200_000) }).length).toBeLessThan(100_000)
  })

  test('text that is not cut before neither: what is hidden already is not read again and again', () => {
    // A square would be hours here.
    const hostile = 'a_secret=[secret]'.repeat(300_000)
    expect(text(hostile)).toBe('a_secret=[secret]')
    expect(text('a_secret=[secret]and-more')).toBe('a_secret=[secret]')
    expect(text('eyJaaaaaa-'.repeat(50_000)).length).toBeGreaterThan(0)
  })

  test('a secret that is full of signs is looked for in a text that is full of them', () => {
    const redactor = createRedactor()
    redactor.add('\\'.repeat(40) + '"'.repeat(40))
    redactor.add('%25'.repeat(40))
    for (const hostile of ['\\', '%25', '&amp;', '\\"'])
      expect(redactor.known(hostile.repeat(20_000)).length).toBeGreaterThan(0)
    expect(redactor.known(JSON.stringify('\\'.repeat(40) + '"'.repeat(40)))).toBe('"[secret]"')
  })
})

describe('anything', () => {
  test('OBS-05: whatever is given, one line comes out that is one JSON object, and nothing is thrown', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
    })
    fc.assert(
      fc.property(fc.dictionary(fc.string(), anything), (fields) => {
        const line = logged(fields)
        expect(line.split('\n')).toHaveLength(2)
        expect(JSON.parse(line)).toMatchObject({ name: 'step.failed', level: 'error' })
      }),
      { numRuns: 500 },
    )
  })

  test('getters that throw, proxies, circles and endless things are printed as far as they can be', () => {
    const circle: Record<string, unknown> = { name: 'circle' }
    circle['self'] = circle
    const hostile = new Proxy({}, { ownKeys: () => assertNever() })
    const line = logged({
      circle,
      hostile,
      getter: Object.defineProperty({ good: 1 }, 'bad', { enumerable: true, get: () => assertNever() }),
      wide: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`member${index}`, index])),
      list: Array.from({ length: 10_000 }, (_, index) => index),
      long: 'a'.repeat(1_000_000),
      bytes: new Uint8Array(1_000_000),
    })
    expect(line.length).toBeLessThan(30_000)
    expect(JSON.parse(line)).toMatchObject({
      hostile: '[unprintable]',
      getter: { good: 1, bad: '[unprintable]' },
      bytes: '1000000 bytes',
    })
  })

  test('an error says where it came to be, once, at its first cause', () => {
    const line = JSON.parse(logged({ error: new Error('outer', { cause: new Error('inner') }) })) as {
      error: { stack?: unknown; cause: { stack: string[] } }
    }
    expect(line.error.stack).toBeUndefined()
    expect(line.error.cause.stack[0]).toMatch(/^at .*redact\.test\.ts/)
  })
})

function assertNever(): never {
  throw new Error('this getter is hostile')
}
