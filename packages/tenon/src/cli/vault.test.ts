import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { createVault } from '../connection/vault/create-vault.ts'
import { fileKeys } from '../connection/vault/file.ts'
import { sqliteStore } from '../store/sqlite.ts'
import { createWorkplace } from './process.fixture.ts'

const { folder, begin, tenon, write, clear, remove } = createWorkplace()
const data = join(folder, 'data')
afterEach(clear)
afterAll(remove)

const place = { tenant: 'acme', connection: 'stripe/main', field: 'apiKey', version: 1 }
const keyFile = join(data, 'master-key')

/** The vault of that folder as another process has it. */
async function withVault<Result>(use: (vault: ReturnType<typeof createVault>) => Promise<Result>): Promise<Result> {
  mkdirSync(data, { recursive: true, mode: 0o700 })
  const store = sqliteStore({ folder: data })
  const isUnused = async (): Promise<boolean> => (await store.listAll({ kind: 'data-key', limit: 1 })).length === 0
  try {
    return await use(createVault({ store, masterKeys: fileKeys({ path: keyFile, isUnused }), clock: systemClock }))
  } finally {
    await store.close()
  }
}

beforeEach(() => {
  rmSync(data, { recursive: true, force: true })
  write(
    'app.ts',
    "import { defineApp, defineFlow, manual } from 'tenon'\nexport default defineApp({ flows: [defineFlow('report', { trigger: manual(), async run() {} })] })\n",
  )
})

test('DAT-02 DAT-05 OBS-06: status, rotation, erasure and audit by the command line, with the server at work', async () => {
  const sealed = await withVault((vault) => vault.seal(place, new Secret('canary-31')))
  const server = begin('start', '--no-samples', '--quiet', '--json')
  await server.said(/"url"/)
  const first = readFileSync(keyFile, 'utf8').trim()
  expect((await tenon('vault', 'status')).out).toMatch(
    /comes from file .*master-key[^]*the present one, wraps 2 data keys/,
  )
  const rotated = await tenon('vault', 'rotate')
  expect(rotated).toMatchObject({
    code: 0,
    out: expect.stringMatching(/Every data key[^]*is no longer used/) as string,
  })
  expect(readFileSync(keyFile, 'utf8').startsWith(first)).toBe(true)
  expect((await withVault((vault) => vault.open(place, sealed))).reveal()).toBe('canary-31')

  expect(await tenon('vault', 'erase-tenant', 'acme')).toMatchObject({
    code: 1,
    err: expect.stringContaining('--yes') as string,
  })
  expect(await tenon('vault', 'erase-tenant', 'acme', '--yes')).toMatchObject({ code: 0 })
  await expect(withVault((vault) => vault.open(place, sealed))).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' })

  const listed = await tenon('audit', 'list')
  expect(listed.out).toMatch(/vault\.rotated[^]*vault\.rotation-begun/)
  expect((await tenon('audit', 'list', '--tenant', 'acme', '--json')).out).toContain('tenant.erased')
  expect(await tenon('audit', 'verify')).toMatchObject({
    code: 0,
    out: expect.stringContaining('is whole: 2 entries') as string,
  })
}, 120_000)

test('DAT-03: without its master key file a server does not start, makes none, and says the remedy', async () => {
  await withVault((vault) => vault.seal(place, new Secret('x')))
  rmSync(keyFile)
  const { code, err } = await tenon('start', '--no-samples', '--quiet')
  expect([code, err]).toEqual([1, expect.stringMatching(/master key file .* is missing[^]*Bring it back/)])
  expect(await tenon('doctor', '--app', 'app.ts')).toMatchObject({
    code: 1,
    out: expect.stringMatching(/the vault is locked: the master key file/) as string,
  })
  expect(() => readFileSync(keyFile)).toThrow('ENOENT')
}, 60_000)
