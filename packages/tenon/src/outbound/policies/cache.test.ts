import { describe, expect, test } from 'vitest'
import { failedWith, type RawAnswer, type SendRequest } from '../outbound.ts'
import type { PolicyCall } from '../policy.ts'
import { policy as cache } from './cache.ts'
import { answered, errorOf, policyBench } from './by-hand.fixture.ts'

type Answer = (call: PolicyCall, count: number) => RawAnswer

function bench(options: Parameters<typeof policyBench>[1] = {}) {
  const { open, callOf, pass, date } = policyBench(cache, options)
  let policy = open()
  const asked: PolicyCall[] = []
  let answer: Answer = (_call, count) => answered(`answer ${count}`)
  return {
    asked,
    pass,
    date,
    answerWith: (next: Answer | RawAnswer['headers']) => {
      answer = typeof next === 'function' ? next : (_call, count) => answered(`answer ${count}`, next)
    },
    another: () => (policy = open()),
    async send(request: Partial<SendRequest> = {}, more: Partial<PolicyCall> = {}) {
      const raw = await policy.around!(callOf(request, more), async (call) => {
        asked.push(call)
        return answer(call, asked.length)
      })
      return { status: raw.status, body: raw.body.toString(), headers: raw.headers }
    },
  }
}

/** How many calls two equal reads made, with what the first one was answered. */
async function callsOf(headers: RawAnswer['headers'], request: Partial<SendRequest> = {}, passMs = 0): Promise<number> {
  const { send, asked, answerWith, pass } = bench()
  answerWith(headers)
  await send(request)
  pass(passMs)
  await send(request)
  return asked.length
}

describe('OUT-11: what an answer allows is kept, and nothing else', () => {
  test.each([
    [{ 'cache-control': 'max-age=60' }],
    [{ 'cache-control': 'Max-Age=60' }],
    [{ 'cache-control': 'private, max-age=60' }],
    [{ 'cache-control': 'PRIVATE,MAX-AGE=60' }],
    [{ 'cache-control': 'public, max-age=60, s-maxage=0' }],
    [{ 'cache-control': 'max-age=60, private=" authorization"' }],
    [{ 'cache-control': ['private', 'max-age=60'] }],
    [{ 'cache-control': 'max-age=60', etag: '"1"' }],
    [{ expires: 'Fri, 20 Nov 2026 12:01:00 GMT', date: 'Fri, 20 Nov 2026 12:00:00 GMT' }],
    [{ 'cache-control': 'max-age=60', vary: 'accept' }],
    [{ 'cache-control': 'max-age=60', vary: 'Authorization' }],
  ])('%j is kept for its minute', async (headers) => {
    expect(await callsOf(headers, {}, 59_000)).toBe(1)
    expect(await callsOf(headers, {}, 61_000)).toBe(2)
  })

  test.each([
    [{}],
    [{ etag: '"1"', 'last-modified': 'Fri, 20 Nov 2020 12:00:00 GMT' }],
    [{ 'cache-control': 'no-store' }],
    [{ 'cache-control': 'no-store, max-age=60' }],
    [{ 'cache-control': 'No-Store, max-age=60' }],
    [{ 'cache-control': ['max-age=60', 'no-store'] }],
    [{ 'cache-control': 'private="set-cookie, no-store", max-age=60' }],
    [{ 'cache-control': 'max-age=60, max-age=0' }],
    [{ 'cache-control': 'max-age=0' }],
    [{ 'cache-control': 'max-age=-5' }],
    [{ 'cache-control': 'max-age=soon' }],
    [{ 'cache-control': 'no-cache' }],
    [{ 'cache-control': 'no-cache="set-cookie", max-age=60' }],
    [{ 'cache-control': 'private' }],
    [{ 'cache-control': 's-maxage=60' }],
    [{ 'cache-control': 'public', 'last-modified': 'Fri, 20 Nov 2020 12:00:00 GMT' }],
    [{ 'cache-control': 'max-age=60', vary: '*' }],
    [{ 'cache-control': 'max-age=60', age: '61' }],
    [{ 'cache-control': 'max-age=60', 'set-cookie': 'session=canary' }],
    [{ expires: '0' }],
    [{ expires: 'yesterday' }],
  ])('%j is asked for again', async (headers) => {
    expect(await callsOf(headers)).toBe(2)
  })

  test.each(['range', 'if-none-match', 'if-modified-since'])(
    'a read with its own %s goes by the cache',
    async (name) => {
      expect(await callsOf({ 'cache-control': 'max-age=60' }, { headers: [name, 'x'] })).toBe(2)
    },
  )

  test.each(['no-store', 'no-cache', 'max-age=0'])(
    'a read that says cache-control: %s is asked for again',
    async (said) => {
      const { send, asked, answerWith, pass } = bench()
      answerWith({ 'cache-control': 'max-age=60' })
      await send()
      pass(1000)
      if (said !== 'no-store') {
        await send({ headers: ['cache-control', said] })
        expect(asked).toHaveLength(2)
      } else expect(await callsOf({ 'cache-control': 'max-age=60' }, { headers: ['cache-control', said] })).toBe(2)
    },
  )

  test.each([201, 206, 302, 404, 500])('status %d is not kept', async (status) => {
    const { send, asked, answerWith } = bench()
    answerWith((_call, count) => answered(`answer ${count}`, { 'cache-control': 'max-age=60' }, status))
    await send()
    await send()
    expect(asked).toHaveLength(2)
  })

  test('what came with the answer comes again, with its age', async () => {
    const { send, answerWith, pass } = bench()
    answerWith({ 'cache-control': 'max-age=60', 'content-type': 'text/plain', age: '3' })
    await send()
    pass(10_000)
    expect(await send()).toMatchObject({
      status: 200,
      body: 'answer 1',
      headers: { 'content-type': 'text/plain', age: '13' },
    })
  })

  test('another path, method, query or varied header is another answer', async () => {
    const { send, asked, answerWith } = bench()
    answerWith({ 'cache-control': 'max-age=60', vary: 'accept' })
    await send()
    await send({ path: '/things?page=2' })
    await send({ method: 'HEAD' })
    await send({ headers: ['accept', 'text/csv'] })
    expect(asked).toHaveLength(4)
  })

  test('SEC-15: two connections, so two tenants or credentials, share nothing', async () => {
    const one = bench()
    one.answerWith({ 'cache-control': 'public, max-age=60' })
    await one.send()
    one.another()
    expect((await one.send()).body).toBe('answer 2')
  })
})

describe('a stale answer is asked about', () => {
  test.each([
    ['an entity tag', { etag: 'W/"7"' }, 'if-none-match', 'W/"7"'],
    [
      'a date',
      { 'last-modified': 'Fri, 20 Nov 2020 12:00:00 GMT' },
      'if-modified-since',
      'Fri, 20 Nov 2020 12:00:00 GMT',
    ],
  ])('by %s; "not modified" brings it back for another life', async (_what, validator, name, value) => {
    const { send, asked, answerWith, pass } = bench()
    answerWith({ 'cache-control': 'max-age=60', ...validator })
    await send()
    pass(61_000)
    answerWith(() => answered('', { 'cache-control': 'max-age=60', ...validator }, 304))
    expect(await send()).toMatchObject({ status: 200, body: 'answer 1' })
    expect(asked[1]!.request.headers.join(' ')).toContain(`${name} ${value}`)
    pass(59_000)
    expect((await send()).body).toBe('answer 1')
    expect(asked).toHaveLength(2)
  })

  test('a new answer takes its place, a failure leaves it', async () => {
    const { send, answerWith, pass } = bench()
    answerWith({ 'cache-control': 'max-age=60, stale-if-error=600', etag: '"1"' })
    await send()
    pass(61_000)
    answerWith((_call, count) => answered(`answer ${count}`, {}, 503))
    expect(await send()).toMatchObject({ status: 503 })
    answerWith({ 'cache-control': 'max-age=60', etag: '"2"' })
    expect((await send()).body).toBe('answer 3')
    expect((await send()).body).toBe('answer 3')
  })

  test('"not modified" about another answer is asked again without a condition', async () => {
    const { send, asked, answerWith, pass } = bench()
    answerWith({ 'cache-control': 'max-age=60', etag: '"1"' })
    await send()
    pass(61_000)
    answerWith((call, count) =>
      call.request.headers.includes('if-none-match')
        ? answered('', { etag: '"9"' }, 304)
        : answered(`answer ${count}`, { etag: '"9"' }),
    )
    expect(await send()).toMatchObject({ status: 200, body: 'answer 3' })
    expect(asked).toHaveLength(3)
  })

  test('no-cache keeps the answer and asks each time', async () => {
    const { send, asked, answerWith } = bench()
    answerWith({ 'cache-control': 'private, no-cache', etag: '"1"' })
    await send()
    answerWith(() => answered('', { etag: '"1"' }, 304))
    expect((await send()).body).toBe('answer 1')
    expect(asked).toHaveLength(2)
  })
})

describe('a change through the connection empties its cache', () => {
  const kept = { 'cache-control': 'max-age=60' }
  test.each([
    ['that succeeded', () => answered('', {}, 201), 3],
    ['that may have taken effect', () => answered('', {}, 502), 3],
    ['that was refused', () => answered('', {}, 409), 2],
  ])('%s', async (_what, change, calls) => {
    const { send, asked, answerWith } = bench()
    answerWith(kept)
    await send({ path: '/things?page=2' })
    answerWith(change)
    await send({ method: 'POST', body: '{}' }, { repeat: 'keyed' })
    answerWith(kept)
    await send({ path: '/things?page=2' })
    expect(asked).toHaveLength(calls)
  })

  test('that was lost on its way', async () => {
    const { send, asked, answerWith } = bench()
    answerWith(kept)
    await send()
    answerWith(() => {
      throw failedWith('ambiguous', 'UPSTREAM_UNAVAILABLE', 'broke')
    })
    await errorOf(send({ method: 'DELETE' }))
    answerWith(kept)
    await send()
    expect(asked).toHaveLength(3)
  })

  test('an answer to what was asked before it is not kept', async () => {
    const { open, callOf } = policyBench(cache)
    const policy = open()
    let answer: (raw: RawAnswer) => void = () => undefined
    const early = policy.around!(callOf(), () => new Promise((resolve) => (answer = resolve)))
    await policy.around!(callOf({ method: 'POST' }, { repeat: 'keyed' }), async () => answered('done'))
    answer(answered('old', kept))
    await early
    const after = await policy.around!(callOf(), async () => answered('new'))
    expect(after.body.toString()).toBe('new')
  })

  test('a GET that is known to have an effect is a change', async () => {
    const { send, asked, answerWith } = bench()
    answerWith(kept)
    await send({}, { repeat: 'unsafe' })
    await send({}, { repeat: 'unsafe' })
    expect(asked).toHaveLength(2)
  })
})

describe('it is bounded', () => {
  test('what was not asked for longest leaves first', async () => {
    const { send, asked, answerWith } = bench({ cache: { maxBytes: 15_000 } })
    answerWith(() => answered('x'.repeat(4000), { 'cache-control': 'max-age=60' }))
    await send({ path: '/1' })
    await send({ path: '/2' })
    await send({ path: '/1' })
    await send({ path: '/3' })
    expect(asked).toHaveLength(3)
    await send({ path: '/1' })
    expect(asked).toHaveLength(3)
    await send({ path: '/2' })
    expect(asked).toHaveLength(4)
  })

  test('an answer larger than all of it is not kept', async () => {
    const { send, asked, answerWith } = bench({ cache: { maxBytes: 3000 } })
    answerWith(() => answered('x'.repeat(4000), { 'cache-control': 'max-age=60' }))
    await send()
    await send()
    expect(asked).toHaveLength(2)
  })

  test.each([-1, 1.5, Number.NaN])('maxBytes of %s is a mistake', (maxBytes) => {
    expect(() => bench({ cache: { maxBytes } })).toThrow(expect.objectContaining({ code: 'APP_INVALID' }))
  })
})
