import type { RunRow } from '../journal.ts'
import { restoredOrNull } from './arrays.ts'
import { statusOf } from './schema.ts'

/** What `runRow` reads; after it, `joins`. */
export const columns = `run.number, tenant.tenant, run.id AS run, flow.flow, run.version, run.status, run.key, run.place IS NOT NULL AS "inLine", run.created_at AS "createdAt",
  run.updated_at AS "updatedAt", run.ended_at AS "endedAt", run.wake_at AS "wakeAt", run.code, run.recoveries, run.parent, run.parent_step AS "parentStep", run.linked,
  CASE WHEN run.input IS NULL THEN (SELECT key FROM event WHERE event.number = run.event) END AS "eventKey", last.seq AS "lastSeq", last.at AS "lastAt"`

export const joins = `JOIN flow ON flow.id = run.flow JOIN tenant ON tenant.id = run.tenant
  LEFT JOIN LATERAL (SELECT seq, at FROM entry WHERE entry.run = run.number ORDER BY after DESC LIMIT 1) last ON true`

export type Row = Omit<RunRow, 'status' | 'parent' | 'lastSeq'> & {
  readonly number: number
  readonly status: number
  readonly parent: string | null
  readonly parentStep: string | null
  readonly lastSeq: number | null
  readonly lastAt: number | null
}

export function runRow({ number: _number, lastAt, parentStep, ...row }: Row): RunRow {
  return {
    ...row,
    status: statusOf(row.status),
    key: restoredOrNull(row.key),
    code: restoredOrNull(row.code),
    lastSeq: row.lastSeq ?? 0,
    updatedAt: Math.max(row.updatedAt, lastAt ?? 0),
    parent: row.parent === null ? null : { run: row.parent, step: restoredOrNull(parentStep) ?? '' },
  }
}
