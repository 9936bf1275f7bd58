import { describe, expect, test } from 'vitest'
import { guardHeaders } from './answer.ts'
import { rightsOf } from './rights.ts'
import type { Route } from './route.ts'
import {
  apiKey,
  authorised,
  bodyOf,
  expectProblem,
  paid,
  secret,
  send,
  sign,
  start,
  token,
  wellFormed,
  type Harness,
  type RawAnswer,
} from './server.fixture.ts'
import { createSessions } from './session/kept-sessions.ts'

// Everything here is asked of every route that the server has: a new route is judged without a line being added.

const json = { 'content-type': 'application/json' }
const isGuarded = ({ right }: Route): boolean => right !== 'public' && right !== 'webhook'
const isChange = ({ method }: Route): boolean => method !== 'GET'

let harness: Harness

async function ask(route: Route, headers: Record<string, string>, name?: string): Promise<RawAnswer> {
  const { path, body } = wellFormed(route, name)
  return send(harness.server.port, route.method, path, {
    headers: { ...(body === undefined ? {} : json), ...headers },
    ...(body === undefined ? {} : { body }),
  })
}

/** One line for each route that does not answer as it must. */
async function strays(
  routes: readonly Route[],
  headers: Record<string, string>,
  expected: readonly [number, string],
): Promise<string[]> {
  const found: string[] = []
  for (const route of routes) {
    const { status, text } = await ask(route, headers)
    const code = text.startsWith('{') ? (JSON.parse(text) as { code?: string }).code : undefined
    if (status !== expected[0] || code !== expected[1])
      found.push(`${route.method} ${route.path} with ${JSON.stringify(headers)}: ${status} ${code}`)
  }
  return found
}

async function expectNothingHappened(): Promise<void> {
  expect(await harness.runs()).toBe(0)
}

async function begin(options: Parameters<typeof start>[0] = {}): Promise<readonly Route[]> {
  harness = await start({ simulated: true, ...options })
  return harness.server.routes
}

describe('SEC-08: who may ask what', () => {
  test('SEC-08: only these routes are open to anyone', async () => {
    const open = (await begin()).filter(({ right }) => right === 'public')
    expect(open.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
      'GET /',
      'GET /api/v1/openapi.json',
      'GET /connect/:token',
      'GET /connect/account',
      'GET /connect/callback',
      'GET /console',
      'GET /console/*',
      'GET /console/sign-in',
      'GET /errors/:code',
      'GET /health',
      'POST /connect/:token',
      'POST /connect/account',
      'POST /connect/callback',
      'POST /console/sign-in',
    ])
  })

  const nearMisses: readonly Record<string, string>[] = [
    {},
    { authorization: 'Bearer x' },
    { authorization: `Bearer ${token}x` },
    { authorization: `Bearer ${token.slice(0, -1)}` },
    { authorization: `Basic ${Buffer.from(`operator:${token}`).toString('base64')}` },
    { authorization: token },
    { authorization: 'Bearer ' },
    { cookie: 'tenon_session=x' },
  ]

  test('SEC-08: each guarded route refuses who brings nothing, or something that is only like it', async () => {
    const guarded = (await begin()).filter(isGuarded)
    const { origin } = await harness.signIn()
    expect(guarded.length).toBeGreaterThan(15)
    for (const headers of nearMisses)
      expect(await strays(guarded, { ...headers, origin }, [401, 'UNAUTHENTICATED'])).toEqual([])
    await expectNothingHappened()
  })

  test('SEC-08: HEAD is judged as GET is', async () => {
    const reads = (await begin()).filter((route) => isGuarded(route) && !isChange(route))
    const statuses = async (headers: Record<string, string>): Promise<number[]> =>
      Promise.all(
        reads.map(
          async (route) => (await send(harness.server.port, 'HEAD', wellFormed(route).path, { headers })).status,
        ),
      )
    expect(new Set(await statuses({}))).toEqual(new Set([401]))
    expect(new Set(await statuses({ ...authorised, host: 'evil.example' }))).toEqual(new Set([403]))
    expect(await statuses(authorised)).not.toContain(401)
  })

  test('SEC-08: a cookie that was tampered with, or belongs to another installation, is none', async () => {
    const guarded = (await begin()).filter(isGuarded)
    const good = await harness.signIn()
    const [name = '', value = ''] = good.cookie.split('=')
    const tampered = [
      `${name}=${value.slice(0, -1)}${value.endsWith('A') ? 'B' : 'A'}`,
      `${name}=${value}x`,
      `${name}=`,
      `${name}=${encodeURIComponent('{"by":"admin"}')}`,
      `${name.slice(0, -1)}_=${value}`,
      `x${name}=${value}`,
    ]
    for (const cookie of tampered)
      expect(await strays(guarded, { ...good, cookie }, [401, 'UNAUTHENTICATED'])).toEqual([])
    await expectNothingHappened()
  })

  test('SEC-08: a wrong token is not made good by a session', async () => {
    const guarded = (await begin()).filter(isGuarded)
    const headers = { ...(await harness.signIn()), authorization: 'Bearer x' }
    expect(await strays(guarded, headers, [401, 'UNAUTHENTICATED'])).toEqual([])
  })

  test('SEC-08 SEC-10: each route by each kind of caller: let in exactly where the table of rights says so', async () => {
    const guarded = (await begin()).filter(isGuarded)
    const wrong: string[] = []
    for (const kind of ['token', 'session'] as const) {
      for (const route of guarded) {
        // Anew for each, since one of the routes signs out.
        const headers = kind === 'token' ? authorised : await harness.signIn()
        const { status, text } = await ask(route, headers)
        const isRefused = status === 403 && !text.includes('no session that could end')
        const mayAsk = ([...rightsOf[kind]] as string[]).includes(route.right)
        if (status === 401 || isRefused === mayAsk) wrong.push(`${kind}: ${route.method} ${route.path}: ${status}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('SEC-08: an undeclared method is 405, names the declared ones, and tells nothing else', async () => {
    const routes = await begin()
    const paths = [...new Set(routes.map(({ path }) => path))]
    const wrong: string[] = []
    for (const path of paths) {
      const declared = routes.filter((route) => route.path === path).map(({ method }) => method as string)
      if (declared.includes('GET')) declared.push('HEAD')
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
        if (declared.includes(method)) continue
        const asked = path.replace(/:\w+/g, 'x1').replace('*', 'x1')
        const { status, headers, text } = await send(harness.server.port, method, asked, { headers: authorised })
        const told = method === 'HEAD' ? [] : Object.keys(JSON.parse(text) as object).toSorted()
        if (status !== 405 || (method !== 'HEAD' && told.join() !== 'code,detail,status,title,type'))
          wrong.push(`${method} ${path}: ${status} ${told.join()}`)
        if (!declared.every((one) => headers.allow?.includes(one) === true))
          wrong.push(`${method} ${path}: ${headers.allow}`)
      }
    }
    expect(wrong).toEqual([])
  })
})

describe('SEC-09: another tenant', () => {
  test('SEC-09: a run of another tenant is not there, for no route that names a run', async () => {
    const routes = (await begin()).filter(({ path }) => path.includes(':run'))
    const { run } = await harness.engine.start({ tenant: 'other', flow: 'by-hand', input: { month: '5' } })
    const browser = await harness.signIn()
    expect(routes.length).toBeGreaterThan(5)
    for (const route of routes)
      for (const name of [run, run.slice(0, 9), run.slice(-8)])
        for (const headers of [authorised, browser])
          expect([route.path, (await ask(route, headers, name)).status]).toEqual([route.path, 404])
    expect((await harness.engine.list({ tenant: 'other', limit: 10 })).runs).toHaveLength(1)
  })

  test('SEC-09: no list, no count and no stored value of it comes out either', async () => {
    const routes = (await begin()).filter((route) => isGuarded(route) && !route.path.includes(':run'))
    const { run } = await harness.engine.start({
      tenant: 'other',
      flow: 'by-hand',
      input: { month: 'canary-of-other' },
      id: 'run-of-other',
    })
    for (const route of routes.filter((route) => !isChange(route))) {
      const { text } = await ask(route, authorised, 'by-hand')
      expect([route.path, text.includes(run) || text.includes('canary-of-other')]).toEqual([route.path, false])
    }
    const loaded = await harness.ask('/api/v1/journal/runs', {
      method: 'POST',
      headers: { ...authorised, ...json },
      body: JSON.stringify({ runs: [run] }),
    })
    expect(await loaded.json()).toEqual({ runs: [null] })
    const status = await (await harness.ask('/api/v1/status', { headers: authorised })).json()
    expect(Object.values((status as { counts: Record<string, number> }).counts).every((count) => count === 0)).toBe(
      true,
    )
  })

  test('SEC-09: a program that asks with the token may name another tenant, a person who signed in may not', async () => {
    await begin()
    const order = { method: 'POST', body: JSON.stringify({ flow: 'by-hand', input: { month: '5' }, id: 'may' }) }
    const start = (headers: Record<string, string>) =>
      harness.ask('/api/v1/runs?tenant=other', { ...order, headers: { ...headers, ...json } })
    expect((await start(authorised)).status).toBe(202)
    expect((await start(await harness.signIn())).status).toBe(403)
    const listed = async (query: string) => {
      const answer = await harness.ask(`/api/v1/runs${query}`, { headers: authorised })
      return ((await answer.json()) as { runs: { run: string }[] }).runs.map(({ run }) => run)
    }
    expect([await listed('?tenant=other'), await listed('')]).toEqual([['may'], []])
    const cancel = await harness.ask('/api/v1/runs/may/cancel?tenant=other', {
      method: 'POST',
      headers: { ...authorised, ...json },
      body: '{}',
    })
    // It may be over already; it is there.
    expect(cancel.status).not.toBe(404)
    const { entries } = (await (await harness.ask('/api/v1/audit?tenant=other', { headers: authorised })).json()) as {
      entries: { action: string; subject: string }[]
    }
    expect(entries).toMatchObject([{ action: 'run.cancelled', subject: 'may' }])
    for (const path of ['/runs/may', '/runs/may/exchanges'])
      expect((await harness.ask(`/api/v1${path}?tenant=other`, { headers: await harness.signIn() })).status).toBe(403)
  })

  test('SEC-09: a session of another tenant opens no route, though it is in the same file', async () => {
    let content: object = {}
    const file = { load: () => content, save: (written: object) => void (content = written) }
    const clock = { now: () => Date.now() }
    const others = createSessions({ tenant: 'other', clock, file })
    const issued = await others.signIn((await others.issueLink('mallory')).value)
    const link = (await others.issueLink('mallory')).value
    const guarded = (await begin({ sessions: createSessions({ tenant: 'default', clock, file }) })).filter(isGuarded)
    const good = await harness.signIn()
    const cookie = `${good.cookie.split('=')[0]}=${issued?.value}`
    expect(await strays(guarded, { ...good, cookie }, [401, 'UNAUTHENTICATED'])).toEqual([])
    expect((await harness.ask(`/console/sign-in?token=${link}`)).status).toBe(403)
    await expectNothingHappened()
  })
})

describe('SEC-17: what other sites can make a browser do', () => {
  test('SEC-17: with a good session, each change needs our own Origin', async () => {
    const changes = (await begin()).filter((route) => isGuarded(route) && isChange(route))
    const { cookie, origin } = await harness.signIn()
    const port = harness.server.port
    const foreign: readonly Record<string, string>[] = [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `http://127.0.0.1:${port + 1}` },
      { origin: `https://127.0.0.1:${port}` },
      { origin: `${origin}.evil.example` },
      { origin: `http://localhost:${port}` },
      { origin, 'sec-fetch-site': 'cross-site' },
      { origin, 'sec-fetch-site': 'same-site' },
      { origin, 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'same-origin' },
    ]
    expect(changes.length).toBeGreaterThan(8)
    for (const headers of foreign) expect(await strays(changes, { cookie, ...headers }, [403, 'FORBIDDEN'])).toEqual([])
    await expectNothingHappened()
    // The session is still good: it was not it that was refused.
    expect((await harness.ask('/api/v1/session', { headers: { cookie } })).status).toBe(200)
  })

  test('SEC-17: what is only read is not read by another site, live streams included', async () => {
    const reads = (await begin()).filter((route) => isGuarded(route) && !isChange(route))
    const { cookie } = await harness.signIn()
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ] as readonly Record<string, string>[])
      expect(await strays(reads, { cookie, ...headers }, [403, 'FORBIDDEN'])).toEqual([])
    for (const route of await Promise.all(
      reads.map((route) => ask(route, { cookie, 'sec-fetch-site': 'same-origin' })),
    ))
      expect(route.headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('SEC-17: the token is not enough for a page of another site, nor for a name that was made to point here', async () => {
    const guarded = (await begin()).filter(isGuarded)
    const { port } = harness.server
    for (const host of ['evil.example', `evil.example:${port}`, `127.0.0.1.evil.example:${port}`, `[::2]:${port}`])
      expect(await strays(guarded, { ...authorised, host }, [403, 'FORBIDDEN'])).toEqual([])
    const changes = guarded.filter(isChange)
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }] as Record<
      string,
      string
    >[])
      expect(await strays(changes, { ...authorised, ...headers }, [403, 'FORBIDDEN'])).toEqual([])
    await expectNothingHappened()
  })

  test('SEC-17: pages, too, are not shown under a foreign name, but a probe may use any', async () => {
    const open = (await begin()).filter(({ right }) => right === 'public')
    const refused: string[] = []
    for (const route of open) {
      const { status } = await ask(route, { host: 'evil.example' })
      if (status === 403) refused.push(route.path)
    }
    expect(open.map(({ path }) => path).filter((path) => !refused.includes(path))).toEqual(['/errors/:code', '/health'])
  })

  test('SEC-17: with a session and our own Origin everything works', async () => {
    const changes = (await begin()).filter((route) => isGuarded(route) && isChange(route))
    for (const route of changes.filter(({ right }) => ([...rightsOf.session] as string[]).includes(right))) {
      const { status } = await ask(route, await harness.signIn())
      expect([route.path, status < 500 && ![401, 403].includes(status)]).toEqual([route.path, true])
    }
  })

  test('SEC-17: no page makes a browser deliver a webhook, however well it is signed', async () => {
    const { post, runs } = await start()
    const body = bodyOf(paid('evt_1'))
    for (const site of ['cross-site', 'same-site', 'same-origin', 'none'])
      await expectProblem(await post(body, { ...sign(body), 'sec-fetch-site': site }), 403, 'FORBIDDEN')
    expect(await runs()).toBe(0)
  })
})

describe('SEC-12: nothing that came from outside is ever a page', () => {
  const payloads = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "javascript:alert('1')",
    '{{7*7}}${7*7}',
  ]

  test('SEC-12: hostile text in each parameter, query and body of each route comes back as data at most', async () => {
    const routes = await begin()
    const headers = await harness.signIn()
    const wrong: string[] = []
    for (const route of routes) {
      for (const payload of payloads) {
        const path = `${wellFormed(route, encodeURIComponent(payload)).path}?token=${encodeURIComponent(payload)}&flow=${encodeURIComponent(payload)}`
        const body = JSON.stringify({ flow: payload, name: payload, event: payload, step: payload, token: payload })
        const answer = await send(harness.server.port, route.method, path, {
          headers: { ...headers, ...json },
          ...(isChange(route) ? { body } : {}),
        })
        if (answer.headers['content-type']?.startsWith('text/html') === true && answer.text.includes(payload))
          wrong.push(`${route.method} ${path}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('SEC-12: every answer of every route, good or bad, says that it is what its type says and that nothing may run in it', async () => {
    const routes = await begin()
    const wrong: string[] = []
    for (const route of routes) {
      for (const headers of [{}, authorised, await harness.signIn(), { host: 'evil.example' }] as Record<
        string,
        string
      >[]) {
        const { headers: given, status } = await ask(route, headers)
        const policy = String(given['content-security-policy'])
        const isSafe =
          given['x-content-type-options'] === 'nosniff' &&
          policy.startsWith("default-src 'none'") &&
          policy.includes("frame-ancestors 'none'") &&
          !/unsafe|\*|https?:/.test(policy) &&
          given['cross-origin-resource-policy'] === 'same-origin' &&
          given['referrer-policy'] !== undefined
        if (!isSafe) wrong.push(`${route.method} ${route.path}: ${status}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('SEC-12: script in an event, a key, a reason and a name is kept and shown as the text it is', async () => {
    await begin()
    const [payload = ''] = payloads
    const body = bodyOf({ id: 'evt_1', type: 'order.paid', data: { id: payload } })
    expect((await harness.post(body, sign(body))).status).toBe(200)
    const list = await harness.ask('/api/v1/runs', { headers: authorised })
    const { runs } = (await list.json()) as { runs: { run: string }[] }
    const shown = await harness.ask(`/api/v1/runs/${runs[0]?.run}`, { headers: authorised })
    expect(((await shown.json()) as { event: { data: { id: string } } }).event.data.id).toBe(payload)
    expect(shown.headers.get('content-type')).toMatch(/^application\/json/)
    expect(Object.fromEntries(shown.headers)).toMatchObject(guardHeaders)
  })
})

describe('SEC-02: what was received is never evaluated', () => {
  // Nothing else makes this number.
  const product = String(7919 * 7919)
  const texts = [
    '{{7919*7919}}',
    '${7919*7919}',
    '<%= 7919*7919 %>',
    '#{7919*7919}',
    '=7919*7919',
    '`${7919*7919}`',
    '{{constructor.constructor("return 7919*7919")()}}',
    '"+(7919*7919)+"',
    "'; SELECT 7919*7919; --",
    '<script>document.write(7919*7919)</script>',
    '$(expr 7919 \\* 7919)',
  ]

  test('SEC-02: on each way in, when it is used again, and in the log it is the text that it was', async () => {
    const routes = await begin()
    const { ask: request, post, lines, outputs } = harness
    const shown: string[] = []
    const input = Object.fromEntries(texts.map((text) => [text, { [text]: [text] }]))
    const order = (path: string, body: object) =>
      request(path, { method: 'POST', headers: { ...authorised, ...json }, body: JSON.stringify(body) })
    const ended = async (run: string) => {
      for (;;) {
        const view = (await (await request(`/api/v1/runs/${run}`, { headers: authorised })).json()) as Record<
          string,
          unknown
        >
        if (view['status'] === 'completed') return view
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    await order('/api/v1/runs', { flow: 'as-given', input, id: 'first' })
    expect(await ended('first')).toMatchObject({ input, output: input })
    const again = (await (await order('/api/v1/runs/first/anew', {})).json()) as { run: string }
    expect(await ended(again.run)).toMatchObject({ input, output: input })
    for (const [index, text] of texts.entries()) {
      const body = bodyOf(paid(`evt_${index}`, { note: text, amount: text }))
      await post(body, sign(body))
      for (const route of routes.filter(({ path }) => path.includes(':')))
        shown.push((await ask(route, authorised, encodeURIComponent(text))).text)
    }
    expect(shown.length).toBeGreaterThan(100)
    expect([...shown, ...outputs, ...lines].filter((text) => text.includes(product))).toEqual([])
  })
})

describe('SEC-11: what is secret stays inside', () => {
  const forms = (value: string): string[] => [
    value,
    Buffer.from(value).toString('base64').slice(0, 20),
    encodeURIComponent(value),
  ]

  test('SEC-11: what a flow made shows no credential, be it the name of a member or in bytes', async () => {
    const bytes = new TextEncoder().encode(`the key is ${apiKey}, really`)
    const { ask, post, engine } = await start({
      run: async () => ({ [apiKey]: 1, deep: { [`a ${secret}`]: 2 }, bytes, plain: 'x' }),
    })
    const ended = new Promise<void>((resolve) => {
      engine.listen(({ name }) => name === 'run.completed' && resolve())
    })
    const body = bodyOf(paid('evt_1'))
    await post(body, sign(body))
    await ended
    const { runs } = await engine.list({ tenant: 'default', limit: 1 })
    const shown = await (await ask(`/api/v1/runs/${runs[0]?.run}`, { headers: authorised })).json()
    expect(shown).toMatchObject({ output: { '[secret]': '[secret]', plain: 'x' } })
    const { output } = shown as { output: { bytes: string } }
    for (const text of [JSON.stringify(shown), Buffer.from(output.bytes, 'base64').toString()])
      expect(text).not.toContain('canary')
  })

  test('SEC-11: no answer and no line of the log shows a credential', async () => {
    await begin()
    const { ask, post, outputs, lines } = harness
    const body = bodyOf(paid('evt_1'))
    await post(body, sign(body))
    await post(body, { 'pay-signature': secret, authorization: `Bearer ${apiKey}` })
    await post(bodyOf(paid(secret, { id: 7 })), sign(bodyOf(paid(secret, { id: 7 }))))
    await ask(`/nothing/${token}`, { headers: authorised })
    await ask(`/api/v1/runs/${encodeURIComponent(apiKey)}`, { headers: authorised })
    await ask(`/nothing?key=${apiKey}`)
    const printed = lines.join('')
    expect(lines.length).toBeGreaterThan(3)
    // The name that an operator asked for comes back to that operator.
    for (const value of [secret, token]) expect(outputs.join('')).not.toContain(value)
    for (const value of [secret, apiKey, token]) for (const form of forms(value)) expect(printed).not.toContain(form)
  })

  test('SEC-11: what a flow and a provider made is shown without what is secret by its name, or known to be', async () => {
    await begin()
    const data = {
      id: 'ord_1',
      note: `the key is ${apiKey}`,
      client_secret: 'pi_canary',
      auth: { user: 'canary_user' },
    }
    await harness.ask('/api/v1/runs', {
      method: 'POST',
      headers: { ...authorised, ...json },
      body: JSON.stringify({ flow: 'as-given', input: data, id: 'as-given' }),
    })
    const shown = await (await harness.ask('/api/v1/runs/as-given', { headers: authorised })).json()
    expect(shown).toMatchObject({
      input: { id: 'ord_1', note: 'the key is [secret]', client_secret: '[secret]', auth: '[secret]' },
    })
    expect(JSON.stringify(shown)).not.toContain('canary')
  })

  test('SEC-11: no route answers with a credential, a session or a link of someone else', async () => {
    const routes = await begin()
    const victim = await harness.signIn('victim')
    const link = new URL((await harness.server.signInLink('victim')).url).searchParams.get('token') ?? ''
    const session = victim.cookie.split('=')[1] ?? ''
    const canaries = [apiKey, secret, token, link, session].flatMap(forms)
    const wrong: string[] = []
    for (const route of routes) {
      for (const headers of [{}, authorised, await harness.signIn('reader')] as Record<string, string>[]) {
        const { headers: given, text } = await ask(route, headers)
        const answer = JSON.stringify(given) + text
        if (canaries.some((canary) => answer.includes(canary))) wrong.push(`${route.method} ${route.path}`)
      }
    }
    expect(wrong).toEqual([])
    const printed = harness.lines.join('')
    for (const canary of canaries) expect(printed).not.toContain(canary)
  })
})

describe('SEC-16: as shipped', () => {
  test('SEC-16: it listens on loopback, lets nobody in by itself, and has no page that tells how it is built', async () => {
    await begin()
    expect(harness.server.url).toMatch(/^http:\/\/127\.0\.0\.1:/)
    for (const path of [
      '/debug',
      '/admin',
      '/.env',
      '/api',
      '/api/v1',
      '/console/../../package.json',
      '/server-status',
    ])
      expect((await harness.ask(path, { headers: authorised })).status).toBeGreaterThanOrEqual(404)
    await expectProblem(await harness.ask('/api/v1/status'), 401, 'UNAUTHENTICATED')
  })
})
