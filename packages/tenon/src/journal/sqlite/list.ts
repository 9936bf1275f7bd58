import type { RunPage, RunQuery } from '../history.ts'
import type { RunStatus } from '../journal.ts'
import { readPosition, writePosition } from '../page.ts'
import {
  all,
  compared,
  ofRuns,
  restOf,
  statusIs,
  timeRange,
  type Condition,
  type Numbers,
  type Range,
  type Statement,
  type Wanted,
} from './filter.ts'
import { listById } from './list-by-id.ts'
import { columns, runRow } from './row.ts'
import { blockSize, heldStatuses, statusCode } from './schema.ts'

/** Runs that one page looks at. */
const mostScanned = 2_000
/** So many of each place at least, where there are many. */
const leastScanned = 100
/** Blocks of one flow that one page looks at. */
const mostBlocks = 16
/** Numbers that were found, from high to low. `stop`: below it lies what was not looked at, `null` when nothing does. */
interface Found {
  readonly numbers: readonly number[]
  readonly stop: number | null
}

interface Search {
  readonly statement: Statement
  readonly query: RunQuery
  /** What no index answers. */
  readonly rest: Condition
  readonly range: Range
  /** One more than the page takes: tells whether there is a next one. */
  readonly limit: number
}

/**
 * Finds runs by the smallest index that knows them: those that are held by status, flow and code; ready ones by flow; the others of a flow by the blocks of
 * numbers that have any. What is left to compare is bounded for each page.
 */
export function listRuns(statement: Statement): (query: RunQuery, runs: readonly string[] | null) => RunPage {
  return (query, runs) => {
    const position = query.before === undefined ? null : readPosition(query.before, query.id !== undefined)
    const { numbers, next } =
      query.id === undefined
        ? byNumber(statement, query, { position, runs })
        : listById(statement, query, { position, runs, id: query.id })
    const row = statement(`SELECT ${columns} FROM run WHERE number = ?`)
    const rows = numbers.map((number) => row.get(number)).filter((found) => found !== undefined)
    return { runs: rows.map(runRow), next: next === null ? null : writePosition(next) }
  }
}

function byNumber(statement: Statement, query: RunQuery, { position, runs }: Wanted): Numbers {
  const times = timeRange(statement, query)
  const below = position?.by === 'number' ? Math.min(position.number, times.below) : times.below
  const range = { low: times.low, below }
  const search = { statement, query, rest: restOf(query), range, limit: query.limit + 1 }
  const found = runs === null ? merged(search, sourcesOf(search)) : scan(search, ofRuns(query, runs))
  const numbers = found.numbers.slice(0, query.limit)
  const last = numbers.at(-1)
  const stop = found.numbers.length > query.limit && last !== undefined ? last : found.stop
  return { numbers, next: stop === null ? null : { by: 'number', number: stop } }
}

/** Where to look, each source in the order of numbers. */
function sourcesOf(search: Search): Found[] {
  const { statement, query } = search
  const { flow, code } = query
  const asked = query.status ?? (code === undefined ? null : [...heldStatuses])
  const statuses = asked !== null && code !== undefined ? asked.filter((status) => heldStatuses.has(status)) : asked
  if (statuses !== null && !statuses.includes('completed')) {
    const held = statuses.filter((status) => heldStatuses.has(status))
    const ready = statuses.includes('ready') ? (flow === undefined ? flowsWithReady(statement) : [flow]) : []
    const places = [
      ...held.flatMap((status) => groupsOf(statement, query, status)),
      ...ready.map((one) => ({ sql: 'status = 0 AND flow = ?', values: [one] })),
    ]
    const most = Math.max(leastScanned, Math.floor(mostScanned / places.length))
    return places.map((place) => scan(search, place, most))
  }
  const rest = statuses === null ? search.rest : all([search.rest, statusIs(statuses)])
  return [flow === undefined ? scan({ ...search, rest }, everyRun) : zones({ ...search, rest }, flow)]
}

const everyRun: Condition = { sql: 'true', values: [] }

/** The groups of the index of held runs that the query means: each has its runs in the order of their numbers. */
function groupsOf(statement: Statement, { tenant, flow, code }: RunQuery, status: RunStatus): Condition[] {
  // Written as a number: only so does the planner see that a partial index fits.
  const held = `tenant = ? AND held = ${statusCode[status]}`
  const flows = flow === undefined ? distinct(statement, 'flow', { sql: held, values: [tenant] }) : [flow]
  return flows.flatMap((one) => {
    const group = { sql: `${held} AND flow = ?`, values: [tenant, one] }
    if (code !== undefined) return [all([group, { sql: 'code = ?', values: [code] }])]
    const codes = distinct(statement, 'code', group).map((value) => all([group, { sql: 'code = ?', values: [value] }]))
    return [all([group, { sql: 'code IS NULL', values: [] }]), ...codes]
  })
}

/** One look-up for each; `SELECT DISTINCT` would read every run. */
function distinct(statement: Statement, column: 'flow' | 'code', { sql, values }: Condition): string[] {
  const found: string[] = []
  const next = statement(`SELECT min(${column}) AS next FROM run WHERE ${sql} AND ${column} > ?`)
  for (let last = ''; ; found.push(last)) {
    const value = next.get(...values, last)?.['next']
    if (typeof value !== 'string') return found
    last = value
  }
}

export function flowsWithReady(statement: Statement): string[] {
  return distinct(statement, 'flow', { sql: 'status = 0', values: [] })
}

function numbersOf(rows: readonly Record<string, unknown>[]): number[] {
  return rows.map((row) => row['number'] as number)
}

/** Goes down one index and compares what is left, up to so many runs. */
function scan({ statement, rest, range, limit }: Search, { sql, values }: Condition, most = mostScanned): Found {
  const below = `${sql} AND number < ? AND number >= ? ORDER BY number DESC LIMIT`
  const of = [...values, range.below, range.low]
  const some = `SELECT number FROM (SELECT ${compared} FROM run WHERE ${below} ?) WHERE ${rest.sql} LIMIT ?`
  const found = numbersOf(statement(some).all(...of, most, ...rest.values, limit))
  if (found.length >= limit) return { numbers: found, stop: null }
  const last = statement(`SELECT number FROM run WHERE ${below} 1 OFFSET ?`).get(...of, most - 1)
  return { numbers: found, stop: (last?.['number'] as number | undefined) ?? null }
}

/** The runs of a flow, whatever their status: only the blocks of numbers that have some are read. */
function zones(search: Search, flow: string): Found {
  const { statement, query, range, limit } = search
  const blocks = statement(
    'SELECT block FROM zone WHERE tenant = ? AND flow = ? AND block <= ? ORDER BY block DESC LIMIT ?',
  )
  const first = Math.floor((range.below - 1) / blockSize)
  const numbers: number[] = []
  const found = blocks.all(query.tenant, flow, first, mostBlocks).map((row) => row['block'] as number)
  for (const block of found) {
    const low = block * blockSize
    if (low + blockSize <= range.low) return { numbers, stop: null }
    const inBlock = { low: Math.max(low, range.low), below: Math.min(low + blockSize, range.below) }
    const rest = all([{ sql: 'flow = ?', values: [flow] }, search.rest])
    numbers.push(...scan({ ...search, rest, range: inBlock, limit: limit - numbers.length }, everyRun).numbers)
    if (numbers.length >= limit) return { numbers, stop: null }
  }
  const last = found.at(-1)
  return { numbers, stop: last === undefined || found.length < mostBlocks ? null : last * blockSize }
}

/** All of them in one order, down to where the first of them stopped looking. */
function merged({ limit }: Search, sources: readonly Found[]): Found {
  const stops = sources.flatMap(({ stop }) => (stop === null ? [] : [stop]))
  const stop = stops.length === 0 ? null : Math.max(...stops)
  const numbers = sources
    .flatMap((source) => source.numbers)
    .filter((number) => stop === null || number >= stop)
    .sort((a, b) => b - a)
  return { numbers: numbers.slice(0, limit), stop }
}
