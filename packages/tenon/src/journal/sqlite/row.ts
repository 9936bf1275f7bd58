import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { RunRow } from '../journal.ts'
import { statusOf } from './schema.ts'

/** What `runRow` reads, and the run's number. */
export const columns = `run.number, run.tenant, run.run, run.flow, run.version, run.status, run.key, run.in_line, run.created_at, run.updated_at, run.ended_at, run.wake_at,
  run.code, run.recoveries, run.parent_run, run.parent_step, run.linked,
  CASE WHEN run.input IS NULL THEN (SELECT key FROM event WHERE event.number = run.event) END AS event_key,
  (SELECT seq FROM entry WHERE entry.run = run.number ORDER BY seq DESC LIMIT 1) AS last_seq,
  (SELECT at FROM entry WHERE entry.run = run.number ORDER BY seq DESC LIMIT 1) AS last_at`

export type Row = Record<string, unknown>

export function runRow(row: Row): RunRow {
  const parent = row['parent_run'] as string | null
  return {
    tenant: row['tenant'] as string,
    run: row['run'] as string,
    flow: row['flow'] as string,
    version: row['version'] as number,
    status: statusOf(row['status']),
    key: row['key'] as string | null,
    inLine: row['in_line'] === 1,
    lastSeq: (row['last_seq'] as number | null) ?? 0,
    createdAt: row['created_at'] as number,
    updatedAt: Math.max(row['updated_at'] as number, (row['last_at'] as number | null) ?? 0),
    endedAt: row['ended_at'] as number | null,
    wakeAt: row['wake_at'] as number | null,
    code: row['code'] as string | null,
    recoveries: row['recoveries'] as number,
    eventKey: row['event_key'] as string | null,
    parent: parent === null ? null : { run: parent, step: row['parent_step'] as string },
    linked: row['linked'] as string | null,
  }
}

/** Prepares each text once. */
export function prepared(db: DatabaseSync): (sql: string) => StatementSync {
  const statements = new Map<string, StatementSync>()
  return (sql) => {
    let statement = statements.get(sql)
    if (statement === undefined) statements.set(sql, (statement = db.prepare(sql)))
    return statement
  }
}
