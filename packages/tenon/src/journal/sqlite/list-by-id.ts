import type { RunQuery } from '../history.ts'
import type { Position } from '../page.ts'
import {
  all,
  compared,
  filtersOf,
  ofRuns,
  restOf,
  timeRange,
  type Condition,
  type Numbers,
  type Statement,
  type Wanted,
} from './filter.ts'

/** Ids that one page looks at; they stand closer together. */
const mostIds = 5_000
/** First those whose id begins with the text, then those whose id ends with it, each by id. */
export function listById(
  statement: Statement,
  query: RunQuery,
  { position, runs, id }: Wanted & { readonly id: string },
): Numbers {
  const { tenant, limit } = query
  const { low, below } = timeRange(statement, query)
  const inTime = { sql: 'number >= ? AND number < ?', values: [low, below] }
  const rest = all([restOf(query), runs === null ? filtersOf(query) : ofRuns(query, runs), inTime])
  const walk = { statement, tenant, rest }
  const after = (by: 'beginning' | 'end'): string | null => (position?.by === by ? position.run : null)

  const isPast = position?.by === 'end'
  const beginning = { from: id, below: after('beginning') ?? `${id}${lastLetter}`, limit: isPast ? 0 : limit + 1 }
  const first = walkIds(walk, 'beginning', beginning)
  if (first.runs.length > limit || first.stop !== null) return pageOfIds(first, limit)
  const ends = { sql: `substr(run, -${id.length}) = ? AND substr(run, 1, ${id.length}) <> ?`, values: [id, id] }
  const end = { from: '', below: after('end') ?? lastLetter, limit: limit + 1 - first.runs.length }
  const second = walkIds({ ...walk, rest: all([ends, rest]) }, 'end', end)
  return pageOfIds({ runs: [...first.runs, ...second.runs], stop: second.stop }, limit)
}

const lastLetter = '\u{10ffff}'

interface ById {
  readonly by: 'beginning' | 'end'
  readonly run: string
  readonly number: number
}

interface FoundIds {
  readonly runs: readonly ById[]
  readonly stop: Position | null
}

interface Walk {
  readonly statement: Statement
  readonly tenant: string
  readonly rest: Condition
}

function walkIds(
  { statement, tenant, rest }: Walk,
  by: ById['by'],
  { from, below, limit }: { readonly from: string; readonly below: string; readonly limit: number },
): FoundIds {
  if (limit === 0) return { runs: [], stop: null }
  const range = 'tenant = ? AND run >= ? AND run < ? ORDER BY run DESC LIMIT'
  const of = [tenant, from, below]
  const some = `SELECT run, number FROM (SELECT ${compared} FROM run WHERE ${range} ${mostIds}) WHERE ${rest.sql} LIMIT ?`
  const rows = statement(some).all(...of, ...rest.values, limit)
  const runs = rows.map((row) => ({ by, run: row['run'] as string, number: row['number'] as number }))
  if (runs.length >= limit) return { runs, stop: null }
  const last = statement(`SELECT run FROM run WHERE ${range} 1 OFFSET ${mostIds - 1}`).get(...of)?.['run']
  return { runs, stop: typeof last === 'string' ? { by, run: last } : null }
}

function pageOfIds({ runs, stop }: FoundIds, limit: number): Numbers {
  const page = runs.slice(0, limit)
  const last = page.at(-1)
  const next = runs.length > limit && last !== undefined ? { by: last.by, run: last.run } : stop
  return { numbers: page.map(({ number }) => number), next }
}
