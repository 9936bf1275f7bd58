import { TenonError } from '../base/errors.ts'
import type { Unavailable } from './failure.ts'
import type { Database } from './postgres.ts'
import type { Session } from './session.ts'

/** Where a tenant stands in one database while it moves, and at the old place for ever. */
export interface Fence {
  /** Of the mover: an earlier one is refused. */
  readonly attempt: number
  /** Nothing is written for it. */
  readonly isClosed: boolean
  /** Nothing is deleted by age, so that both sides can be compared. */
  readonly isKept: boolean
}

/** The condition by which a statement does nothing for tenants that are closed here; `place` is that of a parameter, an array of names. */
export const openCondition = (place: number): string =>
  `NOT EXISTS (SELECT FROM fence WHERE tenant = ANY ($${place}::text[]) AND is_closed)`

/** The condition by which a statement does nothing while what is here must not be deleted by age. */
export const nothingKept = 'NOT EXISTS (SELECT FROM fence WHERE is_kept)'

const closedStatement = {
  name: 'fence closed',
  text: 'SELECT tenant FROM fence WHERE tenant = ANY ($1::text[]) AND is_closed',
}

/** Those for which nothing may be written here. */
export async function closedAmong(
  asked: Pick<Session, 'query'>,
  tenants: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await asked.query<{ tenant: string }>(closedStatement, [tenants])
  return new Set(rows.map(({ tenant }) => tenant))
}

/** What who writes for a closed tenant gets: it lives elsewhere, or will in a moment. */
export function elsewhere(code: Unavailable, tenant: string): TenonError {
  return new TenonError(code, `${tenant} is on its way to another database. Try again in a moment.`, {
    details: { elsewhere: tenant },
    retryAfterMs: 2000,
  })
}

export function isElsewhere(error: unknown): boolean {
  return TenonError.is(error) && error.details['elsewhere'] !== undefined
}

const raiseStatement = {
  name: 'fence raise',
  text: `INSERT INTO fence (tenant, attempt, is_closed, is_kept) VALUES ($1, $2, $3, $4)
    ON CONFLICT (tenant) DO UPDATE SET attempt = $2 WHERE fence.attempt <= $2 RETURNING attempt, is_closed AS "isClosed", is_kept AS "isKept"`,
}

/** Takes the tenant's move up in this database: earlier movers can do nothing any more once this resolves. Null where a later one was here. */
export async function raiseFence(database: Database, tenant: string, fence: Fence): Promise<Fence | null> {
  const [raised] = await database.query<Fence>(raiseStatement, [tenant, fence.attempt, fence.isClosed, fence.isKept])
  return raised ?? null
}

/** As `act` is asked by a mover: nobody has taken the move up since. Rejects with `STORE_CONFLICT`. */
export function underFence<Result>(
  database: Database,
  { tenant, attempt }: { readonly tenant: string; readonly attempt: number },
  act: (session: Session) => Promise<Result>,
): Promise<Result> {
  return database.transaction(async (session) => {
    const rows = await session.query(
      { name: 'fence hold', text: 'SELECT FROM fence WHERE tenant = $1 AND attempt = $2 FOR UPDATE' },
      [tenant, attempt],
    )
    if (rows.length === 0) throw takenUp(tenant)
    return act(session)
  })
}

export function takenUp(tenant: string): TenonError {
  return new TenonError('STORE_CONFLICT', `another node has taken up the move of ${tenant}`)
}

/** Within `underFence`. */
export async function setFence(
  session: Pick<Session, 'query'>,
  tenant: string,
  { isClosed, isKept }: Omit<Fence, 'attempt'>,
): Promise<void> {
  await session.query({ name: 'fence set', text: 'UPDATE fence SET is_closed = $2, is_kept = $3 WHERE tenant = $1' }, [
    tenant,
    isClosed,
    isKept,
  ])
}
