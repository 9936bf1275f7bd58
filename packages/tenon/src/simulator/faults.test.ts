import { get } from 'node:http'
import { expect, test } from 'vitest'
import { bank, call, credentials, good, start, subscriber, until, type Received } from './bank.fixture.ts'
import { faultChoices, type RequestFaultKind, type RunningSimulator } from './simulator.ts'

interface Saw {
  readonly status: number | string
  readonly type?: string | null
  readonly headers?: Headers
  readonly text?: string
}

/** One transfer of 1, as a client sees it; the name of the error where no whole answer came. */
async function transfer({ baseUrl }: RunningSimulator, patienceMs = 10_000): Promise<Saw> {
  const headers = { authorization: good, 'idempotency-key': crypto.randomUUID() }
  const options = { method: 'POST', headers, body: '{"amount":1}', redirect: 'manual' as const }
  try {
    const answer = await fetch(`${baseUrl}/accounts/a/transfers`, {
      ...options,
      signal: AbortSignal.timeout(patienceMs),
    })
    const { status, headers } = answer
    return { status, headers, type: headers.get('content-type'), text: await answer.text() }
  } catch (error) {
    return { status: (error as Error).name }
  }
}

const requestKinds = faultChoices.filter(({ about }) => about === 'request').map(({ kind }) => kind as RequestFaultKind)

/** What each fault looks like from outside, and how many transfers it leaves behind. */
const expected: Readonly<Record<RequestFaultKind, readonly [status: number | string, effects: number]>> = {
  'rate-limit': [429, 0],
  refused: [400, 0],
  error: [500, 0],
  'bad-gateway': [502, 0],
  unavailable: [503, 0],
  hang: ['TimeoutError', 0],
  reset: ['TypeError', 0],
  redirect: [307, 0],
  'credentials-revoked': [401, 0],
  'token-expired': [401, 0],
  maintenance: [503, 0],
  slow: [200, 1],
  'error-after': [500, 1],
  'gateway-timeout': [504, 1],
  'hang-after': ['TimeoutError', 1],
  drop: ['TypeError', 1],
  'slow-body': [200, 1],
  'truncated-body': ['TypeError', 1],
  'malformed-json': [200, 1],
  'wrong-content-type': [200, 1],
  'oversized-body': [200, 1],
  'clock-skew': [200, 1],
}

test.each(requestKinds)('%s does to answer and effect what its meaning says, once', async (kind) => {
  const simulator = await start()
  const takes = faultChoices.find((choice) => choice.kind === kind)?.takes ?? []
  simulator.faults.set({ kind, of: 'transfer', next: 1, ...(takes.includes('delayMs') ? { delayMs: 20 } : {}) })
  // What never comes is given up soon; for what does come a loaded machine has time.
  const { status } = await transfer(simulator, expected[kind][0] === 'TimeoutError' ? 300 : undefined)
  expect([status, simulator.effects().length]).toEqual(expected[kind])
  expect(simulator.requests()).toMatchObject([{ operation: 'transfer', fault: kind }])
  expect((await transfer(simulator)).status).toBe(200)
})

test('the damage that an answer can have', async () => {
  const simulator = await start()
  const under = (kind: RequestFaultKind, more = {}): Promise<Saw> => {
    simulator.faults.set({ kind, ...more })
    return transfer(simulator)
  }
  const isJson = (text = ''): boolean => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  const malformed = await under('malformed-json')
  expect([malformed.type, isJson(malformed.text)]).toEqual(['application/json', false])
  expect(await under('wrong-content-type')).toMatchObject({
    type: 'text/html',
    text: expect.stringContaining('<') as string,
  })
  const oversized = await under('oversized-body')
  expect([isJson(oversized.text), (oversized.text?.length ?? 0) > 10 * 1_048_576]).toEqual([true, true])
  expect((await under('redirect')).headers?.get('location')).toMatch(/^https:\/\/elsewhere/)
  expect(await under('bad-gateway')).toMatchObject({ type: 'text/html' })
  expect((await under('maintenance', { retryAfterS: 9 })).headers?.get('retry-after')).toBe('9')
  const skewed = Date.parse((await under('clock-skew', { delayMs: 7_200_000 })).headers?.get('date') ?? '')
  expect(Math.abs(Date.now() - 7_200_000 - skewed)).toBeLessThan(10_000)
  expect(isJson((await under('slow-body', { delayMs: 40 })).text)).toBe(true)
})

test('a body that drips arrives in pieces', async () => {
  const simulator = await start()
  simulator.faults.set({ kind: 'slow-body', delayMs: 100 })
  const pieces = await new Promise<number>((resolve, reject) => {
    let count = 0
    get(`${simulator.baseUrl}/accounts/a`, { headers: { authorization: good } }, (answer) => {
      answer.on('data', () => (count += 1))
      answer.on('end', () => resolve(count))
    }).on('error', reject)
  })
  expect(pieces).toBeGreaterThan(1)
})

test('an effect behind a spoilt answer is found again under its key', async () => {
  const simulator = await start()
  for (const kind of ['gateway-timeout', 'truncated-body', 'malformed-json', 'hang-after'] as const) {
    simulator.faults.set({ kind })
    await call(simulator, { key: kind, body: { amount: 1 } }).catch(() => undefined)
    expect((await call(simulator, { key: kind, body: { amount: 1 } })).status).toBe(200)
  }
  expect(simulator.effects()).toHaveLength(4)
})

test('revoked credentials stay refused until that is taken back', async () => {
  const simulator = await start()
  const undo = simulator.faults.set({ kind: 'credentials-revoked' })
  expect([(await call(simulator)).status, (await call(simulator)).status]).toEqual([401, 401])
  expect(simulator.faults.list()).toEqual([{ about: 'request', kind: 'credentials-revoked', left: null, played: 2 }])
  undo()
  expect((await call(simulator)).status).toBe(200)
  expect(simulator.faults.list()).toEqual([])
})

test('the faults that are set can be read, with what is left of them', async () => {
  const simulator = await start()
  simulator.faults.set({ kind: 'error', of: 'transfer', next: 2 })
  simulator.faults.set({ kind: 'late', probability: 0.5, delayMs: 10 })
  await call(simulator)
  expect(simulator.faults.list()).toEqual([
    { about: 'request', kind: 'error', of: 'transfer', next: 2, left: 1, played: 1 },
    { about: 'webhook', kind: 'late', probability: 0.5, delayMs: 10, left: null, played: 0 },
  ])
  simulator.faults.clear()
  expect(simulator.faults.list()).toEqual([])
})

test.each([
  [{ kind: 'explode' }, /no request fault "explode"; there are rate-limit, /],
  [{}, /no request fault undefined/],
  [{ kind: 'error', of: 'teleport' }, /no operation "teleport"; there are transfer, balance/],
  [{ kind: 'late', of: 'transfer' }, /no event "transfer"; there are transfer\.made/],
  [{ kind: 'error', next: 0 }, /next: expected a whole number from 1 up, found 0/],
  [{ kind: 'error', next: 1.5 }, /next/],
  [{ kind: 'error', next: '2' }, /next/],
  [{ kind: 'error', probability: 0 }, /probability: expected a number above 0/],
  [{ kind: 'error', probability: 1.1 }, /probability/],
  [{ kind: 'error', probability: Number.NaN }, /probability/],
  [{ kind: 'slow', delayMs: -1 }, /delayMs: expected a number from 0 to/],
  [{ kind: 'slow', delayMs: Number.POSITIVE_INFINITY }, /delayMs/],
  [{ kind: 'rate-limit', retryAfterS: '7' }, /retryAfterS: expected a number/],
  [{ kind: 'reset', delayMs: 5 }, /delayMs: has no meaning for reset/],
])('%j is refused, and says why', async (fault, message) => {
  const simulator = await start()
  expect(() => simulator.faults.set(fault as never)).toThrow(
    expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringMatching(message) as string }) as Error,
  )
  expect(simulator.faults.list()).toEqual([])
})

const verdictOf = ({ headers, body }: Received): string => {
  try {
    const request = { method: 'POST', headers: headers as never, query: {}, body: Buffer.from(body) }
    void bank.options.webhooks?.verify.verify(request, [credentials.secret], Date.now())
    return 'genuine'
  } catch (error) {
    return (error as { code: string }).code
  }
}

test.each([
  ['stale', 'CLOCK_SKEW'],
  ['wrong-secret', 'SIGNATURE_INVALID'],
] as const)('a %s webhook is refused by its verifier, and right when it comes again', async (kind, code) => {
  const hooks = await subscriber([401])
  const simulator = await start({ webhook: { url: hooks.url } })
  simulator.faults.set({ kind })
  await simulator.emit('transfer.made', { amount: 1 })
  await until(() => hooks.received.length === 2)
  expect(hooks.received.map(verdictOf)).toEqual([code, 'genuine'])
  await until(() => simulator.undelivered() === 0)
  expect(simulator.deliveries().map(({ kind }) => kind)).toEqual([kind, 'genuine'])
})

test('a missing webhook never comes, and the log of deliveries says so', async () => {
  const hooks = await subscriber()
  const simulator = await start({ webhook: { url: hooks.url } })
  simulator.faults.set({ kind: 'missing', of: 'transfer.made' })
  await simulator.emit('transfer.made', { amount: 1 })
  await simulator.emit('transfer.made', { amount: 2 })
  await until(() => hooks.received.length === 1)
  expect(hooks.received.map(({ body }) => body)).toEqual(['{"amount":2}'])
  await until(() => simulator.deliveries().length === 2)
  expect(simulator.deliveries()).toMatchObject([
    { kind: 'missing', attempt: 0, accepted: false, nextAt: null },
    { kind: 'genuine' },
  ])
})

test('a burst comes all at once', async () => {
  const hooks = await subscriber()
  const simulator = await start({ webhook: { url: hooks.url } })
  simulator.faults.set({ kind: 'burst', next: 10, delayMs: 200 })
  for (let amount = 1; amount <= 10; amount += 1) await simulator.emit('transfer.made', { amount })
  expect(hooks.received).toEqual([])
  await until(() => hooks.received.length === 10)
})
