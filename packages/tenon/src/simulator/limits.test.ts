import { expect, test } from 'vitest'
import type { Clock } from '../base/clock.ts'
import { bank, bankSimulator, call, credentials, opened } from './bank.fixture.ts'
import { defineSimulator, startSimulator, type Limit, type RunningSimulator } from './simulator.ts'

let now = 0
const clock: Clock = { now: () => now, after: () => () => undefined, whenQuiet: () => undefined }

async function limited(limits: readonly Limit[], more: { limits?: boolean } = {}): Promise<RunningSimulator> {
  now = 1_000_000
  const definition = defineSimulator(bank, { ...bankSimulator.behaviour, limits } as never)
  const simulator = await startSimulator(definition, { credentials, clock, ...more })
  opened.push(simulator)
  return simulator
}

const accountOf: Limit['of'] = ({ operation, input }) =>
  operation === 'transfer' ? ((input as { account?: string } | null)?.account ?? null) : null
const perSecond: Limit = { name: 'per-second', most: 2, perMs: 1000 }
const small = { body: { amount: 1 } }

test('a limit lets through what it says, tells when to come back, and fills again evenly', async () => {
  const simulator = await limited([perSecond])
  const statuses = async (): Promise<number[]> => [
    (await call(simulator, small)).status,
    (await call(simulator, small)).status,
  ]
  expect(await statuses()).toEqual([200, 200])
  expect(await call(simulator, small)).toMatchObject({ status: 429, body: { retryAfterS: 1, limit: 'per-second' } })
  now += 500
  expect(await statuses()).toEqual([200, 429])
  now += 60_000
  expect(await statuses()).toEqual([200, 200])
  expect((await call(simulator, small)).status).toBe(429)
  expect(simulator.effects()).toHaveLength(5)
})

test('requests are counted by what they share', async () => {
  const simulator = await limited([{ name: 'pair', most: 1, perMs: 6000, of: accountOf }])
  const path = '/accounts/b/transfers'
  expect((await call(simulator, small)).status).toBe(200)
  expect((await call(simulator, { ...small, path })).status).toBe(404)
  expect((await call(simulator, small)).status).toBe(429)
  expect((await call(simulator, { ...small, path })).status).toBe(429)
  expect((await call(simulator, { path: '/accounts/a', method: 'GET' })).status).toBe(200)
  now += 6000
  expect((await call(simulator, small)).status).toBe(200)
})

test('the provider tells of its limit on every answer that it counts', async () => {
  const headers: Limit['headers'] = ({ left, fullInS }) => ({ 'x-left': String(left), 'x-full-in': String(fullInS) })
  const simulator = await limited([{ ...perSecond, perMs: 10_000, headers }])
  const told = async (): Promise<(string | null)[]> => {
    const { headers } = await call(simulator, small)
    return [headers.get('x-left'), headers.get('x-full-in')]
  }
  expect([await told(), await told(), await told()]).toEqual([
    ['1', '5'],
    ['0', '10'],
    ['0', '10'],
  ])
})

test('a request that a fault turns away is not counted', async () => {
  const simulator = await limited([{ ...perSecond, most: 1 }])
  simulator.faults.set({ kind: 'rate-limit' })
  expect((await call(simulator, small)).status).toBe(429)
  expect((await call(simulator, small)).status).toBe(200)
  expect((await call(simulator, small)).status).toBe(429)
})

test('the limits can be left out', async () => {
  const simulator = await limited([perSecond], { limits: false })
  const answers = await Promise.all(Array.from({ length: 20 }, () => call(simulator, small)))
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
})
