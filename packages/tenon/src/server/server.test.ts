import { describe, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import type { BatchFate } from '../journal/memory.ts'
import { bodyOf, exchange, expectProblem, paid, secret, sign, start } from './server.fixture.ts'
import { startServer } from './server.ts'

describe('webhooks', () => {
  test('a genuine one is accepted and starts its flow; a repeated one is answered alike and starts nothing', async () => {
    const { post, runs } = await start()
    const body = bodyOf(paid('evt_1'))
    for (let time = 0; time < 3; time += 1) expect((await post(body, sign(body))).status).toBe(200)
    expect(await runs()).toBe(1)
  })

  test('all events of one request are accepted before the answer', async () => {
    const { post, runs } = await start()
    const body = bodyOf(paid('evt_1'), paid('evt_2'), { id: 'evt_3', type: 'order.seen', data: { id: 'x' } })
    expect((await post(body, sign(body))).status).toBe(200)
    expect(await runs()).toBe(2)
  })

  test('a second account has its own path and secrets, and its event ids are its own', async () => {
    const { post, runs } = await start()
    const body = bodyOf(paid('evt_1'))
    expect((await post(body, sign(body))).status).toBe(200)
    await expectProblem(await post(body, sign(body), '/hooks/pay/eu'), 401, 'SIGNATURE_INVALID')
    expect((await post(body, sign(body, `${secret}_eu`), '/hooks/pay/eu')).status).toBe(200)
    expect((await post(body, sign(body, 'whsec_next_eu'), '/hooks/pay/eu')).status).toBe(200)
    expect(await runs()).toBe(2)
  })

  test('a set-up request is answered as plain text, and only with the right token', async () => {
    const { ask } = await start()
    const good = await ask('/hooks/pay?token=let-me-in&challenge=%3Cscript%3E')
    expect([good.status, good.headers.get('content-type'), good.headers.get('x-content-type-options')]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'nosniff',
    ])
    expect(await good.text()).toBe('<script>')
    await expectProblem(await ask('/hooks/pay?token=wrong&challenge=1'), 403, 'FORBIDDEN')
  })

  test.each([
    ['unsigned', () => ({}), 'SIGNATURE_INVALID'],
    ['signed with another secret', (body: string) => sign(body, 'whsec_other'), 'SIGNATURE_INVALID'],
    ['signed over other bytes', (body: string) => sign(`${body} `), 'SIGNATURE_INVALID'],
    ['stale', (body: string) => sign(body, secret, Date.now() - 3_600_000), 'CLOCK_SKEW'],
    ['from the future', (body: string) => sign(body, secret, Date.now() + 3_600_000), 'CLOCK_SKEW'],
  ] as const)('WHI-04: a request that is %s starts nothing', async (_what, headers, code) => {
    const { post, runs, lines } = await start()
    const body = bodyOf(paid('evt_1'))
    await expectProblem(await post(body, headers(body)), 401, code)
    expect(await runs()).toBe(0)
    expect(lines.join('')).toContain(code)
  })

  test('WHI-02: signatures cover the bytes as they came: order, blanks and doubled members included', async () => {
    const { post, runs } = await start()
    const bodies = [
      '{"events":[{"type":"order.paid","data":{"id":"1"},"id":"a"}]}',
      '{ "events": [],\n "events" :[{"id":"b","type":"order.paid","data":{"id":"1"}}] }',
      '\uFEFF{"events":[{"id":"c","type":"order.paid","data":{"id":"1"}}]}',
    ]
    for (const body of bodies) expect((await post(Buffer.from(body), sign(body))).status).toBe(200)
    expect(await runs()).toBe(3)
  })

  test('WHI-02: nothing is parsed before the signature is found genuine', async () => {
    const { post, runs } = await start()
    // Each of these would be 400 or 415 had anything looked into it.
    for (const body of ['{', '[['.repeat(50_000), '{"__proto__":1}', Buffer.from([0xff, 0xfe])]) {
      await expectProblem(
        await post(body, { 'pay-signature': `t=${Math.floor(Date.now() / 1000)},v1=${'0'.repeat(64)}` }),
        401,
        'SIGNATURE_INVALID',
      )
    }
    expect(await runs()).toBe(0)
  })

  test('WHI-06: the answer does not wait for the flow', async () => {
    let finish: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      finish = resolve
    })
    const { post, runs } = await start({ run: () => held })
    const body = bodyOf(paid('evt_1'))
    // The flow cannot end before this answer has come.
    expect((await post(body, sign(body))).status).toBe(200)
    expect(await runs()).toBe(1)
    finish()
  })

  test('WHI-09: while the journal cannot store, the answer is 503 with Retry-After; it heals by itself', async () => {
    let outcome: BatchFate['outcome'] = 'failed'
    const { post, runs } = await start({ commit: () => ({ outcome }) })
    const body = bodyOf(paid('evt_1'))
    for (let time = 0; time < 2; time += 1) {
      const response = await post(body, sign(body))
      await expectProblem(response, 503, 'JOURNAL_UNAVAILABLE')
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    outcome = 'stored'
    expect((await post(body, sign(body))).status).toBe(200)
    expect(await runs()).toBe(1)
  })
})

describe('bad input', () => {
  const events = (): string => bodyOf(paid('evt_1'))
  const signed = (body: string, headers: Record<string, string> = {}) => ({
    body,
    headers: { ...sign(body), ...headers },
  })
  test.each([
    ['WHI-07: too large', () => signed(bodyOf(paid('evt_1', { id: 'x'.repeat(1_100_000) }))), 413, 'BODY_TOO_LARGE'],
    ['not JSON', () => signed('{"events": oops}'), 400, 'BODY_INVALID'],
    ['empty', () => signed(''), 400, 'BODY_INVALID'],
    ['WHI-07: nested too deep', () => signed(`{"events":${'['.repeat(100_000)}`), 400, 'BODY_INVALID'],
    [
      'SEC-05: a member named __proto__',
      () => signed('{"events":[{"id":"evt_1","type":"order.paid","data":{"__proto__":{"id":"x"},"id":"x"}}]}'),
      400,
      'BODY_INVALID',
    ],
    [
      'SEC-05: the same, escaped',
      () => signed('{"\\u005f_proto__":{"polluted":true},"events":[]}'),
      400,
      'BODY_INVALID',
    ],
    ['JSON of another shape', () => signed('[1, 2]'), 400, 'INPUT_INVALID'],
    [
      'SEC-05: inherited names in place of data',
      () => signed('{"events":[{"id":"evt_1","type":"constructor","data":{}}]}'),
      422,
      'EVENT_UNKNOWN',
    ],
    [
      'an event type that is not declared',
      () => signed('{"events":[{"id":"evt_1","type":"order.eaten","data":{}}]}'),
      422,
      'EVENT_UNKNOWN',
    ],
    ['data of another form', () => signed(bodyOf(paid('evt_1', { id: 7 }))), 400, 'INPUT_INVALID'],
    ['an empty event id', () => signed(bodyOf(paid('', { id: 'x' }))), 400, 'INPUT_INVALID'],
    ['an event id with line breaks', () => signed(bodyOf(paid('a\nb', { id: 'x' }))), 400, 'INPUT_INVALID'],
    [
      'SEC-03: an unknown content type',
      () => signed(events(), { 'content-type': 'text/xml' }),
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    [
      'SEC-03: an unreadable content type',
      () => signed(events(), { 'content-type': 'application' }),
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    [
      'another charset',
      () => signed(events(), { 'content-type': 'application/json; charset=utf-16' }),
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    [
      'WHI-07: a compressed body',
      () => signed(events(), { 'content-encoding': 'gzip' }),
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    [
      'WHI-07: many form fields',
      () =>
        signed(Array.from({ length: 5000 }, (_, index) => `f${index}=1`).join('&'), {
          'content-type': 'application/x-www-form-urlencoded',
        }),
      400,
      'BODY_INVALID',
    ],
  ] as const)('%s', async (_what, request, status, code) => {
    const { post, runs, lines } = await start()
    const { body, headers } = request()
    await expectProblem(await post(body, headers), status, code)
    expect(await runs()).toBe(0)
    expect(lines.join('')).toContain(code)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('invalid UTF-8', async () => {
    const { post, runs } = await start()
    const bytes = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])
    const at = Math.floor(Date.now() / 1000)
    const { createHmac } = await import('node:crypto')
    const signature = createHmac('sha256', secret).update(`${at}.`).update(bytes).digest('hex')
    await expectProblem(await post(bytes, { 'pay-signature': `t=${at},v1=${signature}` }), 400, 'BODY_INVALID')
    expect(await runs()).toBe(0)
  })

  test('good events beside a bad one are kept, and the answer says that one was not', async () => {
    const { post, runs } = await start()
    const body = bodyOf(paid('evt_1'), paid('evt_2', { id: 7 }))
    await expectProblem(await post(body, sign(body)), 400, 'INPUT_INVALID')
    expect(await runs()).toBe(1)
  })

  test('a kind of event that is not known beside a known one is passed over, with a line in the log', async () => {
    const { post, runs, lines } = await start()
    const body = bodyOf(paid('evt_1'), { id: 'evt_2', type: 'order.eaten', data: {} })
    expect((await post(body, sign(body))).status).toBe(200)
    expect(await runs()).toBe(1)
    expect(lines.join('')).toContain('event.ignored')
  })

  test.each([
    ['an unknown path', 'GET /nothing', 404, 'NOT_FOUND'],
    ['an unknown connector', 'POST /hooks/other', 404, 'NOT_FOUND'],
    ['a wrong method', 'DELETE /hooks/pay', 405, 'METHOD_NOT_ALLOWED'],
    ['an unusual method', 'PROPFIND /health', 405, 'METHOD_NOT_ALLOWED'],
    ['a path that cannot be decoded', 'GET /%zz', 400, 'REQUEST_INVALID'],
  ] as const)('%s', async (_what, line, status, code) => {
    const { ask } = await start()
    const [method, path = ''] = line.split(' ')
    const problem = await expectProblem(await ask(path, { method: method ?? '' }), status, code)
    expect(problem).not.toHaveProperty('stack')
  })

  test('a wrong method is told the right ones', async () => {
    const { ask } = await start()
    expect((await ask('/hooks/pay', { method: 'PUT' })).headers.get('allow')).toBe('GET, HEAD, POST')
    expect((await ask('/hooks/pay/eu', { method: 'PUT' })).headers.get('allow')).toBe('GET, HEAD, POST')
    expect((await ask('/api/v1/runs/x/retry')).headers.get('allow')).toBe('POST')
  })

  test('what is not HTTP is answered with problem details too', async () => {
    const { server } = await start()
    const answer = await exchange(server.port, 'NONSENSE\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toContain('application/problem+json')
    expect(answer).toContain('"code":"REQUEST_INVALID"')
  })

  test('WHI-07: a request that never ends is answered and cut off', async () => {
    const { server } = await start({ limits: { headersMs: 30, requestMs: 60, checkEveryMs: 10 } })
    const head = await exchange(server.port, 'POST /hooks/pay HTTP/1.1\r\nHost: x\r\n')
    expect(head).toContain('"code":"REQUEST_TOO_SLOW"')
    const body = await exchange(
      server.port,
      'POST /hooks/pay HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nContent-Type: application/json\r\n\r\n{',
    )
    expect(body).toContain('"code":"REQUEST_TOO_SLOW"')
  })
})

test('health says 503 before and while draining, and hooks take nothing then', async () => {
  const { server, ask, post, runs } = await start()
  const body = bodyOf(paid('evt_1'))
  for (const state of ['starting', 'draining'] as const) {
    server.setState(state)
    const health = await ask('/health')
    expect([health.status, await health.json()]).toEqual([503, { status: state }])
    const refused = await post(body, sign(body))
    await expectProblem(refused, 503, 'DRAINING')
    expect(refused.headers.get('retry-after')).not.toBeNull()
  }
  server.setState('ready')
  expect([(await ask('/health')).status, await runs()]).toEqual([200, 0])
})

test('each error code has its page', async () => {
  const { ask } = await start()
  expect(await (await ask('/errors/SIGNATURE_INVALID')).text()).toContain('signature')
  await expectProblem(await ask('/errors/constructor'), 404, 'NOT_FOUND')
})

test('a taken port is a clear error that names the port and the variable', async () => {
  const { server, engine, store, vault, audit } = await start()
  const second = startServer({
    engine,
    membership: null,
    tenants: null,
    store,
    vault,
    audit,
    budgets: { view: () => [] },
    webhooks: { all: [], at: () => undefined },
    operator: { token: new Secret('x'), tenant: 'default' },
    clock: systemClock,
    log: { info() {}, warn() {}, error() {} },
    port: server.port,
  })
  await expect(second).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    message: expect.stringMatching(new RegExp(`${server.port}.*PORT`)) as string,
  })
})
