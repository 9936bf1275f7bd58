import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { basic, bearer, noAuth, tokenLogin } from '../definition/auth.ts'
import { defineConnector, type Connector, type ConnectorOptions } from '../definition/connector.ts'
import { systemClock, type Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import type { CallAnswer } from './client.ts'
import { answer, connect, startUpstream, type Upstream } from './upstream.suite.ts'

const anything = z.looseObject({})
const get = { method: 'GET', path: '/things', input: anything, output: z.unknown() } as const
const post = { ...get, method: 'POST' } as const

let upstream: Upstream
const closing: (() => Promise<void>)[] = []
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  upstream.close()
})

/** A connector for one test, connected to the upstream. */
async function using(
  operations: Record<string, unknown>,
  more: Partial<ConnectorOptions> = {},
  options: Parameters<typeof connect>[2] = {},
) {
  const connector = defineConnector('acme', {
    baseUrl: upstream.origin,
    auth: noAuth(),
    operations: operations as never,
    ...more,
  }) as unknown as Connector
  const bench = await connect(connector, upstream, options)
  closing.push(() => bench.client.close())
  return bench
}

function failure(result: CallAnswer): Extract<CallAnswer, { outcome: 'failed' }> {
  if (result.outcome !== 'failed') throw new Error(`it did not fail: ${JSON.stringify(result)}`)
  return result
}

describe('a request is made by rule', () => {
  test('path, query and base path', async () => {
    const { call } = await using({ show: { ...get, path: '/orders/{id}/lines/{line}' } }, {}, { path: '/v1/' })
    upstream.respond = (_seen, response) => answer(response, 200, { ok: true })
    expect(await call('show', { id: 'ö 1', line: 7, limit: 2, tags: ['a', 'b&c'], gone: undefined })).toEqual({
      outcome: 'answered',
      connection: 'main',
      output: { ok: true },
      status: 200,
    })
    expect(upstream.seen[0]).toMatchObject({
      method: 'GET',
      url: '/v1/orders/%C3%B6%201/lines/7?limit=2&tags=a&tags=b%26c',
      body: '',
    })
    expect(upstream.seen[0]?.headers).toMatchObject({ accept: 'application/json', 'accept-encoding': 'identity' })
  })

  test('a JSON body, a bigint as the number it is', async () => {
    const { call } = await using({ make: { ...post, path: '/a/{id}' } })
    await call('make', { id: 1, amount: 12_345_678_901_234_567_890n, note: 'x' })
    expect(upstream.seen[0]).toMatchObject({
      method: 'POST',
      url: '/a/1',
      body: '{"amount":12345678901234567890,"note":"x"}',
    })
    expect(upstream.seen[0]?.headers['content-type']).toBe('application/json')
  })

  test('a form body, with brackets for what is nested', async () => {
    const { call } = await using({ make: { ...post, body: 'form' } })
    await call('make', {
      amount: 5,
      metadata: { order_id: '7', 'a b': '&' },
      items: [{ price: 'p1' }, { price: 'p2' }],
      unset: null,
      gone: undefined,
    })
    expect(upstream.seen[0]).toMatchObject({
      body: 'amount=5&metadata[order_id]=7&metadata[a%20b]=%26&items[0][price]=p1&items[1][price]=p2&unset=',
    })
    expect(upstream.seen[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded')
  })

  test('a request function puts together what rules cannot', async () => {
    const { call } = await using(
      {
        make: {
          ...post,
          request: ({ to }: { to: string }) => ({
            path: '/x',
            query: { to, n: 1 },
            headers: { 'X-Mine': '1', Accept: 'text/plain' },
            body: [1, 2],
          }),
        },
      },
      { headers: { 'x-version': '3' } },
    )
    await call('make', { to: 'a b' })
    expect(upstream.seen[0]).toMatchObject({
      url: '/x?to=a%20b&n=1',
      body: '[1,2]',
      headers: { 'x-mine': '1', accept: 'text/plain', 'x-version': '3' },
    })
  })

  test('what the input schema refuses is not sent', async () => {
    const { call } = await using({ make: { ...post, input: z.object({ amount: z.int() }) } })
    expect(await call('make', { amount: 'canary' })).toMatchObject({
      outcome: 'failed',
      fate: 'not-sent',
      status: null,
      error: { code: 'INPUT_INVALID', retryable: false },
    })
    expect(upstream.seen).toEqual([])
  })

  test("without a name, the tenant's only connection is meant; an unknown one is refused unsent", async () => {
    const { call } = await using({ make: post })
    expect(await call('make', {}, { connection: '' })).toMatchObject({ outcome: 'answered' })
    expect(await call('make', {}, { connection: 'eu' })).toMatchObject({
      fate: 'not-sent',
      error: { code: 'CONNECTION_MISSING' },
    })
    expect(upstream.seen).toHaveLength(1)
  })

  test.each(['missing', '__proto__', 'constructor', 'toString'])('SEC-05: there is no operation %s', async (name) => {
    const { call } = await using({ make: post })
    expect(await call(name)).toMatchObject({ fate: 'not-sent', error: { code: 'APP_INVALID' } })
  })
})

describe('EGR-03: a value cannot leave its place in the path', () => {
  test.each([
    '..',
    '.',
    '../admin',
    'a/../b',
    '..\\admin',
    '%2e%2e',
    '%2E.',
    '',
    '../../x?y',
    { a: 1 },
    null,
    '\ud800',
  ])('%j is refused', async (id) => {
    const { call } = await using({ show: { ...get, path: '/orders/{id}' } }, {}, { path: '/v1' })
    expect(await call('show', { id })).toMatchObject({ fate: 'not-sent', error: { code: 'INPUT_INVALID' } })
    expect(upstream.seen).toEqual([])
  })

  test.each([
    ['a/b', '/v1/orders/a%2Fb'],
    ['a?b#c', '/v1/orders/a%3Fb%23c'],
    ['a\r\nx: y', '/v1/orders/a%0D%0Ax%3A%20y'],
    ['//evil.example', '/v1/orders/%2F%2Fevil.example'],
    ['http://evil.example', '/v1/orders/http%3A%2F%2Fevil.example'],
    ['...', '/v1/orders/...'],
    ['a%2Fb', '/v1/orders/a%252Fb'],
    ['@evil.example', '/v1/orders/%40evil.example'],
  ])('%j stays one segment', async (id, url) => {
    const { call } = await using({ show: { ...get, path: '/orders/{id}' } }, {}, { path: '/v1' })
    await call('show', { id })
    expect(upstream.seen[0]?.url).toBe(url)
  })

  test.each([
    '//evil.example/x',
    'http://evil.example/',
    '/../up',
    '/a/%2e%2e/b',
    '/a\\b',
    '/a?b=c',
    '/a#b',
    '/a b',
    '/a\r\nx',
    '',
    'a',
    '/ö',
  ])('a request function cannot lead to %j', async (path) => {
    const { call } = await using({ make: { ...post, request: () => ({ path }) } }, {}, { path: '/v1' })
    expect(await call('make')).toMatchObject({ fate: 'not-sent', error: { code: 'APP_INVALID' } })
    expect(upstream.seen).toEqual([])
  })

  test('an inherited member is no path value', async () => {
    const { call } = await using({ show: { ...get, path: '/orders/{constructor}' } })
    expect(await call('show', {})).toMatchObject({ error: { code: 'INPUT_INVALID' } })
  })
})

describe('EGR-07: credentials go where they belong', () => {
  test.each([
    'host',
    'Host',
    'authorization',
    'Cookie',
    'transfer-encoding',
    'connection',
    'content-length',
    'proxy-authorization',
  ])('a request may not set the header %s', async (name) => {
    const { call } = await using({
      make: { ...post, request: () => ({ path: '/', headers: { [name]: 'evil.example' } }) },
    })
    expect(await call('make')).toMatchObject({ fate: 'not-sent', error: { code: 'APP_INVALID' } })
    expect(upstream.seen).toEqual([])
  })

  test('a header value cannot begin another header', async () => {
    const { call } = await using({
      make: { ...post, request: () => ({ path: '/', headers: { 'x-a': 'b\r\nhost: evil.example' } }) },
    })
    expect(await call('make')).toMatchObject({ fate: 'not-sent', error: { code: 'INPUT_INVALID' } })
  })

  test('a redirect is refused, not followed', async () => {
    const elsewhere = await startUpstream()
    upstream.respond = (_seen, response) =>
      answer(response, 307, undefined, { location: `${elsewhere.origin}/?secret=canary` })
    const { call } = await using(
      { make: post },
      { auth: bearer('key', 'Key') },
      { credentials: { key: 'sk_canary_1' } },
    )
    const result = failure(await call('make'))
    expect(result).toMatchObject({ fate: 'answered', status: 307, error: { code: 'UPSTREAM_REFUSED' } })
    expect(elsewhere.seen).toEqual([])
    elsewhere.close()
  })

  test('a connection that is not simulated reaches no local address', async () => {
    const connector = defineConnector('acme', {
      baseUrl: upstream.origin,
      auth: noAuth(),
      operations: { show: get } as never,
    }) as unknown as Connector
    const { createConnections } = await import('../connection/connection.ts')
    const { createClient } = await import('./client.ts')
    const connections = await createConnections({
      connections: [
        { tenant: 't', connector, name: 'main', baseUrl: upstream.origin, credentials: {}, simulated: false },
      ],
    })
    const client = createClient({ connections, clock: systemClock })
    closing.push(() => client.close())
    const result = await client.call({
      tenant: 't',
      connector,
      connection: 'main',
      operation: 'show',
      input: {},
      idempotencyKey: null,
      mayHaveHappened: false,
      timeoutMs: null,
      signal: null,
    })
    expect(result).toMatchObject({ fate: 'not-sent', error: { code: 'ADDRESS_REFUSED', retryable: false } })
    expect(upstream.seen).toEqual([])
  })
})

describe('OUT-01: what an answer says of its effect', () => {
  test.each([
    [400, {}, 'UPSTREAM_REFUSED', false, 'answered'],
    [401, {}, 'CREDENTIALS_REFUSED', false, 'answered'],
    [403, {}, 'CREDENTIALS_REFUSED', false, 'answered'],
    [404, {}, 'UPSTREAM_REFUSED', false, 'answered'],
    [408, {}, 'UPSTREAM_UNAVAILABLE', true, 'answered'],
    [409, {}, 'UPSTREAM_REFUSED', false, 'answered'],
    [422, {}, 'UPSTREAM_REFUSED', false, 'answered'],
    [425, {}, 'UPSTREAM_UNAVAILABLE', true, 'answered'],
    [429, {}, 'UPSTREAM_UNAVAILABLE', true, 'answered'],
    [500, {}, 'UPSTREAM_UNAVAILABLE', true, 'ambiguous'],
    [501, {}, 'UPSTREAM_REFUSED', false, 'answered'],
    [502, {}, 'UPSTREAM_UNAVAILABLE', true, 'ambiguous'],
    [503, {}, 'UPSTREAM_UNAVAILABLE', true, 'ambiguous'],
    [503, { 'retry-after': '7' }, 'UPSTREAM_UNAVAILABLE', true, 'answered'],
    [504, {}, 'UPSTREAM_UNAVAILABLE', true, 'ambiguous'],
    [520, {}, 'UPSTREAM_UNAVAILABLE', true, 'ambiguous'],
    [302, { location: '/' }, 'UPSTREAM_REFUSED', false, 'ambiguous'],
    [308, { location: '/' }, 'UPSTREAM_REFUSED', false, 'answered'],
  ] as [number, Record<string, string>, string, boolean, string][])('status %d with %j', async (...row) => {
    const [status, headers, code, retryable, fate] = row
    upstream.respond = (_seen, response) => answer(response, status, '<html>no JSON', headers)
    const { call } = await using({ make: post })
    expect(await call('make')).toMatchObject({ outcome: 'failed', fate, status, error: { code, retryable } })
  })

  test.each([
    [
      'the answer is lost',
      (_seen: unknown, _response: unknown, socket: { destroy(): void }) => socket.destroy(),
      'UPSTREAM_UNAVAILABLE',
    ],
    [
      'a success has bad JSON',
      (_seen: unknown, response: never) => answer(response, 200, '{"id":'),
      'UPSTREAM_ANSWER_INVALID',
    ],
    [
      'a success does not fit',
      (_seen: unknown, response: never) => answer(response, 200, { id: 7 }),
      'UPSTREAM_ANSWER_INVALID',
    ],
    [
      'a success is a page of HTML',
      (_seen: unknown, response: never) => answer(response, 200, '<html>', { 'content-type': 'text/html' }),
      'UPSTREAM_ANSWER_INVALID',
    ],
    ['a success is empty', (_seen: unknown, response: never) => answer(response, 200), 'UPSTREAM_ANSWER_INVALID'],
  ])('%s: ambiguous', async (_what, respond, code) => {
    upstream.respond = respond as never
    const { call } = await using({ make: { ...post, output: z.object({ id: z.string() }) } })
    expect(await call('make')).toMatchObject({ outcome: 'failed', fate: 'ambiguous', error: { code } })
  })

  test('nobody listens: not sent', async () => {
    const { call } = await using({ make: post })
    upstream.close()
    expect(await call('make')).toMatchObject({
      fate: 'not-sent',
      status: null,
      error: { code: 'UPSTREAM_UNAVAILABLE', retryable: true },
    })
  })

  test('a refusal whose body broke off is still a refusal', async () => {
    upstream.respond = (_seen, response, socket) => {
      response.writeHead(422, { 'content-length': '100', 'content-type': 'application/json' })
      response.write('{"error":')
      setImmediate(() => socket.destroy())
    }
    const { call } = await using({ make: post })
    expect(await call('make')).toMatchObject({ fate: 'answered', status: 422, error: { code: 'UPSTREAM_REFUSED' } })
  })
})

describe('OUT-03: when to come back', () => {
  test('Retry-After comes through', async () => {
    upstream.respond = (_seen, response) => answer(response, 429, {}, { 'retry-after': '3600' })
    const { call } = await using({ make: post })
    expect(failure(await call('make')).error.retryAfterMs).toBe(3_600_000)
  })

  test('the longer of header and provider dialect holds', async () => {
    upstream.respond = (_seen, response) => answer(response, 429, {}, { 'retry-after': '1' })
    const { call } = await using({ make: post }, { failure: () => ({ message: 'slow down', retryAfterMs: 6000 }) })
    expect(failure(await call('make')).error.retryAfterMs).toBe(6000)
  })
})

describe("the provider's own words", () => {
  test('a failure that came with status 200', async () => {
    upstream.respond = (_seen, response) => answer(response, 200, { status: 0, message: 'wrong pincode' })
    const { call } = await using(
      { make: post },
      {
        failure: ({ body }) =>
          (body as { status: number }).status === 0 ? { message: 'wrong pincode', code: 'E7' } : null,
      },
    )
    const { error, fate, status } = failure(await call('make'))
    expect({ fate, status, code: error.code, message: error.message }).toEqual({
      fate: 'answered',
      status: 200,
      code: 'UPSTREAM_REFUSED',
      message: 'acme.make was answered with status 200 (E7): wrong pincode',
    })
    expect(error.details).toMatchObject({ providerCode: 'E7', status: 200 })
  })

  test('they override whether it may be tried again, and what became of it', async () => {
    upstream.respond = (_seen, response) => answer(response, 400, {})
    const { call } = await using(
      { make: post },
      { failure: () => ({ message: '', retryable: true, fate: 'ambiguous' }) },
    )
    expect(await call('make')).toMatchObject({ fate: 'ambiguous', error: { retryable: true } })
  })

  test('without words the status holds', async () => {
    upstream.respond = (_seen, response) => answer(response, 502, '<html>')
    const { call } = await using({ make: post }, { failure: () => null })
    expect(await call('make')).toMatchObject({ outcome: 'failed', fate: 'ambiguous', status: 502 })
  })

  test('a failure function that throws does not make a success', async () => {
    const { call } = await using({ make: post }, { failure: () => { throw new Error('bug') } }) // prettier-ignore
    expect(await call('make')).toMatchObject({ outcome: 'failed', fate: 'ambiguous' })
  })
})

describe('outputs', () => {
  const big = '12345678901234567890'

  test('integers beyond 2^53 are strings or bigint as the schema says, never rounded', async () => {
    upstream.respond = (_seen, response) =>
      answer(response, 200, `{"text":${big},"large":${big},"list":[{"id":-${big}}],"small":42,"said":"x: ${big}"}`)
    const output = z.object({
      text: z.string(),
      large: z.bigint(),
      list: z.array(z.object({ id: z.bigint() })),
      small: z.number(),
      said: z.string(),
    })
    const { call } = await using({
      show: { ...get, output },
      wrong: { ...get, output: z.object({ large: z.number() }) },
    })
    expect(await call('show')).toMatchObject({
      output: { text: big, large: BigInt(big), list: [{ id: -BigInt(big) }], small: 42, said: `x: ${big}` },
    })
    expect(await call('wrong')).toMatchObject({ outcome: 'failed', error: { code: 'UPSTREAM_ANSWER_INVALID' } })
  })

  test('a response function takes the output out of the answer', async () => {
    upstream.respond = (_seen, response) => answer(response, 200, { data: { id: 'a' } }, { 'x-total': '9' })
    const response = ({ body, headers }: { body: { data: object }; headers: Record<string, string> }) => ({
      ...body.data,
      total: headers['x-total'],
    })
    const { call } = await using({ show: { ...get, response } })
    expect(await call('show')).toMatchObject({ output: { id: 'a', total: '9' } })
  })

  test.each([
    ['text/plain; charset=iso-8859-1', Buffer.from('grün', 'latin1'), 'grün'],
    ['application/problem+json', Buffer.from('{"a":1}'), { a: 1 }],
    ['application/json', Buffer.from('\ufeff[1]'), [1]],
    ['application/pdf', Buffer.from([1, 2]), new Uint8Array([1, 2])],
  ])('%s is read as what it is', async (type, bytes, output) => {
    upstream.respond = (_seen, response) => response.writeHead(200, { 'content-type': type }).end(bytes)
    const { call } = await using({ show: get })
    expect(await call('show')).toMatchObject({ output })
  })

  test.each(['{"__proto__":{"polluted":true}}', `${'['.repeat(100)}${']'.repeat(100)}`, '{"a":{"\\u005f_proto__":1}}'])(
    'SEC-05: %j is refused',
    async (body) => {
      upstream.respond = (_seen, response) => answer(response, 200, body)
      const { call } = await using({ show: get })
      expect(await call('show')).toMatchObject({ outcome: 'failed', error: { code: 'UPSTREAM_ANSWER_INVALID' } })
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    },
  )

  test('OUT-13: an answer beyond the limit of the connector is refused', async () => {
    upstream.respond = (_seen, response) => answer(response, 200, JSON.stringify('x'.repeat(2000)))
    const { call } = await using({ show: get }, { maxAnswerBytes: 1000 })
    expect(await call('show')).toMatchObject({
      outcome: 'failed',
      fate: 'ambiguous',
      error: { code: 'UPSTREAM_ANSWER_INVALID' },
    })
  })
})

describe('idempotency keys', () => {
  test('in a header, for operations that it decides about', async () => {
    const { call } = await using(
      { make: post, show: get, plain: { ...post, idempotency: false } },
      { idempotency: { header: 'idempotency-key', life: '24h' } },
    )
    for (const name of ['make', 'show', 'plain']) await call(name, {}, { idempotencyKey: 'run.step' })
    expect(upstream.seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['run.step', undefined, undefined])
  })

  test('in a field of the input, unless the flow filled it', async () => {
    const { call } = await using({
      make: { ...post, input: z.object({ order: z.string() }), idempotency: { field: 'order', life: '1d' } },
    })
    await call('make', {}, { idempotencyKey: 'k1' })
    await call('make', { order: 'mine' }, { idempotencyKey: 'k1' })
    expect(upstream.seen.map(({ body }) => body)).toEqual(['{"order":"k1"}', '{"order":"mine"}'])
  })

  test('what the provider would not take is hashed, always alike', async () => {
    const { call } = await using(
      { make: post },
      { idempotency: { header: 'idempotency-key', life: '24h', maxLength: 50 } },
    )
    for (const key of ['ö\r\nx: y', 'ö\r\nx: y', 'k'.repeat(51), 'k'.repeat(50)])
      await call('make', {}, { idempotencyKey: key })
    const keys = upstream.seen.map(({ headers }) => headers['idempotency-key'])
    expect(keys[0]).toMatch(/^[\w-]{27}$/)
    expect(keys[1]).toBe(keys[0])
    expect(keys[2]).toMatch(/^[\w-]{27}$/)
    expect(keys[3]).toBe('k'.repeat(50))
  })
})

describe('looking up before repeating', () => {
  const lookup = {
    operation: 'find',
    input: ({ ref }: { ref: string }) => ({ ref }),
    found: ({ items }: { items: { id: string }[] }) => items[0] ?? null,
  }
  const operations = {
    make: { ...post, input: z.object({ ref: z.string() }), lookup },
    find: { ...get, path: '/find', output: z.object({ items: z.array(z.object({ id: z.string() })) }) },
  }

  test('a first try does not look', async () => {
    const { call } = await using(operations)
    expect(await call('make', { ref: 'a' })).toMatchObject({ outcome: 'answered' })
    expect(upstream.seen.map(({ method }) => method)).toEqual(['POST'])
  })

  test('what is found is the result; what is not is sent', async () => {
    let items = [{ id: '7' }]
    upstream.respond = ({ method }, response) => answer(response, 200, method === 'GET' ? { items } : { id: 'new' })
    const { call } = await using(operations)
    expect(await call('make', { ref: 'a b' }, { mayHaveHappened: true })).toEqual({
      outcome: 'found',
      connection: 'main',
      output: { id: '7' },
      status: 200,
    })
    items = []
    expect(await call('make', { ref: 'a b' }, { mayHaveHappened: true })).toMatchObject({
      outcome: 'answered',
      output: { id: 'new' },
    })
    expect(upstream.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /find?ref=a%20b',
      'GET /find?ref=a%20b',
      'POST /things',
    ])
  })

  test('a 404 is "there was none"', async () => {
    upstream.respond = ({ method }, response) => answer(response, method === 'GET' ? 404 : 200, {})
    const { call } = await using(operations)
    expect(await call('make', { ref: 'a' }, { mayHaveHappened: true })).toMatchObject({ outcome: 'answered' })
  })

  test.each([500, 403])('a look-up answered with %d sends nothing and settles nothing', async (status) => {
    upstream.respond = (_seen, response) => answer(response, status, {})
    const { call } = await using(operations)
    expect(await call('make', { ref: 'a' }, { mayHaveHappened: true })).toMatchObject({
      outcome: 'failed',
      fate: 'ambiguous',
      status,
    })
    expect(upstream.seen).toHaveLength(1)
  })

  test('a look-up that changes something is refused', async () => {
    const { call } = await using({ make: { ...post, lookup: { ...lookup, operation: 'other' } }, other: post })
    expect(await call('make')).toMatchObject({ fate: 'not-sent', error: { code: 'APP_INVALID' } })
  })
})

describe('authentication', () => {
  test('bearer and basic', async () => {
    await (await using({ show: get }, { auth: bearer('key', 'Key') }, { credentials: { key: 'sk_1' } })).call('show')
    await (
      await using(
        { show: get },
        { auth: basic('user', 'password') },
        { credentials: { user: 'Aladdin', password: 'open sesame' } },
      )
    ).call('show')
    expect(upstream.seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer sk_1',
      'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
    ])
  })

  test('a credential that a header cannot carry is refused unsent, and not shown', async () => {
    const { call } = await using(
      { show: get },
      { auth: bearer('key', 'Key') },
      { credentials: { key: 'sk_canary_key\n' } },
    )
    const result = failure(await call('show'))
    expect(result).toMatchObject({ fate: 'not-sent', error: { code: 'APP_INVALID' } })
    expect(result.error.message).toContain('key')
    expect(result.error.message).not.toContain('canary')
  })

  describe('by login', () => {
    const auth = tokenLogin({ email: { label: 'E-mail', secret: false }, password: { label: 'Password' } }, {
      login: ({ email, password }) => ({ path: '/login', body: { email, password } }),
      token: (body) => (body as { token?: string } | undefined)?.token,
      life: '10d',
    }) // prettier-ignore
    const credentials = { email: 'api@example.com', password: 'pass-canary' }
    let logins = 0
    let valid = ''
    let now = 0
    const clock: Clock = { ...systemClock, now: () => now }

    beforeEach(() => {
      logins = 0
      valid = ''
      upstream.respond = ({ url, headers }, response) => {
        if (url === '/v1/login') return answer(response, 200, { token: (valid = `token-${(logins += 1)}`) })
        answer(response, headers.authorization === `Bearer ${valid}` ? 200 : 401, {})
      }
    })
    const open = () => using({ show: get }, { auth }, { path: '/v1', credentials, clock })

    test('calls at one time share one login', async () => {
      const { call } = await open()
      const results = await Promise.all(Array.from({ length: 20 }, () => call('show')))
      expect(results.every(({ outcome }) => outcome === 'answered')).toBe(true)
      expect(logins).toBe(1)
      expect(upstream.seen[0]).toMatchObject({
        method: 'POST',
        url: '/v1/login',
        body: '{"email":"api@example.com","password":"pass-canary"}',
      })
    })

    test('a token is used until shortly before its end', async () => {
      const { call } = await open()
      await call('show')
      now += 9 * 86_400_000
      await call('show')
      expect(logins).toBe(1)
      now += 86_400_000 - 60_000
      await call('show')
      expect(logins).toBe(2)
    })

    test('a refused token is replaced once, and the call goes through', async () => {
      const { call } = await open()
      await call('show')
      valid = 'another'
      expect((await Promise.all([call('show'), call('show'), call('show')])).map(({ outcome }) => outcome)).toEqual([
        'answered',
        'answered',
        'answered',
      ])
      expect(logins).toBe(2)
    })

    test('a token that is refused when new is not fetched again and again', async () => {
      const { call } = await open()
      upstream.respond = ({ url }, response) =>
        url === '/v1/login' ? answer(response, 200, { token: `t${(logins += 1)}` }) : answer(response, 401, {})
      for (let index = 0; index < 5; index += 1)
        expect(await call('show')).toMatchObject({ fate: 'answered', error: { code: 'CREDENTIALS_REFUSED' } })
      expect(logins).toBe(2)
    })

    test.each([
      [401, 'CREDENTIALS_REFUSED', false],
      [422, 'CREDENTIALS_REFUSED', false],
      [429, 'UPSTREAM_UNAVAILABLE', true],
      [503, 'UPSTREAM_UNAVAILABLE', true],
    ])('a login answered with %d', async (status, code, retryable) => {
      upstream.respond = (_seen, response) => answer(response, status, { message: 'pass-canary is wrong' })
      const { call } = await open()
      const result = failure(await call('show'))
      expect(result).toMatchObject({ fate: 'not-sent', error: { code, retryable } })
      expect(upstream.seen.map(({ url }) => url)).toEqual(['/v1/login'])
    })

    test('a login that is lost has sent nothing of the call', async () => {
      upstream.respond = (_seen, _response, socket) => socket.destroy()
      const { call } = await open()
      expect(await call('show')).toMatchObject({
        fate: 'not-sent',
        error: { code: 'UPSTREAM_UNAVAILABLE', retryable: true },
      })
    })

    test('OUT-07: a caller whose limit passes leaves; the login goes on for the others', async () => {
      let release: () => void = () => undefined
      const asked = new Promise<void>((resolve) => {
        upstream.respond = ({ url }, response) => {
          if (url !== '/v1/login') return answer(response, 200, {})
          release = () => answer(response, 200, { token: 'late' })
          resolve()
        }
      })
      const { call } = await open()
      const patient = call('show')
      const abort = new AbortController()
      const impatient = call('show', {}, { signal: abort.signal })
      await asked
      abort.abort(new TenonError('DRAINING', 'going down'))
      expect(await impatient).toMatchObject({ fate: 'not-sent', error: { code: 'DRAINING' } })
      expect(await call('show', {}, { timeoutMs: 1 })).toMatchObject({ fate: 'not-sent', error: { code: 'TIMEOUT' } })
      release()
      expect(await patient).toMatchObject({ outcome: 'answered' })
    })
  })
})

describe('OUT-07: one limit for the whole call', () => {
  test('of the call, else the operation, else the connector, else 30 seconds', async () => {
    const limits: number[] = []
    const clock: Clock = {
      ...systemClock,
      after: (ms, callback) => (limits.push(ms), systemClock.after(ms, callback)),
      now: () => 0,
    }
    const { call } = await using({ own: { ...get, timeout: '2s' }, plain: get }, { timeout: '3s' }, { clock })
    await call('own', {}, { timeoutMs: 1000 })
    await call('own')
    await call('plain')
    const other = await using({ plain: get }, {}, { clock })
    await other.call('plain')
    expect(limits).toEqual([1000, 2000, 3000, 30_000])
  })

  test('an abort ends the call', async () => {
    upstream.respond = () => undefined
    const { call } = await using({ make: post })
    const abort = new AbortController()
    const result = call('make', {}, { signal: abort.signal })
    while (upstream.seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
    abort.abort(new TenonError('DRAINING', 'going down'))
    expect(await result).toMatchObject({ fate: 'ambiguous', error: { code: 'DRAINING' } })
  })
})
