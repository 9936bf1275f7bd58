import { TenonError } from '../base/errors.ts'
import { sqlstateOf } from './failure.ts'
import type { Database } from './postgres.ts'
import type { Session } from './session.ts'

/** A step forward; there is no step back. Its number is its place, from 1: only ever append. */
export interface Migration {
  readonly name: string
  /** The number of the oldest migration whose code can still work with the tables after this one: two adjacent versions of Tenon share a database while one replaces the other. */
  readonly needs: number
  readonly sql: string
}

/** Which steps a part has had, and by which number on its code can live with the tables. */
const selectState = {
  name: 'migration state',
  text: 'SELECT COALESCE(MAX(number), 0) AS applied, COALESCE(MAX(needs), 0) AS needed FROM tenon.migration WHERE part = $1',
}

const addition = {
  name: 'add migration',
  text: 'INSERT INTO tenon.migration (part, number, name, needs) VALUES ($1, $2, $3, $4)',
}

/** One node migrates at a time; all parts of Tenon take the same lock. The number says `tenon`. */
const lock = "SELECT pg_advisory_xact_lock(x'74656e6f6e'::bigint)"
const undefinedTable = '42P01'

/** A table that is written anew takes its time, and who waits for that must not give up. */
const limits = { timeoutMs: 60 * 60_000 }

/** Brings the tables of one part up to this version, in the schema `tenon`. Rejects with `DATABASE_UNUSABLE` when a newer version has changed them in a way that this one does not know. */
export async function migrate(database: Database, part: string, migrations: readonly Migration[]): Promise<void> {
  const appliedBy = (asked: Pick<Session, 'query'>): Promise<number> =>
    migrationsApplied({ name: database.name, query: asked.query.bind(asked) }, part, migrations.length)
  if ((await appliedBy(database)) >= migrations.length) return
  await database.transaction(async (session) => {
    await session.query('SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0')
    await session.query(lock, [], limits)
    await prepareSchema(session)
    const applied = await appliedBy(session)
    for (const [index, { name, needs, sql }] of migrations.entries()) {
      if (index < applied) continue
      await session.query(sql, [], limits)
      await session.query(addition, [part, index + 1, name, needs])
    }
  })
}

/** Who may not make a schema uses the one that is there. */
async function prepareSchema(session: Session): Promise<void> {
  const [found] = await session.query<{ schema: string | null }>("SELECT to_regnamespace('tenon')::text AS schema")
  if (found?.schema === null) await session.query('CREATE SCHEMA tenon')
  await session.query(`CREATE TABLE IF NOT EXISTS tenon.migration (
    part TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, needs INTEGER NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now(), PRIMARY KEY (part, number))`)
}

/** How many of its steps a part has had, 0 where nothing is there yet. Rejects with `DATABASE_UNUSABLE` when they need a version that knows more than `known` of them. */
export async function migrationsApplied(
  database: Pick<Database, 'name' | 'query'>,
  part: string,
  known: number,
): Promise<number> {
  const [state] = await database.query<{ applied: number; needed: number }>(selectState, [part]).catch(nothingYet)
  if ((state?.needed ?? 0) > known)
    throw new TenonError(
      'DATABASE_UNUSABLE',
      `the database ${database.name} was changed by a newer version of Tenon, in a way that this version does not know. Use that version, or another database.`,
    )
  return state?.applied ?? 0
}

function nothingYet(error: unknown): [] {
  if (sqlstateOf(error) === undefinedTable) return []
  throw error
}
