import { entryOf, findBreak, type AuditRow, type StoredChain } from './chain.ts'
import { checkAudit, checkKey, checkLimit, checkWrite } from './check.ts'
import type { StatementName } from './statements.ts'
import type { AuditHead, AuditLogRow, DocumentChange, DocumentRow, Store, StoredDocument } from './store.ts'
import type { ParametersOf, ResultOf, TransactionName, Value } from './transactions.ts'

/** What a store needs of a database. */
export interface SqlDatabase {
  rows<Row>(statement: StatementName, ...values: readonly Value[]): Promise<readonly Row[]>
  /** Durable when it resolves. */
  transact<Name extends TransactionName>(name: Name, ...parameters: ParametersOf<Name>): Promise<ResultOf<Name>>
  /** Rids the files of what was deleted or replaced, as far as that database can. */
  scrub(): Promise<void>
  close(): Promise<void>
}

/** Of a move. */
const documentsAtOnce = 25
const entriesAtOnce = 1000

/** The store over a database that speaks SQL. */
export function sqlStore(database: SqlDatabase): Store {
  let closing: Promise<void> | null = null
  const chainOf = (tenant: string): StoredChain => ({
    async head() {
      const [row] = await database.rows<Partial<AuditHead> & { readonly greatest: number }>('chainHead', tenant, tenant)
      const { number, hash, greatest = 0 } = row ?? {}
      return { head: typeof number === 'number' && hash !== undefined ? { number, hash } : null, greatest }
    },
    rows: (after, limit) => database.rows<AuditRow>('auditRows', tenant, after, limit),
  })
  return {
    async get(key) {
      checkKey(key)
      const [found] = await database.rows<StoredDocument>('get', key.tenant, key.kind, key.id)
      return found ?? null
    },
    async list({ tenant, kind, after = '', limit }) {
      checkLimit(limit)
      return database.rows<StoredDocument>('list', tenant, kind, after, limit)
    },
    async listAll({ kind, after = { tenant: '', id: '' }, limit }) {
      checkLimit(limit)
      return database.rows<StoredDocument>('listAll', kind, after.tenant, after.id, limit)
    },
    async write(asked) {
      checkWrite(asked)
      return database.transact('write', asked.changes, asked.audit ?? [])
    },
    async changes(after, limit) {
      checkLimit(limit)
      return database.rows<DocumentChange>('changes', after, limit)
    },
    async audit({ tenant, before = Number.MAX_SAFE_INTEGER, limit }) {
      checkLimit(limit)
      return (await database.rows<AuditRow>('audit', tenant, before, limit)).map(entryOf)
    },
    verifyAudit: async (tenant) => findBreak(tenant, chainOf(tenant)),
    async auditHead(tenant) {
      const [head] = await database.rows<AuditHead>('auditHead', tenant)
      return head ?? null
    },
    async auditHash(tenant, number) {
      const [row] = await database.rows<{ readonly hash: string }>('auditHash', tenant, number)
      return row?.hash ?? null
    },
    async eraseTenant(tenant, audit) {
      audit.forEach(checkAudit)
      await database.transact('eraseTenant', tenant, audit)
      await database.scrub()
    },
    scrub: async () => database.scrub(),
    transfer: {
      documents: (after) => database.rows<DocumentRow>('allDocuments', after, documentsAtOnce),
      entries: ({ tenant, number }) => database.rows<AuditLogRow>('allAudit', tenant, number, entriesAtOnce),
      take: (documents, entries) => database.transact('take', documents, entries),
    },
    close: () => (closing ??= database.close()),
  }
}
