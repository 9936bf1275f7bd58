import type { Migration } from './migrations.ts'
import type { Database } from './postgres.ts'
import type { Session } from './session.ts'

/**
 * `copying`: the tenant works where it was. `resting`: its runs leave memory. `closed`: nothing is written for it. `switched`: it lives at the target, and the source is cleared. The last two are ends;
 * with `cancelling` what has arrived is deleted.
 */
export type MoveState = 'copying' | 'resting' | 'closed' | 'switched' | 'cancelling' | 'done' | 'cancelled'

/** A tenant on its way from one database to another. */
export interface Move {
  readonly tenant: string
  /** Names of databases. */
  readonly source: string
  readonly target: string
  readonly state: MoveState
  /** How often it was taken up. */
  readonly attempt: number
  /** Which time it is that nodes are asked to let go. */
  readonly round: number
  /** Who asked for it. */
  readonly by: string
  /** Of the beginning and of the latest change, in milliseconds since the epoch. */
  readonly begunAt: number
  readonly changedAt: number
  /** For people: what is being done, and how much of it is done. */
  readonly progress: MoveProgress
  /** What went wrong with the latest try; `null` for nothing. */
  readonly problem: string | null
  /** How numbers become those of the target. */
  readonly stretches: readonly Stretch[]
}

export interface MoveProgress {
  /** Which time it is that all is compared. */
  readonly pass?: number
  readonly compared?: number
  readonly copied?: number
  /** For how long nothing could be written for it. */
  readonly pausedMs?: number
}

/** Numbers beyond `after` up to `to` become greater by `shift`. */
export interface Stretch {
  readonly after: number
  readonly to: number
  readonly shift: number
}

/** Added to what `databases.ts` makes in each database; `move` is used in the first. */
export const moveMigration: Migration = {
  name: 'moves of tenants',
  needs: 2,
  sql: `
    CREATE TABLE fence (tenant TEXT COLLATE "C" PRIMARY KEY, attempt BIGINT NOT NULL, is_closed BOOLEAN NOT NULL, is_kept BOOLEAN NOT NULL);
    CREATE TABLE move (
      tenant TEXT COLLATE "C" PRIMARY KEY, source TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL, attempt BIGINT NOT NULL, round INTEGER NOT NULL, asked_by TEXT NOT NULL,
      begun TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), changed TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), held_until TIMESTAMPTZ, progress JSONB NOT NULL DEFAULT '{}', problem TEXT,
      stretches JSONB NOT NULL DEFAULT '[]'
    );
    CREATE TABLE move_rest (tenant TEXT COLLATE "C", round INTEGER, node INTEGER, PRIMARY KEY (tenant, round, node));`,
}

const ms = (column: string): string => `floor(extract(epoch FROM ${column}) * 1000)::bigint`
const columns = `tenant, source, target, state, attempt, round, asked_by AS by, ${ms('begun')} AS "begunAt", ${ms('changed')} AS "changedAt", progress, problem, stretches`

/** Moves that are under way, and those that have ended; each tenant's latest. */
export async function readMoves(database: Database, tenant: string | null): Promise<readonly Move[]> {
  return database.query(
    { name: 'move read', text: `SELECT ${columns} FROM move WHERE $1::text IS NULL OR tenant = $1 ORDER BY tenant` },
    [tenant],
  )
}

export interface MoveNews extends Pick<Move, 'tenant' | 'source' | 'state' | 'round'> {
  /** Where it lives now. */
  readonly place: string
}

/** What a node has to know: moves under way, and those that ended within the last so many milliseconds. */
export async function moveNews(database: Database, sinceMs: number): Promise<readonly MoveNews[]> {
  return database.query(
    {
      name: 'move news',
      text: `SELECT move.tenant, source, state, round, placement.place FROM move JOIN placement ON placement.tenant = move.tenant
        WHERE state NOT IN ('done', 'cancelled') OR changed > clock_timestamp() - $1::int * interval '1 millisecond'`,
    },
    [sinceMs],
  )
}

/** A node has let go of the tenant. */
export async function tellRest(database: Database, tenant: string, round: number, node: number): Promise<void> {
  await database.query(
    { name: 'move rest', text: 'INSERT INTO move_rest VALUES ($1, $2, $3) ON CONFLICT DO NOTHING' },
    [tenant, round, node],
  )
}

export async function nodesAtRest(database: Database, tenant: string, round: number): Promise<ReadonlySet<number>> {
  const rows = await database.query<{ node: number }>(
    { name: 'move rests', text: 'SELECT node FROM move_rest WHERE tenant = $1 AND round = $2' },
    [tenant, round],
  )
  return new Set(rows.map(({ node }) => node))
}

/** Begins a move; false where one is under way already. */
export async function beginMove(
  database: Database,
  { tenant, source, target, by }: Pick<Move, 'tenant' | 'source' | 'target' | 'by'>,
): Promise<boolean> {
  const rows = await database.query(
    {
      name: 'move begin',
      text: `INSERT INTO move (tenant, source, target, state, attempt, round, asked_by) VALUES ($1, $2, $3, 'copying', 0, 0, $4)
        ON CONFLICT (tenant) DO UPDATE SET source = $2, target = $3, state = 'copying', round = move.round + 1, asked_by = $4, begun = clock_timestamp(), changed = clock_timestamp(), held_until = NULL,
          progress = '{}', problem = NULL, stretches = '[]'
        WHERE move.state IN ('done', 'cancelled') RETURNING tenant`,
    },
    [tenant, source, target, by],
  )
  return rows.length > 0
}

/** One that nobody carries out, or whose mover gave no sign of life; `null` for none. */
export async function takeMove(database: Database, leaseMs: number): Promise<Move | null> {
  const [move] = await database.query<Move>(
    {
      name: 'move take',
      text: `UPDATE move SET attempt = attempt + 1, held_until = clock_timestamp() + $1::int * interval '1 millisecond' WHERE tenant = (
          SELECT tenant FROM move WHERE state NOT IN ('done', 'cancelled') AND (held_until IS NULL OR held_until < clock_timestamp()) ORDER BY begun LIMIT 1 FOR UPDATE SKIP LOCKED
        ) RETURNING ${columns}`,
    },
    [leaseMs],
  )
  return move ?? null
}

export interface MoveChange extends Partial<Pick<Move, 'state' | 'round' | 'progress' | 'problem' | 'stretches'>> {
  /** How long its mover holds it from now on, in milliseconds; 0 lets it go. */
  readonly leaseMs: number
}

/** Where it stands now; `null` where another has taken it up. */
export async function changeMove(
  asked: Pick<Session, 'query'>,
  { tenant, attempt }: Pick<Move, 'tenant' | 'attempt'>,
  { leaseMs, state, round, progress, problem, stretches }: MoveChange,
): Promise<Move | null> {
  const [move] = await asked.query<Move>(
    {
      name: 'move change',
      text: `UPDATE move SET state = coalesce($4, state), round = coalesce($5, round), progress = progress || coalesce($6::jsonb, '{}'), problem = CASE WHEN $7 THEN $8 ELSE problem END,
          stretches = coalesce($9::jsonb, stretches), held_until = clock_timestamp() + $3::int * interval '1 millisecond', changed = CASE WHEN $4 IS NULL THEN changed ELSE clock_timestamp() END
        WHERE tenant = $1 AND attempt = $2 RETURNING ${columns}`,
    },
    [
      tenant,
      attempt,
      leaseMs,
      state ?? null,
      round ?? null,
      progress === undefined ? null : JSON.stringify(progress),
      problem !== undefined,
      problem ?? null,
      stretches === undefined ? null : JSON.stringify(stretches),
    ],
  )
  return move ?? null
}

/** Somebody does not want it any more; false where it is too late, or none is under way. */
export async function cancelMove(database: Database, tenant: string): Promise<boolean> {
  const rows = await database.query(
    {
      name: 'move cancel',
      text: `UPDATE move SET state = 'cancelling', attempt = attempt + 1, held_until = NULL, changed = clock_timestamp()
        WHERE tenant = $1 AND state IN ('copying', 'resting', 'closed') RETURNING tenant`,
    },
    [tenant],
  )
  return rows.length > 0
}

/** One transaction: from now on it lives at the target. Null where another has taken the move up. */
export function switchPlace(database: Database, move: Move, change: MoveChange): Promise<Move | null> {
  return database.transaction(async (session) => {
    const changed = await changeMove(session, move, { ...change, state: 'switched' })
    if (changed !== null)
      await session.query({ name: 'placement move', text: 'UPDATE placement SET place = $2 WHERE tenant = $1' }, [
        move.tenant,
        move.target,
      ])
    return changed
  })
}
