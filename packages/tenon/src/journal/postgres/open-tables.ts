import { TenonError } from '../../base/errors.ts'
import type { Database } from '../../postgres/postgres.ts'
import type { Session } from '../../postgres/session.ts'
import { appendFunction } from './append-function.ts'
import { commitFunction } from './commit-function.ts'
import { leaseFunction } from './lease-function.ts'
import { beginWork, lockStatement } from './mark.ts'
import { pruneFunction } from './prune-function.ts'
import { restFunction } from './rest-function.ts'
import { schema, schemaVersion } from './schema.ts'

/** What the number of the format stands for. */
export const definitions: readonly string[] = [
  schema,
  [commitFunction, restFunction, appendFunction, leaseFunction, pruneFunction].join('\n'),
]

/** Begins to work in a database: makes the tables where there are none; one node at a time. Resolves to the number of partitions, which is settled then for ever. Throws `DATABASE_UNUSABLE` for tables of another version, and where the journal was moved away or has not arrived yet. */
export function openTables(database: Database, partitions: number): Promise<number> {
  return database.transaction(async (session) => {
    await session.query(lockStatement)
    await beginWork(session, database.name)
    return makeTables(session, database.name, partitions)
  })
}

/** The tables alone, within a transaction. */
export async function makeTables(session: Session, name: string, partitions: number): Promise<number> {
  await session.query(lockStatement)
  await session.query('CREATE SCHEMA IF NOT EXISTS tenon')
  const [there] = await session.query<{ journal: string | null }>(
    "SELECT to_regclass('tenon.journal')::text AS journal",
  )
  if (there?.journal === null) {
    for (const definition of definitions) await session.query(definition)
    await session.query({ name: 'journal_made', text: 'INSERT INTO journal VALUES ($1, $2)' }, [
      schemaVersion,
      partitions,
    ])
    await session.query(
      {
        name: 'journal_leases',
        text: "INSERT INTO lease SELECT partition, NULL, nextval('epoch_number'), 0 FROM generate_series(0, $1::int - 1) AS partition",
      },
      [partitions],
    )
    return partitions
  }
  return partitionsOf(session, name)
}

/** Of tables that are there. Throws `DATABASE_UNUSABLE` for those of another version, whose functions may do something else. */
export async function partitionsOf(session: Pick<Session, 'query'>, name: string): Promise<number> {
  const [made] = await session.query<{ format: number; partitions: number }>('SELECT format, partitions FROM journal')
  if (made?.format !== schemaVersion)
    throw new TenonError(
      'DATABASE_UNUSABLE',
      `the journal in ${name} has format ${made?.format ?? 'unknown'}, and this version of Tenon works with format ${schemaVersion} only. Use the version that made it; its \`tenon migrate\` moves everything to a data folder, from where this version moves it to a new database.`,
    )
  return made.partitions
}
