// Several nodes on one database. Only meaning is tested here, not what a disk keeps: the server runs without fsync.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { Secret } from '../base/secret.ts'
import { migrate } from '../postgres/migrations.ts'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { openDatabase, type Database } from '../postgres/postgres.ts'
import { postgresDialect } from './dialect.ts'
import { migrationsOf } from './migrations.ts'
import { postgresStore } from './postgres.ts'
import type { DocumentWrite, NewAuditEntry, Store } from './store.ts'

const server = usePostgres()
const used: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of used.splice(0)) await one.close()
})

function open(name: string, url: Secret = server().url(name)): Store {
  const store = postgresStore({ url })
  used.push(store)
  return store
}

function openAll(name: string, count: number): readonly Store[] {
  return Array.from({ length: count }, () => open(name))
}

function connect(name: string): Database {
  const database = openDatabase({ url: server().url(name), unavailable: 'STORE_UNAVAILABLE' })
  used.push(database)
  return database
}

const put = (id: string, body = '{}', expect: number | null = null, tenant = 'acme'): DocumentWrite => ({
  tenant,
  kind: 'connection',
  id,
  expect,
  body,
})
const entry: NewAuditEntry = { tenant: 'acme', at: 1, by: 'mia', action: 'run.retried', subject: 'a', outcome: 'done' }

test('CLU-01: nodes see what the others write, and none of two is lost', async () => {
  const stores = openAll(await server().newDatabase(), 3)
  await Promise.all(stores.map((one, index) => one.write({ changes: [put(`own-${index}`)] })))
  await stores[0]?.write({ changes: [put('shared', '{"count":0}')] })
  const add = async (one: Store): Promise<void> => {
    for (;;) {
      const found = await one.get(put('shared'))
      const { count } = JSON.parse(found?.body ?? '') as { count: number }
      const change = put('shared', `{"count":${count + 1}}`, found?.version ?? null)
      if ((await one.write({ changes: [change], audit: [entry] })).outcome === 'written') return
    }
  }
  await Promise.all(stores.flatMap((one) => Array.from({ length: 10 }, () => add(one))))
  for (const one of stores) {
    expect(await one.get(put('shared'))).toMatchObject({ version: 31, body: '{"count":30}' })
    expect(await one.verifyAudit('acme')).toBeNull()
    expect(await one.auditHead('acme')).toMatchObject({ number: 30 })
  }
})

test('CLU-01: who follows the changes misses none, in whatever order transactions end', async () => {
  const stores = openAll(await server().newDatabase(), 4)
  const [reader] = stores
  const total = 200
  let isDone = false
  const seen: string[] = []
  const follow = async (): Promise<void> => {
    for (let after = 0; seen.length < total || !isDone;) {
      const page = (await reader?.changes(after, 7)) ?? []
      seen.push(...page.map(({ id }) => id))
      after = page.at(-1)?.position ?? after
      if (page.length === 0 && isDone) return
    }
  }
  const following = follow()
  const numbers = Array.from({ length: total }, (_, index) => index)
  await Promise.all(
    stores.map(async (one, index) => {
      for (const number of numbers.filter((each) => each % stores.length === index))
        await one.write({ changes: [put(`n${number}`)], audit: number % 3 === 0 ? [entry] : [] })
    }),
  )
  isDone = true
  await following
  expect(seen.toSorted()).toEqual(numbers.map((number) => `n${number}`).toSorted())
}, 60_000)

test('CLU-01: a position is not given out while one before it may still come', async () => {
  const name = await server().newDatabase()
  const [one, other] = openAll(name, 2) as [Store, Store]
  await one.write({ changes: [put('a')] })
  let write: Promise<unknown> = Promise.resolve()
  await connect(name).transaction(async (session) => {
    const [held] = await session.query<{ value: number }>(
      "SELECT value FROM counter WHERE name = 'position' FOR UPDATE",
    )
    write = other.write({ changes: [put('late')] })
    await session.query('SELECT pg_sleep(0.2)')
    expect(await one.changes(1, 10)).toEqual([])
    await session.query({ name: 'x', text: "UPDATE counter SET value = $1 WHERE name = 'position'" }, [
      (held?.value ?? 0) + 1,
    ])
    await session.query("INSERT INTO document VALUES ('acme', 'connection', 'first', 1, '{}', 2, 0)")
  })
  expect(await write).toEqual({ outcome: 'written', position: 3 })
  expect((await one.changes(1, 10)).map(({ id }) => id)).toEqual(['first', 'late'])
})

test('CLU-06: many nodes that start on an empty database at once make its tables once', async () => {
  const stores = openAll(await server().newDatabase(), 6)
  await Promise.all(stores.map((one, index) => one.write({ changes: [put(`a${index}`)] })))
  expect(await stores[0]?.changes(0, 10)).toHaveLength(6)
})

test('CLU-06: the next version changes the tables while this one works on them', async () => {
  const name = await server().newDatabase()
  const store = open(name)
  await store.write({ changes: [put('a')] })
  const next = [
    ...migrationsOf(postgresDialect),
    { name: 'later', needs: 1, sql: "ALTER TABLE document ADD COLUMN later TEXT NOT NULL DEFAULT ''" },
  ]
  // Two nodes of the next version at the same moment, while writes go on.
  let isDone = false
  const writes = (async (): Promise<number> => {
    let count = 0
    for (; !isDone; count += 1) await store.write({ changes: [put(`n${count}`)] })
    return count
  })()
  await Promise.all([migrate(connect(name), 'store', next), migrate(connect(name), 'store', next)])
  isDone = true
  expect(await store.changes(0, 1000)).toHaveLength((await writes) + 1)
  const another = open(name)
  expect(await another.write({ changes: [put('a', '{"n":2}', 1)] })).toMatchObject({ outcome: 'written' })
})

test('CLU-06: a version that the tables have left behind does not start, and a migration that fails leaves nothing', async () => {
  const name = await server().newDatabase()
  const failing = [
    ...migrationsOf(postgresDialect),
    { name: 'wrong', needs: 2, sql: 'CREATE TABLE half (); SELECT nonsense' },
  ]
  await expect(migrate(connect(name), 'store', failing)).rejects.toThrow('nonsense')
  expect(await open(name).write({ changes: [put('a')] })).toMatchObject({ outcome: 'written' })
  const next = [
    ...migrationsOf(postgresDialect),
    { name: 'later', needs: 2, sql: 'ALTER TABLE document RENAME TO documents' },
  ]
  await migrate(connect(name), 'store', next)
  await expect(open(name).get(put('a'))).rejects.toMatchObject({
    code: 'DATABASE_UNUSABLE',
    message: expect.stringContaining('newer version') as string,
  })
})

test('a role that may make nothing works in a schema that was made for it, and is told without one', async () => {
  const name = await server().newDatabase()
  await server().sql(`CREATE ROLE ${name} LOGIN PASSWORD 'plain'; REVOKE CREATE ON DATABASE ${name} FROM PUBLIC`)
  const url = new Secret(`postgres://${name}:plain@127.0.0.1:${server().port}/${name}`)
  await expect(open(name, url).get(put('a'))).rejects.toMatchObject({
    code: 'DATABASE_UNUSABLE',
    message: expect.stringContaining('permission denied') as string,
  })
  await server().sql(`CREATE SCHEMA tenon AUTHORIZATION ${name}`, name)
  expect(await open(name, url).write({ changes: [put('a')] })).toMatchObject({ outcome: 'written' })
})

test('DAT-05: of what was erased, no byte is left in the files of the tables', async () => {
  const name = await server().newDatabase()
  const canary = 'wrapped-canary-6f1d2a'
  const store = open(name)
  const changes = Array.from({ length: 60 }, (_, index) => put(`a${index}`, `"${canary} ${'x'.repeat(50 * index)}"`))
  await store.write({ changes: [...changes, put('kept', '"kept-canary"', null, 'other')], audit: [entry] })
  for (let index = 0; index < 60; index += 2) await store.write({ changes: [put(`a${index}`, `"${canary} again"`, 1)] })
  expect(await bytesOfTables(name)).toContain(canary)
  await store.eraseTenant('acme', [entry])
  const left = await bytesOfTables(name)
  expect(left).not.toContain(canary)
  expect(left).toContain('kept-canary')
})

async function bytesOfTables(name: string): Promise<string> {
  await server().sql('CHECKPOINT')
  const [row] = await server().sql<{ oid: number }>(`SELECT oid FROM pg_database WHERE datname = '${name}'`)
  const folder = join(server().dataFolder, 'base', String(row?.oid))
  return readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'latin1'))
    .join('\n')
}

test('OBS-06: whatever is done to the audit log in the database, verification names the first entry', async () => {
  const name = await server().newDatabase()
  const store = open(name)
  for (let count = 0; count < 6; count += 1) await store.write({ changes: [], audit: [entry] })
  expect(await store.verifyAudit('acme')).toBeNull()
  await server().sql("UPDATE tenon.audit SET body = replace(body, 'mia', 'joe') WHERE number = 5", name)
  expect(await store.verifyAudit('acme')).toBe(5)
  await server().sql('DELETE FROM tenon.audit WHERE number = 2', name)
  expect(await store.verifyAudit('acme')).toBe(2)
})
