import type { Database } from '../postgres/postgres.ts'
import type { Session } from '../postgres/session.ts'
import { ofInstallation } from './placed/installation.ts'
import type { AuditHead } from './store.ts'

type Asked = Pick<Session, 'query'>

export interface TenantDocument {
  readonly kind: string
  readonly id: string
  readonly version: number
  readonly body: string
  readonly at: number
}

export interface TenantEntry {
  readonly number: number
  readonly body: string
  readonly hash: string
}

/** What one tenant has in the store, in figures that are the same wherever it is. */
export interface StoreDigest {
  readonly documents: number
  readonly entries: number
  readonly sum: string
}

const pageRows = 100
const own = [...ofInstallation].map((kind) => `'${kind}'`).join(', ')
/** What is the installation's does not move with the tenant that it names. */
const theirs = `tenant = $1 AND kind NOT IN (${own})`

/** One tenant's part of the store in a database. What is written here is told by `changes`, what is deleted is not. */
export const tenantDocuments: {
  /** Whoever writes waits until the transaction ends, and sees then what it changed. */
  hold(session: Asked): Promise<void>
  head(asked: Asked, tenant: string): Promise<AuditHead | null>
  entries(asked: Asked, tenant: string, after: number): Promise<readonly TenantEntry[]>
  putEntries(session: Asked, tenant: string, entries: readonly TenantEntry[]): Promise<void>
  /** The next ones by kind and id. */
  documents(asked: Asked, tenant: string, after: TenantDocument | undefined): Promise<readonly TenantDocument[]>
  putDocuments(session: Asked, tenant: string, documents: readonly TenantDocument[]): Promise<void>
  removeDocuments(session: Asked, tenant: string): Promise<void>
  removeEntries(session: Asked, tenant: string): Promise<void>
  digest(database: Database, tenant: string): Promise<StoreDigest>
} = {
  async hold(session) {
    await session.query("SELECT value FROM counter WHERE name = 'position' FOR UPDATE")
  },
  async head(asked, tenant) {
    const [head] = await asked.query<AuditHead>(
      { name: 'tenant head', text: 'SELECT number, hash FROM audit_head WHERE tenant = $1' },
      [tenant],
    )
    return head ?? null
  },
  entries: (asked, tenant, after) =>
    asked.query(
      {
        name: 'tenant entries',
        text: 'SELECT number, body, hash FROM audit WHERE tenant = $1 AND number > $2 ORDER BY number LIMIT $3',
      },
      [tenant, after, pageRows],
    ),
  async putEntries(session, tenant, entries) {
    const last = entries.at(-1)
    if (last === undefined) return
    await session.query(
      {
        name: 'tenant put entries',
        text: 'INSERT INTO audit (tenant, number, body, hash) SELECT $1, number, body, hash FROM json_to_recordset($2::json) AS r (number bigint, body text, hash text)',
      },
      [tenant, JSON.stringify(entries)],
    )
    await session.query(
      {
        name: 'tenant put head',
        text: 'INSERT INTO audit_head (tenant, number, hash) VALUES ($1, $2, $3) ON CONFLICT (tenant) DO UPDATE SET number = excluded.number, hash = excluded.hash',
      },
      [tenant, last.number, last.hash],
    )
  },
  documents: (asked, tenant, after) =>
    asked.query(
      {
        name: 'tenant documents',
        text: `SELECT kind, id, version, body, at FROM document WHERE ${theirs} AND version IS NOT NULL AND (kind, id) > ($2, $3) ORDER BY kind, id LIMIT $4`,
      },
      [tenant, after?.kind ?? '', after?.id ?? '', pageRows],
    ),
  async putDocuments(session, tenant, documents) {
    await session.query(
      {
        name: 'tenant put documents',
        text: `INSERT INTO document (tenant, kind, id, version, body, position, at)
          SELECT $1, kind, id, version, body, (SELECT value FROM counter WHERE name = 'position') + row_number() OVER (ORDER BY kind, id), at
          FROM json_to_recordset($2::json) AS r (kind text, id text, version bigint, body text, at bigint)`,
      },
      [tenant, JSON.stringify(documents)],
    )
    await session.query(
      { name: 'tenant advance', text: "UPDATE counter SET value = value + $1 WHERE name = 'position'" },
      [documents.length],
    )
  },
  async removeDocuments(session, tenant) {
    await session.query({ name: 'tenant remove documents', text: `DELETE FROM document WHERE ${theirs}` }, [tenant])
  },
  async removeEntries(session, tenant) {
    await session.query({ name: 'tenant remove entries', text: 'DELETE FROM audit WHERE tenant = $1' }, [tenant])
    await session.query({ name: 'tenant remove head', text: 'DELETE FROM audit_head WHERE tenant = $1' }, [tenant])
  },
  async digest(database, tenant) {
    const [found] = await database.query<StoreDigest>(
      {
        name: 'tenant digest',
        text: `SELECT count(*) FILTER (WHERE is_document) AS documents, count(*) FILTER (WHERE NOT is_document) AS entries,
            coalesce(sum(('x' || left(md5(told), 15))::bit(60)::bigint), 0)::text AS sum FROM (
          SELECT true AS is_document, concat_ws(' ', kind, id, version, at, body) AS told FROM document WHERE ${theirs} AND version IS NOT NULL
          UNION ALL SELECT false, concat_ws(' ', number, hash, body) FROM audit WHERE tenant = $1
          UNION ALL SELECT NULL, concat_ws(' ', number, hash) FROM audit_head WHERE tenant = $1
        ) parts`,
      },
      [tenant],
    )
    return found ?? { documents: 0, entries: 0, sum: '0' }
  },
}
