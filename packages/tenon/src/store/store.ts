import type { AuditAction } from './actions.ts'

/**
 * The store port: everything durable that does not commit with a run: connections, keys, settings, the audit log. Small JSON documents with versions, so that any
 * number of processes may share one: a write says which version it replaces. Nothing is found without its tenant (SEC-09). Tenants, kinds and ids are ids
 * (`requireId`), a limit is from 1 to 1000, a body has at most 1 MiB: anything else rejects with `INPUT_INVALID`.
 */
export interface Store {
  /** `null` where there is none. */
  get(key: DocumentKey): Promise<StoredDocument | null>
  /** Of one tenant, by id. */
  list(query: {
    readonly tenant: string
    readonly kind: string
    readonly after?: string
    readonly limit: number
  }): Promise<readonly StoredDocument[]>
  /** Of all tenants, by tenant and id: for the work of the operator, such as start and key rotation. */
  listAll(query: {
    readonly kind: string
    readonly after?: { readonly tenant: string; readonly id: string }
    readonly limit: number
  }): Promise<readonly StoredDocument[]>
  /** All of it or, with one version that is not as expected, nothing. Durable when it resolves. Rejects with `STORE_UNAVAILABLE`; whether it was written is then not known. */
  write(write: StoreWrite): Promise<StoreReceipt>
  /** What was written after that position, by this process or another; each document once, with its latest position. */
  changes(after: number, limit: number): Promise<readonly DocumentChange[]>
  /** The audit log of one tenant, latest first. */
  audit(query: {
    readonly tenant: string
    readonly before?: number
    readonly limit: number
  }): Promise<readonly AuditEntry[]>
  /** The number of the first entry that was changed or is missing; `null` for a log that is whole. */
  verifyAudit(tenant: string): Promise<number | null>
  /** The latest entry of that log; `null` where there is none. Who keeps it elsewhere, signed, notices a log that was cut off or made anew. */
  auditHead(tenant: string): Promise<AuditHead | null>
  /** The hash of one entry, as it is stored; `null` where there is none. */
  auditHash(tenant: string, number: number): Promise<string | null>
  /** Deletes all documents of the tenant, and scrubs. Its audit log stays. */
  eraseTenant(tenant: string, audit: readonly NewAuditEntry[]): Promise<void>
  /** When it resolves, the bytes of what was deleted or replaced are in none of the files that hold the documents. What a database keeps elsewhere, such as logs, standbys and backups, its store says. */
  scrub(): Promise<void>
  /** All of it as it is stored, for a move to another store. */
  readonly transfer: StoreTransfer
  /** Later calls reject with `STORE_UNAVAILABLE`. */
  close(): Promise<void>
}

/** Nobody else works on either of the two stores. */
export interface StoreTransfer {
  /** By position, from the one after that on; deleted documents, too. Few at once: each may have a mebibyte. */
  documents(after: number): Promise<readonly DocumentRow[]>
  /** Of all tenants, by tenant and number. */
  entries(after: { readonly tenant: string; readonly number: number }): Promise<readonly AuditLogRow[]>
  /** Takes these in as they are, in the order of reading. What is there already changes nothing. */
  take(documents: readonly DocumentRow[], entries: readonly AuditLogRow[]): Promise<void>
}

export interface DocumentRow extends DocumentKey {
  /** `null` for one that was deleted. */
  readonly version: number | null
  readonly body: string
  readonly position: number
  /** When it was written, by the clock of its store. */
  readonly at: number
}

export interface AuditLogRow {
  readonly tenant: string
  readonly number: number
  /** Canonical JSON of the whole entry, its number and tenant among it. */
  readonly body: string
  readonly hash: string
}

export interface DocumentKey {
  readonly tenant: string
  readonly kind: string
  readonly id: string
}

export interface StoredDocument extends DocumentKey {
  /** 1 for the first, one more with each write. */
  readonly version: number
  /** JSON. */
  readonly body: string
}

export interface StoreWrite {
  readonly changes: readonly DocumentWrite[]
  /** Committed with the changes. */
  readonly audit?: readonly NewAuditEntry[]
}

export interface DocumentWrite extends DocumentKey {
  /** The version that is replaced; `null`: there must be none. */
  readonly expect: number | null
  /** JSON; `null` deletes it. */
  readonly body: string | null
}

export type StoreReceipt =
  | { readonly outcome: 'written'; readonly position: number }
  /** Somebody else was first with this document. */
  | { readonly outcome: 'conflict'; readonly key: DocumentKey }

export interface DocumentChange extends DocumentKey {
  readonly position: number
  /** `null` for one that was deleted. */
  readonly version: number | null
}

/** Who did what, when, from where, with what outcome. Never a secret. */
export interface NewAuditEntry {
  readonly tenant: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** A person's name, `token`, or `system`. */
  readonly by: string
  readonly action: AuditAction
  /** What it was done to, such as `stripe/main`. */
  readonly subject: string
  readonly outcome: 'done' | 'refused' | 'failed'
  /** Address that it came from, where there was one. */
  readonly from?: string
  readonly details?: Readonly<Record<string, string | number | boolean | null>>
}

/** As it was written, perhaps by another version, which knew other actions. */
export interface AuditEntry extends Omit<NewAuditEntry, 'action'> {
  readonly number: number
  readonly action: string
}

export interface AuditHead {
  readonly number: number
  /** SHA-256 over the entry and all entries before it. */
  readonly hash: string
}
