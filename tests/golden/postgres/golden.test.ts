import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { usePostgres } from '../../../packages/tenon/src/postgres/postgres.fixture.ts'
import { program } from '../../../packages/tenon/src/postgres/programs.fixture.ts'
import { postgresStore } from '../../../packages/tenon/src/store/postgres.ts'
import { continueGolden, readGolden, writeGolden } from '../../../packages/tenon/src/journal/golden.fixture.ts'
import { postgresJournal } from '../../../packages/tenon/src/journal/postgres.ts'
import { format, suffixOf } from '../../../packages/tenon/src/journal/postgres/format.ts'

// DUR-05, CLU-06: a database as each released format left it, written with SQL. It is kept here for ever, and every later version brings it up and goes on with it.
// The release of a new format adds its own: TENON_WRITE_GOLDEN=yes npm test -- tests/golden/postgres

const golden = fileURLToPath(new URL('.', import.meta.url))
const server = usePostgres()
const document = { tenant: 'acme', kind: 'connection', id: 'shop' }

async function dump(database: string): Promise<string> {
  const words = ['--inserts', '--no-owner', '--schema=tenon', '--dbname', server().url(database).reveal()]
  const { stdout } = await promisify(execFile)(program('pg_dump'), words, { maxBuffer: 64 * 1024 * 1024 })
  // Words to `psql` are not SQL.
  return stdout.replaceAll(/^\\.*\n/gm, '')
}

if (process.env['TENON_WRITE_GOLDEN'] === 'yes')
  test('writes the golden database of a new format', async () => {
    const folder = join(golden, String(format))
    expect(existsSync(folder), 'a golden database is never written again').toBe(false)
    const database = await server().newDatabase()
    const url = server().url(database)
    const store = postgresStore({ url })
    await store.write({ changes: [{ ...document, expect: null, body: '{"name":"shop"}' }], audit: [entry] })
    await store.close()
    const journal = await postgresJournal({ url, partitions: 8 })
    await writeGolden(journal)
    const expected = await readGolden(journal)
    await journal.close()
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'expected.json'), `${JSON.stringify(expected, null, 2)}\n`)
    writeFileSync(join(folder, 'database.sql'), await dump(database))
  })

const entry = {
  tenant: 'acme',
  at: 1000,
  by: 'mia',
  action: 'connection.saved',
  subject: 'shop',
  outcome: 'done',
} as const

async function restored(of: number): Promise<string> {
  const database = await server().newDatabase()
  await server().sql(readFileSync(join(golden, String(of), 'database.sql'), 'utf8'), database)
  return database
}

const formats = readdirSync(golden)
  .filter((name) => name !== 'golden.test.ts')
  .map(Number)
  .toSorted((left, right) => left - right)

test.each(formats)(
  'DUR-05, CLU-06: a database of format %i is brought up, and all that was begun in it goes on',
  async (old) => {
    const database = await restored(old)
    const url = server().url(database)
    const journal = await postgresJournal({ url })
    expect(await server().sql('SELECT format FROM tenon.journal', database)).toEqual([{ format }])
    expect(await readGolden(journal)).toEqual(
      JSON.parse(readFileSync(join(golden, String(old), 'expected.json'), 'utf8')),
    )
    await continueGolden(journal)
    await journal.close()
    const store = postgresStore({ url })
    expect(await store.get(document)).toMatchObject({ version: 1, body: '{"name":"shop"}' })
    expect(await store.verifyAudit('acme')).toBeNull()
    expect(await store.audit({ tenant: 'acme', limit: 10 })).toEqual([{ ...entry, number: 1 }])
    await store.close()
  },
)

/** What a format consists of. */
const catalogue = `
  SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') AS line FROM information_schema.columns WHERE table_schema = 'tenon' AND table_name <> ALL ($others$)
  UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'tenon' AND tablename <> ALL ($others$)
  UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'tenon'::regnamespace AND proname ~ '_${suffixOf(format)}$' ORDER BY 1`

/** Tables of the store, of moves and of several databases. */
const others = ['migration', 'counter', 'document', 'audit', 'audit_head', 'transfer', 'place', 'placement']

async function definitionsOf(database: string): Promise<readonly string[]> {
  const text = catalogue.replaceAll('$others$', `'{${others.join()}}'`)
  return (await server().sql<{ line: string }>(text, database)).map(({ line }) => line)
}

// Where this fails for the present format, its release is out, and its definitions were changed: raise `format`.
test.each(formats)(
  'CLU-06: a database of format %i comes to the same tables and functions as one that is made new',
  async (old) => {
    const [brought, made] = [await restored(old), await server().newDatabase()]
    for (const database of [brought, made]) await (await postgresJournal({ url: server().url(database) })).close()
    expect(await definitionsOf(brought)).toEqual(await definitionsOf(made))
    expect((await definitionsOf(made)).length).toBeGreaterThan(100)
  },
)
