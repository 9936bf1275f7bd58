import type { JsonSchema } from '../../../schema/schema.ts'
import type { Path, WirePaging } from '../wire.ts'
import { membersOf, type Members } from '../look.ts'
import type { FlatInput } from './input.ts'
import type { Reading } from './reading.ts'
import { child, children, isFields, type Fields, type Node } from './references.ts'

/** What an operation looks like to whoever asks whether it gives pages. */
interface Candidate {
  readonly reading: Reading
  readonly operation: Node
  readonly answers: readonly Node[]
  readonly input: FlatInput
  readonly output: JsonSchema
  readonly isLinked: boolean
  /** Names of parameters by place and name in lower case. */
  readonly asked: ReadonlyMap<string, string>
}

/** Spelled in one way: `nextPageToken`, `next_page_token` and `next-page-token` are alike. */
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

const cursorInputs =
  'cursor nextcursor pagetoken nextpagetoken nexttoken continuationtoken continuation pagecursor aftercursor after startcursor paginationtoken marker startafter exclusivestartkey starttoken next pagingtoken'.split(
    ' ',
  )
const cursorOutputs =
  'nextcursor nextpagetoken nexttoken continuationtoken nextcontinuationtoken nextpagecursor endcursor cursor after nextmarker nextstartkey lastevaluatedkey paginationtoken next'.split(
    ' ',
  )
const addressOutputs = [
  'nextpageurl',
  'nexturl',
  'nextlink',
  'odatanextlink',
  'nextpageuri',
  'nexthref',
  'nextrecordsurl',
  'next',
]
const moreOutputs = ['hasmore', 'more', 'hasnext', 'hasnextpage', 'hasmorepages', 'ismore']
const holders = [
  '',
  'meta',
  'metadata',
  'pagination',
  'paging',
  'pageinfo',
  'responsemetadata',
  'links',
  'page',
  'cursors',
  'responsemeta',
  'listmetadata',
]
const pageInputs = ['page', 'pagenumber', 'pageno', 'pagenum', 'currentpage', 'pageindex', 'p']
const offsetInputs = ['offset', 'skip', 'startindex', 'startat', 'start', 'odskip']
const sizeInputs = [
  'perpage',
  'pagesize',
  'limit',
  'size',
  'count',
  'maxresults',
  'pagelimit',
  'itemsperpage',
  'results',
  'top',
  'max',
  'take',
]
const totalOutputs = [
  'total',
  'totalcount',
  'totalresults',
  'totalitems',
  'totalelements',
  'totalrecords',
  'count',
  'totalentries',
  'totalsize',
  'foundcount',
]
const pagesOutputs = ['totalpages', 'pagecount', 'pages', 'lastpage', 'numpages', 'pagetotal']

/** How the pages of an operation follow each other; `null` unless the description says that they do. */
export function readPaging(given: Omit<Candidate, 'asked'>): WirePaging | null {
  const { input } = given
  const asked = new Map(
    input.parameters.filter((one) => one.in === 'query').map(({ name, as }) => [plain(name), as ?? name]),
  )
  // A list may be asked for by a body, too: `POST /orders/search`.
  if (input.body !== null && input.body.as === undefined)
    for (const name of Object.keys(input.schema.properties ?? {}))
      if (!asked.has(plain(name))) asked.set(plain(name), name)
  const candidate = { ...given, asked }
  return (
    byHint(candidate) ??
    byLink(candidate) ??
    byCursor(candidate) ??
    byLast(candidate) ??
    byAddress(candidate) ??
    byHeader(candidate) ??
    byCount(candidate)
  )
}

function freeName({ input }: Candidate): string {
  const properties = input.schema.properties ?? {}
  return ['next', 'nextPage', 'nextPageAddress'].find((name) => !Object.hasOwn(properties, name)) ?? 'addressOfNextPage'
}

/** `x-ms-pageable` (Microsoft AutoRest): the member that holds the address of the next page. */
function byHint(candidate: Candidate): WirePaging | null {
  const { operation } = candidate
  const hint = isFields(operation.value) ? operation.value['x-ms-pageable'] : undefined
  const name = isFields(hint) ? hint['nextLinkName'] : undefined
  if (typeof name !== 'string') return null
  return { by: 'address', from: [name], to: freeName(candidate) }
}

/** A link of the description that leads to the operation itself, with a parameter out of the answer (OAS 3.1 §4.8.20). */
function byLink({ operation, answers, asked }: Candidate): WirePaging | null {
  const own = (operation.value as Fields)['operationId']
  const links = answers.flatMap((answer) => children(child(answer, 'links'))).map(([, { value }]) => value)
  const toItself = links.filter(isFields).filter((link) => own !== undefined && link['operationId'] === own)
  for (const [name, from] of toItself.flatMap(({ parameters }) =>
    Object.entries(isFields(parameters) ? parameters : {}),
  )) {
    const to = asked.get(plain(name))
    const pointer = typeof from === 'string' ? /^\$response\.body#\/(.+)$/.exec(from)?.[1] : undefined
    if (to !== undefined && pointer !== undefined) return { by: 'cursor', from: pointer.split('/'), to }
  }
  return null
}

function byCursor(candidate: Candidate): WirePaging | null {
  const to = cursorInputs.map((name) => candidate.asked.get(name)).find((name) => name !== undefined)
  if (to === undefined) return null
  const own = plain(to)
  const wanted = cursorOutputs.includes(own) || own === 'after' ? [...cursorOutputs] : [...cursorOutputs, own]
  const from = search(candidate, wanted, isText)
  if (from === null) return null
  const more = search(candidate, moreOutputs, isYes)
  return { by: 'cursor', from, to, ...(more !== null && { more }) }
}

/** Stripe and those like it: the id of the last item asks for those after it. */
function byLast(candidate: Candidate): WirePaging | null {
  const to = candidate.asked.get('startingafter') ?? candidate.asked.get('afterid') ?? candidate.asked.get('after')
  const more = search(candidate, moreOutputs, isYes)
  const list = listOf(candidate)
  if (to === undefined || more === null || list === null) return null
  const item = membersOfAny(candidate, list.item)
  return item !== null && Object.hasOwn(item.properties, 'id')
    ? { by: 'last', items: list.path, id: 'id', to, more }
    : null
}

/** An address in the body: `@odata.nextLink`, `next_page_url`, `links.next`. */
function byAddress(candidate: Candidate): WirePaging | null {
  if (listOf(candidate) === null) return null
  const isAddress = (schema: JsonSchema, name: string): boolean =>
    isText(schema) && (plain(name) !== 'next' || (typeof schema === 'object' && looksLikeAddress(schema)))
  const from = search(candidate, addressOutputs, isAddress) ?? inLinks(candidate)
  return from === null ? null : { by: 'address', from, to: freeName(candidate) }
}

function looksLikeAddress(schema: JsonSchema & object): boolean {
  if (['uri', 'url', 'uri-reference'].includes(schema.format ?? '')) return true
  return (
    /\b(url|uri|link)\b/i.test(schema.description ?? '') ||
    schema.examples?.some((one) => /^(https?:\/)?\//.test(typeof one === 'string' ? one : ' ')) === true
  )
}

/** HAL and JSON:API: `_links.next.href`, `links.next`. */
function inLinks({ reading, output }: Candidate): Path | null {
  const { schemas } = reading
  const properties = membersOf(schemas, schemas.lookedUp(output))?.properties ?? {}
  for (const name of ['_links', 'links']) {
    const inner = properties[name] === undefined ? null : membersOf(schemas, properties[name])
    const next = inner?.properties['next']
    if (next === undefined) continue
    if (isText(schemas.lookedUp(next))) return [name, 'next']
    if (membersOf(schemas, next)?.properties['href'] !== undefined) return [name, 'next', 'href']
  }
  return null
}

/** RFC 8288: a header `Link` beside a plain list. */
function byHeader(candidate: Candidate): WirePaging | null {
  const { reading, output, isLinked } = candidate
  const found = reading.schemas.lookedUp(output)
  const isList = typeof found === 'object' && found.type === 'array'
  return isLinked && isList ? { by: 'address', from: ['next'], to: freeName(candidate) } : null
}

function byCount(candidate: Candidate): WirePaging | null {
  const { asked, input, reading } = candidate
  const firstAsked = (names: readonly string[]): string | undefined =>
    names.map((name) => asked.get(name)).find((name) => name !== undefined)
  const schemaOf = (name: string): JsonSchema => reading.schemas.lookedUp(input.schema.properties?.[name] ?? true)
  const page = firstAsked(pageInputs)
  const to = page ?? firstAsked(offsetInputs)
  const list = listOf(candidate)
  if (to === undefined || list === null || !isNumber(schemaOf(to))) return null
  const size = firstAsked(sizeInputs)
  const ends = endsOf(candidate)
  // A number alone may mean anything: what else pages have must be there.
  if (size === undefined && Object.keys(ends).length === 0) return null
  const usual = size === undefined ? undefined : numberIn(schemaOf(size), 'default')
  const isFromNought = page === undefined || numberIn(schemaOf(to), 'minimum') === 0
  return {
    by: page === undefined ? 'offset' : 'page',
    to,
    first: numberIn(schemaOf(to), 'default') ?? (isFromNought ? 0 : 1),
    items: list.path,
    ...(size !== undefined && { size: { as: size, ...(usual !== undefined && { usual }) } }),
    ...ends,
  }
}

/** What an output says about where its list ends. */
function endsOf(candidate: Candidate): { readonly total?: Path; readonly pages?: Path; readonly more?: Path } {
  const total = search(candidate, totalOutputs, isNumber)
  const pages = search(candidate, pagesOutputs, isNumber)
  const more = search(candidate, moreOutputs, isYes)
  return { ...(total !== null && { total }), ...(pages !== null && { pages }), ...(more !== null && { more }) }
}

/** The one list that an output is, or holds. */
function listOf({ reading, output }: Candidate): { readonly path: Path; readonly item: JsonSchema } | null {
  const { schemas } = reading
  const whole = schemas.lookedUp(output)
  if (typeof whole === 'object' && whole.type === 'array') return { path: [], item: whole.items ?? true }
  const lists = Object.entries(membersOf(schemas, output)?.properties ?? {}).flatMap(([name, part]) => {
    const found = schemas.lookedUp(part)
    const isList = typeof found === 'object' && [found.type ?? []].flat().includes('array')
    return isList ? [{ path: [name], item: found.items ?? true }] : []
  })
  const usual = ['data', 'items', 'results', 'records', 'value', 'entries', 'list', 'content']
  return lists.length === 1 ? (lists[0] ?? null) : (lists.find(({ path }) => usual.includes(path[0] as string)) ?? null)
}

function search(
  { reading, output }: Candidate,
  names: readonly string[],
  fits: (schema: JsonSchema, name: string) => boolean,
): Path | null {
  const { schemas } = reading
  const top = membersOf(schemas, output)?.properties ?? {}
  const held = Object.entries(top).filter(([name]) => holders.includes(plain(name)))
  const places: [Path, Readonly<Record<string, JsonSchema>>][] = [[[], top]]
  for (const [name, part] of held) {
    const inner = membersOfAny({ reading }, part)?.properties ?? {}
    places.push([[name], inner])
    const cursors = inner['cursors'] === undefined ? null : membersOf(schemas, inner['cursors'])
    if (cursors !== null) places.push([[name, 'cursors'], cursors.properties])
  }
  for (const [path, properties] of places) {
    const known = new Map(Object.keys(properties).map((name) => [plain(name), name]))
    for (const wanted of names) {
      const name = known.get(wanted)
      if (name !== undefined && fits(schemas.lookedUp(properties[name] as JsonSchema), name)) return [...path, name]
    }
  }
  return null
}

/** Also of what may be null. */
function membersOfAny({ reading }: Pick<Candidate, 'reading'>, schema: JsonSchema): Members | null {
  const { schemas } = reading
  const found = schemas.lookedUp(schema)
  if (typeof found === 'boolean') return null
  const one = (found.anyOf ?? found.oneOf)?.find((part) => typeof part === 'object' && part.type !== 'null')
  if (one !== undefined) return membersOf(schemas, one)
  return membersOf(schemas, Array.isArray(found.type) ? { ...found, type: 'object' } : found)
}

function hasType(schema: JsonSchema, types: readonly string[]): boolean {
  if (typeof schema === 'boolean') return false
  const own = [schema.type ?? []].flat()
  return (
    own.some((type) => types.includes(type)) ||
    (schema.anyOf ?? schema.oneOf)?.some((part) => hasType(part, types)) === true
  )
}

const isText = (schema: JsonSchema): boolean => hasType(schema, ['string'])
const isNumber = (schema: JsonSchema): boolean => hasType(schema, ['integer', 'number'])
const isYes = (schema: JsonSchema): boolean => hasType(schema, ['boolean'])

function numberIn(schema: JsonSchema, keyword: 'default' | 'minimum'): number | undefined {
  const value = typeof schema === 'object' ? schema[keyword] : undefined
  return typeof value === 'number' ? value : undefined
}
