import type { RequestParts } from '../../../definition/operation.ts'
import type { JsonSchema } from '../../../schema/schema.ts'
import { memberSchema, type Look } from '../look.ts'
import { medias, type MediaContext } from '../media/media.ts'
import { pageMember, type RestWire, type WireBody, type WireParameter } from '../wire.ts'
import { styledBy, writeCookies, writeHeader, writePairs, writePathPart, type Styled } from './styles.ts'
import { inputInvalid, isRecord, textOf } from './text.ts'

type Input = Readonly<Record<string, unknown>>

/** A parameter with the member of the input that it comes from. */
export interface Ready {
  readonly as: string
  readonly wire: WireParameter
  readonly by: Styled
}

export function readyParameters({ parameters = [] }: RestWire): readonly Ready[] {
  return parameters.map((wire) => ({ as: wire.as ?? wire.name, wire, by: styledBy(wire, wire.in) }))
}

/** Writes the request of an operation; worked out once. */
export function requestWriter(wire: RestWire, input: JsonSchema, look: Look): (input: unknown) => RequestParts {
  const parameters = readyParameters(wire)
  const path = pathWriter(
    wire.path,
    parameters.filter((one) => one.wire.in === 'path'),
  )
  const query = parameters.filter((one) => one.wire.in === 'query')
  const page = pageMember(wire.paging)
  const headers = parameters.filter((one) => one.wire.in === 'header')
  const cookies = parameters.filter((one) => one.wire.in === 'cookie')
  const others = new Set([...parameters.map(({ as }) => as), ...(page === undefined ? [] : [page])])
  const body = wire.body === undefined ? null : bodyWriter(wire.body, bodyContext(wire.body, input, look), others)
  const accept = acceptOf(wire)
  return (given) => {
    const members: Input = isRecord(given) ? given : {}
    const written: Record<string, string> = accept === null ? {} : { accept }
    for (const one of headers) {
      const value = own(members, one.as)
      if (value !== undefined && value !== null)
        written[one.wire.name.toLowerCase()] = contentOf(one, value) ?? writeHeader(value, one.by)
    }
    const sent = body?.(members) ?? null
    if (sent !== null) written['content-type'] = sent.type
    const jar = cookies.flatMap((one) => cookiesOf(one, own(members, one.as)))
    return {
      path: path(members),
      search: searchOf(wire, query, members, page),
      headers: written,
      ...(jar.length > 0 && { cookies: Object.fromEntries(jar) }),
      ...(sent !== null && { body: sent.body }),
    }
  }
}

function own(members: Input, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined
}

function pathWriter(path: string, parameters: readonly Ready[]): (members: Input) => string {
  const parts = path.split(/\{([^{}]*)\}/)
  const pieces = parts.filter((_part, index) => index % 2 === 0)
  const places = parts
    .filter((_part, index) => index % 2 === 1)
    .map((name) => parameters.find(({ wire }) => wire.name === name) as Ready)
  return (members) => {
    let filled = pieces[0] as string
    for (let index = 0; index < places.length; index += 1) {
      const one = places[index] as Ready
      const value = own(members, one.as)
      filled += writePathPart(contentOf(one, value) ?? value, one.by) + pieces[index + 1]
    }
    return filled
  }
}

/** A value that a parameter carries as one text in a media type (OAS 3.1 §4.8.12.4). */
function contentOf({ wire }: Ready, value: unknown): string | null {
  if (wire.content === undefined || value === undefined) return null
  return wire.content === 'json' ? JSON.stringify(value) : textOf(value)
}

function cookiesOf(one: Ready, value: unknown): (readonly [string, string])[] {
  if (value === undefined || value === null) return []
  const content = contentOf(one, value)
  return content === null ? writeCookies(value, one.by) : [[one.wire.name, encodeURIComponent(content)]]
}

function searchOf(
  { search = '' }: RestWire,
  query: readonly Ready[],
  members: Input,
  page: string | undefined,
): string {
  const next = page === undefined ? undefined : own(members, page)
  if (next !== undefined && next !== null) return searchIn(next, page as string)
  let written = search
  for (const one of query) {
    const value = own(members, one.as)
    if (value === undefined) continue
    const pairs = writePairs(contentOf(one, value) ?? value, one.by)
    if (pairs !== '') written += written === '' ? pairs : `&${pairs}`
  }
  return written
}

/** Of the address of a page only the query is used: wherever it leads, the call stays where the operation is. */
function searchIn(next: unknown, name: string): string {
  const text = textOf(next)
  const at = text.indexOf('?')
  const search = at < 0 ? '' : (text.slice(at + 1).split('#', 1)[0] as string)
  if (search === '') throw inputInvalid(name, 'expected the address of a page, with a query, as an output gave it')
  return search.toWellFormed().replace(/[^\w\-.~!$&'()*+,;=:@%/?[\]]/gu, encodeURIComponent)
}

export function bodyContext(body: WireBody, input: JsonSchema, look: Look): MediaContext {
  const { type, encoding = {}, root = '' } = body
  return { schema: body.as === undefined ? input : memberSchema(look, input, body.as), look, type, encoding, root }
}

function bodyWriter(
  { kind, as, renamed = {}, mayBeMissing, type }: WireBody,
  context: MediaContext,
  others: ReadonlySet<string>,
): (members: Input) => { readonly body: unknown; readonly type: string } | null {
  const media = medias[kind]
  const finished = (value: unknown): { readonly body: unknown; readonly type: string } => {
    const written = media.write(value, context)
    return { body: written.body, type: written.type ?? type }
  }
  if (as !== undefined) {
    return (members) => {
      const value = own(members, as)
      return value === undefined ? null : finished(value)
    }
  }
  const isWhole = others.size === 0 && Object.keys(renamed).length === 0
  return (members) => {
    const value = isWhole ? members : inside(members, others, renamed)
    return mayBeMissing === true && Object.keys(value).length === 0 ? null : finished(value)
  }
}

function inside(members: Input, others: ReadonlySet<string>, renamed: Readonly<Record<string, string>>): Input {
  const value: Record<string, unknown> = {}
  for (const name of Object.keys(members)) {
    if (!others.has(name) && name !== '__proto__')
      value[Object.hasOwn(renamed, name) ? (renamed[name] as string) : name] = members[name]
  }
  return value
}

/** What the answers may be; `null` where JSON will do, which every request asks for. */
function acceptOf({ answers }: RestWire): string | null {
  const types = [...new Set(answers.flatMap(({ type }) => (type === undefined ? [] : [type])))]
  return types.length === 0 || (types.length === 1 && types[0] === 'application/json') ? null : types.join(', ')
}
