import { describe, expect, test } from 'vitest'
import { asJson, authorised, bodyOf, expectProblem, paid, sign, start } from './server.fixture.ts'

describe('runs', () => {
  test('runs are started, listed in pages, shown, and found by a part of their id', async () => {
    const { ask } = await start()
    const ids: string[] = []
    for (const month of ['1', '2', '3']) {
      const response = await ask('/api/v1/runs', {
        method: 'POST',
        headers: asJson,
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

  test('runs are found by state, time, event and part of their id, together or alone', async () => {
    const { ask, post, runs } = await start()
    const body = bodyOf(paid('evt_1'), paid('evt_2'))
    await post(body, sign(body))
    await ask('/api/v1/runs', {
      method: 'POST',
      headers: asJson,
      body: '{"flow":"by-hand","input":{"month":"5"},"id":"may-2026"}',
    })
    expect(await runs()).toBe(3)
    const found = async (query: string): Promise<number> => {
      const answer = await ask(`/api/v1/runs?${query}`, { headers: authorised })
      return ((await answer.json()) as { runs: unknown[] }).runs.length
    }
    expect(await found('flow=order-paid')).toBe(2)
    expect(await found('event=evt_1')).toBe(1)
    expect(await found('id=may-')).toBe(1)
    expect(await found('status=failed,parked')).toBe(0)
    expect(await found(`since=${Date.now() + 60_000}`)).toBe(0)
    expect(await found('until=2020-01-01')).toBe(0)
    expect(await found('since=2020-01-01T00:00:00%2B02:00&flow=by-hand&id=2026')).toBe(1)
  })

  test('one run tells its story, and what may be done about it', async () => {
    const { ask, engine } = await start()
    const ended = new Promise<void>((resolve) => {
      engine.listen(({ name }) => {
        if (name === 'run.completed') resolve()
      })
    })
    await ask('/api/v1/runs', {
      method: 'POST',
      headers: asJson,
      body: '{"flow":"by-hand","input":{"month":"5"},"id":"may-2026"}',
    })
    await ended
    expect(await (await ask('/api/v1/runs/may-2026', { headers: authorised })).json()).toMatchObject({
      run: 'may-2026',
      status: 'completed',
      input: { month: '5' },
      output: { month: '5' },
      inputsFit: true,
      actions: ['anew'],
      ahead: null,
      behindCount: 0,
    })
    await expectProblem(
      await ask('/api/v1/runs/may-2026/retry', { method: 'POST', headers: authorised }),
      409,
      'RUN_NOT_RETRYABLE',
    )
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
        headers: asJson,
        body: JSON.stringify(body),
      }),
      status,
      code,
    )
    expect(await runs()).toBe(0)
  })
})

describe('input that is not as declared is refused, part by part, and never shown again', () => {
  const problemOf = async (path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const { ask } = await start({ simulated: true })
    const init =
      body === undefined
        ? { headers: authorised }
        : { method: 'POST', headers: asJson, body: typeof body === 'string' ? body : JSON.stringify(body) }
    return expectProblem(await ask(path, init), 400, 'INPUT_INVALID')
  }

  test.each([
    ['/api/v1/runs?limit=0', 'limit', 'a whole number from 1 to 500'],
    ['/api/v1/runs?limit=501', 'limit', 'a whole number from 1 to 500'],
    ['/api/v1/runs?limit=1.5', 'limit', 'a whole number from 1 to 500'],
    ['/api/v1/runs?limit=many', 'limit', 'a whole number from 1 to 500'],
    ['/api/v1/runs?limit=', 'limit', 'a whole number from 1 to 500'],
    ['/api/v1/runs?limit=1&limit=2', 'limit', 'a whole number from 1 to 500'],
    ['/api/v1/runs?status=failed,nope', 'status', 'one or several of ready, queued'],
    ['/api/v1/runs?since=yesterday', 'since', 'milliseconds since the epoch, or a time such as'],
    ['/api/v1/runs?until=2026-13-45', 'until', 'milliseconds since the epoch, or a time such as'],
    ['/api/v1/runs?id=ab', 'id', 'at least 3 characters'],
    ['/api/v1/runs?status=nope', 'status', 'one or several of ready, queued'],
    ['/api/v1/runs?colour=red', 'colour', 'only flow, status, key'],
    ['/api/v1/runs?__proto__=1', '__proto__', 'only flow, status, key'],
    ['/api/v1/runs?constructor=1', 'constructor', 'only flow, status, key'],
    ['/api/v1/runs?flow=', 'flow', 'a text that is not empty'],
    ['/api/v1/status?verbose=1', 'verbose', 'nothing'],
  ])('API-07: %s', async (path, field, expected) => {
    const problem = await problemOf(path)
    const [error] = problem['errors'] as { in: string; field: string; expected: string }[]
    expect([error?.in, error?.field]).toEqual(['query', field])
    expect(error?.expected.startsWith(expected)).toBe(true)
    expect(problem['detail']).toContain(field)
  })

  test.each([
    ['no flow', {}, { field: 'flow', found: 'missing', expected: 'a text' }],
    ['a flow that is a number', { flow: 7 }, { field: 'flow', found: 'a number', expected: 'a text' }],
    ['a flow that is a list', { flow: ['x'] }, { field: 'flow', found: 'a list', expected: 'a text' }],
    ['a flow that is null', { flow: null }, { field: 'flow', found: 'null', expected: 'a text' }],
    ['an empty id', { flow: 'by-hand', id: '' }, { field: 'id', found: 'empty', expected: 'a text that is not empty' }],
    [
      'a member that is not known',
      { flow: 'by-hand', inptu: 1 },
      { field: 'inptu', found: 'not known here', expected: 'only flow, input, id' },
    ],
    ['a list instead of an object', [1], { field: '', found: 'a list', expected: 'an object' }],
    ['a bare text', '"x"', { field: '', found: 'a text', expected: 'an object' }],
  ])('API-07: a start with %s', async (_what, body, error) => {
    const problem = await problemOf('/api/v1/runs', body)
    expect(problem['errors']).toEqual([{ in: 'body', ...error }])
  })

  test('several mistakes are told at once, at most five, and no value comes back', async () => {
    const canary = 'canary_4f3c'
    const problem = await problemOf('/api/v1/simulators/pay/faults', {
      kind: canary,
      next: canary,
      probability: 2,
      delayMs: -1,
      retryAfterS: canary,
      [`x${'y'.repeat(300)}`]: canary,
    })
    expect(problem['errors']).toHaveLength(5)
    expect(JSON.stringify(problem)).not.toContain(canary)
    expect(JSON.stringify(problem).length).toBeLessThan(3000)
  })

  test.each([
    ['not JSON', '{', {}, 400],
    ['of another type', '{}', { 'content-type': 'text/plain' }, 415],
    ['compressed', '{}', { 'content-encoding': 'gzip' }, 415],
    ['with a member __proto__', '{"__proto__":{"flow":"x"}}', {}, 400],
  ])('SEC-05: a body that is %s', async (_what, body, changed, status) => {
    const { ask, runs } = await start()
    const headers = { ...asJson, ...(changed as Record<string, string>) }
    expect((await ask('/api/v1/runs', { method: 'POST', headers, body })).status).toBe(status)
    expect(await runs()).toBe(0)
  })
})

describe('flows', () => {
  test('tell what starts them, what they take, and what their runs did', async () => {
    const { ask, engine } = await start()
    const ended = new Promise<void>((resolve) => {
      engine.listen(({ name }) => {
        if (name === 'run.completed') resolve()
      })
    })
    const input = { month: '5', client_secret: 'canary' }
    await ask('/api/v1/runs', { method: 'POST', headers: asJson, body: JSON.stringify({ flow: 'by-hand', input }) })
    await ended
    const list = await (await ask('/api/v1/flows', { headers: authorised })).json()
    expect((list as { flows: { name: string }[] }).flows.map(({ name }) => name)).toEqual([
      'order-paid',
      'by-hand',
      'as-given',
    ])
    const flow = await (await ask('/api/v1/flows/by-hand', { headers: authorised })).json()
    expect(flow).toMatchObject({
      trigger: { kind: 'manual' },
      paused: false,
      counts: { completed: 1 },
      schema: { properties: { month: { type: 'string' }, client_secret: { type: 'string' } } },
      sample: { month: '5', client_secret: '[secret]' },
      picture: { runs: 1 },
      recent: [{ flow: 'by-hand', status: 'completed' }],
    })
    expect(JSON.stringify(flow)).not.toContain('canary')
    await expectProblem(await ask('/api/v1/flows/nothing', { headers: authorised }), 404, 'NOT_FOUND')
  })

  test('a paused flow takes events and starts nothing with them, until it is resumed', async () => {
    const { ask, post, engine } = await start()
    const order = (path: string) => ask(`/api/v1/flows/${path}`, { method: 'POST', headers: authorised })
    expect(await (await order('order-paid/pause')).json()).toEqual({ flow: 'order-paid', paused: true })
    const body = bodyOf(paid('evt_1'))
    expect((await post(body, sign(body))).status).toBe(200)
    const held = await ask('/api/v1/runs?status=ready', { headers: authorised })
    expect(((await held.json()) as { runs: unknown[] }).runs).toHaveLength(1)
    const ended = new Promise<void>((resolve) => {
      engine.listen(({ name }) => {
        if (name === 'run.completed') resolve()
      })
    })
    expect(await (await order('order-paid/resume')).json()).toEqual({ flow: 'order-paid', paused: false })
    await ended
    await expectProblem(await order('nothing/pause'), 404, 'NOT_FOUND')
  })
})

describe('simulators', () => {
  test('tell what they hold, make events happen, and go wrong on request', async () => {
    const { ask } = await start({ simulated: true })
    const order = (path: string, body: object) =>
      ask(`/api/v1/simulators/pay${path}`, { method: 'POST', headers: asJson, body: JSON.stringify(body) })
    expect(await (await ask('/api/v1/simulators', { headers: authorised })).json()).toMatchObject({
      simulators: [{ connector: 'pay', events: ['order.paid'] }],
    })
    expect((await order('/events', { event: 'order.paid' })).status).toBe(202)
    expect((await order('/faults', { kind: 'error', next: 2 })).status).toBe(202)
    expect((await ask('/api/v1/simulators/pay', { headers: authorised })).status).toBe(200)
    expect((await ask('/api/v1/simulators/pay/faults', { method: 'DELETE', headers: authorised })).status).toBe(202)
    await expectProblem(await order('/events', { event: 'order.eaten' }), 404, 'NOT_FOUND')
    await expectProblem(await ask('/api/v1/simulators/nobody', { headers: authorised }), 404, 'NOT_FOUND')
  })
})

test('a decision names who is signed in, whatever the body says', async () => {
  const { engine, ask, signIn } = await start()
  const decided: string[] = []
  engine.decide = async ({ by }) => void decided.push(by)
  const { run } = await engine.start({ tenant: 'default', flow: 'by-hand', input: { month: '5' } })
  const body = JSON.stringify({ step: 'x', decision: 'retry', by: 'someone else' })
  for (const headers of [await signIn('mia'), authorised] as Record<string, string>[])
    await ask(`/api/v1/runs/${run}/decisions`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
    })
  expect(decided).toEqual(['mia', 'someone else'])
})

test('the status names the app, the version and the time of the start', async () => {
  const { ask } = await start({ appName: 'shop' })
  expect(await (await ask('/api/v1/status', { headers: authorised })).json()).toMatchObject({
    app: { name: 'shop' },
    version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
    startedAt: expect.any(Number) as number,
  })
})

test('a flow is shown whatever its latest run was started with', async () => {
  const { ask, engine } = await start()
  let input: unknown = 'bottom'
  for (let depth = 0; depth < 150; depth += 1) input = { deeper: input }
  await engine.start({ tenant: 'default', flow: 'as-given', input })
  expect((await ask('/api/v1/flows/as-given', { headers: authorised })).status).toBe(200)
})
