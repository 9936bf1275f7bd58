import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { Secret } from '../../base/secret.ts'
import { sqliteStore } from '../../store/sqlite.ts'
import type { Store } from '../../store/store.ts'
import type { ManagedVault, SecretPlace } from '../vault.ts'
import { createVault } from './create-vault.ts'
import { fileKeys } from './file.ts'

let folder: string
let store: Store
let vault: ManagedVault
const isUnused = async (): Promise<boolean> => (await store.listAll({ kind: 'data-key', limit: 1 })).length === 0
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenon-rotation-'))
  store = sqliteStore({ folder })
  vault = createVault({
    store,
    masterKeys: fileKeys({ path: join(folder, 'master-key'), isUnused }),
    clock: systemClock,
  })
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

const placeOf = (tenant: string): SecretPlace => ({ tenant, connection: 'stripe/main', field: 'apiKey', version: 1 })
const actor = { by: 'mia' }

function bytes(): string {
  const files = readdirSync(folder).filter((file) => file.startsWith('store.db'))
  return files.map((file) => readFileSync(join(folder, file), 'latin1')).join('\n')
}

async function wrappedKeyOf(tenant: string): Promise<string> {
  const document = await store.get({ tenant, kind: 'data-key', id: 'current' })
  return (JSON.parse(document?.body ?? '') as { wrapped: string }).wrapped
}

test('DAT-02: a rotation that is killed in the middle is finished by the next one, with the key that it made', async () => {
  const sealed = new Map<string, string>()
  for (let count = 0; count < 120; count += 1)
    sealed.set(`t${count}`, await vault.seal(placeOf(`t${count}`), new Secret(`secret of ${count}`)))
  const before = await vault.status()
  const child = spawn(
    process.execPath,
    ['--conditions=source', fileURLToPath(new URL('./rotation-child.ts', import.meta.url)), folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await once(child.stdout, 'data')
  // Some, not all: each is a commit.
  while ((await vault.status()).dataKeys.length < 2);
  child.kill('SIGKILL')
  await once(child, 'exit')

  const middle = await vault.status()
  expect(middle).toMatchObject({ state: 'open', rotation: null })
  expect(middle.dataKeys.map(({ masterKey }) => masterKey)).toContain(before.masterKey)
  for (const [tenant, text] of sealed)
    expect((await vault.open(placeOf(tenant), text)).reveal()).toBe(`secret of ${tenant.slice(1)}`)
  const after = await (await vault.rotate(actor)).finished
  expect(after.masterKey).toBe(middle.masterKey)
  expect(after.dataKeys).toEqual([{ masterKey: after.masterKey, count: 121 }])
  for (const [tenant, text] of sealed)
    expect((await vault.open(placeOf(tenant), text)).reveal()).toBe(`secret of ${tenant.slice(1)}`)
}, 60_000)

test('DAT-02: what is sealed and opened during a rotation goes on', async () => {
  for (let count = 0; count < 40; count += 1) await vault.seal(placeOf(`t${count}`), new Secret('x'))
  const { finished } = await vault.rotate(actor)
  const joined = await vault.rotate(actor)
  for (let count = 30; count < 60; count += 1) {
    const text = await vault.seal(placeOf(`t${count}`), new Secret(`new ${count}`))
    expect((await vault.open(placeOf(`t${count}`), text)).reveal()).toBe(`new ${count}`)
  }
  expect((await finished).dataKeys).toHaveLength(1)
  await joined.finished
  const status = await vault.status()
  expect(status.dataKeys).toEqual([{ masterKey: status.masterKey, count: 61 }])
}, 60_000)

test('DAT-05: the bytes of an erased or rewrapped key are in no file any more', async () => {
  for (const tenant of ['acme', 'other']) await vault.seal(placeOf(tenant), new Secret('x'))
  const erased = await wrappedKeyOf('acme')
  const replaced = await wrappedKeyOf('other')
  for (const key of [erased, replaced]) expect(bytes()).toContain(key)
  await vault.eraseTenant('acme', actor)
  expect(bytes()).not.toContain(erased)
  await (
    await vault.rotate(actor)
  ).finished
  expect(bytes()).not.toContain(replaced)
  expect(bytes()).toContain(await wrappedKeyOf('other'))
})
