import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { messageOf, TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { createAuthority } from '../outbound/certificates.fixture.ts'
import { parseDatabaseUrl } from './database-url.ts'
import { isPostgresThere, startPostgres } from './postgres.fixture.ts'
import { openDatabase } from './postgres.ts'

const folder = mkdtempSync(join(tmpdir(), 'tenon-url-'))
afterAll(() => rmSync(folder, { recursive: true }))

const parse = (url: string) => parseDatabaseUrl(new Secret(url))

test('hosts, user, password and database are read as libpq reads them', () => {
  const read = parse('postgresql://me%40home:p%3Aw%2F%C3%B6@db1:6432,db2,[::1]:5433/my%20app?application_name=x')
  expect(read).toMatchObject({
    hosts: [
      { host: 'db1', port: 6432 },
      { host: 'db2', port: 5432 },
      { host: '::1', port: 5433 },
    ],
    user: 'me@home',
    database: 'my app',
    name: 'db1:6432,db2:5432,::1:5433/my app',
  })
  expect(read.password.reveal()).toBe('p:w/ö')
  expect(JSON.stringify(read)).not.toContain('p:w')
  expect(parse('postgres://me@/app?host=/run/postgresql').hosts).toEqual([{ host: '/run/postgresql', port: 5432 }])
  expect(parse('postgres://me@localhost').database).toBe('me')
})

test('only this machine is spoken to in the clear, unless the URL says otherwise', () => {
  for (const host of ['localhost', '127.0.0.1', '[::1]', '/?host=/run'])
    expect(parse(`postgres://me@${host}`).tls).toBeNull()
  expect(parse('postgres://me@db').tls).toEqual({})
  expect(parse('postgres://me@localhost,db').tls).toEqual({})
  expect(parse('postgres://me@db?sslmode=disable').tls).toBeNull()
  expect(parse('postgres://me@db?sslmode=require').tls).toEqual({ rejectUnauthorized: false })
})

test.each([
  ['', 'has not the form'],
  ['mysql://me:canary@db/app', 'has not the form'],
  ['postgres://me:can/ary@db/app', 'names no user'],
  ['postgres://me:canary#@db/app', 'has not the form'],
  ['postgres://me:canary%@db/app', 'begins no character'],
  ['postgres://:canary@db/app', 'names no user'],
  ['postgres://me:canary@/app', 'names no usable host'],
  ['postgres://me:canary@db:99999/app', 'names no usable host'],
  ['postgres://me:canary@db:port/app', 'names no usable host'],
  ['postgres://me:canary@db/app?password=canary', 'has the parameter password'],
  ['postgres://me:canary@db/app?sslmode=prefer', 'an sslmode that is not supported'],
  ['postgres://me:canary@db/app?target_session_attrs=any', 'target_session_attrs'],
  ['postgres://me:canary@db/app?host=db2', 'no folder'],
  ['postgres://me:canary@db/app?sslrootcert=/nowhere/canaries.pem', 'cannot be read in sslrootcert'],
])('%s is refused, and no part of it is repeated', (url, problem) => {
  const thrown = (): unknown => {
    try {
      return parse(url)
    } catch (error) {
      return error
    }
  }
  const error = thrown()
  expect(TenonError.is(error, 'DATABASE_UNUSABLE')).toBe(true)
  expect(messageOf(error)).toContain(problem)
  expect(JSON.stringify([error, messageOf(error)])).not.toMatch(/canary|ary@/)
})

test('a certificate is judged by authority and by name, and a server without TLS gets nothing', async (context) => {
  if (!isPostgresThere) context.skip('needs PostgreSQL')
  const authority = await createAuthority()
  const root = join(folder, 'root.pem')
  const stranger = join(folder, 'stranger.pem')
  writeFileSync(root, authority.certificate)
  writeFileSync(stranger, (await createAuthority('Another')).certificate)
  const secure = await startPostgres({ tls: await authority.issue({ name: 'database', hosts: ['127.0.0.1'] }) })
  const plain = await startPostgres()
  const ask = async (server: typeof secure, query: string, host = '127.0.0.1'): Promise<unknown> => {
    const url = new Secret(`${server.url('postgres').reveal().replace('127.0.0.1', host)}?${query}`)
    const database = openDatabase({ url, unavailable: 'STORE_UNAVAILABLE', patienceMs: 100 })
    try {
      return await database.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')
    } finally {
      await database.close()
    }
  }
  try {
    const encrypted = [{ ssl: true }]
    expect(await ask(secure, `sslmode=verify-full&sslrootcert=${root}`)).toEqual(encrypted)
    expect(await ask(secure, `sslmode=verify-ca&sslrootcert=${root}`, 'localhost')).toEqual(encrypted)
    expect(await ask(secure, 'sslmode=require')).toEqual(encrypted)
    for (const [server, query, host] of [
      [secure, `sslmode=verify-full&sslrootcert=${root}`, 'localhost'],
      [secure, `sslmode=verify-full&sslrootcert=${stranger}`, '127.0.0.1'],
      [secure, `sslmode=verify-ca&sslrootcert=${stranger}`, '127.0.0.1'],
      [secure, 'sslmode=verify-full', '127.0.0.1'],
      [plain, 'sslmode=require', '127.0.0.1'],
    ] as const)
      await expect(ask(server, query, host)).rejects.toMatchObject({ code: 'DATABASE_UNUSABLE' })
  } finally {
    await secure.remove()
    await plain.remove()
  }
}, 60_000)
