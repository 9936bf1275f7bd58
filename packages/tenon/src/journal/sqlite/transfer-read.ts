import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { decode, parseJson } from '../../base/json.ts'
import type { InboxMessage } from '../journal.ts'
import { pageBytes, pageRows, type EventTransfer, type RunTransfer, type TransferRow } from '../transfer.ts'
import { startsOf } from './deliver.ts'
import { prepared, type Row } from './row.ts'
import { statusOf } from './schema.ts'
import { hashesOfFields } from './waits.ts'

export interface Page {
  readonly rows: readonly TransferRow[]
  readonly last: string
}

type Statement = (sql: string) => StatementSync

/** Reads pages of a journal that nobody writes. */
export function transferReads(
  db: DatabaseSync,
  seed: number,
): (kind: TransferRow['kind'], after: string | null) => Page | null {
  const statement = prepared(db)
  const kinds: Readonly<Record<TransferRow['kind'], (after: string | null) => Page | null>> = {
    value: (after) =>
      pageOf(
        statement('SELECT hash, body FROM value WHERE hash > ? ORDER BY hash').iterate(after ?? ''),
        (row) => ({ kind: 'value', hash: row['hash'] as string, body: row['body'] as string }),
        (row) => row['hash'] as string,
      ),
    event: (after) =>
      pageOf(
        statement('SELECT * FROM event WHERE number > ? ORDER BY number').iterate(Number(after ?? 0)),
        (row) => eventOf(statement, row, seed),
        (row) => String(row['number']),
      ),
    run: (after) =>
      pageOf(
        statement('SELECT * FROM run WHERE number > ? ORDER BY number').iterate(Number(after ?? 0)),
        (row) => runOf(statement, row),
        (row) => String(row['number']),
      ),
    cursor(after) {
      const sql = 'SELECT tenant, name, value FROM cursor WHERE (tenant, name) > (?, ?) ORDER BY tenant, name'
      const [tenant = '', name = ''] = after?.split(' ') ?? []
      return pageOf(
        statement(sql).iterate(tenant, name),
        (row) => ({ kind: 'cursor', ...(row as { tenant: string; name: string; value: string }) }),
        (row) => `${row['tenant'] as string} ${row['name'] as string}`,
      )
    },
  }
  return (kind, after) => kinds[kind](after)
}

function pageOf(found: Iterable<Row>, toRow: (row: Row) => TransferRow, placeOf: (row: Row) => string): Page | null {
  const rows: TransferRow[] = []
  let bytes = 0
  let last = ''
  for (const one of found) {
    const row = toRow(one)
    rows.push(row)
    bytes += sizeOf(row)
    last = placeOf(one)
    if (bytes >= pageBytes || rows.length >= pageRows) break
  }
  return rows.length === 0 ? null : { rows, last }
}

function sizeOf(row: TransferRow): number {
  if (row.kind === 'cursor') return row.value.length
  if (row.kind !== 'run') return row.body.length
  const entries = row.entries.reduce((sum, { packed }) => sum + packed.length, 0)
  return row.inbox.reduce((sum, { body }) => sum + body.length, entries + (row.input?.length ?? 0))
}

function eventOf(statement: Statement, row: Row, seed: number): EventTransfer {
  const number = row['number'] as number
  const { tenant, type } = row as { tenant: string; type: string }
  const fields = row['fields'] === null ? null : (decode(row['fields'] as string) as Record<string, string>)
  // Of those that are kept, all fields are noted.
  const [hash] = fields === null ? [] : hashesOfFields({ seed }, { tenant, type, fields })
  const isField = statement('SELECT 1 FROM field WHERE hash = ? AND event = ?')
  const reached = statement('SELECT run AS number, id AS run FROM reach WHERE event = ? ORDER BY run')
  return {
    kind: 'event',
    number,
    tenant,
    key: row['key'] as string,
    type,
    at: row['at'] as number,
    dedupeUntil: row['dedupe_until'] as number,
    expires: row['expires'] as number | null,
    fields,
    isKept: hash !== undefined && isField.get(hash, number) !== undefined,
    body: row['body'] as string,
    starts: startsOf({ starts: row['starts'] as string }),
    reached: reached.all(number).map((one) => ({ ...one }) as { number: number; run: string }),
    values: valuesOf(statement, number),
  }
}

function valuesOf(statement: Statement, owner: number): string[] {
  const rows = statement('SELECT hash FROM value_use WHERE owner = ? ORDER BY hash').all(owner)
  return rows.map(({ hash }) => hash as string)
}

function runOf(statement: Statement, row: Row): RunTransfer {
  const number = row['number'] as number
  const text = (name: string): string | null => row[name] as string | null
  const parent = text('parent_run')
  const all = (sql: string): Row[] => statement(sql).all(number)
  return {
    kind: 'run',
    number,
    tenant: row['tenant'] as string,
    run: row['run'] as string,
    flow: row['flow'] as string,
    version: row['version'] as number,
    status: statusOf(row['status']),
    key: text('key'),
    inLine: row['in_line'] === 1,
    createdAt: row['created_at'] as number,
    updatedAt: row['updated_at'] as number,
    endedAt: row['ended_at'] as number | null,
    wakeAt: row['wake_at'] as number | null,
    code: text('code'),
    recoveries: row['recoveries'] as number,
    event: row['event'] as number | null,
    parent: parent === null ? null : { run: parent, step: text('parent_step') ?? '' },
    linked: text('linked'),
    input: text('input'),
    entries: all('SELECT seq, at, packed FROM entry WHERE run = ? ORDER BY seq').map(
      (one) => ({ ...one }) as RunTransfer['entries'][number],
    ),
    inbox: all('SELECT position, kind, name, body, at FROM inbox WHERE run = ? ORDER BY position').map(
      (one) => ({ ...one }) as unknown as InboxMessage,
    ),
    waits: all('SELECT number, step, type, match FROM wait WHERE run = ? ORDER BY number').map((one) => ({
      number: one['number'] as number,
      step: one['step'] as string,
      type: one['type'] as string,
      match: Object.fromEntries(parseJson(one['match'] as string) as [string, string][]),
    })),
    messages: all('SELECT id FROM message WHERE run = ? ORDER BY id').map(({ id }) => id as string),
    values: valuesOf(statement, number),
  }
}
