import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { memoryStore } from './memory.ts'
import { postgresStore } from './postgres.ts'
import { sqliteStore } from './sqlite.ts'
import type { NewAuditEntry, Store } from './store.ts'

const server = usePostgres()

/** Each page twice, as after a crash. */
async function move(from: Store, to: Store): Promise<void> {
  for (let after = 0, page = await from.transfer.documents(after); page.length > 0;) {
    await to.transfer.take(page, [])
    await to.transfer.take(page, [])
    after = page.at(-1)?.position ?? 0
    page = await from.transfer.documents(after)
  }
  for (let page = await from.transfer.entries({ tenant: '', number: 0 }); page.length > 0;) {
    await to.transfer.take([], page)
    await to.transfer.take([], page)
    page = await from.transfer.entries(page.at(-1) ?? { tenant: '', number: 0 })
  }
}

test('CLU-02: documents keep their versions, and the audit log its hashes, from store to store', async () => {
  const [one, two] = ['one', 'two'].map(() => mkdtempSync(join(tmpdir(), 'tenon-store-'))) as [string, string]
  const url = server().url(await server().newDatabase())
  const stores = [memoryStore(), sqliteStore({ folder: one }), postgresStore({ url }), sqliteStore({ folder: two })]
  const [first, ...others] = stores as [Store, ...Store[]]
  const document = (id: string, body: string | null, expect: number | null) =>
    ({ tenant: 'acme', kind: 'connection', id, expect, body }) as const
  const entry = (tenant: string): NewAuditEntry => ({
    tenant,
    at: 1,
    by: 'mia',
    action: 'connection.saved',
    subject: 'stripe/main',
    outcome: 'done',
    details: { ü: 'ß', a: 1 },
  })
  try {
    for (let count = 0; count < 60; count += 1)
      await first.write({
        changes: [document(`d${count}`, `{"n":${count}}`, null)],
        audit: [entry('acme'), entry('two')],
      })
    await first.write({ changes: [document('d1', '{"n":"ü"}', 1), document('d2', null, 1)] })
    for (const [index, other] of others.entries()) await move(stores[index] as Store, other)
    for (const other of others) {
      const seen = async (store: Store): Promise<unknown> => ({
        documents: await store.list({ tenant: 'acme', kind: 'connection', limit: 1000 }),
        changes: await store.changes(0, 1000),
        audit: await store.audit({ tenant: 'acme', limit: 1000 }),
        heads: [await store.auditHead('acme'), await store.auditHead('two')],
        breaks: [await store.verifyAudit('acme'), await store.verifyAudit('two')],
      })
      expect(await seen(other)).toEqual(await seen(first))
      expect(await other.verifyAudit('acme')).toBeNull()
      // What is written next stands behind all that came.
      const { position } = (await other.write({ changes: [document('d1', '{}', 2)], audit: [entry('acme')] })) as {
        position: number
      }
      expect((await other.changes(0, 1000)).at(-1)).toMatchObject({ id: 'd1', version: 3, position })
      expect(await other.verifyAudit('acme')).toBeNull()
    }
  } finally {
    for (const store of stores) await store.close()
    for (const folder of [one, two]) rmSync(folder, { recursive: true })
  }
}, 60_000)
