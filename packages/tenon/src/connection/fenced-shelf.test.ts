import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sleep, systemClock, type Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { memoryStore } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import type { Log } from '../telemetry/telemetry.ts'
import type { Tokens } from './auth-scheme.ts'
import { fencedShelf } from './fenced-shelf.ts'
import type { TokenShelf } from './token-shelf.ts'
import { getTokens, openTokens, succeeding, tokensKey, writeTokens } from './tokens-document.ts'
import type { Vault } from './vault.ts'
import { createVault } from './vault/create-vault.ts'
import { fileKeys } from './vault/file.ts'

const which = { tenant: 'default', connector: 'shop', name: 'main' }
const hour = 3_600_000
let folder: string
let store: Store
let vault: Vault
let now: number
const clock: Clock = { ...systemClock, now: () => now, after: (_ms, callback) => systemClock.after(1, callback) }
/** For holders whose lease must not be prolonged by the time of this machine. */
const stopped: Clock = { ...clock, after: () => () => undefined }
/** For those who wait for the lease of somebody else to end: their time passes while they wait. */
const waiting: Clock = {
  ...clock,
  after: (ms, callback) =>
    systemClock.after(1, () => {
      now += ms
      callback()
    }),
}
const events: string[] = []
const log: Log = { info: () => undefined, warn: () => undefined, error: (name) => void events.push(name) }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tenon-tokens-'))
  store = memoryStore()
  now = 1_000_000
  events.length = 0
  vault = createVault({
    store,
    clock,
    masterKeys: fileKeys({ path: join(folder, 'key'), isUnused: () => Promise.resolve(true) }),
  })
  await keep(pair(0))
})
afterEach(() => rmSync(folder, { recursive: true }))

const pair = (number: number): Tokens => ({
  access: new Secret(`access-${number}`),
  refresh: new Secret(`refresh-${number}`),
  expiresAt: now + hour,
})
async function keep(tokens: Tokens): Promise<void> {
  const before = await getTokens(store, which)
  const body = { ...succeeding(before.body, tokens, now), authorisedAt: now }
  await store.write({
    changes: [
      {
        ...tokensKey(which),
        expect: before.version,
        body: await writeTokens(vault, which, { version: before.version, body }, tokens),
      },
    ],
  })
}
const shelf = (over: { readonly clock?: Clock } = {}): TokenShelf =>
  fencedShelf({ which, store, vault, clock, random: Math.random, holder: randomBytes(8).toString('hex'), log, ...over })
const stored = async (): Promise<string | undefined> =>
  (await openTokens(vault, which, await getTokens(store, which)))?.refresh?.reveal()

test('AUT-01: of many processes one obtains, and all have the same tokens', async () => {
  now += 2 * hour
  let obtained = 0
  const all = await Promise.all(
    Array.from({ length: 8 }, () =>
      shelf().renew(null, async (current) => {
        expect(current?.refresh?.reveal()).toBe('refresh-0')
        await new Promise((resolve) => setImmediate(resolve))
        return pair((obtained += 1))
      }),
    ),
  )
  expect(obtained).toBe(1)
  expect(new Set(all.map(({ tokens }) => tokens.access.reveal()))).toEqual(new Set(['access-1']))
  expect(await stored()).toBe('refresh-1')
})

test('AUT-02: a holder that was stopped saves nothing over the tokens of the next', async () => {
  now += 2 * hour
  const slow = await shelf({ clock: stopped }).renew(null, async () => {
    const late = pair(1)
    // Its lease ends while the provider answers, and another process renews.
    await shelf({ clock: waiting }).renew(null, () => Promise.resolve(pair(2)))
    return late
  })
  expect(slow.tokens.access.reveal()).toBe('access-2')
  expect(await stored()).toBe('refresh-2')
})

test('AUT-02: a holder whose clock is behind by hours keeps its lease', async () => {
  now += 2 * hour
  const ahead: Clock = { ...clock, now: () => now + 12 * hour }
  let answer: (tokens: Tokens) => void = () => undefined
  const slow = shelf().renew(null, () => new Promise((resolve) => (answer = resolve)))
  await expect.poll(() => store.get({ ...tokensKey(which), kind: 'lease' })).not.toBeNull()
  const other = shelf({ clock: ahead }).renew(null, () => Promise.resolve(pair(2)))
  await sleep(systemClock, 50)
  answer({ ...pair(1), expiresAt: now + 24 * hour })
  expect((await slow).tokens.access.reveal()).toBe('access-1')
  expect((await other).tokens.access.reveal()).toBe('access-1')
})

test('AUT-03: invalid_grant of a loser is no loss: the tokens of the winner are used', async () => {
  now += 2 * hour
  const lost = new TenonError('AUTHORISATION_LOST', 'invalid_grant')
  const kept = await shelf({ clock: stopped }).renew(null, async () => {
    await shelf({ clock: waiting }).renew(null, () => Promise.resolve(pair(2)))
    throw lost
  })
  expect(kept.tokens.access.reveal()).toBe('access-2')
  expect((await getTokens(store, which)).body.lost).toBeNull()
})

test('AUT-03: invalid_grant for the newest tokens needs a person, deletes nothing, and is not asked again', async () => {
  now += 2 * hour
  let asked = 0
  const refuse = (): Promise<Tokens> => {
    asked += 1
    return Promise.reject(new TenonError('AUTHORISATION_LOST', 'connection shop/main: invalid_grant'))
  }
  await expect(shelf().renew(null, refuse)).rejects.toMatchObject({ code: 'AUTHORISATION_LOST' })
  await expect(shelf().renew(null, refuse)).rejects.toMatchObject({ code: 'AUTHORISATION_LOST' })
  expect(asked).toBe(1)
  expect(await stored()).toBe('refresh-0')
  expect((await getTokens(store, which)).body.lost).toMatchObject({ state: 'needs-authorisation' })
  expect(events).toEqual(['connection.lost'])
  await keep(pair(5))
  expect((await shelf().renew(null, refuse)).tokens.access.reveal()).toBe('access-5')
})

test('AUT-05: what may pass cools down for all processes, longer each time, and alerts', async () => {
  now += 2 * hour
  let asked = 0
  const fail = (): Promise<Tokens> => {
    asked += 1
    return Promise.reject(new TenonError('UPSTREAM_UNAVAILABLE', 'status 503'))
  }
  for (const restMs of [30_000, 60_000, 120_000]) {
    await expect(shelf().renew(null, fail)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
    await expect(shelf().renew(null, fail)).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      retryAfterMs: restMs,
    })
    now += restMs
  }
  expect(asked).toBe(3)
  expect(events).toEqual(Array.from({ length: 3 }, () => 'connection.renewal-failed'))
  await shelf().renew(null, () => Promise.resolve(pair(1)))
  expect((await getTokens(store, which)).body.failing).toBeNull()
})

test('AUT-04: an account that a crash between answer and save has lost says that this was the cause', async () => {
  now += 2 * hour
  // Its process is killed when the provider has answered: nothing is saved, and no lease given back.
  void shelf({ clock: stopped }).renew(null, () => new Promise(() => undefined))
  await expect.poll(() => store.get({ ...tokensKey(which), kind: 'lease' })).not.toBeNull()
  const refuse = (): Promise<Tokens> => Promise.reject(new TenonError('AUTHORISATION_LOST', 'invalid_grant'))
  await expect(shelf({ clock: waiting }).renew(null, refuse)).rejects.toMatchObject({ code: 'AUTHORISATION_LOST' })
  const { lost } = (await getTokens(store, which)).body
  expect(lost).toMatchObject({ state: 'needs-authorisation' })
  expect(lost?.cause).toMatch(/^invalid_grant; a process ended in the middle of the renewal before this one/)
})
