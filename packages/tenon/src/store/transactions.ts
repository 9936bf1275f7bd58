import { nextRow } from './chain.ts'
import type { StatementName } from './statements.ts'
import type {
  AuditHead,
  AuditLogRow,
  DocumentKey,
  DocumentRow,
  DocumentWrite,
  NewAuditEntry,
  StoreReceipt,
} from './store.ts'

export type Value = string | number | null
export type Row = Readonly<Record<string, unknown>>

/** A statement with its values. */
export type Ask = readonly [StatementName, ...Value[]]

/** What a transaction asks, some statements at a time, and gets the rows of. Who runs it knows the database; it knows what is to be done. Either all that it asked is committed, or nothing. */
export type Transaction<Result> = Generator<readonly Ask[], Result, readonly (readonly Row[])[]>

/** For so long `changes` tells that a document was deleted. */
const deletedMs = 30 * 24 * 60 * 60 * 1000

/** Those that there are, so that they can be asked for by name, in a thread too. */
export const transactions: {
  readonly write: typeof write
  readonly eraseTenant: typeof eraseTenant
  readonly take: typeof take
} = { write, eraseTenant, take }

export type TransactionName = keyof typeof transactions
export type ParametersOf<Name extends TransactionName> = Parameters<(typeof transactions)[Name]>
export type ResultOf<Name extends TransactionName> =
  ReturnType<(typeof transactions)[Name]> extends Transaction<infer Result> ? Result : never

function* write(changes: readonly DocumentWrite[], audit: readonly NewAuditEntry[]): Transaction<StoreReceipt> {
  const asked = changes.map(({ tenant, kind, id }): Ask => ['versionOf', tenant, kind, id])
  const [[held = {}] = [], ...found] = yield [['hold'], ...asked]
  const draft = new Draft(held)
  const versions = new Map<string, number | null>()
  for (const [index, { expect, body, ...key }] of changes.entries()) {
    const path = pathOf(key)
    const stored = (found[index]?.[0]?.['version'] ?? null) as number | null
    const version = versions.get(path) ?? (versions.has(path) ? null : stored)
    if (version !== expect) return { outcome: 'conflict', key: { tenant: key.tenant, kind: key.kind, id: key.id } }
    if (body === null && version === null) continue
    const next = body === null ? null : (version ?? 0) + 1
    versions.set(path, next)
    draft.put(key, next, body ?? '')
  }
  yield [...draft.asks(), ...(yield* appendAll(audit))]
  return { outcome: 'written', position: draft.position }
}

function* eraseTenant(tenant: string, audit: readonly NewAuditEntry[]): Transaction<void> {
  // What is there is looked at by who holds the counter: nobody else can add to it any more.
  const [[held = {}] = []] = yield [['hold']]
  const [documents = []] = yield [['ofTenant', tenant]]
  const draft = new Draft(held)
  for (const { kind, id } of documents) draft.put({ tenant, kind: kind as string, id: id as string }, null, '')
  yield [...draft.asks(), ...(yield* appendAll(audit))]
}

/** What was written elsewhere, as it is. */
function* take(documents: readonly DocumentRow[], entries: readonly AuditLogRow[]): Transaction<void> {
  const [[held = {}] = []] = yield [['hold']]
  const heads = new Map(entries.map((entry) => [entry.tenant, entry]))
  yield [
    ...documents.map(({ tenant, kind, id, version, body, position, at }): Ask => [
      'takeDocument',
      tenant,
      kind,
      id,
      version,
      body,
      position,
      at,
    ]),
    ['advance', Math.max(held['position'] as number, documents.at(-1)?.position ?? 0)],
    ...entries.map(({ tenant, number, body, hash }): Ask => ['takeAudit', tenant, number, body, hash]),
    ...[...heads.values()].map(({ tenant, number, hash }): Ask => ['setHead', tenant, number, hash]),
  ]
}

/** What will be written, at the positions after the one that is held. */
class Draft {
  position: number
  readonly #now: number
  readonly #puts: Ask[] = []

  constructor(held: Row) {
    this.position = held['position'] as number
    this.#now = held['now'] as number
  }

  put({ tenant, kind, id }: DocumentKey, version: number | null, body: string): void {
    this.position += 1
    this.#puts.push(['put', tenant, kind, id, version, body, this.position, this.#now])
  }

  asks(): readonly Ask[] {
    if (this.#puts.length === 0) return []
    return [['advance', this.position], ...this.#puts, ['forget', this.#now - deletedMs]]
  }
}

/** What has to be written so that these entries are in their logs. */
function* appendAll(
  audit: readonly NewAuditEntry[],
): Generator<readonly Ask[], readonly Ask[], readonly (readonly Row[])[]> {
  const tenants = [...new Set(audit.map(({ tenant }) => tenant))]
  if (tenants.length === 0) return []
  const found = yield tenants.map((tenant): Ask => ['auditHead', tenant])
  const heads = new Map(tenants.map((tenant, index) => [tenant, (found[index]?.[0] ?? null) as AuditHead | null]))
  const rows = audit.map((entry): Ask => {
    const row = nextRow(heads.get(entry.tenant) ?? null, entry)
    heads.set(entry.tenant, row)
    return ['addAudit', entry.tenant, row.number, row.body, row.hash]
  })
  return [
    ...rows,
    ...tenants.map((tenant): Ask => ['setHead', tenant, heads.get(tenant)?.number ?? 0, heads.get(tenant)?.hash ?? '']),
  ]
}

// A newline cannot be part of an id, so that no two keys make the same text.
function pathOf({ tenant, kind, id }: DocumentKey): string {
  return `${tenant}\n${kind}\n${id}`
}
