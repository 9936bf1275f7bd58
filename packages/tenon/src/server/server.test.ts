import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { systemClock, type Clock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import type { ResolvedConnection } from '../connection/connection.ts'
import { defineApp } from '../definition/app.ts'
import { bearer } from '../definition/auth.ts'
import { defineConnector, type Connector } from '../definition/connector.ts'
import { defineFlow } from '../definition/flow.ts'
import { manual } from '../definition/trigger.ts'
import { timestampedHmac } from '../definition/verifier.ts'
import { createEngine } from '../engine/create-engine.ts'
import { memoryJournal, type BatchFate } from '../journal/memory.ts'
import { createLog } from '../telemetry/log.ts'
import { createRedactor } from '../telemetry/redact.ts'
import { webhooksOf } from '../trigger/webhook.ts'
import type { Limits } from './limits.ts'
import { startServer, type Server } from './server.ts'

const secret = 'whsec_canary_2b7e151628aed2a6'
const apiKey = 'sk_canary_abf7158809cf4f3c'
const token = 'tenon_operator_canary_762e7160f38b4da5'
const verify = timestampedHmac({ header: 'pay-signature', field: 'webhookSecret' })

const pay = defineConnector('pay', {
  baseUrl: 'https://pay.example',
  auth: bearer('apiKey', 'API key'),
  operations: {},
  events: {
    'order.paid': {
      data: z.object({ id: z.string(), amount: z.number().optional() }),
      correlate: { id: (data: { id: string }) => data.id },
    },
    'order.seen': { data: z.object({ id: z.string() }) },
  },
  webhooks: {
    verify,
    read: (body) => {
      const { events } = body as { events: { id: string; type: string; data: unknown }[] }
      return events.map(({ id, type, data }) => ({ id, type, data }))
    },
    handshake: ({ query }) => (query['token'] === 'let-me-in' ? (query['challenge'] ?? null) : null),
  },
})

interface Harness {
  server: Server
  lines: string[]
  outputs: string[]
  runs: () => Promise<number>
  engine: Awaited<ReturnType<typeof createEngine>>
  post: (body: string | Uint8Array, headers?: Record<string, string>, path?: string) => Promise<Response>
  ask: (path: string, init?: RequestInit) => Promise<Response>
}

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(
  options: { commit?: () => BatchFate; limits?: Partial<Limits>; run?: () => Promise<unknown>; clock?: Clock } = {},
): Promise<Harness> {
  const clock = options.clock ?? systemClock
  const paid = defineFlow('order-paid', { trigger: pay.on('order.paid'), run: options.run ?? (async () => 'done') })
  const byHand = defineFlow('by-hand', {
    trigger: manual(z.object({ month: z.string() })),
    run: ({ event }) => event.data,
  })
  const app = defineApp({ flows: [paid, byHand] })
  const journal = memoryJournal(options.commit === undefined ? {} : { faults: { batch: options.commit } })
  const engine = await createEngine({
    app,
    journal,
    client: { call: () => Promise.reject(new Error('no calls here')) },
  })
  const connections: ResolvedConnection[] = ['main', 'eu'].map((name) => ({
    tenant: 'default',
    connector: pay as unknown as Connector,
    name,
    baseUrl: 'https://pay.example',
    credentials: {
      webhookSecret: new Secret(name === 'main' ? secret : `${secret}_eu whsec_next_eu`),
      apiKey: new Secret(apiKey),
    },
    simulated: false,
  }))
  const [lines, outputs]: [string[], string[]] = [[], []]
  const redactor = createRedactor()
  for (const value of [secret, apiKey, token]) redactor.add(value)
  const log = createLog({ clock, redactor, form: 'json', write: (line) => void lines.push(line) })
  const server = await startServer({
    engine,
    journal,
    webhooks: webhooksOf(app, connections, { engine, tenant: 'default', clock, log }),
    operator: { token: new Secret(token), tenant: 'default' },
    clock,
    log,
    port: 0,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  })
  closing.push(async () => {
    await server.close()
    await engine.drain(1000)
    await journal.close()
  })
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(server.url + path, init)
    outputs.push(JSON.stringify([...response.headers]) + (await response.clone().text()))
    return response
  }
  return {
    server,
    lines,
    outputs,
    engine,
    runs: async () => (await engine.list({ tenant: 'default', limit: 100 })).length,
    ask,
    post: (body, headers = {}, path = '/hooks/pay') =>
      ask(path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } }),
  }
}

const bodyOf = (...events: object[]): string => JSON.stringify({ events })
const paid = (id: string, data: object = { id }): object => ({ id, type: 'order.paid', data })
const sign = (body: string, with_ = secret, at = Date.now()): Record<string, string> => verify.sign(body, with_, at)
const authorised = { authorization: `Bearer ${token}` }

async function expectProblem(response: Response, status: number, code: string): Promise<Record<string, unknown>> {
  const problem = (await response.json()) as Record<string, unknown>
  expect([response.status, problem['code'], problem['status']]).toEqual([status, code, status])
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(problem['type']).toBe(`/errors/${code}`)
  return problem
}

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

/** Sends bytes and returns what came until the server closed. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.on('data', (piece) => (answer += piece.toString()))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

describe('the management API', () => {
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
  const nearMisses = [
    undefined,
    'Bearer x',
    `Bearer ${token}x`,
    `Bearer ${token.slice(0, -1)}`,
    `Basic ${Buffer.from(`operator:${token}`).toString('base64')}`,
    'Bearer ',
  ]

  function expectedOf(server: Server, path: string, method: string): readonly number[] {
    const served = method === 'HEAD' ? 'GET' : method
    const route = server.routes.find((candidate) => candidate.path === path && candidate.method === served)
    if (route === undefined) return [405]
    if (route.right === 'webhook') return [401, 403]
    return route.right === 'public' ? [200, 404] : [401]
  }

  test('SEC-08: each route, by each method, without, with foreign and with near-miss credentials', async () => {
    const { server, ask, runs } = await start()
    const wrong: string[] = []
    const crawl = [...new Set(server.routes.map(({ path }) => path))].flatMap((path) =>
      methods.map((method) => ({ path, method })),
    )
    for (const { path, method } of crawl) {
      for (const authorization of nearMisses) {
        const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
        const { status } = await ask(path.replace(/:\w+/, 'x1'), { method, headers })
        if (!expectedOf(server, path, method).includes(status))
          wrong.push(`${method} ${path} with ${authorization}: ${status}`)
      }
    }
    expect(wrong).toEqual([])
    expect(await runs()).toBe(0)
    expect(server.routes.filter(({ right }) => right === 'public').map(({ path }) => path)).toEqual([
      '/errors/:code',
      '/health',
      '/api/v1/openapi.json',
    ])
  })

  test('SEC-08: a 405 tells nothing about the route', async () => {
    const { ask } = await start()
    const problem = await expectProblem(await ask('/api/v1/runs/x', { method: 'DELETE' }), 405, 'METHOD_NOT_ALLOWED')
    expect(Object.keys(problem).toSorted()).toEqual(['code', 'detail', 'status', 'title', 'type'])
  })

  test('SEC-09: a run of another tenant is not there: neither in lists nor by id nor for orders', async () => {
    const { engine, ask } = await start()
    const { run } = await engine.start({ tenant: 'other', flow: 'by-hand', input: { month: '5' } })
    expect(await (await ask('/api/v1/runs', { headers: authorised })).json()).toEqual({ runs: [], next: null })
    for (const name of [run, run.slice(0, 9), run.slice(-8)]) {
      await expectProblem(await ask(`/api/v1/runs/${name}`, { headers: authorised }), 404, 'NOT_FOUND')
      const orders = {
        retry: {},
        anew: {},
        cancel: {},
        signals: { name: 'x' },
        decisions: { step: 'x', decision: 'retry' },
      }
      for (const [order, body] of Object.entries(orders)) {
        await expectProblem(
          await ask(`/api/v1/runs/${name}/${order}`, {
            method: 'POST',
            headers: { ...authorised, 'content-type': 'application/json' },
            body: JSON.stringify(body),
          }),
          404,
          'NOT_FOUND',
        )
      }
    }
    const loaded = await ask('/api/v1/journal/runs', {
      method: 'POST',
      headers: { ...authorised, 'content-type': 'application/json' },
      body: JSON.stringify({ runs: [run] }),
    })
    expect(await loaded.json()).toEqual({ runs: [null] })
  })

  test('a page in a browser cannot use it, nor a name that was made to point here', async () => {
    const { ask, server } = await start()
    const orders = { method: 'POST', body: '{"flow":"by-hand"}' }
    await expectProblem(
      await ask('/api/v1/runs', { ...orders, headers: { ...authorised, origin: 'https://evil.example' } }),
      403,
      'FORBIDDEN',
    )
    await expectProblem(
      await ask('/api/v1/runs', { ...orders, headers: { ...authorised, 'sec-fetch-site': 'cross-site' } }),
      403,
      'FORBIDDEN',
    )
    const rebound = await exchange(
      server.port,
      `GET /api/v1/runs HTTP/1.1\r\nHost: evil.example:${server.port}\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
    )
    expect(rebound).toMatch(/^HTTP\/1.1 403 /)
  })

  test('runs are started, listed in pages, shown, and found by a part of their id', async () => {
    const { ask } = await start()
    const json = { ...authorised, 'content-type': 'application/json' }
    const ids: string[] = []
    for (const month of ['1', '2', '3']) {
      const response = await ask('/api/v1/runs', {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ flow: 'by-hand', input: { month } }),
      })
      expect(response.status).toBe(202)
      ids.push(((await response.json()) as { run: string }).run)
    }
    const first = (await (await ask('/api/v1/runs?limit=2', { headers: authorised })).json()) as {
      runs: { run: string }[]
      next: string
    }
    const second = (await (
      await ask(`/api/v1/runs?limit=2&before=${first.next}`, { headers: authorised })
    ).json()) as typeof first
    expect([...first.runs, ...second.runs].map(({ run }) => run).toSorted()).toEqual(ids.toSorted())
    expect(second.next).toBeNull()
    const shown = (await (await ask(`/api/v1/runs/${ids[1]?.slice(-8)}`, { headers: authorised })).json()) as {
      run: string
    }
    expect(shown.run).toBe(ids[1])
  })

  test.each([
    ['an input that does not fit', { flow: 'by-hand', input: {} }, 400, 'INPUT_INVALID'],
    ['an unknown flow', { flow: 'nothing' }, 404, 'NOT_FOUND'],
    ['no flow', {}, 400, 'INPUT_INVALID'],
    ['an id with a slash of its own', { flow: 'by-hand', id: '' }, 400, 'INPUT_INVALID'],
  ])('a start with %s is refused', async (_what, body, status, code) => {
    const { ask, runs } = await start()
    await expectProblem(
      await ask('/api/v1/runs', {
        method: 'POST',
        headers: { ...authorised, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
      status,
      code,
    )
    expect(await runs()).toBe(0)
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
  const { server, engine } = await start()
  const second = startServer({
    engine,
    webhooks: [],
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

test('SEC-11: no answer and no line of the log shows a credential', async () => {
  const { ask, post, outputs, lines } = await start()
  const body = bodyOf(paid('evt_1'))
  await post(body, sign(body))
  await post(body, { 'pay-signature': secret, authorization: `Bearer ${apiKey}` })
  await post(bodyOf(paid(secret, { id: 7 })), sign(bodyOf(paid(secret, { id: 7 }))))
  for (const path of [
    '/api/v1/runs',
    '/api/v1/status',
    '/api/v1/simulators',
    `/nothing/${token}`,
    `/api/v1/runs/${encodeURIComponent(apiKey)}`,
  ]) {
    await ask(path, { headers: authorised })
  }
  await ask(`/nothing?key=${apiKey}`)
  const printed = lines.join('')
  expect(lines.length).toBeGreaterThan(3)
  // The name that an operator asked for comes back to that operator.
  for (const value of [secret, token]) expect(outputs.join('')).not.toContain(value)
  for (const value of [secret, apiKey, token]) {
    for (const form of [value, Buffer.from(value).toString('base64').slice(0, 20), encodeURIComponent(value)]) {
      expect(printed).not.toContain(form)
    }
  }
})
