import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { Secret } from '../base/secret.ts'
import { sqlstateOf } from './failure.ts'
import { usePostgres } from './postgres.fixture.ts'
import { openDatabase, type Database, type DatabaseOptions } from './postgres.ts'

// Only meaning is tested here, not what a disk keeps: the server runs without fsync.
const server = usePostgres()
const open: Database[] = []
afterEach(async () => {
  for (const database of open.splice(0)) await database.close()
})

async function openNew(options: Partial<DatabaseOptions> = {}): Promise<Database> {
  const database = openDatabase({
    url: server().url(await server().newDatabase()),
    unavailable: 'STORE_UNAVAILABLE',
    patienceMs: 300,
    ...options,
  })
  open.push(database)
  return database
}

test('statements are prepared by name, and numbers come as numbers', async () => {
  const database = await openNew()
  const statement = { name: 'sum', text: 'SELECT $1::bigint + 1 AS sum, $2::bigint[] AS list, $3::text AS none' }
  for (const value of [1, 41])
    expect(await database.query(statement, [value, [1, 2], null])).toEqual([
      { sum: value + 1, list: [1, 2], none: null },
    ])
})

test('a transaction is committed as a whole, or not at all', async () => {
  const database = await openNew()
  await database.query('CREATE TABLE public.sums (n int)')
  await database.transaction((session) =>
    session.query('INSERT INTO public.sums VALUES (1); INSERT INTO public.sums VALUES (2)'),
  )
  const count = async (): Promise<unknown> => (await database.query('SELECT count(*) AS n FROM public.sums'))[0]
  expect(await count()).toEqual({ n: 2 })
  const failing = database.transaction(async (session) => {
    await session.query('INSERT INTO public.sums VALUES (3)')
    throw new Error('thought better of it')
  })
  await expect(failing).rejects.toThrow('thought better of it')
  const swallowing = database.transaction(async (session) => {
    await session.query('INSERT INTO public.sums VALUES (4)')
    await session.query('SELECT nonsense').catch(() => undefined)
  })
  await expect(swallowing).rejects.toThrow('nothing was committed')
  expect(await count()).toEqual({ n: 2 })
})

test('what is asked without waiting is answered in order; one that fails does not fail the next', async () => {
  const database = await openNew()
  const answers = await database.during((session) =>
    Promise.allSettled([1, 0, 3].map((n) => session.query({ name: 'part', text: 'SELECT 6 / $1::int AS n' }, [n]))),
  )
  expect(
    answers.map((answer) => (answer.status === 'fulfilled' ? answer.value[0] : sqlstateOf(answer.reason))),
  ).toEqual([{ n: 6 }, '22012', { n: 2 }])
})

test('a commit waits for the disk, and for a standby, whatever the server is set to', async () => {
  const database = await openNew()
  await server().sql(`ALTER DATABASE ${database.name.split('/')[1]} SET synchronous_commit = off`)
  expect(await database.query('SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'on' }])
})

test('when all connections are in use, the next waits, and not for ever', async () => {
  const database = await openNew({ sessions: 2 })
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const both = [database.during(() => held), database.during(() => held)]
  await expect(database.query('SELECT 1')).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('2 connections'),
  })
  const waiting = database.query('SELECT 1 AS n')
  release()
  expect(await waiting).toEqual([{ n: 1 }])
  await Promise.all(both)
})

test('who waits while the database is away is told when nobody could connect, before its own time is over', async () => {
  const url = new Secret('postgres://me@127.0.0.1:9/app')
  const database = openDatabase({ url, unavailable: 'JOURNAL_UNAVAILABLE', sessions: 1, patienceMs: 100 })
  open.push(database)
  const asked = await Promise.allSettled([1, 2, 3].map(() => database.query('SELECT 1')))
  for (const answer of asked)
    expect(answer).toMatchObject({
      reason: { code: 'JOURNAL_UNAVAILABLE', message: expect.stringContaining('ECONNREFUSED') as string },
    })
})

test('after it is closed it says so; what was under way has ended', async () => {
  const database = await openNew()
  const slow = database.query('SELECT pg_sleep(0.1), 1 AS n')
  await database.close()
  expect(await slow).toMatchObject([{ n: 1 }])
  await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

test('of several hosts the one that took writes last is tried first', async () => {
  let asked = 0
  const silent = createServer(() => (asked += 1)).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const database = await openNew({ url: server().url('postgres', [port, server().port]), timeoutMs: 500 })
  expect(await database.query('SELECT 1 AS n')).toEqual([{ n: 1 }])
  expect(asked).toBe(1)
  await Promise.all([1, 2, 3].map(() => database.query('SELECT pg_sleep(0.1)')))
  expect(asked).toBe(1)
  silent.close()
})

test('a statement that takes too long is given up, by the server too', async () => {
  const database = await openNew({ timeoutMs: 200 })
  await expect(database.query('SELECT pg_sleep(30)')).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    details: { sqlstate: '57014' },
  })
  expect(
    await database.query("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)' AND state = 'active'"),
  ).toEqual([])
})

describe('words of others', () => {
  test('are heard, and heard again after the connection was lost', async () => {
    const database = await openNew()
    const heard: string[] = []
    let ready: () => void = () => undefined
    const listening = (): Promise<void> => new Promise((resolve) => (ready = resolve))
    const first = listening()
    database.listen('words', { told: (word) => heard.push(word), ready: () => ready() })
    await first
    await database.query("NOTIFY words, 'one'")
    const second = listening()
    await server().sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
    await second
    await database.query("NOTIFY words, 'two'")
    await expect.poll(() => heard).toEqual(['one', 'two'])
  })
})
