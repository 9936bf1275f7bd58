import { hash } from 'node:crypto'
import type { RunStatus } from '../../journal/journal.ts'
import type { TransferRow } from '../../journal/transfer.ts'
import type { AuditHead, AuditLogRow, DocumentRow, StoreTransfer } from '../../store/store.ts'
import type { PlaceAtRest } from '../../server/durable.ts'

/** What is in a place, in figures that are the same wherever it is. */
export interface Measure {
  readonly runs: number
  readonly byStatus: Readonly<Partial<Record<RunStatus, number>>>
  /** `<tenant>/<flow>`. */
  readonly byFlow: Readonly<Record<string, number>>
  readonly entries: number
  readonly messagesWaiting: number
  readonly waits: number
  readonly events: number
  readonly values: number
  readonly cursors: number
  readonly nextWake: number | null
  readonly documents: number
  readonly auditEntries: number
  /** By tenant. */
  readonly auditHeads: Readonly<Record<string, AuditHead>>
  /** Over every row, all that hangs on it among it; the order in which they are read does not matter. */
  readonly checksum: string
}

type Draft = { -readonly [Key in keyof Measure]: Measure[Key] } & {
  readonly byStatus: Partial<Record<RunStatus, number>>
  readonly byFlow: Record<string, number>
  readonly auditHeads: Record<string, AuditHead>
}

const modulus = 2n ** 256n

/** Reads all of it, page by page. `onRows` hears how many rows have been read. */
export async function measure(
  { journal, store, hasNoStore }: PlaceAtRest,
  onRows: (rows: number) => void,
): Promise<Measure> {
  const found: Draft = {
    runs: 0,
    byStatus: {},
    byFlow: {},
    entries: 0,
    messagesWaiting: 0,
    waits: 0,
    events: 0,
    values: 0,
    cursors: 0,
    nextWake: null,
    documents: 0,
    auditEntries: 0,
    auditHeads: {},
    checksum: '',
  }
  let sum = 0n
  let read = 0
  const add = (rows: readonly object[]): void => {
    for (const row of rows) sum = (sum + digestOf(row)) % modulus
    onRows((read += rows.length))
  }
  for await (const { rows } of journal.pages(null)) {
    for (const row of rows) count(found, row)
    add(rows)
  }
  if (!(await hasNoStore())) await measureStore(store.transfer, found, add)
  return { ...found, byFlow: sorted(found.byFlow), auditHeads: sorted(found.auditHeads), checksum: sum.toString(16) }
}

async function measureStore(store: StoreTransfer, found: Draft, add: (rows: readonly object[]) => void): Promise<void> {
  for await (const rows of documentPages(store, 0)) {
    found.documents += rows.filter(({ version }) => version !== null).length
    add(rows)
  }
  for await (const rows of auditPages(store, { tenant: '', number: 0 })) {
    found.auditEntries += rows.length
    for (const { tenant, number, hash: link } of rows) found.auditHeads[tenant] = { number, hash: link }
    add(rows)
  }
}

export async function* documentPages(store: StoreTransfer, after: number): AsyncIterable<readonly DocumentRow[]> {
  for (let page = await store.documents(after); page.length > 0; page = await store.documents(after)) {
    after = page.at(-1)?.position ?? after
    yield page
  }
}

export async function* auditPages(
  store: StoreTransfer,
  after: { readonly tenant: string; readonly number: number },
): AsyncIterable<readonly AuditLogRow[]> {
  for (let page = await store.entries(after); page.length > 0; page = await store.entries(after)) {
    after = page.at(-1) ?? after
    yield page
  }
}

function count(found: Draft, row: TransferRow): void {
  if (row.kind === 'value') found.values += 1
  else if (row.kind === 'event') found.events += 1
  else if (row.kind === 'cursor') found.cursors += 1
  else {
    const flow = `${row.tenant}/${row.flow}`
    found.runs += 1
    found.byStatus[row.status] = (found.byStatus[row.status] ?? 0) + 1
    found.byFlow[flow] = (found.byFlow[flow] ?? 0) + 1
    found.entries += row.entries.at(-1)?.seq ?? 0
    found.messagesWaiting += row.inbox.length
    found.waits += row.waits.length
    if (row.wakeAt !== null) found.nextWake = Math.min(found.nextWake ?? row.wakeAt, row.wakeAt)
  }
}

function digestOf(row: object): bigint {
  return BigInt(`0x${hash('sha256', JSON.stringify(row, byName), 'hex')}`)
}

/** One text for one row, whatever the order of its members. */
function byName(_name: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? sorted(value) : value
}

function sorted<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) as Value
}

/** Names of the figures in which two places differ. */
export function differences(one: Measure, other: Measure): readonly string[] {
  return (Object.keys(one) as (keyof Measure)[]).filter(
    (name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]),
  )
}
