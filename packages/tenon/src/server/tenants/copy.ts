import type { Range, TenantTables } from '../../journal/postgres/tenant-tables.ts'
import type { TenantKind } from '../../journal/postgres/tenant-rows.ts'
import { takenUp, underFence } from '../../postgres/fence.ts'
import type { Move, Stretch } from '../../postgres/moves.ts'
import type { Database } from '../../postgres/postgres.ts'

/** Both databases, and the tenant's part of each. */
export interface Ends {
  readonly move: Pick<Move, 'tenant' | 'attempt'>
  readonly source: Database
  readonly target: Database
  readonly from: TenantTables
  readonly into: TenantTables
}

export interface Compared {
  readonly compared: number
  readonly copied: number
}

const kinds: readonly TenantKind[] = ['event', 'run']
/** So many rows are compared at once; where they differ, all of them are copied. */
const chunkRows = 1000

/** The stretches with one more, where numbers were given out at the source since. Null where they are enough. */
export async function moreStretches(ends: Ends, stretches: readonly Stretch[]): Promise<readonly Stretch[] | null> {
  const given = await ends.from.given()
  const after = stretches.at(-1)?.to ?? ((await ends.from.least()) ?? given + 1) - 1
  if (given <= after) return null
  const count = given - after
  const base = await underFence(ends.target, ends.move, (session) => ends.into.reserve(session, count))
  return [...stretches, { after, to: given, shift: base - after - 1 }]
}

/** Compares all rows of both sides by ranges of numbers, and copies the ranges that differ. */
export async function copyDifferences(
  ends: Ends,
  { stretches, isEnded }: { readonly stretches: readonly Stretch[]; readonly isEnded: boolean },
  onProgress: (found: Compared) => Promise<void>,
): Promise<Compared> {
  const [first, last] = [stretches[0], stretches.at(-1)]
  const found = { compared: 0, copied: 0 }
  if (first === undefined || last === undefined) return found
  for (const kind of kinds) {
    for (let after = first.after; after < last.to;) {
      const to = (await ends.from.boundary(kind, { after, to: last.to }, chunkRows)) ?? last.to
      const [range, there] = [{ after, to }, thereOf(stretches, { after, to })]
      const [one, other] = await Promise.all([
        ends.from.digest(kind, range, { stretches, isEnded }),
        ends.into.digest(kind, there, { stretches: null, isEnded }),
      ])
      found.compared += one.rows
      if (one.sum !== other.sum || one.rows !== other.rows) {
        found.copied += Math.max(1, one.rows)
        await copyRange(ends, kind, { range, stretches, isEnded })
      }
      await onProgress(found)
      after = to
    }
  }
  return found
}

interface Chunk {
  readonly range: Range
  readonly stretches: readonly Stretch[]
  readonly isEnded: boolean
}

async function copyRange(ends: Ends, kind: TenantKind, { range, stretches, isEnded }: Chunk): Promise<void> {
  const { move, target: database, into: tables } = ends
  await removeAll({ database, tables, move }, kind, thereOf(stretches, range))
  for (let { after } = range; after < range.to;) {
    const page = await ends.from.page(kind, { after, to: range.to }, { stretches, isEnded })
    if (page === null) return
    const hashes = [...new Set(page.rows.flatMap(({ values }) => values as readonly string[]))].toSorted()
    const values = hashes.length === 0 ? [] : await ends.from.values(hashes)
    await underFence(ends.target, ends.move, (session) => ends.into.put(session, kind, page.rows, values))
    after = page.to
  }
}

/** Deletes all rows of a range at one side. */
export async function removeAll(
  {
    database,
    tables,
    move,
  }: { readonly database: Database; readonly tables: TenantTables; readonly move: Ends['move'] },
  kind: TenantKind,
  range: Range,
): Promise<void> {
  while (await underFence(database, move, (session) => tables.remove(session, kind, range)));
}

/** The same rows, in numbers of the target. */
function thereOf(stretches: readonly Stretch[], { after, to }: Range): Range {
  const entered = stretches.find((one) => one.after <= after && after < one.to)
  const left = stretches.find((one) => one.after < to && to <= one.to)
  if (entered === undefined || left === undefined) throw takenUp('a range without numbers')
  return { after: after + entered.shift, to: to + left.shift }
}

/** All of it, at the source and at the target. */
export function wholeOf(stretches: readonly Stretch[]): { readonly here: Range; readonly there: Range } {
  const here = { after: stretches[0]?.after ?? 0, to: stretches.at(-1)?.to ?? 0 }
  return { here, there: stretches.length === 0 ? here : thereOf(stretches, here) }
}
