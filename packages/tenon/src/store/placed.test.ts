import { expect, test } from 'vitest'
import { TenonError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import { joinDatabases } from '../postgres/databases.ts'
import type { Placement } from '../postgres/placement.ts'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { openDatabase, type Database } from '../postgres/postgres.ts'
import { memoryStore } from './memory.ts'
import { placedStore } from './placed.ts'
import { postgresStore } from './postgres.ts'
import { storeSuite } from './store.suite.ts'
import type { DocumentWrite, NewAuditEntry, Store } from './store.ts'

const server = usePostgres()

function byName(homes: Readonly<Record<string, string>>, others: string): Placement {
  const find = async (tenant: string): Promise<string> => homes[tenant] ?? others
  return { known: (tenant) => homes[tenant] ?? others, find, settle: find, again: find, learn: () => undefined }
}

function two(one: Store, other: Store, placement: Placement): Store {
  return placedStore({
    placement,
    places: [
      { name: 'one', store: one },
      { name: 'other', store: other },
    ],
  })
}

/** A place whose documents others read at once. */
async function open(databases: readonly Database[], urls: readonly Secret[]): Promise<Store> {
  const { places } = await joinDatabases(databases)
  const [first, second] = places.map(({ name, index }) => ({
    name,
    store: postgresStore({ url: urls[index] as Secret }),
  }))
  if (first === undefined || second === undefined) throw new Error('there are two')
  // All tenants of one test live together: several of its writes name two of them.
  return placedStore({ places: [first, second], placement: byName({}, second.name) })
}

storeSuite('two PostgreSQL databases as one store', async () => {
  const urls = [server().url(await server().newDatabase()), server().url(await server().newDatabase())]
  const databases = urls.map((url) => openDatabase({ url, unavailable: 'STORE_UNAVAILABLE', sessions: 1 }))
  let store = await open(databases, urls)
  return {
    store,
    async reopen() {
      await store.close()
      store = await open(databases, urls)
      return store
    },
    async end() {
      await store.close()
      await Promise.all(databases.map((database) => database.close()))
    },
  }
})

const put = (tenant: string, id: string, kind = 'connection'): DocumentWrite => ({
  tenant,
  kind,
  id,
  expect: null,
  body: '{}',
})
const entry = (tenant: string): NewAuditEntry => ({
  tenant,
  at: 1,
  by: 'mia',
  action: 'connection.saved',
  subject: 'a',
  outcome: 'done',
})
const homes = byName({ acme: 'one', zeta: 'other' }, 'one')

test('CLU: a tenant is wholly in one database, and what is the installation’s is in the first', async () => {
  const [one, other] = [memoryStore(), memoryStore()]
  const store = two(one, other, homes)
  await store.write({ changes: [put('acme', 'a')], audit: [entry('acme')] })
  await store.write({ changes: [put('zeta', 'z')], audit: [entry('zeta')] })
  await store.write({ changes: [put('zeta', 's', 'session')] })
  expect((await store.listAll({ kind: 'connection', limit: 10 })).map(({ tenant }) => tenant)).toEqual(['acme', 'zeta'])
  expect(await other.get(put('zeta', 'z'))).not.toBeNull()
  expect(await other.auditHead('acme')).toBeNull()
  expect(await other.get(put('zeta', 's', 'session'))).toBeNull()
  expect(await store.get(put('zeta', 's', 'session'))).not.toBeNull()
  expect(await store.verifyAudit('zeta')).toBeNull()
  await store.eraseTenant('zeta', [
    { ...entry('zeta'), action: 'tenant.erased' },
    { ...entry('acme'), action: 'tenant.erased' },
  ])
  expect(await store.get(put('zeta', 'z'))).toBeNull()
  expect(await store.audit({ tenant: 'acme', limit: 9 })).toHaveLength(2)
  expect(await store.audit({ tenant: 'zeta', limit: 9 })).toHaveLength(2)
})

test('CLU: no write crosses databases', async () => {
  const [one, other] = [memoryStore(), memoryStore()]
  const store = two(one, other, homes)
  for (const crossing of [
    { changes: [put('acme', 'a'), put('zeta', 'z')] },
    { changes: [put('acme', 'a')], audit: [entry('zeta')] },
  ])
    await expect(store.write(crossing)).rejects.toMatchObject({ code: 'INPUT_INVALID', details: { field: 'tenant' } })
  expect(await store.changes(0, 10)).toEqual([])
})

test('changes of all databases are told, page by page, whichever of them goes ahead; those of one that is away come later', async () => {
  const [one, other] = [memoryStore(), memoryStore()]
  let isAway = false
  const unsteady: Store = {
    ...other,
    changes: async (after, limit) => {
      if (isAway) throw new TenonError('STORE_UNAVAILABLE', 'it is away')
      return other.changes(after, limit)
    },
  }
  const store = two(one, unsteady, homes)
  const heard = new Set<string>()
  let position = 0
  const listen = async (): Promise<void> => {
    for (let isMore = true; isMore;) {
      const page = await store.changes(position, 2)
      for (const change of page) heard.add(`${change.tenant}/${change.id}`)
      position = page.at(-1)?.position ?? position
      isMore = page.length === 2
    }
  }
  for (let round = 0; round < 20; round += 1) {
    isAway = round % 3 === 1
    await store.write({ changes: [put('acme', `a${round}`), put('acme', `b${round}`)] })
    if (round % 2 === 0) await store.write({ changes: [put('zeta', `z${round}`)] })
    await listen()
  }
  isAway = false
  await listen()
  expect(heard.size).toBe(50)
  expect(await store.changes(position, 2)).toEqual([])
})
