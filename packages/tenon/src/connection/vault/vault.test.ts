import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Secret } from '../../base/secret.ts'
import { memoryStore } from '../../store/memory.ts'
import type { Store } from '../../store/store.ts'
import type { SecretPlace } from '../vault.ts'
import { createVault } from './create-vault.ts'
import { fileKeys } from './file.ts'

let folder: string
let store: Store
let now: number
const clock = { now: () => now, after: () => () => undefined, whenQuiet: () => undefined }
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenon-vault-'))
  store = memoryStore()
  now = 1_000_000
})
afterEach(() => rmSync(folder, { recursive: true }))

const place: SecretPlace = { tenant: 'acme', connection: 'stripe/main', field: 'apiKey', version: 3 }
const secret = new Secret('sk_live_canary')
const actor = { by: 'mia' }

const isUnused = async (): Promise<boolean> => (await store.listAll({ kind: 'data-key', limit: 1 })).length === 0
const open = () => createVault({ store, clock, masterKeys: fileKeys({ path: join(folder, 'master-key'), isUnused }) })

test('DAT-01: what is sealed opens again, in this process and the next, and nowhere holds the secret', async () => {
  const vault = open()
  await vault.check()
  expect(await vault.status()).toMatchObject({ state: 'empty', masterKey: null })
  const sealed = await vault.seal(place, secret)
  expect(sealed).toMatch(/^v1\.[\w-]{12}\.[\w-]+$/)
  expect(Buffer.from(sealed, 'base64url').toString()).not.toContain('canary')
  for (const one of [vault, open()]) expect((await one.open(place, sealed)).reveal()).toBe('sk_live_canary')
  expect(statSync(join(folder, 'master-key')).mode & 0o777).toBe(0o600)
})

test.each<[string, Partial<SecretPlace>]>([
  ['tenant', { tenant: 'other' }],
  ['connection', { connection: 'stripe/second' }],
  ['field', { field: 'webhookSecret' }],
  ['version', { version: 4 }],
  ['split between connection and field', { connection: 'stripe/mainapi', field: 'Key' }],
])('DAT-01: what was sealed for another %s does not open', async (_what, elsewhere) => {
  const vault = open()
  const sealed = await vault.seal(place, secret)
  await vault.seal({ ...place, tenant: 'other' }, secret)
  await expect(vault.open({ ...place, ...elsewhere }, sealed)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' })
})

test('DAT-01: a flipped bit anywhere, or another text, is refused without a word of the secret', async () => {
  const vault = open()
  const sealed = await vault.seal(place, secret)
  const [version, id, text = ''] = sealed.split('.')
  const bytes = Buffer.from(text, 'base64url')
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    const opening = vault.open(place, `${version}.${id}.${changed.toString('base64url')}`)
    await expect(opening).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' })
  }
  for (const other of ['', 'v2.x.y', `v1.${id}.`, `v1.${id}.AAAA`, `v1.aaaaaaaaaaaa.${text}`, sealed.slice(0, -4)])
    await expect(vault.open(place, other)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' })
})

test('DAT-01: the wrapped key of one tenant does not open as that of another', async () => {
  await open().seal(place, secret)
  await open().seal({ ...place, tenant: 'other' }, secret)
  const key = { kind: 'data-key', id: 'current' }
  const stolen = await store.get({ tenant: 'other', ...key })
  await store.write({ changes: [{ tenant: 'acme', ...key, expect: 1, body: stolen?.body ?? '' }] })
  await expect(open().seal(place, secret)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' })
})

test('DAT-01: a nonce never comes twice', async () => {
  const vault = open()
  const nonces = new Set<string>()
  for (let count = 0; count < 20_000; count += 1)
    nonces.add(((await vault.seal(place, secret)).split('.')[2] ?? '').slice(0, 16))
  expect(nonces.size).toBe(20_000)
})

test('DAT-05: after a tenant is erased nothing of it opens, and others do', async () => {
  const vault = open()
  const [mine, other] = [await vault.seal(place, secret), await vault.seal({ ...place, tenant: 'other' }, secret)]
  await vault.eraseTenant('acme', actor)
  await expect(vault.open(place, mine)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' })
  // A new key, which does not open the old.
  await vault.seal(place, secret)
  await expect(vault.open(place, mine)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' })
  expect((await vault.open({ ...place, tenant: 'other' }, other)).reveal()).toBe('sk_live_canary')
  expect(await store.audit({ tenant: 'acme', limit: 9 })).toMatchObject([{ action: 'tenant.erased', by: 'mia' }])
})

test('DAT-03: a data key is kept for five minutes; then, without the master key, use fails closed', async () => {
  const vault = open()
  const sealed = await vault.seal(place, secret)
  rmSync(join(folder, 'master-key'))
  now += 5 * 60_000 - 1
  expect((await vault.open(place, sealed)).reveal()).toBe('sk_live_canary')
  now += 1
  for (const asked of [() => vault.open(place, sealed), () => vault.seal(place, secret), () => open().check()])
    await expect(asked()).rejects.toMatchObject({ code: 'VAULT_LOCKED', retryable: false })
  expect(await vault.status()).toMatchObject({ state: 'locked', masterKey: null })
  // Least of all a new one is made.
  expect(() => statSync(join(folder, 'master-key'))).toThrow('ENOENT')
})

test('DAT-03: a master key that others can read, or that does not fit, is refused before anything is written', async () => {
  await open().seal(place, secret)
  const path = join(folder, 'master-key')
  const before = await store.changes(0, 10)
  chmodSync(path, 0o640)
  await expect(open().check()).rejects.toMatchObject({
    code: 'VAULT_LOCKED',
    message: expect.stringContaining('chmod 600'),
  })
  const other = fileKeys({ path: join(folder, 'other'), isUnused: async () => true })
  await other.current()
  const vault = createVault({ store, clock, masterKeys: other })
  for (const asked of [() => vault.check(), () => vault.seal({ ...place, tenant: 'new' }, secret)])
    await expect(asked()).rejects.toMatchObject({
      code: 'VAULT_LOCKED',
      message: expect.stringContaining('does not fit'),
    })
  expect(await store.changes(0, 10)).toEqual(before)
})

test('DAT-02: a rotation wraps all by a new key, what was sealed still opens, and the old key is unused', async () => {
  const vault = open()
  const sealed = await vault.seal(place, secret)
  await vault.seal({ ...place, tenant: 'other' }, secret)
  const before = await vault.status()
  expect(before).toMatchObject({ state: 'open', dataKeys: [{ masterKey: before.masterKey, count: 3 }] })
  const after = await (await vault.rotate(actor)).finished
  expect(after.masterKey).not.toBe(before.masterKey)
  expect(after).toMatchObject({ state: 'open', rotation: null, dataKeys: [{ masterKey: after.masterKey, count: 3 }] })
  // The old key's line may go.
  const [, , latest] = readFileSync(join(folder, 'master-key'), 'utf8').trim().split('\n')
  rmSync(join(folder, 'master-key'))
  writeFileSync(join(folder, 'master-key'), `${latest}\n`, { mode: 0o600 })
  expect((await open().open(place, sealed)).reveal()).toBe('sk_live_canary')
  expect((await store.audit({ tenant: 'default', limit: 9 })).map(({ action }) => action)).toEqual([
    'vault.rotated',
    'vault.rotation-begun',
  ])
})
