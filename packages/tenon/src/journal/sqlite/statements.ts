import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { blockSize } from './schema.ts'

function selectLive(condition: string): string {
  return `SELECT number, tenant, run, flow, status, key, in_line, recoveries, parent_run, parent_step,
  (SELECT coalesce(max(seq), 0) FROM entry WHERE entry.run = run.number) AS last_seq,
  (SELECT count(*) FROM inbox WHERE inbox.run = run.number) AS inbox_count FROM run WHERE ${condition}`
}

const sql = {
  begin: 'BEGIN IMMEDIATE',
  beginReading: 'BEGIN',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  readMeta: 'SELECT epoch, clean, batch, last_number, merged, seed FROM meta',
  writeMeta: 'UPDATE meta SET batch = ?, last_number = ?, merged = ?',
  addTally: 'INSERT INTO tally VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET runs = runs + excluded.runs',
  insertZone: 'INSERT OR IGNORE INTO zone VALUES (?, ?, ?)',
  deleteZones: `DELETE FROM zone WHERE block < (SELECT coalesce(min(number), 0) / ${blockSize} FROM run)`,

  insertRun: `INSERT INTO run (number, tenant, run, flow, version, status, key, in_line, created_at, updated_at, recoveries, event, parent_run, parent_step, linked, input, held)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?9, ?9, 0, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  insertPlainRun: `INSERT INTO run (number, tenant, run, flow, version, status, in_line, created_at, updated_at, ended_at, recoveries, event, input)
    VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, 0, ?, ?)`,
  hasRun: 'SELECT 1 FROM run WHERE tenant = ? AND run = ?',
  // Sets no indexed column but those of an end: what it does not name, it need not look up.
  completeRun: 'UPDATE run SET status = 4, ended_at = ?1, updated_at = max(updated_at, ?1) WHERE number = ?2',
  setState:
    'UPDATE run SET status = ?, held = ?, wake_at = ?, code = ?, ended_at = ?, updated_at = max(updated_at, ?) WHERE number = ?',
  setRecoveries: 'UPDATE run SET recoveries = ? WHERE number = ?',
  leaveLine: 'UPDATE run SET in_line = 0 WHERE number = ?',
  headOfLine:
    'SELECT number, status FROM run WHERE tenant = ? AND flow = ? AND key = ? AND in_line = 1 ORDER BY number LIMIT 1',
  deleteRun: 'DELETE FROM run WHERE number = ?',
  endedRuns:
    'SELECT number, tenant, run, flow, status, event FROM run WHERE ended_at < ? AND ended_at IS NOT NULL AND in_line = 0 ORDER BY ended_at LIMIT ?',
  // The id alone will not do: once a run is deleted, another may take it.
  isStarted: 'SELECT 1 FROM run WHERE tenant = ? AND run = ? AND event = ?',

  insertEntry: 'INSERT INTO entry (run, seq, at, packed) VALUES (?, ?, ?, ?)',
  entriesAfter: 'SELECT seq, packed FROM entry WHERE run = ? AND seq > ? ORDER BY seq',
  deleteEntries: 'DELETE FROM entry WHERE number IN (SELECT number FROM entry WHERE run = ? LIMIT ?)',
  insertLeftover: 'INSERT INTO leftover VALUES (?)',
  leftovers: 'SELECT run FROM leftover LIMIT ?',
  deleteLeftover: 'DELETE FROM leftover WHERE run = ?',

  insertEvent: 'INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  eventByNumber: 'SELECT number, tenant, key, type, at, dedupe_until, starts, fields, body FROM event WHERE number = ?',
  eventsAfter: 'SELECT number, tenant, key FROM event WHERE number > ?',
  expiredEvents:
    'SELECT number, tenant, key, type, starts, fields FROM event WHERE expires <= ? ORDER BY expires LIMIT ?',
  expiredEvent: 'SELECT number, tenant, key, type, starts, fields FROM event WHERE number = ? AND expires IS NULL',
  holdEvent: 'UPDATE event SET expires = NULL WHERE number = ?',
  deleteEvent: 'DELETE FROM event WHERE number = ?',
  eventsOfHash: 'SELECT event FROM dedupe WHERE hash = ?',
  insertDedupe: 'INSERT OR IGNORE INTO dedupe VALUES (?, ?)',
  deleteDedupe: 'DELETE FROM dedupe WHERE hash = ? AND event = ?',
  insertReach: 'INSERT OR IGNORE INTO reach VALUES (?, ?, ?)',
  reachOfEvent: 'SELECT id FROM reach WHERE event = ? ORDER BY run',
  reachOfRun: 'SELECT event FROM reach WHERE run = ?',
  hasReached: 'SELECT 1 FROM reach JOIN run ON run.number = reach.run WHERE reach.event = ? LIMIT 1',
  isReached: 'SELECT 1 FROM reach WHERE event = ? AND run = ?',
  deleteReach: 'DELETE FROM reach WHERE event = ?',
  insertField: 'INSERT INTO field VALUES (?, ?)',
  deleteField: 'DELETE FROM field WHERE hash = ? AND event = ?',
  countField: 'SELECT count(*) AS count FROM (SELECT 1 FROM field WHERE hash = ? LIMIT 64)',
  eventsOfField: `SELECT event.number, tenant, key, type, at, dedupe_until, starts, fields, body FROM field JOIN event ON event.number = field.event
    WHERE hash = ? AND at >= ? AND field.event > ? ORDER BY field.event`,

  insertWait: 'INSERT INTO wait VALUES (?, ?, ?, ?, ?, ?, ?)',
  waitsOfHash: 'SELECT number, run, step, tenant, type, match FROM wait WHERE hash = ?',
  deleteWait: 'DELETE FROM wait WHERE run = ? AND step = ?',
  deleteWaits: 'DELETE FROM wait WHERE run = ?',
  insertShape: 'INSERT OR IGNORE INTO shape VALUES (?, ?, ?)',
  shapes: 'SELECT tenant, type, names FROM shape',

  insertInbox: 'INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?)',
  deleteInbox: 'DELETE FROM inbox WHERE position = ? AND run = ?',
  deleteInboxes: 'DELETE FROM inbox WHERE run = ?',
  insertMessage: 'INSERT OR IGNORE INTO message VALUES (?, ?)',
  hasMessage: 'SELECT 1 FROM message WHERE run = ? AND id = ?',
  deleteMessages: 'DELETE FROM message WHERE run = ?',

  insertValue: 'INSERT OR IGNORE INTO value (hash, body) VALUES (?, ?)',
  insertValueUse: 'INSERT OR IGNORE INTO value_use VALUES (?, ?)',
  valuesOf: 'SELECT hash FROM value_use WHERE owner = ?',
  deleteValueUses: 'DELETE FROM value_use WHERE owner = ?',
  deleteUnusedValue: 'DELETE FROM value WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM value_use WHERE hash = ?1)',
  closeCleanly: 'UPDATE meta SET clean = 1',
  setCursor: 'INSERT INTO cursor VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
}

export interface Statements extends Readonly<Record<keyof typeof sql, StatementSync>> {
  readonly liveById: StatementSync
  readonly liveByNumber: StatementSync
}

export function prepareAll(db: DatabaseSync): Statements {
  const texts = { ...sql, liveById: selectLive('tenant = ? AND run = ?'), liveByNumber: selectLive('number = ?') }
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, db.prepare(text)]),
  ) as unknown as Statements
}
