import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { mostCounted, noRuns } from '../counts.ts'
import type { LinePlace, RunCounts, RunPage, RunQuery } from '../history.ts'
import type { Cursor, FlowKey, InboxMessage, RunKey, RunRow, RunStatus } from '../journal.ts'
import { flowsWithReady, listRuns } from './list.ts'
import { columns, prepared, runRow, type Row } from './row.ts'
import { statusOf } from './schema.ts'

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

/** What the engine asks; answered by the writer between two batches. */
export interface WorkReads {
  ready(limit: number, except: ReadonlySet<string>, flow: string | null, without: readonly FlowKey[]): RunRow[]
  due(now: number, limit: number, except: ReadonlySet<string>): RunRow[]
  nextWake(): number | null
  load(keys: readonly RunKey[]): (PackedRun | null)[]
  inbox(key: RunKey): InboxMessage[]
  values(hashes: readonly string[]): (string | null)[]
  cursor(tenant: string, name: string): string | null
  cursors(beginning: string): Cursor[]
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
    ready(limit, except, flow, without) {
      const flows = flow === null ? flowsWithReady(statement) : [flow]
      const numbers = flows.flatMap((one) => collect(readyOf(statement, one, without), limit, except))
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
    cursors: (beginning) =>
      statement('SELECT tenant, name, value FROM cursor WHERE substr(name, 1, ?) = ?')
        .all(beginning.length, beginning)
        .map((row) => ({ ...row }) as unknown as Cursor),
    cursor: (tenant, name) =>
      (statement('SELECT value FROM cursor WHERE tenant = ? AND name = ?').get(tenant, name)?.['value'] as
        | string
        | undefined) ?? null,
  }
}

/** Those of one flow, oldest first. Where tenants are left out, the others are looked for only when they have any. */
function readyOf(statement: (sql: string) => StatementSync, flow: string, without: readonly FlowKey[]): Iterable<Row> {
  const tenants = without.filter((one) => one.flow === flow).map(({ tenant }) => tenant)
  const ready = 'SELECT number, run FROM run WHERE status = 0 AND flow = ?'
  if (tenants.length === 0) return statement(`${ready} ORDER BY number`).iterate(flow)
  const others = 'tenant NOT IN (SELECT value FROM json_each(?))'
  const left = JSON.stringify(tenants)
  const any = statement(`SELECT 1 FROM tally WHERE flow = ? AND status = 0 AND runs > 0 AND ${others}`).get(flow, left)
  return any === undefined ? [] : statement(`${ready} AND ${others} ORDER BY number`).iterate(flow, left)
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
  /** `runs` are those that the event of the query started or reached. */
  list(query: RunQuery, runs: readonly string[] | null): RunPage
  find(tenant: string, run: string): RunRow | null
  entries(tenant: string, run: string): PackedEntries[]
  counts(tenant: string): RunCounts
  countsByFlow(tenant: string): Readonly<Record<string, RunCounts>>
  line(tenant: string, run: string, limit: number): LinePlace
}

export function historyReads(db: DatabaseSync): HistoryReads {
  const statement = prepared(db)
  return {
    list: listRuns(statement),
    find(tenant, run) {
      const row = statement(`SELECT ${columns} FROM run WHERE tenant = ? AND run = ?`).get(tenant, run)
      return row === undefined ? null : runRow(row)
    },
    entries(tenant, run) {
      const row = statement('SELECT number FROM run WHERE tenant = ? AND run = ?').get(tenant, run)
      return row === undefined ? [] : entriesOf(statement, row['number'] as number)
    },
    counts(tenant) {
      const counts = noRuns()
      for (const row of statement(tallySql).iterate(tenant)) counts[statusOf(row['status'])] += row['runs'] as number
      return counts
    },
    countsByFlow(tenant) {
      const byFlow: Record<string, Record<RunStatus, number>> = {}
      for (const row of statement(tallySql).iterate(tenant))
        (byFlow[row['flow'] as string] ??= noRuns())[statusOf(row['status'])] = row['runs'] as number
      return byFlow
    },
    line(tenant, run, limit) {
      const row = statement('SELECT number, flow, key FROM run WHERE tenant = ? AND run = ? AND in_line = 1').get(
        tenant,
        run,
      )
      if (row === undefined) return { ahead: null, behind: [], behindCount: 0 }
      const line = 'FROM run WHERE tenant = ? AND flow = ? AND key = ? AND in_line = 1'
      const of = [tenant, row['flow'] as string, row['key'] as string]
      const after = [...of, row['number'] as number]
      const head = statement(`SELECT run ${line} ORDER BY number LIMIT 1`).get(...of)?.['run'] as string
      const behind = statement(`SELECT run, created_at ${line} AND number > ? ORDER BY number LIMIT ?`).all(
        ...after,
        limit,
      )
      const count = statement(`SELECT count(*) AS count FROM (SELECT 1 ${line} AND number > ? LIMIT ${mostCounted})`)
      return {
        ahead: head === run ? null : head,
        behind: behind.map((one) => ({ run: one['run'] as string, createdAt: one['created_at'] as number })),
        behindCount: count.get(...after)?.['count'] as number,
      }
    },
  }
}

const tallySql = 'SELECT flow, status, runs FROM tally WHERE tenant = ? AND runs > 0'
