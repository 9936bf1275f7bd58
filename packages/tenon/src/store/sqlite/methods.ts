import type { DatabaseSync } from 'node:sqlite'
import { messageOf, TenonError } from '../../base/errors.ts'
import { failureOf, isBusy, isFull } from '../../sqlite/failure.ts'
import type { Methods } from '../../sqlite/thread.ts'
import { nextRow } from '../chain.ts'
import { sqliteDialect } from '../dialect.ts'
import type { AuditHead, DocumentKey, DocumentWrite, NewAuditEntry, StoreReceipt } from '../store.ts'
import { prepareAll, type Statements } from './statements.ts'

/** For so long `changes` tells that a document was deleted. */
const deletedMs = 30 * 24 * 60 * 60 * 1000

/** What the store's thread answers. */
export function storeMethods(db: DatabaseSync, path: string): Methods {
  const run = prepareAll(db)
  const transaction = <Result>(act: () => Result): Result => inTransaction(db, act)
  const methods = {
    get: ({ tenant, kind, id }: DocumentKey) => run.get.get(tenant, kind, id) ?? null,
    list: (tenant: string, kind: string, after: string, limit: number) => run.list.all(tenant, kind, after, limit),
    listAll: (kind: string, tenant: string, id: string, limit: number) => run.listAll.all(kind, tenant, id, limit),
    changes: (after: number, limit: number) => run.changes.all(after, limit),
    write: (changes: readonly DocumentWrite[], audit: readonly NewAuditEntry[], now: number): StoreReceipt =>
      transaction((): StoreReceipt => {
        for (const change of changes) {
          const { tenant, kind, id } = change
          if (!apply(run, change, now)) return { outcome: 'conflict', key: { tenant, kind, id } }
        }
        appendAll(run, audit)
        run.forget.run(now - deletedMs)
        return { outcome: 'written', position: run.position.get()?.['value'] as number }
      }),
    audit: (tenant: string, before: number, limit: number) => run.audit.all(tenant, before, limit),
    auditRows: (tenant: string, after: number, limit: number) => run.auditRows.all(tenant, after, limit),
    auditHash: (tenant: string, number: number) => run.auditHash.get(tenant, number)?.['hash'] ?? null,
    auditHead: (tenant: string) => headOf(run, tenant),
    chainHead: (tenant: string) =>
      transaction(() => ({ head: headOf(run, tenant), greatest: run.greatest.get(tenant)?.['number'] })),
    eraseTenant: (tenant: string, audit: readonly NewAuditEntry[], now: number) =>
      transaction(() => {
        for (const { kind, id } of run.ofTenant.all(tenant))
          put(run, { tenant, kind: kind as string, id: id as string }, { version: null, body: '', now })
        appendAll(run, audit)
      }),
    scrub: () => scrub(db),
    close: () => db.close(),
  }
  return guarded(methods, path)
}

/** Says what an error of the database means. After one that is final nothing is answered any more. */
function guarded(methods: Methods, path: string): Methods {
  let stopped: TenonError | null = null
  const guard =
    (act: (...parameters: readonly unknown[]) => unknown) =>
    (...parameters: readonly unknown[]): unknown => {
      if (stopped !== null) throw stopped
      try {
        return act(...parameters)
      } catch (error) {
        if (TenonError.is(error)) throw error
        const unavailable = explain(error, path)
        // Nobody knows any more what the disk holds: who opens it anew finds out.
        if (failureOf(error) === 'final') stopped = unavailable
        throw unavailable
      }
    }
  return Object.fromEntries(Object.entries(methods).map(([name, act]) => [name, guard(act)]))
}

/** What `act` refuses is taken back. */
function inTransaction<Result>(db: DatabaseSync, act: () => Result): Result {
  db.exec(sqliteDialect.begin)
  try {
    const result = act()
    if (!isRefusal(result)) db.exec('COMMIT')
    return result
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK')
  }
}

function isRefusal(result: unknown): boolean {
  return (result as { outcome?: unknown } | undefined)?.outcome === 'conflict'
}

/** False when the document is not as expected. */
function apply(run: Statements, { tenant, kind, id, expect, body }: DocumentWrite, now: number): boolean {
  const found = (run.versionOf.get(tenant, kind, id)?.['version'] ?? null) as number | null
  if (found !== expect) return false
  if (body === null && found === null) return true
  put(run, { tenant, kind, id }, { version: body === null ? null : (found ?? 0) + 1, body: body ?? '', now })
  return true
}

function put(
  run: Statements,
  { tenant, kind, id }: DocumentKey,
  { version, body, now }: { readonly version: number | null; readonly body: string; readonly now: number },
): void {
  const position = run.advance.get()?.['value'] as number
  run.put.run(tenant, kind, id, version, body, position, now)
}

function appendAll(run: Statements, audit: readonly NewAuditEntry[]): void {
  for (const entry of audit) {
    const { number, body, hash } = nextRow(headOf(run, entry.tenant), entry)
    run.addAudit.run(entry.tenant, number, body, hash)
    run.setHead.run(entry.tenant, number, hash)
  }
}

function headOf(run: Statements, tenant: string): AuditHead | null {
  return (run.auditHead.get(tenant) as AuditHead | undefined) ?? null
}

/** Deleted content is zeroed in its page (`secure_delete`), but copies of it may lie where pages were split or in the log: the file is written anew, the log emptied. */
function scrub(db: DatabaseSync): void {
  db.exec('VACUUM')
  const left = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
  if (left?.['busy'] !== 0)
    throw new TenonError(
      'STORE_UNAVAILABLE',
      'the log of the store could not be emptied: another process reads it. Try again.',
    )
}

function explain(error: unknown, path: string): TenonError {
  let problem = `cannot be used at the moment (${messageOf(error)})`
  if (isFull(error)) problem = 'is on a full disk: free some space'
  else if (isBusy(error)) problem = 'is held by another process that has been writing for 5 s'
  return new TenonError('STORE_UNAVAILABLE', `the store ${path} ${problem}`, { cause: error, details: { path } })
}
