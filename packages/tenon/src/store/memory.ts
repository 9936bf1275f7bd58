import { TenonError } from '../base/errors.ts'
import { entryOf, findBreak, nextRow, type AuditRow } from './chain.ts'
import { checkAudit, checkKey, checkLimit, checkWrite } from './check.ts'
import type {
  DocumentKey,
  DocumentRow,
  DocumentWrite,
  NewAuditEntry,
  Store,
  StoredDocument,
  StoreReceipt,
  StoreTransfer,
} from './store.ts'

type Held = Omit<DocumentRow, 'at'>

/** What a store in memory holds; handed to another one it goes on there. */
export interface MemoryState {
  position: number
  readonly documents: Map<string, Held>
  readonly audit: Map<string, AuditRow[]>
}

/** A store for tests and for apps that keep nothing: it does what `sqliteStore` does until the process ends. */
export function memoryStore(
  state: MemoryState = { position: 0, documents: new Map(), audit: new Map() },
): Store & { readonly state: MemoryState } {
  let isClosed = false
  // Asynchronous in all, as the others are: what is wrong is a rejection.
  async function during<Result>(act: () => Result | Promise<Result>): Promise<Result> {
    if (isClosed) throw new TenonError('STORE_UNAVAILABLE', 'the store is closed')
    return act()
  }
  return {
    state,
    ...documents(state, during),
    ...auditLog(state, during),
    scrub: () => during(() => undefined),
    transfer: transferOf(state, during),
    async close() {
      isClosed = true
    },
  }
}

type During = <Result>(act: () => Result | Promise<Result>) => Promise<Result>

type AuditPart = 'audit' | 'verifyAudit' | 'auditHead' | 'auditHash'

function documents(state: MemoryState, during: During): Omit<Store, AuditPart | 'scrub' | 'transfer' | 'close'> {
  return {
    get: (key) =>
      during(() => {
        checkKey(key)
        const found = state.documents.get(pathOf(key))
        return found === undefined ? null : documentOf(found)
      }),
    list: ({ tenant, kind, after = '', limit }) =>
      during(() => {
        checkLimit(limit)
        return sorted(state, (held) => held.tenant === tenant && held.kind === kind && held.id > after, limit)
      }),
    listAll: ({ kind, after, limit }) =>
      during(() => {
        checkLimit(limit)
        const isAfter = ({ tenant, id }: Held): boolean =>
          after === undefined || tenant > after.tenant || (tenant === after.tenant && id > after.id)
        return sorted(state, (held) => held.kind === kind && isAfter(held), limit)
      }),
    write: (asked) =>
      during(() => {
        checkWrite(asked)
        const draft = { position: state.position, documents: new Map<string, Held>() }
        for (const change of asked.changes) if (!apply(state, draft, change)) return conflict(change)
        for (const [path, held] of draft.documents) state.documents.set(path, held)
        state.position = draft.position
        for (const entry of asked.audit ?? []) append(state, entry)
        return { outcome: 'written', position: state.position } satisfies StoreReceipt
      }),
    changes: (after, limit) =>
      during(() => {
        checkLimit(limit)
        return [...state.documents.values()]
          .filter(({ position }) => position > after)
          .toSorted((a, b) => a.position - b.position)
          .slice(0, limit)
          .map(({ tenant, kind, id, version, position }) => ({ tenant, kind, id, version, position }))
      }),
    eraseTenant: (tenant, audit) =>
      during(() => {
        audit.forEach(checkAudit)
        const found = [...state.documents.values()].filter((held) => held.tenant === tenant && held.version !== null)
        for (const held of found.toSorted((a, b) => a.position - b.position))
          state.documents.set(pathOf(held), { ...held, version: null, body: '', position: (state.position += 1) })
        for (const entry of audit) append(state, entry)
      }),
  }
}

function auditLog(state: MemoryState, during: During): Pick<Store, AuditPart> {
  const logOf = (tenant: string): readonly AuditRow[] => state.audit.get(tenant) ?? []
  return {
    audit: ({ tenant, before = Infinity, limit }) =>
      during(() => {
        checkLimit(limit)
        const rows = logOf(tenant).filter(({ number }) => number < before)
        return rows.toReversed().slice(0, limit).map(entryOf)
      }),
    verifyAudit: (tenant) =>
      during(() =>
        findBreak(tenant, {
          head: async () => ({ head: logOf(tenant).at(-1) ?? null, greatest: logOf(tenant).length }),
          rows: async (after, limit) => logOf(tenant).slice(after, after + limit),
        }),
      ),
    auditHead: (tenant) =>
      during(() => {
        const last = logOf(tenant).at(-1)
        return last === undefined ? null : { number: last.number, hash: last.hash }
      }),
    auditHash: (tenant, number) => during(() => logOf(tenant)[number - 1]?.hash ?? null),
  }
}

function transferOf(state: MemoryState, during: During): StoreTransfer {
  return {
    documents: (after) =>
      during(() =>
        [...state.documents.values()]
          .filter(({ position }) => position > after)
          .toSorted((a, b) => a.position - b.position)
          .map((held) => ({ ...held, at: 0 })),
      ),
    entries: (after) =>
      during(() =>
        [...state.audit]
          .toSorted(([a], [b]) => order(a, b))
          .flatMap(([tenant, rows]) => rows.map((row) => ({ tenant, ...row })))
          .filter(({ tenant, number }) => tenant > after.tenant || (tenant === after.tenant && number > after.number)),
      ),
    take: (documents, entries) =>
      during(() => {
        for (const { at: _at, ...held } of documents) state.documents.set(pathOf(held), held)
        state.position = Math.max(state.position, documents.at(-1)?.position ?? 0)
        for (const { tenant, ...row } of entries) {
          const rows = state.audit.get(tenant) ?? []
          if (row.number > rows.length) rows.push(row)
          state.audit.set(tenant, rows)
        }
      }),
  }
}

/** False when the document is not as expected. */
function apply(
  state: MemoryState,
  draft: { position: number; readonly documents: Map<string, Held> },
  { tenant, kind, id, expect, body }: DocumentWrite,
): boolean {
  const path = pathOf({ tenant, kind, id })
  const found = (draft.documents.get(path) ?? state.documents.get(path))?.version ?? null
  if (found !== expect) return false
  if (body === null && found === null) return true
  draft.position += 1
  const version = body === null ? null : (found ?? 0) + 1
  draft.documents.set(path, { tenant, kind, id, version, body: body ?? '', position: draft.position })
  return true
}

function append({ audit }: MemoryState, entry: NewAuditEntry): void {
  const rows = audit.get(entry.tenant) ?? []
  rows.push(nextRow(rows.at(-1) ?? null, entry))
  audit.set(entry.tenant, rows)
}

function sorted({ documents }: MemoryState, wants: (held: Held) => boolean, limit: number): StoredDocument[] {
  return [...documents.values()]
    .filter(wants)
    .toSorted((a, b) => (a.tenant === b.tenant ? order(a.id, b.id) : order(a.tenant, b.tenant)))
    .flatMap((held) => documentOf(held) ?? [])
    .slice(0, limit)
}

function order(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function documentOf({ tenant, kind, id, version, body }: Held): StoredDocument | null {
  return version === null ? null : { tenant, kind, id, version, body }
}

function conflict({ tenant, kind, id }: DocumentKey): StoreReceipt {
  return { outcome: 'conflict', key: { tenant, kind, id } }
}

// A newline cannot be part of an id, so that no two keys make the same text.
function pathOf({ tenant, kind, id }: DocumentKey): string {
  return `${tenant}\n${kind}\n${id}`
}
