import { request as httpRequest } from 'node:http'
import { appendFile, readFile, stat } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { Clock } from '../base/clock.ts'
import { defineConnector } from '../definition/connector.ts'
import {
  bank,
  bankSimulator,
  call,
  credentials,
  file,
  good,
  start,
  subscriber,
  until,
  type Received,
} from './bank.fixture.ts'
import { defineSimulator, startSimulator } from './simulator.ts'

test('the base path of the connector is part of the simulated one', async () => {
  const simulator = await start()
  expect(simulator.baseUrl).toBe(`${simulator.origin}/v2`)
  expect((await call(simulator)).body).toMatchObject({ number: 1, balance: 90 })
  expect((await call(simulator, { path: '/accounts/a?days=3', method: 'GET' })).body).toEqual({ balance: 90, days: 3 })
})

test('requests are refused for their path, method, credentials, form and size', async () => {
  const simulator = await start()
  expect((await call(simulator, { path: '/nothing' })).status).toBe(404)
  expect((await call(simulator, { path: '/accounts/%ff' })).status).toBe(404)
  expect((await call(simulator, { method: 'DELETE' })).status).toBe(405)
  expect((await call(simulator, { authorization: null })).body).toMatchObject({
    reason: 'unauthenticated',
    given: false,
  })
  expect((await call(simulator, { authorization: 'Basic YWRhOnB3Mg==' })).body).toMatchObject({
    reason: 'unauthenticated',
    given: true,
  })
  expect((await call(simulator, { body: '{"amount":' })).body).toMatchObject({ reason: 'body-unreadable' })
  expect((await call(simulator, { body: '{"__proto__":{}}' })).body).toMatchObject({ reason: 'body-unreadable' })
  expect((await call(simulator, { body: [1] })).body).toMatchObject({ reason: 'input-invalid' })
  expect((await call(simulator, { body: { amount: '10' } })).body).toMatchObject({
    problems: [{ field: 'amount', kind: 'invalid' }],
  })
  expect((await call(simulator, { body: {} })).body).toMatchObject({ problems: [{ field: 'amount', kind: 'missing' }] })
  expect((await call(simulator, { body: { amount: 1, colour: 'red' } })).body).toMatchObject({
    problems: [{ field: 'colour', kind: 'unknown' }],
  })
  expect((await call(simulator, { body: { amount: 1, note: 'x'.repeat(1_100_000) } })).status).toBe(413)
  expect(simulator.effects()).toEqual([])
  expect(simulator.state()).toEqual({ accounts: { a: { balance: 100 } } })
})

test('an operation that is refused or breaks leaves nothing behind', async () => {
  const messages: string[] = []
  const simulator = await start({ log: (message) => messages.push(message), webhook: { url: 'http://127.0.0.1:9/' } })
  expect((await call(simulator, { body: { amount: 500 } })).status).toBe(409)
  expect((await call(simulator, { body: { amount: 66 } })).status).toBe(500)
  expect(simulator.state()).toEqual({ accounts: { a: { balance: 100 } } })
  expect(simulator.effects()).toEqual([])
  expect(simulator.undelivered()).toBe(0)
  expect(messages).toEqual([expect.stringContaining('a mistake in the behaviour')])
})

test('a key makes one effect; another body is refused; a failure is not remembered here', async () => {
  const simulator = await start()
  const first = await call(simulator, { key: 'k', body: { amount: 10, note: 'x' } })
  const again = await call(simulator, { key: 'k', body: { note: 'x', amount: 10 } })
  expect(again.body).toEqual(first.body)
  expect((await call(simulator, { key: 'k', body: { amount: 11 } })).status).toBe(422)
  expect((await call(simulator, { key: 'l', body: { amount: 500 } })).status).toBe(409)
  expect((await call(simulator, { key: 'l', body: { amount: 5 } })).status).toBe(200)
  expect(simulator.effects()).toMatchObject([
    { operation: 'transfer', idempotencyKey: 'k', input: { account: 'a', amount: 10 } },
    { operation: 'transfer', idempotencyKey: 'l' },
  ])
  expect(simulator.requests().map(({ status, replayed, effect }) => [status, replayed, effect])).toEqual([
    [200, false, true],
    [200, true, false],
    [422, false, false],
    [409, false, false],
    [200, false, true],
  ])
})

test('fifty requests with one key at once make one effect', async () => {
  const simulator = await start({ persist: await file() })
  const answers = await Promise.all(Array.from({ length: 50 }, () => call(simulator, { key: 'k' })))
  expect(answers.filter(({ status }) => status !== 200 && status !== 409)).toEqual([])
  expect(simulator.effects()).toHaveLength(1)
})

test('a key is forgotten at the end of its life', async () => {
  let now = 1_000_000
  const clock: Clock = { now: () => now, after: () => () => undefined, whenQuiet: () => undefined }
  const simulator = await start({ clock })
  const first = await call(simulator, { key: 'k' })
  now += 24 * 3_600_000 - 1
  expect((await call(simulator, { key: 'k' })).body).toEqual(first.body)
  now += 1
  expect((await call(simulator, { key: 'k' })).body).toMatchObject({ balance: 80 })
})

test('a fault has an operation, a count, a chance, and can be taken back', async () => {
  const draws = [0.9, 0.1, 0.4]
  const simulator = await start({ random: () => draws.shift() ?? 0.99 })
  const undo = simulator.faults.request({ kind: 'error', of: 'balance' })
  expect((await call(simulator, { body: { amount: 1 } })).status).toBe(200)
  expect((await call(simulator, { path: '/accounts/a', method: 'GET' })).status).toBe(500)
  undo()
  simulator.faults.request({ kind: 'error', next: 2 })
  const three = [1, 2, 3].map(() => call(simulator, { body: { amount: 1 } }))
  expect((await Promise.all(three)).map(({ status }) => status).toSorted((left, right) => left - right)).toEqual([
    200, 500, 500,
  ])
  // Ids took the first of the draws.
  const chance = simulator.faults.request({ kind: 'error', probability: 0.3 })
  expect([
    (await call(simulator, { body: { amount: 1 } })).status,
    (await call(simulator, { body: { amount: 1 } })).status,
  ]).toEqual([500, 200])
  chance()
  simulator.faults.request({ kind: 'error', next: 9 })
  simulator.faults.clear()
  expect((await call(simulator, { body: { amount: 1 } })).status).toBe(200)
})

test('webhooks are signed and come again until they are accepted', async () => {
  const hooks = await subscriber([500, 302])
  const simulator = await start({ webhook: { url: hooks.url } })
  await call(simulator)
  await until(() => simulator.undelivered() === 0)
  expect(simulator.deliveries().map(({ attempt, status, accepted }) => [attempt, status, accepted])).toEqual([
    [1, 500, false],
    [2, 302, false],
    [3, 200, true],
  ])
  const [{ headers, body }] = hooks.received as [Received]
  const verify = () =>
    bank.options.webhooks?.verify.verify(
      { method: 'POST', headers: headers as never, query: {}, body: Buffer.from(body) },
      ['whsec'],
      Date.now(),
    )
  expect(verify).not.toThrow()
  expect(JSON.parse(body)).toEqual({ account: 'a', amount: 10 })
})

test('webhooks can be doubled, late, out of order and forged', async () => {
  const hooks = await subscriber()
  const simulator = await start({ webhook: { url: hooks.url } })
  simulator.faults.webhook({ kind: 'out-of-order', delayMs: 60_000 })
  await simulator.emit('transfer.made', { amount: 1 })
  await simulator.emit('transfer.made', { amount: 2 })
  await until(() => hooks.received.length === 2)
  expect(hooks.received.map(({ body }) => body)).toEqual(['{"amount":2}', '{"amount":1}'])

  simulator.faults.webhook({ kind: 'duplicate' })
  await simulator.emit('transfer.made', { amount: 3 })
  await until(() => hooks.received.length === 4)
  expect(hooks.received.slice(2).map(({ body }) => body)).toEqual(['{"amount":3}', '{"amount":3}'])

  simulator.faults.webhook({ kind: 'late', delayMs: 150 })
  const sent = Date.now()
  await simulator.emit('transfer.made', { amount: 4 })
  await until(() => hooks.received.length === 5)
  expect(Date.now() - sent).toBeGreaterThanOrEqual(149)

  simulator.faults.webhook({ kind: 'forged' })
  await simulator.emit('transfer.made', { amount: 5 })
  await until(() => hooks.received.length === 7 && simulator.undelivered() === 0)
  const verdicts = hooks.received.slice(5).map(({ headers, body }) => {
    try {
      void bank.options.webhooks?.verify.verify(
        { method: 'POST', headers: headers as never, query: {}, body: Buffer.from(body) },
        ['whsec'],
        Date.now(),
      )
      return 'genuine'
    } catch {
      return 'forged'
    }
  })
  expect(verdicts.toSorted()).toEqual(['forged', 'genuine'])
  expect(
    simulator
      .deliveries()
      .map(({ kind }) => kind)
      .filter((kind) => kind !== 'genuine'),
  ).toEqual(['duplicate', 'forged'])
})

test('state, keys, effects and waiting webhooks survive a restart, ids do not repeat', async () => {
  const persist = await file()
  const first = await start({ persist, random: () => 0.5, webhook: { url: 'http://127.0.0.1:9/' } })
  expect(first.fresh).toBe(true)
  const made = await call(first, { key: 'k' })
  expect(first.undelivered()).toBe(1)
  await first.close()
  expect((await stat(persist)).mode & 0o777).toBe(0o600)

  const hooks = await subscriber()
  const second = await start({ persist, random: () => 0.5, webhook: { url: hooks.url } })
  expect(second.fresh).toBe(false)
  expect((await call(second, { key: 'k' })).body).toEqual(made.body)
  const next = await call(second)
  expect(next.body).toMatchObject({ number: 2, balance: 80 })
  expect(next.body['id']).not.toBe(made.body['id'])
  expect(second.effects()).toHaveLength(2)
  await until(() => hooks.received.length === 2)
})

test('what happens between a restart and the return of the subscriber is not lost', async () => {
  const persist = await file()
  const alone = await start({ persist })
  await alone.emit('transfer.made', { amount: 1 })
  expect(alone.undelivered()).toBe(0)
  const hooks = await subscriber()
  alone.subscribe({ url: hooks.url })
  await alone.close()

  const again = await start({ persist })
  await again.emit('transfer.made', { amount: 2 })
  expect(again.undelivered()).toBe(1)
  again.subscribe({ url: hooks.url })
  await until(() => again.undelivered() === 0)
  expect(hooks.received.map(({ body }) => body)).toEqual(['{"amount":2}'])
})

test('a log that a crash cut off is read up to there; one that is damaged or of another provider is refused and left alone', async () => {
  const persist = await file()
  const first = await start({ persist })
  await call(first, { key: 'k' })
  await first.close()
  await appendFile(persist, '[["accounts","a",{"balance":1')
  const second = await start({ persist })
  expect(second.state()).toEqual({ accounts: { a: { balance: 90 } } })
  await second.close()

  await appendFile(persist, 'not json\n[]\n')
  const damaged = await readFile(persist, 'utf8')
  await expect(start({ persist })).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' })
  expect(await readFile(persist, 'utf8')).toBe(damaged)
  const other = defineSimulator(defineConnector('other', { ...bank.options }), bankSimulator.behaviour as never)
  await expect(startSimulator(other, { credentials, persist })).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' })
})

test('it calls this machine only, and names what it cannot do', async () => {
  const simulator = await start()
  expect(() => simulator.subscribe({ url: 'https://example.com/hooks' })).toThrow(/this machine/)
  await expect(simulator.emit('transfer.lost')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(simulator.emit('transfer.made', { amount: 'x' })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  await expect(startSimulator(bankSimulator, { credentials: { user: 'ada' } })).rejects.toMatchObject({
    code: 'CONNECTION_MISSING',
  })
  const { port } = new URL(simulator.origin)
  await expect(start({ port: Number(port) })).rejects.toMatchObject({ code: 'PORT_TAKEN' })
})

test('a request that breaks off harms nothing', async () => {
  const simulator = await start()
  const outgoing = httpRequest(`${simulator.baseUrl}/accounts/a/transfers`, {
    method: 'POST',
    headers: { authorization: good, 'content-length': 100 },
  })
  outgoing.on('error', () => undefined)
  outgoing.write('{')
  await new Promise((resolve) => setTimeout(resolve, 30))
  outgoing.destroy()
  expect((await call(simulator)).status).toBe(200)
})
