import type { SQLInputValue, StatementSync } from 'node:sqlite'
import type { RunQuery } from '../history.ts'
import type { RunStatus } from '../journal.ts'
import type { Position } from '../page.ts'
import { statusCode } from './schema.ts'

export type Statement = (sql: string) => StatementSync

/** Clocks of those who write differ by less; after a clock was set back by more, runs of the time in between may be missed. */
const clockSlackMs = 60_000

/** Part of a `WHERE`, with its values. */
export interface Condition {
  readonly sql: string
  readonly values: readonly SQLInputValue[]
}

/** Runs with numbers from `low` up to, but without, `below`. */
export interface Range {
  readonly low: number
  readonly below: number
}

export interface Wanted {
  readonly position: Position | null
  readonly runs: readonly string[] | null
}

/** A page, and where it ends. */
export interface Numbers {
  readonly numbers: readonly number[]
  readonly next: Position | null
}

/** What a run may be compared by when no index says it. */
export const compared = 'number, tenant, run, flow, status, key, code, created_at'

/** What the flow and the statuses leave to be asked of each run. */
export function restOf({ tenant, key, since, until }: RunQuery): Condition {
  return all([
    { sql: 'tenant = ?', values: [tenant] },
    ...(key === undefined ? [] : [{ sql: 'key = ?', values: [key] }]),
    ...(since === undefined ? [] : [{ sql: 'created_at >= ?', values: [since] }]),
    ...(until === undefined ? [] : [{ sql: 'created_at < ?', values: [until] }]),
  ])
}

export function all(conditions: readonly Condition[]): Condition {
  return {
    sql: conditions.map(({ sql }) => sql).join(' AND '),
    values: conditions.flatMap(({ values }) => values),
  }
}

export function statusIs(statuses: readonly RunStatus[]): Condition {
  return { sql: `status IN (${statuses.map((status) => statusCode[status]).join(', ')})`, values: [] }
}

export function ofRuns(query: RunQuery, runs: readonly string[]): Condition {
  const among = 'tenant = ? AND run IN (SELECT value FROM json_each(?))'
  return all([{ sql: among, values: [query.tenant, JSON.stringify(runs)] }, filtersOf(query)])
}

export function filtersOf({ tenant, flow, status, code }: RunQuery): Condition {
  return all([
    { sql: 'tenant = ?', values: [tenant] },
    ...(flow === undefined ? [] : [{ sql: 'flow = ?', values: [flow] }]),
    ...(status === undefined ? [] : [statusIs(status)]),
    ...(code === undefined ? [] : [{ sql: 'code = ?', values: [code] }]),
  ])
}

/** Numbers rise with time: where a time begins is found by halving. */
export function timeRange(statement: Statement, { since, until }: RunQuery): Range {
  const low = since === undefined ? 0 : firstSince(statement, since - clockSlackMs)
  const below = until === undefined ? Number.MAX_SAFE_INTEGER : firstSince(statement, until + clockSlackMs)
  return { low, below }
}

function firstSince(statement: Statement, time: number): number {
  // One end at a time: asked for both, SQLite reads all that lies between.
  const end = (which: 'min' | 'max'): number =>
    (statement(`SELECT ${which}(number) AS number FROM run`).get()?.['number'] as number | null) ?? 0
  const at = statement('SELECT number, created_at FROM run WHERE number >= ? ORDER BY number LIMIT 1')
  let low = end('min')
  let high = end('max') + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const row = at.get(middle)
    if (row === undefined || (row['created_at'] as number) >= time) high = middle
    else low = (row['number'] as number) + 1
  }
  return low
}
