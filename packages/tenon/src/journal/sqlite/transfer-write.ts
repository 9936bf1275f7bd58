import type { DatabaseSync } from 'node:sqlite'
import { encode } from '../../base/json.ts'
import type { CursorTransfer, EventTransfer, RunTransfer, TransferRow, ValueTransfer } from '../transfer.ts'
import { hashOf } from '../hash.ts'
import { prepared } from './row.ts'
import { blockSize, statusCode } from './schema.ts'
import { heldCode, type Store } from './store.ts'
import { hashesOfFields, hashOfMatch, matchText } from './waits.ts'

type Put = (sql: string, ...values: readonly (string | number | null)[]) => void

/** Takes rows in, one commit for all of them. What is there already stays as it is. */
export function transferWrites(db: DatabaseSync, seed: number): (rows: readonly TransferRow[]) => void {
  const statement = prepared(db)
  const put: Put = (sql, ...values) => void statement(`INSERT OR IGNORE INTO ${sql}`).run(...values)
  const store = { seed }
  return (rows) => {
    db.exec('BEGIN IMMEDIATE')
    try {
      for (const row of rows) write(put, row, store)
      db.exec('COMMIT')
    } finally {
      if (db.isTransaction) db.exec('ROLLBACK')
    }
  }
}

function write(put: Put, row: TransferRow, store: Pick<Store, 'seed'>): void {
  switch (row.kind) {
    case 'value':
      return writeValue(put, row)
    case 'event':
      return writeEvent(put, row, store)
    case 'run':
      return writeRun(put, row, store)
    default:
      return writeCursor(put, row)
  }
}

function writeValue(put: Put, { hash, body }: ValueTransfer): void {
  put('value (hash, body) VALUES (?, ?)', hash, body)
}

function writeCursor(put: Put, { tenant, name, value }: CursorTransfer): void {
  put('cursor VALUES (?, ?, ?)', tenant, name, value)
}

function writeEvent(put: Put, event: EventTransfer, store: Pick<Store, 'seed'>): void {
  const { number, tenant, key, type, at, dedupeUntil, expires, starts, fields, body } = event
  const text = fields === null ? null : encode(fields)
  put(
    'event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    number,
    tenant,
    key,
    type,
    at,
    dedupeUntil,
    expires,
    starts.join(' '),
    text,
    body,
  )
  put('dedupe VALUES (?, ?)', hashOf(`${tenant}\n${key}`, store.seed), number)
  for (const { number: run, run: id } of event.reached) put('reach VALUES (?, ?, ?)', number, run, id)
  if (fields !== null && event.isKept)
    for (const hash of hashesOfFields(store, { tenant, type, fields })) put('field VALUES (?, ?)', hash, number)
  for (const hash of event.values) put('value_use VALUES (?, ?)', number, hash)
}

function writeRun(put: Put, run: RunTransfer, store: Pick<Store, 'seed'>): void {
  const { number, tenant, status, parent } = run
  put(
    `run (number, tenant, run, flow, version, status, key, in_line, created_at, updated_at, ended_at, wake_at, code, recoveries, event, parent_run, parent_step, linked, input, held)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    number,
    tenant,
    run.run,
    run.flow,
    run.version,
    statusCode[status],
    run.key,
    run.inLine ? 1 : 0,
    run.createdAt,
    run.updatedAt,
    run.endedAt,
    run.wakeAt,
    run.code,
    run.recoveries,
    run.event,
    parent?.run ?? null,
    parent?.step ?? null,
    run.linked,
    run.input,
    heldCode(status),
  )
  put('zone VALUES (?, ?, ?)', tenant, run.flow, Math.floor(number / blockSize))
  for (const { seq, at, packed } of run.entries)
    put('entry (run, seq, at, packed) VALUES (?, ?, ?, ?)', number, seq, at, packed)
  for (const { position, kind, name, body, at } of run.inbox)
    put('inbox VALUES (?, ?, ?, ?, ?, ?)', position, number, kind, name, body, at)
  for (const { number: wait, step, type, match } of run.waits) {
    const names = Object.keys(match).sort()
    const text = matchText(match, names)
    put('shape VALUES (?, ?, ?)', tenant, type, encode(names))
    put(
      'wait VALUES (?, ?, ?, ?, ?, ?, ?)',
      wait,
      number,
      step,
      hashOfMatch(store, { tenant, type }, text),
      tenant,
      type,
      text,
    )
  }
  for (const id of run.messages) put('message VALUES (?, ?)', number, id)
  for (const hash of run.values) put('value_use VALUES (?, ?)', number, hash)
}

/** What the rows come to: counts, and from where numbers go on. */
export function completeTables(db: DatabaseSync, closedCleanly: boolean): void {
  db.exec(`BEGIN IMMEDIATE;
    DELETE FROM tally;
    INSERT INTO tally SELECT tenant, flow, status, count(*) FROM run GROUP BY tenant, flow, status;
    UPDATE meta SET clean = ${closedCleanly ? 1 : 0}, merged = (SELECT coalesce(max(number), 0) FROM event), last_number = (SELECT max(last) FROM (
      SELECT coalesce(max(number), 0) AS last FROM run UNION ALL SELECT coalesce(max(number), 0) FROM event
      UNION ALL SELECT coalesce(max(position), 0) FROM inbox UNION ALL SELECT coalesce(max(number), 0) FROM wait));
    COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`)
}
