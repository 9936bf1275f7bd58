import type { RawRequest } from '../definition/verifier.ts'
import { parseJson } from '../base/json.ts'
import type { InputProblem } from './behaviour.ts'
import { readForm } from './form.ts'
import type { Route, RouteMatch } from './route.ts'

export type InputResult =
  | { readonly route: Route; readonly input: unknown }
  | { readonly problems: readonly InputProblem[] }

type Fields = Readonly<Record<string, unknown>>

type Reader = (request: RawRequest, params: Readonly<Record<string, string>>) => unknown
export type Readers = Readonly<Record<string, Reader | undefined>>

/** Turns a request back into the operation's input, by the same path and body rules that made it. Throws `BODY_INVALID`. */
export function readInput(match: RouteMatch, request: RawRequest, readers: Readers = {}): InputResult {
  let problems: readonly InputProblem[] | null = null
  for (const route of match.routes) {
    const reader = readers[route.operation] ?? route.options.served?.read
    const result = readWith(route, reader, { match, request })
    if ('route' in result) return result
    // Where a path serves several operations, the one that is nearly met was meant.
    if (problems === null || result.problems.length < problems.length) problems = result.problems
  }
  return { problems: problems ?? [] }
}

function readWith(
  route: Route,
  reader: Reader | undefined,
  { match: { params }, request }: { match: RouteMatch; request: RawRequest },
): InputResult {
  if (reader !== undefined) {
    const read = reader(request, params)
    return fit(route, typeof read === 'object' && read !== null ? (read as Fields) : {}, new Set())
  }
  const query = queryOf(request)
  const body = bodyOf(route, request)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { problems: [{ field: '(whole)', message: 'expected an object', kind: 'invalid' }] }
  }
  const texts = route.options.body === 'form' ? { ...body, ...query, ...params } : { ...query, ...params }
  return fit(route, { ...body, ...texts }, new Set(Object.keys(texts)))
}

function queryOf(request: RawRequest): Fields {
  return readForm(new URLSearchParams(request.query as Record<string, string>).toString())
}

function bodyOf(route: Route, request: RawRequest): unknown {
  if (request.body.length === 0) return {}
  return route.options.body === 'form' ? readForm(textOf(request)) : jsonOf(request)
}

/** The body of a request, for `read`. Throws `BODY_INVALID`, and a `TypeError` for bytes that are no text. */
export function jsonOf(request: RawRequest): unknown {
  return parseJson(textOf(request))
}

function textOf({ body }: RawRequest): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(body)
}

/** The query of an address. A name that comes several times is a list: it becomes one text, with commas, as many write it anyway. */
export function queryIn(parameters: URLSearchParams): RawRequest['query'] {
  const names = [...new Set(parameters.keys())]
  return Object.fromEntries(names.map((name) => [name, parameters.getAll(name).join(',')]))
}

interface Issue {
  readonly message: string
  /** Zod names what it wants. */
  readonly expected?: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
  /** Zod names the members that it does not know. */
  readonly keys?: readonly string[]
}

/** Validates; where a value came as text and the schema wants something else, reads the text as that. */
function fit(route: Route, fields: Fields, texts: ReadonlySet<string>): InputResult {
  const value = structuredClone(fields)
  const tried = new Set<string>()
  for (;;) {
    const result = route.options.input['~standard'].validate(value)
    if (result instanceof Promise) throw new Error(`the schema of ${route.operation} answers asynchronously`)
    if (result.issues === undefined) return { route, input: result.value }
    const issues = result.issues as readonly Issue[]
    const readable = issues.filter((issue) => readText(value, issue, { texts, tried }))
    if (readable.length === 0) return { problems: issues.flatMap((issue) => problemsOf(issue, value)) }
  }
}

/** True when the value at the issue's place was text and is now a number, a boolean or a list. */
function readText(
  value: Record<string, unknown>,
  issue: Issue,
  known: { texts: ReadonlySet<string>; tried: Set<string> },
): boolean {
  const path = namesOf(issue)
  const place = path.join('.')
  if (path.length === 0 || known.tried.has(place) || !known.texts.has(path[0] ?? '')) return false
  known.tried.add(place)
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((node, name) => (node as Fields | undefined)?.[name], value) as Record<string, unknown>
  const name = path.at(-1) ?? ''
  const text = parent?.[name]
  if (typeof text !== 'string') return false
  const read = issue.expected === 'array' ? text.split(',') : meaningOf(text)
  if (read === undefined) return false
  parent[name] = read
  return true
}

function meaningOf(text: string): number | boolean | undefined {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d{1,15}(\.\d{1,10})?$/.test(text) ? Number(text) : undefined
}

function namesOf(issue: Issue): string[] {
  return (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))
}

function problemsOf(issue: Issue, value: unknown): InputProblem[] {
  const path = namesOf(issue)
  if (issue.keys !== undefined) {
    return issue.keys.map((key) => ({
      field: [...path, key].join('.'),
      message: 'is not known',
      kind: 'unknown' as const,
    }))
  }
  const found = path.reduce<unknown>(
    (node, name) => (typeof node === 'object' && node !== null ? (node as Fields)[name] : undefined),
    value,
  )
  return [
    { field: path.join('.') || '(whole)', message: issue.message, kind: found === undefined ? 'missing' : 'invalid' },
  ]
}
