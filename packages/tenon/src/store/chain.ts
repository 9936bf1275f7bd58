import { hash } from 'node:crypto'
import { parseJson } from '../base/json.ts'
import type { AuditEntry, AuditHead, AuditLogRow, NewAuditEntry } from './store.ts'

/** An entry as it is stored. */
export type AuditRow = Omit<AuditLogRow, 'tenant'>

/** The next row of a tenant's log. Each hash covers the one before, so that no entry can be changed, taken out or moved without all later ones showing it. */
export function nextRow(head: AuditHead | null, entry: NewAuditEntry): AuditRow {
  const number = (head?.number ?? 0) + 1
  const body = canonical({ ...entry, number })
  return { number, body, hash: linkOf(head?.hash ?? '', body) }
}

export function entryOf({ body }: Pick<AuditRow, 'body'>): AuditEntry {
  return parseJson(body) as AuditEntry
}

function linkOf(before: string, body: string): string {
  return hash('sha256', `${before}\n${body}`, 'base64url')
}

/** One text for one entry: members in a fixed order, those of `details` by name. */
function canonical({ number, tenant, at, by, action, subject, outcome, from, details }: AuditEntry): string {
  const sorted =
    details === undefined
      ? undefined
      : Object.fromEntries(Object.entries(details).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return JSON.stringify({ number, tenant, at, by, action, subject, outcome, from, details: sorted })
}

export interface StoredChain {
  /** As it is noted beside the rows, and the greatest number that a row has. */
  head(): Promise<{ readonly head: AuditHead | null; readonly greatest: number }>
  /** By number, from the one after `after` on. */
  rows(after: number, limit: number): Promise<readonly AuditRow[]>
}

const rowsAtOnce = 500

/** The number of the first entry that is not as it was written; `null` for none. Rows that are written meanwhile are left for the next time. */
export async function findBreak(tenant: string, chain: StoredChain): Promise<number | null> {
  const { head, greatest } = await chain.head()
  if (head === null) return greatest === 0 ? null : 1
  let before = ''
  let number = 0
  while (number < head.number) {
    const rows = await chain.rows(number, Math.min(rowsAtOnce, head.number - number))
    if (rows.length === 0) return number + 1
    for (const row of rows) {
      number += 1
      if (!isSound(row, { tenant, number, before })) return number
      before = row.hash
    }
  }
  if (before !== head.hash) return head.number
  return greatest > head.number ? head.number + 1 : null
}

function isSound(
  row: AuditRow,
  { tenant, number, before }: { readonly tenant: string; readonly number: number; readonly before: string },
): boolean {
  if (row.number !== number || row.hash !== linkOf(before, row.body)) return false
  const entry = entryOf(row)
  return entry.number === number && entry.tenant === tenant
}
