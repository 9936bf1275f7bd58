import type { Dialect } from './dialect.ts'

export type StatementName =
  | 'get'
  | 'list'
  | 'listAll'
  | 'versionOf'
  | 'hold'
  | 'advance'
  | 'put'
  | 'changes'
  | 'ofTenant'
  | 'forget'
  | 'audit'
  | 'auditRows'
  | 'auditHash'
  | 'auditHead'
  | 'chainHead'
  | 'addAudit'
  | 'setHead'
  | 'allDocuments'
  | 'allAudit'
  | 'takeDocument'
  | 'takeAudit'

/** All that the store asks of a database, `?` for each value. A document that was deleted stays as a row without version, for `changes`. */
const texts = ({ forUpdate, now }: Dialect): Readonly<Record<StatementName, string>> => ({
  get: 'SELECT tenant, kind, id, version, body FROM document WHERE tenant = ? AND kind = ? AND id = ? AND version IS NOT NULL',
  list: 'SELECT tenant, kind, id, version, body FROM document WHERE tenant = ? AND kind = ? AND id > ? AND version IS NOT NULL ORDER BY id LIMIT ?',
  listAll:
    'SELECT tenant, kind, id, version, body FROM document WHERE kind = ? AND (tenant, id) > (?, ?) AND version IS NOT NULL ORDER BY tenant, id LIMIT ?',
  versionOf: 'SELECT version FROM document WHERE tenant = ? AND kind = ? AND id = ?',
  // One row for all writers: who holds it goes before who waits for it, so that positions become visible in their order.
  hold: `SELECT value AS position, ${now} AS now FROM counter WHERE name = 'position'${forUpdate}`,
  advance: "UPDATE counter SET value = ? WHERE name = 'position'",
  put: `INSERT INTO document (tenant, kind, id, version, body, position, at) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (tenant, kind, id) DO UPDATE SET version = excluded.version, body = excluded.body, position = excluded.position, at = excluded.at`,
  changes: 'SELECT tenant, kind, id, version, position FROM document WHERE position > ? ORDER BY position LIMIT ?',
  ofTenant: 'SELECT kind, id FROM document WHERE tenant = ? AND version IS NOT NULL ORDER BY position',
  forget: 'DELETE FROM document WHERE version IS NULL AND at < ?',
  audit: 'SELECT number, body, hash FROM audit WHERE tenant = ? AND number < ? ORDER BY number DESC LIMIT ?',
  auditRows: 'SELECT number, body, hash FROM audit WHERE tenant = ? AND number > ? ORDER BY number LIMIT ?',
  auditHash: 'SELECT hash FROM audit WHERE tenant = ? AND number = ?',
  auditHead: 'SELECT number, hash FROM audit_head WHERE tenant = ?',
  // In one statement, so that no entry comes between the two.
  chainHead:
    'SELECT asked.greatest, audit_head.number, audit_head.hash FROM (SELECT COALESCE(MAX(number), 0) AS greatest FROM audit WHERE tenant = ?) AS asked LEFT JOIN audit_head ON tenant = ?',
  addAudit: 'INSERT INTO audit (tenant, number, body, hash) VALUES (?, ?, ?, ?)',
  setHead: `INSERT INTO audit_head (tenant, number, hash) VALUES (?, ?, ?)
      ON CONFLICT (tenant) DO UPDATE SET number = excluded.number, hash = excluded.hash`,
  allDocuments:
    'SELECT tenant, kind, id, version, body, position, at FROM document WHERE position > ? ORDER BY position LIMIT ?',
  allAudit:
    'SELECT tenant, number, body, hash FROM audit WHERE (tenant, number) > (?, ?) ORDER BY tenant, number LIMIT ?',
  takeDocument:
    'INSERT INTO document (tenant, kind, id, version, body, position, at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  takeAudit: 'INSERT INTO audit (tenant, number, body, hash) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
})

export function statementsOf(dialect: Dialect): Readonly<Record<StatementName, string>> {
  const entries = Object.entries(texts(dialect)).map(([name, text]) => {
    let place = 0
    return [name, text.replaceAll('?', () => dialect.placeholder((place += 1)))]
  })
  return Object.fromEntries(entries) as Record<StatementName, string>
}
