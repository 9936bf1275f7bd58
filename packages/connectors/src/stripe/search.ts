import { reject, type Simulation } from 'tenon/simulator'
import { seconds } from './account.ts'
import { failure } from './dialect.ts'

// The language of https://docs.stripe.com/search#search-query-language.

interface Clause {
  readonly negated: boolean
  readonly field: string
  readonly key: string | null
  readonly operator: string
  readonly value: string | null
}

type Row = Readonly<Record<string, unknown>> & { readonly id: string; readonly created?: number | undefined }

export interface Search {
  readonly query: string
  readonly limit?: number | undefined
  readonly page?: string | undefined
}

/** What is written becomes searchable this much later. */
const behindS = 60
const clausePattern =
  /\s*(-?)([a-z_.]+)(?:\[(?:"([^"]*)"|'([^']*)')\])?(:|~|>=|<=|>|<)(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(null)|(-?\d+))(?:\s+(AND|OR)(?=\s))?/y

/** The newest first; `fields` are those that this kind of object can be searched by. */
export function searchOf<Item extends Row>(
  simulation: Simulation,
  all: Iterable<Item>,
  { search, fields, url }: { search: Search; fields: readonly string[]; url: string },
) {
  const { clauses, isAny } = parse(search.query)
  for (const { field } of clauses) {
    if (!fields.includes(field)) refused(`Field \`${field}\` is an unsupported search field here.`)
  }
  const until = seconds(simulation) - behindS
  const found = [...all]
    .toReversed()
    .filter((item) => (item.created ?? Infinity) <= until)
    .filter((item) => (isAny ? clauses.some((one) => holds(item, one)) : clauses.every((one) => holds(item, one))))
  const start = startOf(search.page)
  const end = start + (search.limit ?? 10)
  const has_more = end < found.length
  return {
    object: 'search_result',
    url,
    data: found.slice(start, end),
    has_more,
    next_page: has_more ? pageAt(end) : null,
  }
}

const pageAt = (place: number): string => Buffer.from(`page:${place}`).toString('base64url')

function startOf(page: string | undefined): number {
  if (page === undefined) return 0
  const place = /^page:(\d{1,9})$/.exec(Buffer.from(page, 'base64url').toString())?.[1]
  return place === undefined
    ? refused('The page you gave is not one that a search has answered.', 'page')
    : Number(place)
}

function parse(query: string): { clauses: readonly Clause[]; isAny: boolean } {
  const clauses: Clause[] = []
  const joins = new Set<string>()
  clausePattern.lastIndex = 0
  let isOpen = true
  while (isOpen) {
    const match = clausePattern.exec(query)
    if (match === null) return refused('We were unable to parse your search query.')
    const [, minus, field = '', doubleKey, singleKey, operator = '', double, single, , number, join] = match
    const value = double ?? single ?? number ?? null
    clauses.push({
      negated: minus === '-',
      field,
      key: doubleKey ?? singleKey ?? null,
      operator,
      value: unescaped(value),
    })
    if (join !== undefined) joins.add(join)
    isOpen = join !== undefined
    if (!isOpen && query.slice(match.index + match[0].length).trim() !== '')
      return refused('We were unable to parse your search query.')
  }
  if (joins.size > 1) return refused('You cannot combine AND and OR in one query.')
  if (clauses.length > 10) return refused('A query may have at most 10 clauses.')
  return { clauses, isAny: joins.has('OR') }
}

function unescaped(value: string | null): string | null {
  return value?.replaceAll(/\\(.)/g, '$1') ?? null
}

function holds(item: Row, { negated, field, key, operator, value }: Clause): boolean {
  const held = key === null ? item[field] : (item[field] as Readonly<Record<string, unknown>> | undefined)?.[key]
  return compared(held, operator, value) !== negated
}

function compared(held: unknown, operator: string, value: string | null): boolean {
  if (value === null) return held === undefined || held === null
  if (held === undefined || held === null) return false
  const text = (typeof held === 'object' ? JSON.stringify(held) : `${held as string | number | boolean}`).toLowerCase()
  const wanted = value.toLowerCase()
  switch (operator) {
    case '~':
      return text.includes(wanted)
    case '>':
      return Number(held) > Number(value)
    case '<':
      return Number(held) < Number(value)
    case '>=':
      return Number(held) >= Number(value)
    case '<=':
      return Number(held) <= Number(value)
    default:
      return text === wanted
  }
}

function refused(message: string, param = 'query'): never {
  return reject(400, failure('invalid_request_error', undefined, message, param))
}
