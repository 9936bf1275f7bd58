import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { createVault } from '../connection/vault/create-vault.ts'
import { fileKeys } from '../connection/vault/file.ts'
import type { Journal } from '../journal/journal.ts'
import { postgresTransfer } from '../journal/postgres/transfer.ts'
import { sqliteJournal } from '../journal/sqlite.ts'
import { append, delivered, event, message, start, state, tenant, wait } from '../journal/suite/make.ts'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { postgresStore } from '../store/postgres.ts'
import { sqliteStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { createWorkplace } from './process.fixture.ts'

const server = usePostgres()
const { folder, begin, tenon, write, clear, remove } = createWorkplace()
afterEach(clear)
afterAll(remove)

write('app.ts', "import { defineApp } from 'tenon'\nexport default defineApp({ flows: [] })\n")
const runCount = Number(process.env['TENON_MIGRATE_RUNS'] ?? 3000)
const kills = Number(process.env['TENON_MIGRATE_KILLS'] ?? 8)
const place = { tenant, connection: 'stripe/main', field: 'token', version: 1 }

/** Runs of every kind: through, waiting for an event or a time, parked, in lines of ten. */
async function fill(journal: Journal): Promise<void> {
  for (let from = 0; from < runCount; from += 1000) {
    const numbers = Array.from({ length: Math.min(1000, runCount - from) }, (_, index) => from + index)
    await Promise.all(numbers.map((number) => journal.deliver(startOf(number))))
    await Promise.all(numbers.map((number) => goOn(journal, number)))
  }
  await Promise.all(
    Array.from({ length: 100 }, (_, one) => journal.deliver(delivered(`kept/${one}`, { id: `later-${one}` }))),
  )
}

function startOf(number: number) {
  const key = number % 5 === 4 ? `line-${Math.floor(number / 50)}` : null
  return event(`t/${number}`, {
    starts: [start(`r${number}`, { key })],
    dedupeUntil: 9e15,
    body: `{"n":${number},"text":"${'x'.repeat(300)}"}`,
  })
}

async function goOn(journal: Journal, number: number): Promise<unknown> {
  const run = `r${number}`
  const next = [
    { state: state('completed') },
    { state: state('waiting', { wakeAt: 9e12 + number }), waits: [wait('w', { id: String(number) })] },
    { state: state('parked', { code: 'TERMINAL' }) },
    { state: state('failed', { code: 'X' }), values: [{ hash: `h${number}`, body: 'v'.repeat(500) }] },
  ][number % 5]
  if (next === undefined) return null
  await journal.append(append(journal, run, 0, { bodies: ['a'.repeat(400), 'b'] }))
  const written = await journal.append(append(journal, run, 2, { bodies: ['c'], ...next }))
  return number % 5 === 3 ? journal.deliver(message(run, `m${number}`, { to: 'failed' })) : written
}

async function fillStore(store: Store, key: string): Promise<string> {
  const vault = createVault({
    store,
    clock: systemClock,
    masterKeys: fileKeys({ path: key, isUnused: async () => true }),
  })
  const sealed = await vault.seal(place, new Secret('s3cret'))
  for (let number = 0; number < 200; number += 1)
    await store.write({
      changes: [{ tenant, kind: 'connection', id: `c${number}`, expect: null, body: JSON.stringify({ sealed }) }],
      audit: [{ tenant, at: number, by: 'mia', action: 'connection.saved', subject: `c${number}`, outcome: 'done' }],
    })
  return sealed
}

interface Report {
  readonly source: Readonly<Record<string, unknown>>
  readonly target: Readonly<Record<string, unknown>>
}

/** Killed again and again, then let to its end. */
async function moveUnderKills(
  from: string,
  to: string,
  whileHalf: () => Promise<boolean>,
): Promise<Report & { killed: number }> {
  let killed = 0
  let isLookedAt = false
  for (let tries = 0; tries < kills; tries += 1) {
    const { child, ended } = begin('migrate', '--from', from, '--to', to, '--json')
    const timer = setTimeout(() => child.kill('SIGKILL'), 250 + Math.random() * 900)
    const { code, out } = await ended
    clearTimeout(timer)
    expect({ code, out }).not.toMatchObject({ code: 1 })
    // It may be killed when it has said everything, on its way out.
    if (out !== '') return { ...(JSON.parse(out) as Report), killed }
    killed += 1
    isLookedAt ||= await whileHalf()
  }
  const { code, out } = await tenon('migrate', '--from', from, '--to', to, '--json')
  expect({ code, out }).toMatchObject({ code: 0 })
  return { ...(JSON.parse(out) as Report), killed }
}

test('CLU-02: a move that is killed at random moments goes on where it was, both ways, and both ends hold the same', async () => {
  const [mine, back] = [join(folder, 'mine'), join(folder, 'back')]
  mkdirSync(mine)
  const url = server().url(await server().newDatabase())
  const journal = await sqliteJournal({ folder: mine })
  await fill(journal)
  await journal.close()
  const store = sqliteStore({ folder: mine })
  const key = join(mine, 'master-key')
  const sealed = await fillStore(store, key)
  await store.close()

  const there = await moveUnderKills(mine, url.reveal(), async () => {
    const end = postgresTransfer({ url })
    const mark = await end.mark()
    await end.close()
    // Before, the target is a database like any other.
    if (mark?.state !== 'arriving') return false
    const source = await tenon('start', '--quiet', '--json', '--data', mine)
    const target = await tenon('start', '--quiet', '--json', '--data', join(folder, 'node'), '--database', url.reveal())
    expect([source.code, target.code]).toEqual([1, 1])
    expect(source.out).toContain('is on its way to')
    expect(target.out).toContain('takes in what comes from')
    return true
  })
  expect(there.target).toEqual(there.source)
  expect(there.source).toMatchObject({ runs: runCount, events: runCount + 100, documents: 202, auditEntries: 200 })
  const shared = postgresStore({ url })
  expect(await shared.verifyAudit(tenant)).toBeNull()
  const vault = createVault({ store: shared, clock: systemClock, masterKeys: fileKeys({ path: key }) })
  expect((await vault.open(place, sealed)).reveal()).toBe('s3cret')
  await shared.close()

  // Without the key of what is sealed nobody begins.
  const locked = await tenon('migrate', '--from', url.reveal(), '--to', back, '--json')
  expect(locked.out).toContain('VAULT_LOCKED')
  mkdirSync(back)
  copyFileSync(key, join(back, 'master-key'))
  const home = await moveUnderKills(url.reveal(), back, async () => true)
  expect(home.target).toEqual(there.source)
  expect(there.killed + home.killed).toBeGreaterThan(0)

  const after = await sqliteJournal({ folder: back })
  expect(await after.nextWake()).toBe(9e12 + 1)
  expect(await after.deliver(startOf(7))).toMatchObject({ outcome: 'duplicate', runs: ['r7'] })
  expect(await after.line(tenant, 'r4', 20)).toMatchObject({ ahead: null, behindCount: 9 })
  expect(await after.deliver(delivered('d/1', { id: '1' }))).toMatchObject({ reached: [{ run: 'r1' }] })
  expect(await after.deliver(message('r3', 'm3', { to: 'failed' }))).toMatchObject({ outcome: 'duplicate' })
  await after.close()
}, 300_000)
