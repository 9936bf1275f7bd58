import type { Clock } from '../base/clock.ts'
import type { Database } from './postgres.ts'

/** What stands in a database and about it, for whoever looks after it. */
export interface DatabaseInspection {
  /** Such as `16.4`. */
  readonly version: string
  readonly bytes: number
  /** How far its clock is ahead of ours, to within half of `roundTripMs`. */
  readonly aheadMs: number
  readonly roundTripMs: number
  /** Connections that are left for roles like ours. */
  readonly connectionsLeft: number
  /** False: a commit that returned may be lost when the machine fails. */
  readonly syncs: boolean
  readonly fullPages: boolean
  /** Empty where commits wait for no standby. */
  readonly synchronousStandbys: string
  /** Whether this role may make the schema `tenon`, or has it already. */
  readonly mayBegin: boolean
}

const text = `
  SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS bytes,
    EXTRACT(EPOCH FROM clock_timestamp())::float8 * 1000 AS now,
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int AS "connectionsLeft",
    current_setting('fsync') = 'on' AS syncs, current_setting('full_page_writes') = 'on' AS "fullPages",
    current_setting('synchronous_standby_names') AS "synchronousStandbys",
    CASE WHEN to_regnamespace('tenon') IS NULL THEN has_database_privilege(current_database(), 'CREATE') ELSE has_schema_privilege('tenon', 'USAGE') END AS "mayBegin"`

/** Changes nothing. */
export async function inspectDatabase(database: Database, clock: Clock): Promise<DatabaseInspection> {
  // The first question also connects.
  await database.query('SELECT 1')
  const before = clock.now()
  const [row] = await database.query<Omit<DatabaseInspection, 'aheadMs' | 'roundTripMs'> & { readonly now: number }>(
    text,
  )
  const roundTripMs = clock.now() - before
  if (row === undefined) throw new Error('the database did not answer')
  const { now, ...rest } = row
  return { ...rest, roundTripMs, aheadMs: Math.round(now - (before + roundTripMs / 2)) }
}
