import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DocumentWrite, NewAuditEntry, Store } from './store.ts'

export interface StoreHarness {
  readonly store: Store
  /** Closes the store and opens the same one again. */
  reopen(): Promise<Store>
  end(): Promise<void>
}

const put = (id: string, body: string | null = '{}', expect: number | null = null, tenant = 'acme'): DocumentWrite => ({
  tenant,
  kind: 'connection',
  id,
  expect,
  body,
})

const entry = (subject: string, more: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  tenant: 'acme',
  at: 1000,
  by: 'mia',
  action: 'connection.saved',
  subject,
  outcome: 'done',
  ...more,
})

/** What every store must do. An implementation's test is one call of it. */
export function storeSuite(name: string, open: () => Promise<StoreHarness>): void {
  describe(`store: ${name}`, () => {
    let harness: StoreHarness
    let store: Store
    beforeEach(async () => {
      harness = await open()
      store = harness.store
    })
    afterEach(() => harness.end())
    documents(() => store)
    changes(() => store)
    auditLog(() => store)
    edges(() => store)

    test('what was written is there after it is opened again', async () => {
      const written = await store.write({ changes: [put('a', '{"a":1}'), put('b')], audit: [entry('a')] })
      await store.write({ changes: [put('b', null, 1)] })
      const again = await harness.reopen()
      expect(await again.get(put('a'))).toMatchObject({ version: 1, body: '{"a":1}' })
      expect(await again.get(put('b'))).toBeNull()
      expect(await again.audit({ tenant: 'acme', limit: 10 })).toEqual([{ ...entry('a'), number: 1 }])
      expect(await again.changes(0, 10)).toHaveLength(2)
      expect(await again.write({ changes: [put('c')] })).toEqual({
        outcome: 'written',
        position: (written as { position: number }).position + 2,
      })
    })

    test('after it is closed, it says so', async () => {
      await store.close()
      await store.close()
      for (const asked of [() => store.get(put('a')), () => store.write({ changes: [] }), () => store.changes(0, 1)])
        await expect(asked()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    })
  })
}

function documents(store: () => Store): void {
  test('a document has version 1 at first, and one more with each write', async () => {
    expect(await store().write({ changes: [put('a', '{"n":1}')] })).toEqual({ outcome: 'written', position: 1 })
    expect(await store().write({ changes: [put('a', '{"n":2}', 1)] })).toEqual({ outcome: 'written', position: 2 })
    expect(await store().get(put('a'))).toEqual({
      tenant: 'acme',
      kind: 'connection',
      id: 'a',
      version: 2,
      body: '{"n":2}',
    })
  })

  test('a write that expects another version changes nothing, and names the document', async () => {
    await store().write({ changes: [put('a', '{"n":1}')] })
    const key = { tenant: 'acme', kind: 'connection', id: 'a' }
    for (const change of [put('a', '{}', null), put('a', '{}', 2), put('a', null, 7)]) {
      const receipt = await store().write({ changes: [put('b'), change, put('c', '{}', 9)], audit: [entry('b')] })
      expect(receipt).toEqual({ outcome: 'conflict', key })
    }
    expect(await store().write({ changes: [put('never', '{}', 1)] })).toMatchObject({ outcome: 'conflict' })
    expect(await store().get(put('b'))).toBeNull()
    expect(await store().audit({ tenant: 'acme', limit: 10 })).toEqual([])
    expect(await store().changes(0, 10)).toHaveLength(1)
  })

  test('of many who write the same version, one is first', async () => {
    await store().write({ changes: [put('a')] })
    const receipts = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store().write({ changes: [put('a', `{"n":${index}}`, 1)] })),
    )
    expect(receipts.filter(({ outcome }) => outcome === 'written')).toHaveLength(1)
    expect(await store().get(put('a'))).toMatchObject({ version: 2 })
  })

  test('the changes of one write build on each other', async () => {
    await store().write({ changes: [put('a'), put('a', '{"n":2}', 1), put('b'), put('b', null, 1)] })
    expect(await store().get(put('a'))).toMatchObject({ version: 2, body: '{"n":2}' })
    expect(await store().get(put('b'))).toBeNull()
  })

  test('a document that was deleted is none; made anew, it begins with version 1', async () => {
    await store().write({ changes: [put('a'), put('a', '{}', 1)] })
    await store().write({ changes: [put('a', null, 2)] })
    expect(await store().get(put('a'))).toBeNull()
    expect(await store().list({ tenant: 'acme', kind: 'connection', limit: 10 })).toEqual([])
    await store().write({ changes: [put('a', '{"n":1}')] })
    expect(await store().get(put('a'))).toMatchObject({ version: 1, body: '{"n":1}' })
  })

  test('SEC-09: lists go by tenant and kind, in the order of ids, page by page', async () => {
    await store().write({
      changes: [
        ...['b', 'a/z', 'B', 'a', 'a-b'].map((id) => put(id)),
        put('a', '{}', null, 'other'),
        { ...put('x'), kind: 'tokens' },
      ],
    })
    const ask = { tenant: 'acme', kind: 'connection' }
    const first = await store().list({ ...ask, limit: 3 })
    expect(first.map(({ id }) => id)).toEqual(['B', 'a', 'a-b'])
    const rest = await store().list({ ...ask, limit: 3, after: 'a-b' })
    expect(rest.map(({ id }) => id)).toEqual(['a/z', 'b'])
    expect(await store().list({ ...ask, tenant: 'nobody', limit: 3 })).toEqual([])
    expect(await store().get({ ...put('b'), tenant: 'other' })).toBeNull()
  })

  test('all tenants are listed by tenant and id, page by page', async () => {
    await store().write({
      changes: ['t2', 't1'].flatMap((tenant) => ['b', 'a'].map((id) => put(id, '{}', null, tenant))),
    })
    const first = await store().listAll({ kind: 'connection', limit: 3 })
    expect(first.map(({ tenant, id }) => `${tenant} ${id}`)).toEqual(['t1 a', 't1 b', 't2 a'])
    const rest = await store().listAll({ kind: 'connection', limit: 3, after: { tenant: 't2', id: 'a' } })
    expect(rest.map(({ tenant, id }) => `${tenant} ${id}`)).toEqual(['t2 b'])
  })

  test('OBS-06: an action that is not in the catalogue is not written, and neither is what it tells of', async () => {
    for (const action of ['connection.borrowed', 'constructor', ''] as never[])
      await expect(store().write({ changes: [put('a')], audit: [entry('a', { action })] })).rejects.toMatchObject({
        code: 'INPUT_INVALID',
        details: { field: 'action' },
      })
    expect(await store().audit({ tenant: 'acme', limit: 10 })).toEqual([])
    expect(await store().get({ tenant: 'acme', kind: 'connection', id: 'a' })).toBeNull()
  })

  test('DAT-05: a tenant is erased with all its documents, and nobody else is', async () => {
    await store().write({
      changes: [put('a'), { ...put('a'), kind: 'tokens' }, put('a', '{}', null, 'other')],
      audit: [entry('a')],
    })
    await store().eraseTenant('acme', [entry('acme', { action: 'tenant.erased' })])
    expect(await store().get(put('a'))).toBeNull()
    expect(await store().list({ tenant: 'acme', kind: 'tokens', limit: 10 })).toEqual([])
    expect(await store().get(put('a', '{}', null, 'other'))).not.toBeNull()
    expect((await store().changes(3, 10)).map(({ kind, version }) => [kind, version])).toEqual([
      ['connection', null],
      ['tokens', null],
    ])
    expect((await store().audit({ tenant: 'acme', limit: 10 })).map(({ action }) => action)).toEqual([
      'tenant.erased',
      'connection.saved',
    ])
    expect(await store().verifyAudit('acme')).toBeNull()
  })
}

function changes(store: () => Store): void {
  test('changes come in the order of writing, each document once with its latest', async () => {
    await store().write({ changes: [put('a'), put('b'), put('c')] })
    await store().write({ changes: [put('a', '{}', 1), put('b', null, 1)] })
    expect((await store().changes(0, 10)).map(({ id, version, position }) => [id, version, position])).toEqual([
      ['c', 1, 3],
      ['a', 2, 4],
      ['b', null, 5],
    ])
    expect((await store().changes(3, 1)).map(({ id }) => id)).toEqual(['a'])
    expect(await store().changes(5, 10)).toEqual([])
  })

  test('a write that changes nothing has the position of the latest change', async () => {
    await store().write({ changes: [put('a')] })
    expect(await store().write({ changes: [], audit: [entry('a')] })).toEqual({ outcome: 'written', position: 1 })
    expect(await store().write({ changes: [put('b', null)] })).toEqual({ outcome: 'written', position: 1 })
  })
}

function auditLog(store: () => Store): void {
  test('OBS-06: audit entries commit with the changes, are numbered by tenant and come latest first', async () => {
    const details = { b: 1, a: 'x', c: null }
    await store().write({ changes: [put('a')], audit: [entry('a', { details, from: '127.0.0.1' })] })
    await store().write({ changes: [], audit: [entry('b'), entry('z', { tenant: 'other' }), entry('c')] })
    expect(await store().audit({ tenant: 'acme', limit: 2 })).toEqual([
      { ...entry('c'), number: 3 },
      { ...entry('b'), number: 2 },
    ])
    expect(await store().audit({ tenant: 'acme', limit: 2, before: 2 })).toEqual([
      { ...entry('a', { details, from: '127.0.0.1' }), number: 1 },
    ])
    expect(await store().audit({ tenant: 'other', limit: 9 })).toMatchObject([{ number: 1, subject: 'z' }])
  })

  test('OBS-06: the head of a log names its latest entry; the same entries have the same hashes', async () => {
    expect(await store().auditHead('acme')).toBeNull()
    await store().write({ changes: [], audit: [entry('a', { details: { b: 1, a: 2 } })] })
    await store().write({ changes: [], audit: [entry('b')] })
    const head = await store().auditHead('acme')
    expect(head).toEqual({ number: 2, hash: 'FBd4B2Nz45ABYTGDoLy5sDdQ5KeHprvULGca9IVH_jo' })
    expect(await store().auditHash('acme', 2)).toBe(head?.hash)
    expect(await store().auditHash('acme', 3)).toBeNull()
    expect(await store().verifyAudit('acme')).toBeNull()
    expect(await store().verifyAudit('nobody')).toBeNull()
  })
}

function edges(store: () => Store): void {
  test('where nothing was ever stored, there is nothing', async () => {
    expect(await store().get(put('a'))).toBeNull()
    expect(await store().list({ tenant: 'acme', kind: 'connection', limit: 1 })).toEqual([])
    expect(await store().listAll({ kind: 'connection', limit: 1 })).toEqual([])
    expect(await store().changes(0, 1)).toEqual([])
    expect(await store().audit({ tenant: 'acme', limit: 1 })).toEqual([])
    await store().scrub()
  })

  test.each<[string, Partial<DocumentWrite>]>([
    ['tenant', { tenant: '' }],
    ['kind', { kind: 'a b' }],
    ['id', { id: 'a\nb' }],
    ['expect', { expect: 0 }],
    ['expect', { expect: 1.5 }],
    ['body', { body: '"\ud800"' }],
    ['body', { body: `"${'x'.repeat(1024 * 1024)}"` }],
  ])('what is no usable %s is refused by name', async (field, wrong) => {
    const refused = { code: 'INPUT_INVALID', details: { field } }
    await expect(store().write({ changes: [put('fine'), { ...put('a'), ...wrong }] })).rejects.toMatchObject(refused)
    expect(await store().get(put('fine'))).toBeNull()
  })

  test('limits are whole numbers up to 1000', async () => {
    for (const limit of [0, -1, 1.5, 1001, Number.NaN])
      await expect(store().changes(0, limit)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  test('a body is kept as it was given', async () => {
    const body = JSON.stringify({ text: 'grüße 🎈 \u0000 "quoted"', large: '9007199254740993', nested: [[{}]] })
    await store().write({ changes: [put('a', body)] })
    expect(await store().get(put('a'))).toMatchObject({ body })
  })
}
