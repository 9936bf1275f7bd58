import { createHash } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import type { Secret } from '../base/secret.ts'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { definitions } from './postgres/open-tables.ts'
import { schemaVersion } from './postgres/schema.ts'
import { postgresTransfer } from './postgres/transfer.ts'
import { postgresJournal } from './postgres.ts'

/** Where the definitions changed, raise `schemaVersion` and write both here: a database with others must be refused. */
const format = { number: 2, definitions: '2e550fa9f5501a245a21e6d523f1bff3187c6fa91c1f3fe2af43b3a063e1c309' }

test('tables and functions are those that the number of the format stands for', () => {
  const found = createHash('sha256').update(definitions.join('\n')).digest('hex')
  expect({ number: schemaVersion, definitions: found }).toEqual(format)
})

const server = usePostgres()
let database: string
let url: Secret

beforeEach(async () => {
  database = await server().newDatabase()
  url = server().url(database)
  await (await postgresJournal({ url })).close()
})

test.each([schemaVersion - 1, schemaVersion + 1])(
  'a database with format %i is refused, and stays as it is',
  async (other) => {
    await server().sql(`UPDATE tenon.journal SET format = ${other}`, database)
    const refusal = { code: 'DATABASE_UNUSABLE', message: expect.stringContaining(`has format ${other}`) }
    await expect(postgresJournal({ url })).rejects.toMatchObject(refusal)
    const source = postgresTransfer({ url })
    await expect(source.closedCleanly()).rejects.toMatchObject(refusal)
    await expect(source.prepare()).rejects.toMatchObject(refusal)
    await source.close()
    expect(await server().sql('SELECT format FROM tenon.journal', database)).toEqual([{ format: other }])
    await server().sql(`UPDATE tenon.journal SET format = ${schemaVersion}`, database)
    await (await postgresJournal({ url })).close()
  },
)
