import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** In words that PostgreSQL takes, too. A document that was deleted stays as a row without version, for `changes`. */
const texts = {
  get: 'SELECT tenant, kind, id, version, body FROM document WHERE tenant = ? AND kind = ? AND id = ? AND version IS NOT NULL',
  list: 'SELECT tenant, kind, id, version, body FROM document WHERE tenant = ? AND kind = ? AND id > ? AND version IS NOT NULL ORDER BY id LIMIT ?',
  listAll:
    'SELECT tenant, kind, id, version, body FROM document WHERE kind = ? AND (tenant, id) > (?, ?) AND version IS NOT NULL ORDER BY tenant, id LIMIT ?',
  versionOf: 'SELECT version FROM document WHERE tenant = ? AND kind = ? AND id = ?',
  // One row for all writers: who holds it goes before who waits for it, so that positions become visible in their order.
  advance: "UPDATE counter SET value = value + 1 WHERE name = 'position' RETURNING value",
  position: "SELECT value FROM counter WHERE name = 'position'",
  put: `INSERT INTO document (tenant, kind, id, version, body, position, at) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (tenant, kind, id) DO UPDATE SET version = excluded.version, body = excluded.body, position = excluded.position, at = excluded.at`,
  changes: 'SELECT tenant, kind, id, version, position FROM document WHERE position > ? ORDER BY position LIMIT ?',
  ofTenant: 'SELECT kind, id FROM document WHERE tenant = ? AND version IS NOT NULL ORDER BY position',
  forget: 'DELETE FROM document WHERE version IS NULL AND at < ?',
  audit: 'SELECT number, body, hash FROM audit WHERE tenant = ? AND number < ? ORDER BY number DESC LIMIT ?',
  auditRows: 'SELECT number, body, hash FROM audit WHERE tenant = ? AND number > ? ORDER BY number LIMIT ?',
  auditHash: 'SELECT hash FROM audit WHERE tenant = ? AND number = ?',
  auditHead: 'SELECT number, hash FROM audit_head WHERE tenant = ?',
  greatest: 'SELECT COALESCE(MAX(number), 0) AS number FROM audit WHERE tenant = ?',
  addAudit: 'INSERT INTO audit (tenant, number, body, hash) VALUES (?, ?, ?, ?)',
  setHead: `INSERT INTO audit_head (tenant, number, hash) VALUES (?, ?, ?)
    ON CONFLICT (tenant) DO UPDATE SET number = excluded.number, hash = excluded.hash`,
} as const

export type Statements = Readonly<Record<keyof typeof texts, StatementSync>>

export function prepareAll(db: DatabaseSync): Statements {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, db.prepare(text)]),
  ) as unknown as Statements
}
