import { afterEach, expect, test } from 'vitest'
import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { memoryStore } from '../store/memory.ts'
import { virtualClock } from '../testing/virtual-clock.ts'
import type { BackgroundRenewalOptions } from './background-renewal.ts'
import {
  keep,
  modelProvider,
  startProcess,
  tokensIn,
  vaultOver,
  type Keeping,
  type KeepingProcess,
} from './background-renewal.fixture.ts'

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
const closing: KeepingProcess[] = []
afterEach(async () => {
  for (const process of closing.splice(0)) await process.close()
})

async function start(keeping: Keeping, options: BackgroundRenewalOptions): Promise<KeepingProcess> {
  const process = await startProcess(keeping, options)
  closing.push(process)
  return process
}

/** One account, `main`, that was connected now. */
async function stage({ refreshLifeMs = 30 * day, isAlone = true } = {}) {
  const time = virtualClock()
  const clock = isAlone ? countingTimers(time).clock : time
  const store = memoryStore()
  const keeping = { store, clock, vault: vaultOver(store, clock) }
  const provider = modelProvider(clock, { refreshLifeMs })
  await keep(keeping, 'main', provider.connect('main'))
  const days = async (count: number): Promise<void> => {
    for (let hours = 0; hours < count * 24; hours += 1) await clock.advance(hour)
  }
  return { clock, store, keeping, provider, days }
}

test('AUT-05: 10,000 accounts that nobody calls live through 60 days, without a spike of renewals and on one timer', async () => {
  const { clock, timers } = countingTimers(virtualClock())
  const store = memoryStore()
  const keeping = { store, clock, vault: vaultOver(store, clock) }
  const provider = modelProvider(clock, { refreshLifeMs: 30 * day })
  let [together, mostTogether] = [0, 0]
  provider.answering = async () => {
    mostTogether = Math.max(mostTogether, (together += 1))
    await Promise.resolve()
    together -= 1
  }
  const accounts = Array.from({ length: 10_000 }, (_, number) => `a${number}`)
  // All at once, as an import does it.
  for (const name of accounts) await keep(keeping, name, provider.connect(name))
  const process = await start(keeping, { ask: provider.ask, roundMs: 10 * minute })
  const begunAt = clock.now()
  for (let days = 0; days < 60; days += 1) await clock.advance(day)

  expect(provider.ended).toEqual(new Set())
  expect(accounts.filter((name) => process.view(name).state !== 'healthy')).toEqual([])
  expect(process.outcomes.every((outcome) => outcome === 'renewed')).toBe(true)
  // Found: 1.12 in a day, 1.27 in six hours, for 32,700 renewals.
  for (const span of [day, 6 * hour])
    expect(
      mostToMean(
        provider.askedAt.map((at) => Math.floor((at - begunAt) / span)),
        (60 * day) / span,
      ),
    ).toBeLessThan(1.5)
  expect(mostTogether).toBeLessThanOrEqual(4)
  // The round's, and one for the lease of each renewal.
  expect(timers()).toBeLessThanOrEqual(5)
  expect(store.state.documents.size).toBeLessThanOrEqual(3 * accounts.length + 2)
}, 120_000)

test('AUT-05: of several processes one renews, and a refresh token is never sent twice', async () => {
  const { store, keeping, provider, days } = await stage({ refreshLifeMs: 2 * hour, isAlone: false })
  const processes = [await start(keeping, provider), await start(keeping, provider), await start(keeping, provider)]
  await days(0.5)
  expect(provider.ended).toEqual(new Set())
  expect(provider.askedAt.length).toBeGreaterThan(5)
  expect((await tokensIn(store, 'main')).generation - 1).toBe(provider.askedAt.length)
  expect(processes.flatMap(({ outcomes }) => outcomes)).toHaveLength(provider.askedAt.length)
})

test('AUT-05: where nobody says how long a refresh token lives, it is renewed within a week', async () => {
  const { store, keeping, provider, days } = await stage()
  const { refreshLife: _, ...tokens } = provider.connect('quiet')
  await keep(keeping, 'quiet', tokens)
  await start(keeping, provider)
  await days(7)
  expect((await tokensIn(store, 'quiet')).generation).toBeGreaterThan(1)
})

test('AUT-05: what is overdue after a long stop is spread', async () => {
  const { clock, keeping, provider, days } = await stage()
  const accounts = Array.from({ length: 200 }, (_, number) => `a${number}`)
  for (const name of accounts) await keep(keeping, name, provider.connect(name))
  await clock.advance(26 * day)
  await start(keeping, provider)
  await days(1)
  expect(provider.ended).toEqual(new Set())
  expect(provider.askedAt.length).toBeGreaterThan(195)
  // Over twelve hours.
  expect(
    mostToMean(
      provider.askedAt.map((at) => Math.floor(at / hour)),
      12,
    ),
  ).toBeLessThan(2)
})

test('AUT-05: a provider that is down is asked less and less, the state and the log say so, and nothing is lost', async () => {
  const { store, keeping, provider, days } = await stage()
  const process = await start(keeping, provider)
  provider.answering = () => {
    throw new TenonError('UPSTREAM_UNAVAILABLE', 'connection shop/main: its renewal was answered with status 503')
  }
  await days(28)
  const before = provider.askedAt.length
  expect(before).toBeGreaterThan(90)
  expect(before).toBeLessThan(120)
  expect(process.view('main')).toMatchObject({ state: 'expiring', cause: expect.stringMatching(/503.*only a call/) })
  expect(process.told.map(({ name }) => name)).toContain('connection.renewal-failed')
  expect(process.told.filter(({ name }) => name === 'connection.renewal-stopped')).toHaveLength(1)
  expect(process.outcomes).toEqual(Array(before).fill('failed'))
  expect((await tokensIn(store, 'main')).refresh).not.toBeNull()

  // After four days of failures nothing is tried by itself; a call still may, and then all goes on.
  await days(1)
  expect(provider.askedAt).toHaveLength(before)
  provider.answering = () => undefined
  const entry = process.stored.entry({ tenant: 'default', connector: 'shop', name: 'main' })
  if (entry === null || TenonError.is(entry.connection)) throw new Error('it is not there')
  const { connection } = entry
  await process.stored.shelfOf(connection)?.renew(null, (current) => provider.ask(connection, current))
  expect(process.view('main')).toMatchObject({ state: 'healthy', cause: null })
  await days(31)
  expect(provider.askedAt.length).toBeGreaterThan(before + 1)
  expect(provider.ended).toEqual(new Set())
})

test('AUT-05: a definitive answer ends it at once: one question, a state that says what to do, and the tokens are still there', async () => {
  const { store, keeping, provider, days } = await stage()
  const process = await start(keeping, provider)
  provider.takeBack('main')
  await days(60)
  expect(provider.askedAt).toHaveLength(1)
  expect(process.outcomes).toEqual(['lost'])
  expect(process.view('main')).toMatchObject({
    state: 'needs-authorisation',
    cause: expect.stringContaining('invalid_grant'),
  })
  expect(process.told.filter(({ name }) => name === 'connection.lost')).toHaveLength(1)
  expect(await tokensIn(store, 'main')).toMatchObject({ access: expect.any(String), refresh: expect.any(String) })
})

test('AUT-05: an access token without a refresh token is told before it ends, once, and nothing is asked', async () => {
  const { clock, keeping, provider, days } = await stage()
  const now = clock.now()
  await keep(keeping, 'plain', { access: new Secret('plain-access'), expiresAt: now + 60 * day })
  const process = await start(keeping, {
    ask: (connection, current) => {
      expect(connection.name).toBe('main')
      return provider.ask(connection, current)
    },
  })
  await days(53)
  expect(process.view('plain').state).toBe('healthy')
  await days(2)
  expect(process.view('plain')).toMatchObject({
    state: 'expiring',
    cause: expect.stringMatching(/ends on 2026-03-02.*connect the account again/),
  })
  expect(process.told.filter(({ name }) => name === 'connection.expiring')).toEqual([
    {
      name: 'connection.expiring',
      fields: { connection: 'shop/plain', tenant: 'default', endsAt: '2026-03-02T00:00:00.000Z' },
    },
  ])
  await days(6)
  expect(process.view('plain')).toMatchObject({
    state: 'needs-authorisation',
    cause: expect.stringContaining('ended on'),
  })
})

test('AUT-05: a stop lets the renewal under way end and keeps its tokens, and begins none', async () => {
  const { clock, store, keeping, provider } = await stage()
  await keep(keeping, 'other', provider.connect('other'))
  const process = await start(keeping, provider)
  const answers = Promise.withResolvers<void>()
  provider.answering = () => answers.promise
  while (provider.askedAt.length === 0) await clock.advance(hour)
  let isStopped = false
  const stopping = process.renewal.stop().then(() => (isStopped = true))
  await clock.advance(minute)
  expect(isStopped).toBe(false)
  answers.resolve()
  await stopping
  await clock.advance(30 * day)
  expect(provider.askedAt).toHaveLength(1)
  const [main, other] = [await tokensIn(store, 'main'), await tokensIn(store, 'other')]
  expect(main.generation + other.generation).toBe(1 + 2)
})

/** How many fell into the fullest of so many spans of time, against the mean. */
function mostToMean(fallenInto: readonly number[], spans: number): number {
  const counts = new Map<number, number>()
  for (const span of fallenInto) counts.set(span, (counts.get(span) ?? 0) + 1)
  return Math.max(...counts.values()) / (fallenInto.length / spans)
}

/** For one process alone: nobody else's writes are looked for, which would take most of the test's time. */
function countingTimers(time: ReturnType<typeof virtualClock>) {
  const there = new Set<object>()
  let most = 0
  const after: Clock['after'] = (delayMs, callback) => {
    if (delayMs === 2000) return () => undefined
    const timer = {}
    there.add(timer)
    most = Math.max(most, there.size)
    const cancel = time.after(delayMs, () => {
      there.delete(timer)
      callback()
    })
    return () => {
      there.delete(timer)
      cancel()
    }
  }
  return { clock: { ...time, now: () => time.now(), after }, timers: () => most }
}
