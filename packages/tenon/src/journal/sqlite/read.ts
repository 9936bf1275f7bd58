import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { InboxMessage, RunKey, RunQuery, RunRow, RunStatus } from '../journal.ts'
import { heldStatuses, statusCode, statusOf } from './schema.ts'

/** A loaded run with its entries still packed: they are unpacked on the other side, which makes them cheaper to send. */
export interface PackedRun {
  readonly row: RunRow
  readonly input: string
  readonly entries: readonly PackedEntries[]
  readonly inbox: readonly InboxMessage[]
}

export interface PackedEntries {
  readonly seq: number
  readonly packed: string
}

const columns = `run.number, run.tenant, run.run, run.flow, run.version, run.status, run.key, run.in_line, run.created_at, run.updated_at, run.ended_at, run.wake_at,
  run.code, run.recoveries, run.parent_run, run.parent_step, run.linked,
  CASE WHEN run.input IS NULL THEN (SELECT key FROM event WHERE event.number = run.event) END AS event_key,
  (SELECT seq FROM entry WHERE entry.run = run.number ORDER BY seq DESC LIMIT 1) AS last_seq,
  (SELECT at FROM entry WHERE entry.run = run.number ORDER BY seq DESC LIMIT 1) AS last_at`

type Row = Record<string, unknown>

function runRow(row: Row): RunRow {
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
function prepared(db: DatabaseSync): (sql: string) => StatementSync {
  const statements = new Map<string, StatementSync>()
  return (sql) => {
    let statement = statements.get(sql)
    if (statement === undefined) statements.set(sql, (statement = db.prepare(sql)))
    return statement
  }
}

/** What the engine asks; answered by the writer between two batches. */
export interface WorkReads {
  ready(limit: number, except: ReadonlySet<string>, flow: string | null): RunRow[]
  due(now: number, limit: number, except: ReadonlySet<string>): RunRow[]
  nextWake(): number | null
  load(keys: readonly RunKey[]): (PackedRun | null)[]
  inbox(key: RunKey): InboxMessage[]
  values(hashes: readonly string[]): (string | null)[]
  cursor(tenant: string, name: string): string | null
}

export function workReads(db: DatabaseSync): WorkReads {
  const statement = prepared(db)
  const byNumber = (number: number): RunRow =>
    runRow(statement(`SELECT ${columns} FROM run WHERE number = ?`).get(number) ?? {})
  const inboxOf = (number: number): InboxMessage[] =>
    statement('SELECT position, kind, name, body, at FROM inbox WHERE run = ? ORDER BY position')
      .all(number)
      .map((row) => ({ ...row }) as unknown as InboxMessage)

  return {
    ready(limit, except, flow) {
      const flows = flow === null ? flowsWithReady(statement) : [flow]
      const ready = 'SELECT number, run FROM run WHERE status = 0 AND flow = ? ORDER BY number'
      const numbers = flows.flatMap((one) => collect(statement(ready).iterate(one), limit, except))
      return numbers
        .sort((a, b) => a - b)
        .slice(0, limit)
        .map(byNumber)
    },
    due(now, limit, except) {
      const rows = statement(
        'SELECT number, run FROM run WHERE wake_at IS NOT NULL AND wake_at <= ? ORDER BY wake_at, number',
      ).iterate(now)
      return collect(rows, limit, except).map(byNumber)
    },
    nextWake: () =>
      (statement('SELECT min(wake_at) AS at FROM run WHERE wake_at IS NOT NULL').get()?.['at'] as
        | number
        | null
        | undefined) ?? null,
    load: (keys) =>
      keys.map((key) => {
        const sql = `SELECT ${columns}, coalesce(run.input, (SELECT body FROM event WHERE event.number = run.event), '') AS input FROM run WHERE tenant = ? AND run = ?`
        const row = statement(sql).get(key.tenant, key.run)
        if (row === undefined) return null
        const number = row['number'] as number
        return {
          row: runRow(row),
          input: row['input'] as string,
          entries: entriesOf(statement, number),
          inbox: inboxOf(number),
        }
      }),
    inbox(key) {
      const row = statement('SELECT number FROM run WHERE tenant = ? AND run = ?').get(key.tenant, key.run)
      return row === undefined ? [] : inboxOf(row['number'] as number)
    },
    values: (hashes) =>
      hashes.map(
        (hash) =>
          (statement('SELECT body FROM value WHERE hash = ?').get(hash)?.['body'] as string | undefined) ?? null,
      ),
    cursor: (tenant, name) =>
      (statement('SELECT value FROM cursor WHERE tenant = ? AND name = ?').get(tenant, name)?.['value'] as
        | string
        | undefined) ?? null,
  }
}

function flowsWithReady(statement: (sql: string) => StatementSync): string[] {
  const flows: string[] = []
  // One look-up for each flow; SELECT DISTINCT would read every ready run.
  const next = statement('SELECT min(flow) AS flow FROM run WHERE status = 0 AND flow > ?')
  for (let flow = ''; ; flows.push(flow)) {
    const found = next.get(flow)?.['flow']
    if (typeof found !== 'string') return flows
    flow = found
  }
}

function collect(rows: Iterable<Row>, limit: number, except: ReadonlySet<string>): number[] {
  const numbers: number[] = []
  if (limit <= 0) return numbers
  for (const row of rows) {
    if (except.has(row['run'] as string)) continue
    numbers.push(row['number'] as number)
    if (numbers.length >= limit) break
  }
  return numbers
}

function entriesOf(statement: (sql: string) => StatementSync, number: number): PackedEntries[] {
  return statement('SELECT seq, packed FROM entry WHERE run = ? ORDER BY seq').all(number) as unknown as PackedEntries[]
}

/** What people ask; answered by a thread of its own, never on the way of a run. */
export interface HistoryReads {
  list(query: RunQuery): RunRow[]
  find(tenant: string, run: string): RunRow | null
  entries(tenant: string, run: string): PackedEntries[]
  counts(tenant: string): Record<RunStatus, number>
}

export function historyReads(db: DatabaseSync): HistoryReads {
  const statement = prepared(db)
  return {
    list({ tenant, flow, status, key, before, limit }) {
      const conditions = ['tenant = ?']
      const values: SQLInputValue[] = [tenant]
      const add = (condition: string, value: SQLInputValue | undefined): void => {
        if (value === undefined) return
        conditions.push(condition)
        values.push(value)
      }
      // Written as a number: only so does the planner see that a partial index fits.
      if (status !== undefined)
        conditions.push(`${heldStatuses.has(status) ? 'held' : 'status'} = ${statusCode[status]}`)
      add('flow = ?', flow)
      add('key = ?', key)
      add('run < ?', before)
      return statement(`SELECT ${columns} FROM run WHERE ${conditions.join(' AND ')} ORDER BY run DESC LIMIT ?`)
        .all(...values, limit)
        .map(runRow)
    },
    find(tenant, run) {
      const row = statement(`SELECT ${columns} FROM run WHERE tenant = ? AND run = ?`).get(tenant, run)
      return row === undefined ? null : runRow(row)
    },
    entries(tenant, run) {
      const row = statement('SELECT number FROM run WHERE tenant = ? AND run = ?').get(tenant, run)
      return row === undefined ? [] : entriesOf(statement, row['number'] as number)
    },
    counts(tenant) {
      const counts: Record<RunStatus, number> = {
        ready: 0,
        queued: 0,
        waiting: 0,
        parked: 0,
        completed: 0,
        failed: 0,
        cancelled: 0,
      }
      for (const row of statement('SELECT status, runs FROM tally WHERE tenant = ?').all(tenant))
        counts[statusOf(row['status'])] = row['runs'] as number
      return counts
    },
  }
}
