import { parseJson } from '../../base/json.ts'
import type { Database } from '../../postgres/postgres.ts'
import type { Session } from '../../postgres/session.ts'
import { markAtStart, type TransferMark } from '../transfer.ts'

type Asked = Pick<Session, 'query'>

/** Whoever makes tables, begins to work, or changes the mark: one at a time. */
export const lockStatement = 'SELECT pg_advisory_xact_lock(1952804464, 1)'

/** Where the database stands in a move to another place; `null` for none. */
export async function readMark(session: Asked): Promise<TransferMark | null> {
  const [there] = await session.query<{ mark: string | null }>("SELECT to_regclass('tenon.transfer')::text AS mark")
  if (there === undefined || there.mark === null) return null
  const [row] = await session.query<{ mark: string }>('SELECT mark FROM transfer')
  return row === undefined ? null : (parseJson(row.mark) as TransferMark)
}

/** Within a transaction that holds the lock. */
export async function writeMark(session: Asked, mark: TransferMark | null): Promise<void> {
  await session.query('CREATE TABLE IF NOT EXISTS transfer (mark text NOT NULL); DELETE FROM transfer')
  if (mark === null) return
  await session.query({ name: 'transfer_mark', text: 'INSERT INTO transfer VALUES ($1)' }, [JSON.stringify(mark)])
}

/** Nobody works on a database that was moved away, or that has not all of what is moved to it. Within a transaction that holds the lock. */
export async function beginWork(session: Asked, name: string): Promise<void> {
  const mark = await readMark(session)
  const next = markAtStart(mark, { name, unusable: 'DATABASE_UNUSABLE' })
  if (next !== mark) await writeMark(session, next)
}

/** A node that had begun to start when the mark was made sees it now: whoever made it has seen the node, or is seen by it. */
export async function refuseMoved(database: Database): Promise<void> {
  markAtStart(await readMark(database), { name: database.name, unusable: 'DATABASE_UNUSABLE' })
}
