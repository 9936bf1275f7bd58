import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { answer, connect, startUpstream, type Upstream } from '../client/upstream.suite.ts'
import { defineApp } from '../definition/app.ts'
import { bearer, tokenLogin } from '../definition/auth.ts'
import { defineConnector, type Connector } from '../definition/connector.ts'
import { defineFlow, type Flow } from '../definition/flow.ts'
import { operation } from '../definition/operation.ts'
import { manual } from '../definition/trigger.ts'
import { memoryJournal, type MemoryJournal } from '../journal/memory.ts'
import { createEngine } from './create-engine.ts'
import type { Engine, Happening } from './engine.ts'
import type { ExchangeView } from './view.ts'

const tenant = 'default'
const canary = 'canary/s3cret+key=='
const loose = z.looseObject({})

let upstream: Upstream
const closing: (() => Promise<unknown> | void)[] = []
beforeEach(async () => {
  upstream = await startUpstream()
  closing.push(() => upstream.close())
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const connectorWith = (auth: Parameters<typeof defineConnector>[1]['auth']): Connector =>
  defineConnector('shop', {
    baseUrl: 'https://shop.test',
    auth,
    idempotency: { header: 'idempotency-key', life: '24h' },
    operations: {
      create: operation({ method: 'POST', path: '/orders', input: loose, output: loose }),
      find: operation({ method: 'GET', path: '/orders', input: loose, output: loose }),
      image: operation({ method: 'GET', path: '/image', input: loose, output: z.unknown() }),
      ship: operation({
        method: 'POST',
        path: '/ship',
        input: loose,
        output: loose,
        idempotency: false,
        lookup: { operation: 'find', input: () => ({ q: 1 }), found: () => null },
      }),
      notify: operation({ method: 'POST', path: '/notify', input: loose, output: loose, idempotency: false }),
    },
  })

interface Bench {
  readonly engine: Engine
  readonly journal: MemoryJournal
  run(operation: string, input?: object): Promise<string>
  exchanges(run: string): Promise<readonly ExchangeView[]>
}

async function bench(
  auth: Parameters<typeof connectorWith>[0] = bearer('key', 'Key'),
  options: { journal?: MemoryJournal; redact?: (text: string) => string } = {},
): Promise<Bench> {
  const shop = connectorWith(auth)
  const { client } = await connect(shop, upstream, { credentials: { key: canary, user: 'ada' } })
  closing.push(() => client.close())
  const flow = defineFlow('order', {
    trigger: manual(z.any()),
    uses: { shop },
    retry: { attempts: 2, base: '1ms', cap: '2ms' },
    run: ({ event, shop: calls }) =>
      (calls as unknown as Record<string, (input: unknown) => Promise<unknown>>)[event.data.operation]?.(
        event.data.input,
      ),
  }) as unknown as Flow
  const { journal = memoryJournal(), ...rest } = options
  const engine = await createEngine({ app: defineApp({ flows: [flow] }), journal, client, ...rest })
  closing.push(() => engine.drain(0))
  return {
    engine,
    journal,
    async run(operation, input = {}) {
      const ended = new Promise<void>((resolve) => {
        engine.listen(({ name }) => void (/^run\.(completed|failed|parked)$/.test(name) && resolve()))
      })
      const { run } = await engine.start({ tenant, flow: 'order', input: { operation, input } })
      await ended
      return run
    },
    async exchanges(run) {
      const found = await engine.exchanges(tenant, run)
      expect(JSON.stringify(found)).not.toContain('s3cret')
      return found ?? []
    },
  }
}

test('request and answer of a try are shown as they were sent', async () => {
  const at = await bench()
  upstream.respond = (_seen, response) => answer(response, 201, '{"id": 9007199254740993, "state":"new"}')
  const run = await at.run('create', { lines: [{ sku: 'a', count: 2 }], note: 'grüße' })
  const [one, ...others] = await at.exchanges(run)
  expect(others).toEqual([])
  expect(one).toMatchObject({
    step: 'shop.create#1',
    attempt: 1,
    error: null,
    request: {
      method: 'POST',
      url: `${upstream.origin}/orders`,
      body: '{"lines":[{"sku":"a","count":2}],"note":"grüße"}',
      truncated: false,
      headers: { 'content-type': 'application/json', authorization: '[secret]', 'idempotency-key': expect.any(String) },
    },
    answer: { status: 201, body: '{"id": 9007199254740993, "state":"new"}', truncated: false },
  })
  expect(one?.tookMs).toBeGreaterThanOrEqual(0)
  expect(await at.engine.exchanges('other', run)).toBeNull()
  expect(await at.engine.exchanges(tenant, 'none')).toBeNull()
})

test('SEC-11: nothing that a credential put there is shown, nor any secret that is known, wherever it stands', async () => {
  const at = await bench(bearer('key', 'Key'), { redact: (text) => text.replaceAll('of-the-process', '[secret]') })
  upstream.respond = (seen, response) =>
    answer(
      response,
      400,
      {
        client_secret: 'pi_secret_x',
        echo: seen.headers.authorization,
        key: encodeURIComponent(canary),
        other: 'of-the-process',
      },
      { 'set-cookie': 'sid=abc', 'x-echo': encodeURIComponent(canary), 'x-api-key': 'k1' },
    )
  const run = await at.run('create', { note: canary, password: 'hunter2' })
  const all = [
    ...(await at.exchanges(run)),
    ...JSON.parse(JSON.stringify(at.journal.snapshot().runs.get(`default\n${run}`)?.entries)),
  ]
  const text = JSON.stringify(all)
  for (const secret of ['hunter2', 'pi_secret_x', 'sid=abc', 'of-the-process', '"k1"', 'canary'])
    expect([secret, text.includes(secret)]).toEqual([secret, false])
  expect(text).toContain('[secret]')
  // The test sees a secret where there is one.
  expect(JSON.stringify(upstream.seen)).toContain('s3cret')
})

test('every request of a try is shown: the look-up before it is sent again, and the one after a new login', async () => {
  const login = tokenLogin({ user: { label: 'User' }, key: { label: 'Key' } }, {
    login: ({ user, key }) => ({ path: '/login', body: { user, key } }),
    token: (body) => (body as { token?: string }).token,
    life: '1d',
  }) // prettier-ignore
  const at = await bench(login)
  let ships = 0
  let logins = 0
  upstream.respond = (seen, response, socket) => {
    if (seen.url === '/login') return answer(response, 200, { token: `login-canary-${(logins += 1)}` })
    if (seen.url.startsWith('/orders')) return answer(response, 200, { found: 'nothing' })
    ships += 1
    if (ships === 1) return answer(response, 401)
    if (ships === 2) return socket.destroy()
    return answer(response, 200, { shipped: true })
  }
  const run = await at.run('ship', { order: 7 })
  const shown = await at.exchanges(run)
  expect(shown.map(({ attempt, request, answer: got }) => [attempt, request.method, got?.status ?? null])).toEqual([
    [1, 'POST', 401],
    [1, 'POST', null],
    [2, 'GET', 200],
    [2, 'POST', 200],
  ])
  expect(shown[1]).toMatchObject({ tookMs: null, answer: null, error: { code: 'UPSTREAM_UNAVAILABLE' } })
  expect(JSON.stringify(shown)).not.toContain('login-canary')
})

test('what went wrong stays with the journal, in at most 4 KiB, also when memory is gone', async () => {
  const at = await bench()
  upstream.respond = (_seen, response) =>
    answer(response, 500, { '"': '"'.repeat(50_000) }, { 'x-long': 'h'.repeat(3_000) })
  const run = await at.run('create', { note: '\u{1F600}'.repeat(20_000), quotes: '"'.repeat(5_000) })
  const rows = await at.journal.entries(tenant, run)
  const kept = rows.filter(({ body }) => body.includes('"x":'))
  expect(kept.map(({ kind }) => kind)).toEqual(['attempt', 'step'])
  for (const { body } of kept) {
    const { x } = JSON.parse(body) as { x: object }
    expect(Buffer.byteLength(JSON.stringify(x))).toBeLessThanOrEqual(4_096)
  }
  await at.engine.drain(0)
  const later = await bench(bearer('key', 'Key'), { journal: memoryJournal({ state: at.journal.snapshot() }) })
  const shown = await later.exchanges(run)
  expect(shown.map(({ attempt, answer: got, error }) => [attempt, got?.status, error?.code])).toEqual([
    [1, 500, 'UPSTREAM_UNAVAILABLE'],
    [2, 500, 'UPSTREAM_UNAVAILABLE'],
  ])
  expect(shown[0]).toMatchObject({ request: { method: 'POST', truncated: true }, answer: { truncated: true } })
})

test('the exchange of an unknown outcome is kept as its evidence', async () => {
  const at = await bench()
  upstream.respond = (_seen, _response, socket) => socket.destroy()
  const run = await at.run('notify', { order: 7 })
  await at.engine.drain(0)
  const later = await bench(bearer('key', 'Key'), { journal: memoryJournal({ state: at.journal.snapshot() }) })
  expect(await later.exchanges(run)).toMatchObject([
    { step: 'shop.notify#1', request: { body: '{"order":7}' }, answer: null, error: { code: 'UPSTREAM_UNAVAILABLE' } },
  ])
})

test('bytes that are no text are counted, not shown', async () => {
  const at = await bench()
  upstream.respond = (_seen, response) => {
    response.writeHead(200, { 'content-type': 'image/png' })
    response.end(Buffer.from([0, 255, 1, 2]))
  }
  const [one] = await at.exchanges(await at.run('image'))
  expect(one?.answer).toMatchObject({ body: '(4 bytes of image/png)', truncated: false })
})

test('memory keeps a bounded number of exchanges, and of bytes', async () => {
  const at = await bench()
  upstream.respond = (_seen, response) => answer(response, 200, { text: 'x'.repeat(3_000_000) })
  const large = [await at.run('create'), await at.run('create'), await at.run('create')]
  expect((await at.exchanges(large[0] ?? '')).length).toBe(0)
  expect((await at.exchanges(large[2] ?? ''))[0]?.answer).toMatchObject({ truncated: true })
  upstream.respond = (_seen, response) => answer(response, 200, {})
  const small: string[] = []
  for (let count = 0; count < 260; count += 1) small.push(await at.run('find', { n: count }))
  expect((await at.exchanges(small[0] ?? '')).length).toBe(0)
  expect((await at.exchanges(large[2] ?? '')).length).toBe(0)
  expect((await at.exchanges(small.at(-1) ?? '')).length).toBe(1)
})

test('SEC-11: who listens is told no secret that is known, whatever an error of own code says', async () => {
  const flow = defineFlow('own', {
    trigger: manual(),
    retry: { attempts: 2, base: '1ms', cap: '2ms' },
    run: ({ step }) => step.run('ask', () => Promise.reject(new Error('no answer for key=of-the-process'))),
  })
  const redact = (text: string): string => text.replaceAll('of-the-process', '[secret]')
  const refuse = { call: () => Promise.reject(new Error('no calls here')) }
  const engine = await createEngine({
    app: defineApp({ flows: [flow] }),
    journal: memoryJournal(),
    client: refuse,
    redact,
  })
  closing.push(() => engine.drain(0))
  const told: Happening[] = []
  const ended = new Promise<void>((resolve) => {
    engine.listen((happening) => {
      told.push(happening)
      if (happening.name === 'run.failed') resolve()
    })
  })
  await engine.start({ tenant, flow: 'own', input: {} })
  await ended
  expect(told.filter((happening) => 'message' in happening)).toHaveLength(3)
  expect(JSON.stringify(told)).not.toContain('of-the-process')
})
