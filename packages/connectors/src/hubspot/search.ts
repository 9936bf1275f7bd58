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

type Judge = (
  own: string,
  filter: { readonly value: string; readonly high: string; readonly values: readonly string[] },
) => boolean

const within: Judge = (own, { value, high }) => compare(own, value) >= 0 && compare(own, high) <= 0
const among: Judge = (own, { values }) => values.some((one) => equals(own, one))

/** What an operator means for a value that is there. */
const judges: Readonly<Record<Filter['operator'], Judge>> = {
  EQ: (own, { value }) => equals(own, value),
  NEQ: (own, { value }) => !equals(own, value),
  LT: (own, { value }) => compare(own, value) < 0,
  LTE: (own, { value }) => compare(own, value) <= 0,
  GT: (own, { value }) => compare(own, value) > 0,
  GTE: (own, { value }) => compare(own, value) >= 0,
  BETWEEN: within,
  IN: among,
  NOT_IN: (...both) => !among(...both),
  HAS_PROPERTY: () => true,
  NOT_HAS_PROPERTY: () => false,
  CONTAINS_TOKEN: (own, { value }) => containsToken(own, value),
  NOT_CONTAINS_TOKEN: (own, { value }) => !containsToken(own, value),
}
/** Those that hold for a value that is missing; of the others none does. */
const holdForNone = new Set(['NOT_HAS_PROPERTY', 'NOT_CONTAINS_TOKEN'])

function holds(row: Row, { propertyName, operator, value = '', values = [], highValue: high = '' }: Filter): boolean {
  const own = valueOf(row, propertyName)
  return own === '' ? holdForNone.has(operator) : judges[operator](own, { value, values, high })
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
