import type { z } from 'zod'
import { invalid } from './dialect.ts'
import { propertyOf, searched } from './definitions.ts'
import { allOf, type Kind, type Portal, type Row } from './portal.ts'
import { shownAs } from './records.ts'
import type { search as searchInput } from './requests.ts'

type Search = z.output<typeof searchInput>
type Filter = NonNullable<Search['filterGroups']>[number]['filters'][number]

/** What is newer is not in the index yet. */
const lagMs = 2000
const mostFound = 10_000
const mostFilters = 18

export function search(portal: Portal, kind: Kind, asked: Search) {
  const { simulation } = portal
  const { query, filterGroups = [], sorts = [], properties, limit = 10, after } = asked
  const from = Number(after ?? 0)
  if (!Number.isInteger(from) || from < 0) invalid(simulation, 'The after parameter is not a number')
  if (from + limit > mostFound) invalid(simulation, `Search results are limited to ${mostFound}`)
  const filters = filterGroups.flatMap((group) => group.filters)
  if (filters.length > mostFilters) invalid(simulation, `There are more than ${mostFilters} filters`)
  for (const { propertyName } of filters) requireProperty(portal, kind, propertyName)

  const indexed = allOf(portal, kind).filter((row) => Date.parse(row.createdAt) + lagMs <= simulation.now())
  const found = indexed.filter(
    (row) =>
      (query === undefined || hasWords(row, searched[kind], query)) &&
      (filterGroups.length === 0 || filterGroups.some((group) => group.filters.every((one) => holds(row, one)))),
  )
  const sorted = inOrder(portal, kind, found, sorts[0])
  const results = sorted.slice(from, from + limit).map((row) => shownAs(kind, row, properties))
  const next = from + limit
  return { total: found.length, results, ...(found.length > next && { paging: { next: { after: String(next) } } }) }
}

function requireProperty(portal: Portal, kind: Kind, name: string): void {
  if (propertyOf(portal, kind, name) === undefined)
    invalid(portal.simulation, `There was a problem with the request: the property ${name} does not exist`)
}

function inOrder(
  portal: Portal,
  kind: Kind,
  rows: readonly Row[],
  sort: NonNullable<Search['sorts']>[number] | undefined,
) {
  if (sort === undefined) return rows
  const { propertyName, direction = 'ASCENDING' } = typeof sort === 'string' ? { propertyName: sort } : sort
  requireProperty(portal, kind, propertyName)
  const by = direction === 'ASCENDING' ? 1 : -1
  return rows.toSorted((left, right) => by * compare(valueOf(left, propertyName), valueOf(right, propertyName)))
}

const valueOf = ({ properties }: Row, name: string): string => properties[name] ?? ''

/** By number and time where both are one. */
function compare(left: string, right: string): number {
  const [one, other] = [magnitudeOf(left), magnitudeOf(right)]
  if (!Number.isNaN(one) && !Number.isNaN(other)) return one - other
  return left.toLowerCase().localeCompare(right.toLowerCase())
}

function magnitudeOf(text: string): number {
  if (text === '') return Number.NaN
  const number = Number(text)
  return Number.isNaN(number) && /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : number
}

const equals = (left: string, right: string): boolean => compare(left, right) === 0

function holds(row: Row, { propertyName, operator, value = '', values = [], highValue = '' }: Filter): boolean {
  const own = valueOf(row, propertyName)
  const has = own !== ''
  switch (operator) {
    case 'EQ':
      return equals(own, value)
    case 'NEQ':
      return has && !equals(own, value)
    case 'LT':
      return has && compare(own, value) < 0
    case 'LTE':
      return has && compare(own, value) <= 0
    case 'GT':
      return has && compare(own, value) > 0
    case 'GTE':
      return has && compare(own, value) >= 0
    case 'BETWEEN':
      return has && compare(own, value) >= 0 && compare(own, highValue) <= 0
    case 'IN':
      return values.some((one) => equals(own, one))
    case 'NOT_IN':
      return has && !values.some((one) => equals(own, one))
    case 'HAS_PROPERTY':
      return has
    case 'NOT_HAS_PROPERTY':
      return !has
    case 'CONTAINS_TOKEN':
      return containsToken(own, value)
    default:
      return !containsToken(own, value)
  }
}

/** A whole word, or with `*` a part of one. */
function containsToken(text: string, token: string): boolean {
  const wanted = token.toLowerCase()
  const bare = wanted.replaceAll('*', '')
  const words = [text.toLowerCase(), ...text.toLowerCase().split(/[^\p{L}\p{N}]+/u)]
  if (!wanted.includes('*')) return words.includes(wanted) || text.toLowerCase().includes(`@${bare}`)
  return words.some(
    (word) =>
      word.includes(bare) &&
      (wanted.startsWith('*') || word.startsWith(bare)) &&
      (wanted.endsWith('*') || word.endsWith(bare)),
  )
}

function hasWords(row: Row, names: readonly string[], query: string): boolean {
  const text = names
    .map((name) => valueOf(row, name))
    .join(' ')
    .toLowerCase()
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
