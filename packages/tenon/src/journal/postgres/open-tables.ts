import { sleep, type Clock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import type { Database } from '../../postgres/postgres.ts'
import type { Session } from '../../postgres/session.ts'
import { appendFunction } from './append-function.ts'
import { commitFunction } from './commit-function.ts'
import { firstFormat, format, steps, suffixOf } from './format.ts'
import { leaseFunction } from './lease-function.ts'
import { beginWork, lockStatement } from './mark.ts'
import { pruneFunction } from './prune-function.ts'
import { restFunction } from './rest-function.ts'
import { schema } from './schema.ts'

const functions = [commitFunction, restFunction, appendFunction, leaseFunction, pruneFunction].join('\n')

/** Who changes a table has it alone, and all others stand behind who waits for that. So it gives up before a deadlock is looked for (a second), and tries again. */
const tableWait = "SET LOCAL lock_timeout = '500ms'"
const pauseMs = 250
const mostTries = 100
const lockNotAvailable = '55P03'

/**
 * Begins to work in a database: makes the tables where there are none, and brings those of an earlier format up to this version's; one node at a time. Resolves to the number of partitions, which is
 * settled then for ever. Throws `DATABASE_UNUSABLE` for tables that this version cannot work with, and where the journal was moved away or has not arrived yet.
 */
export async function openTables(database: Database, partitions: number, clock: Clock): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await database.transaction(async (session) => {
        await session.query(lockStatement)
        await beginWork(session, database.name)
        return makeTables(session, database.name, partitions)
      })
    } catch (error) {
      const isInUse = TenonError.is(error) && error.details['sqlstate'] === lockNotAvailable
      if (!isInUse || tries === mostTries) throw error
      await sleep(clock, pauseMs)
    }
  }
}

/** The tables alone, within a transaction. */
export async function makeTables(session: Session, name: string, partitions: number): Promise<number> {
  await session.query(lockStatement)
  await session.query('CREATE SCHEMA IF NOT EXISTS tenon')
  const [there] = await session.query<{ journal: string | null }>(
    "SELECT to_regclass('tenon.journal')::text AS journal",
  )
  if (there?.journal === null) {
    await session.query(schema)
    await session.query({ name: 'journal_made', text: 'INSERT INTO journal VALUES ($1, $2)' }, [
      firstFormat,
      partitions,
    ])
    await session.query(
      {
        name: 'journal_leases',
        text: "INSERT INTO lease SELECT partition, NULL, nextval('epoch_number'), 0 FROM generate_series(0, $1::int - 1) AS partition",
      },
      [partitions],
    )
  }
  const made = await readTables(session, name)
  if (made.format < format) await bringUp(session, name, made.format)
  return made.partitions
}

interface Tables {
  readonly format: number
  readonly partitions: number
}

/** Of tables that this version can work with. Throws `DATABASE_UNUSABLE` for those of an earlier format, which no node has brought up yet, and of one that has left this version behind. */
export async function partitionsOf(session: Pick<Session, 'query'>, name: string): Promise<number> {
  const made = await readTables(session, name)
  if (made.format < format)
    throw new TenonError(
      'DATABASE_UNUSABLE',
      `the journal in ${name} has format ${made.format}, and this version of Tenon works with format ${format}. Start a node of this version on it once, which brings it up; or use the version that made it.`,
    )
  return made.partitions
}

async function readTables(session: Pick<Session, 'query'>, name: string): Promise<Tables> {
  const [made] = await session.query<Tables>('SELECT format, partitions FROM journal')
  if (made === undefined || made.format < firstFormat)
    throw new TenonError(
      'DATABASE_UNUSABLE',
      `the journal in ${name} has format ${made?.format ?? 'unknown'}, from before the first that was released. Use the version that made it; its \`tenon migrate\` moves everything to a data folder, from where this version moves it to a new database.`,
    )
  if (made.format > format + 1)
    throw new TenonError(
      'DATABASE_UNUSABLE',
      `the journal in ${name} has format ${made.format}: a newer version of Tenon brought it there, and this version works with formats ${format} and ${format + 1} only. Start this node with the version that the others have.`,
    )
  return made
}

/** From one format to that of this version. All of it is committed, or nothing. */
async function bringUp(session: Session, name: string, from: number): Promise<void> {
  await session.query(tableWait)
  for (let next = from + 1; next <= format; next += 1) await session.query(steps[next] ?? '')
  await requireNear(session, name)
  await session.query(functions)
  await session.query(dropEarlier)
  await session.query({ name: 'journal_format', text: 'UPDATE journal SET format = $1' }, [format])
}

/** A node of the format before goes on with its own functions. One from further back would find none. */
async function requireNear(session: Session, name: string): Promise<void> {
  const [old] = await session.query<{ name: string; version: string; format: number }>(farStatement, [format - 1])
  if (old !== undefined)
    throw new TenonError(
      'DATABASE_UNUSABLE',
      `node ${old.name} (version ${old.version}) works on ${name} with format ${old.format}, and this version of Tenon can work beside format ${format - 1} only. First replace all nodes by a version with format ${old.format + 1}, or stop them.`,
    )
}

const farStatement = {
  name: 'journal_far_nodes',
  text: 'SELECT name, version, format FROM node WHERE format < $1 AND expires > clock_timestamp() ORDER BY format, id LIMIT 1',
}

/** Those of the format before the last are nobody's any more. In the schema `tenon`, functions whose names end in a number are the journal's. */
const dropEarlier = `
DO $do$ DECLARE
  v_function regprocedure;
BEGIN
  FOR v_function IN SELECT oid FROM pg_proc WHERE pronamespace = 'tenon'::regnamespace AND substring(proname FROM '_([0-9]+)$')::int NOT IN (${suffixOf(format)}, ${suffixOf(format - 1)}) LOOP
    EXECUTE 'DROP FUNCTION ' || v_function;
  END LOOP;
END $do$;`
