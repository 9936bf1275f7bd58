import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { createVault } from '../connection/vault/create-vault.ts'
import { fileKeys } from '../connection/vault/file.ts'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { postgresStore } from '../store/postgres.ts'
import { createNodes, newUrl, quiet } from './nodes.fixture.ts'
import { createWorkplace } from './process.fixture.ts'

const server = usePostgres()
const { folder, tenon, write, clear, remove, data, start } = createNodes()
afterEach(clear)
afterAll(remove)

const definitions = (more: string): string => `
import { defineApp, defineFlow, fromEnvironment, manual, postgres } from 'tenon'
const flow = defineFlow('report', { trigger: manual(), async run() {} })
export default defineApp({ flows: [flow]${more} })
`
write('app.ts', definitions(''))

test('CLU-01: what one node stores in the database, another reads; the data folder of neither has it', async () => {
  const secret = server().url(await server().newDatabase())
  const url = secret.reveal()
  const key = join(folder, 'one/master-key')
  mkdirSync(join(folder, 'one'), { mode: 0o700 })
  const store = postgresStore({ url: secret })
  const masterKeys = fileKeys({ path: key, isUnused: async () => true })
  const vault = createVault({ store, masterKeys, clock: systemClock })
  const place = { tenant: 'acme', connection: 'stripe/main', field: 'apiKey', version: 1 }
  const sealed = await vault.seal(place, new Secret('canary'))
  await start('one', '--database', url)
  expect(await tenon('vault', 'rotate', ...data('one'))).toMatchObject({ code: 0 })
  process.env['TENON_MASTER_KEY_FILE'] = key
  const two = createWorkplace()
  delete process.env['TENON_MASTER_KEY_FILE']
  try {
    two.write('app.ts', definitions(", database: postgres(fromEnvironment('SHARED'))"))
    const unset = await two.tenon('start', ...quiet)
    expect(unset.code).toBe(1)
    expect(unset.out + unset.err).toContain('SHARED, which is not set')
    const keyless = await tenon('start', '--database', url, ...quiet, ...data('keyless'))
    expect([keyless.code, keyless.err + keyless.out]).toEqual([1, expect.stringContaining('TENON_MASTER_KEY_FILE')])
    const other = two.begin('start', '--database', url, ...quiet)
    await other.said(/"url"/)
    for (const command of [
      ['audit', 'list'],
      ['audit', 'verify'],
      ['vault', 'status'],
      ['connections', 'list'],
    ])
      expect(await two.tenon(...command)).toMatchObject({ code: 0 })
    expect((await two.tenon('audit', 'list')).out).toContain('vault.rotated')
    expect((await vault.open(place, sealed)).reveal()).toBe('canary')
    await store.close()
    other.child.kill('SIGTERM')
    await other.ended
  } finally {
    two.clear()
    two.remove()
  }
}, 120_000)

test('doctor looks at the database and changes nothing', async () => {
  const url = await newUrl(server())
  const before = await tenon('doctor', '--database', url, ...data('looked-at'))
  expect(before.out).toMatch(/PostgreSQL \d+/)
  for (const part of [
    'fsync is off',
    'connections are left',
    "agrees with this machine's",
    'no synchronous standby',
    'the next start makes',
  ])
    expect(before.out.replaceAll(/\s+/g, ' ')).toContain(part)
  await start('looked-at', '--database', url)
  const after = await tenon('doctor', '--database', url, ...data('looked-at'))
  expect(after.out).toContain('the audit log is whole')
  expect(after.out).not.toContain('the next start makes')
}, 120_000)

test('a database that cannot be used is told by name, and the password is not', async () => {
  const { port } = server()
  const wrong = `postgres://tenon:wrong-canary@127.0.0.1:${port}/postgres`
  const gone = 'postgres://tenon:gone-canary@127.0.0.1:9/postgres'
  const broken = 'postgres://tenon:broken-canary@/@/'
  for (const [url, words] of [
    [wrong, 'password authentication failed'],
    [gone, 'ECONNREFUSED'],
    [broken, 'names no usable host'],
  ] as const)
    for (const command of [['start', ...quiet], ['doctor']]) {
      const { code, out, err } = await tenon(...command, '--database', url, ...data('unusable'))
      expect([code, out + err]).toEqual([1, expect.stringContaining(words)])
      expect(out + err).not.toContain('canary')
    }
}, 120_000)
