import type { AnswerParts, ServedOperation, ServedRefusal } from '../../definition/operation.ts'
import type { RawRequest } from '../../definition/verifier.ts'
import { describedSchema } from '../../schema/described-schema.ts'
import type { JsonSchema, NamedSchemas } from '../../schema/schema.ts'
import { contextOf, schemaOf } from './answer/read.ts'
import { memberSchema, type Look } from './look.ts'
import { medias } from './media/media.ts'
import { readHeader, readPathPart, readStyled } from './request/read-styles.ts'
import { bodyInvalid, isRecord, textOf } from './request/text.ts'
import { bodyContext, readyParameters, type Ready } from './request/write.ts'
import type { RestWire, WireAnswer } from './wire.ts'

interface Parts {
  readonly wire: RestWire
  readonly input: JsonSchema
  readonly output: JsonSchema
  readonly schemas: NamedSchemas
  readonly look: Look
}

/** The provider's side of an operation: reads what it would be sent, and writes what it would answer. */
export function servedBy(parts: Parts): ServedOperation {
  const { wire, input, look } = parts
  const parameters = readyParameters(wire)
  return {
    read(request, params) {
      const query = pairsOf(request)
      const cookies = cookiesOf(request)
      const entries = parameters.flatMap((one) => {
        const value = valueOf(look, memberSchema(look, input, one.as), one, { request, params, query, cookies })
        return value === undefined ? [] : [[one.as, value] as const]
      })
      return Object.fromEntries([...bodyMembers(parts, request), ...entries])
    },
    write: (output) => written(parts, output),
    refuse: (refusal) => refused(wire, refusal),
  }
}

type Pairs = readonly (readonly [name: string, value: string])[]

interface Came {
  readonly request: RawRequest
  readonly params: Readonly<Record<string, string>>
  readonly query: Pairs
  readonly cookies: Pairs
}

/** The address tells lists from texts with commas; without it, what was made of it. */
function pairsOf({ url, query }: RawRequest): Pairs {
  const at = url?.indexOf('?') ?? -1
  if (url !== undefined) return at < 0 ? [] : [...new URLSearchParams(url.slice(at + 1).split('#', 1)[0])]
  return Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
}

/** RFC 6265 §5.4. */
function cookiesOf({ headers }: RawRequest): Pairs {
  return (headers['cookie'] ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=')
    return at < 0 ? [] : [[pair.slice(0, at).trim(), decodedText(pair.slice(at + 1).trim())] as const]
  })
}

function decodedText(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw bodyInvalid('has a cookie that is not percent-encoded')
  }
}

function valueOf(
  look: Look,
  schema: JsonSchema,
  { wire, by }: Ready,
  { request, params, query, cookies }: Came,
): unknown {
  const { name, in: place, content } = wire
  const pairs = place === 'cookie' ? cookies : query
  const header = request.headers[name.toLowerCase()]
  if (content !== undefined) {
    const text =
      place === 'path' ? params[name] : place === 'header' ? header : pairs.find(([given]) => given === name)?.[1]
    return text === undefined || content === 'text'
      ? text
      : medias.json.read(Buffer.from(text), contextOf({ status: '' }, schema, look), 'application/json')
  }
  switch (place) {
    case 'path':
      return Object.hasOwn(params, name) ? readPathPart(look, schema, by, params[name] as string) : undefined
    case 'header':
      return header === undefined ? undefined : readHeader(look, schema, by, header)
    default:
      return readStyled(look, schema, by, pairs)
  }
}

function bodyMembers({ wire, input, look }: Parts, { body, headers }: RawRequest): [string, unknown][] {
  if (wire.body === undefined || body.length === 0) return []
  const { kind, as, renamed = {} } = wire.body
  const value = medias[kind].read(body, bodyContext(wire.body, input, look), headers['content-type'] ?? wire.body.type)
  if (as !== undefined) return [[as, value]]
  if (!isRecord(value)) throw bodyInvalid('expected an object')
  const names = new Map(Object.entries(renamed).map(([own, name]) => [name, own]))
  return Object.entries(value).map(([name, one]) => [names.get(name) ?? name, one])
}

function written({ wire, output, schemas, look }: Parts, value: unknown): AnswerParts {
  const isLinked = wire.linked === true && isRecord(value)
  const given = isLinked ? value['items'] : value
  const link: AnswerParts['headers'] =
    isLinked && typeof value['next'] === 'string' ? { link: `<${value['next']}>; rel="next"` } : {}
  const answer = chosen(wire, given, (one) => describedSchema(schemaOf(wire, output, one), schemas, 'answer'))
  const status = /^\d+$/.test(answer.status) ? Number(answer.status) : 200
  if (answer.headers !== undefined) return { status, headers: namedHeaders(answer.headers, given), body: undefined }
  if (answer.kind === undefined) return { status, headers: link, body: undefined }
  const said =
    answer.type === undefined || answer.type.includes('*')
      ? answer.kind === 'json'
        ? 'application/json'
        : 'application/octet-stream'
      : answer.type
  const { body, type = said } = medias[answer.kind].write(
    given,
    contextOf(answer, schemaOf(wire, output, answer), look),
  )
  return { status, headers: { 'content-type': type, ...link }, body }
}

/** The first that can give such a value. */
function chosen(
  { answers }: RestWire,
  value: unknown,
  schemaFor: (answer: WireAnswer) => ReturnType<typeof describedSchema>,
): WireAnswer {
  const [first, ...others] = answers
  if (first === undefined) return { status: '200' }
  if (others.length === 0) return first
  return answers.find((one) => !('issues' in schemaFor(one)['~standard'].validate(value))) ?? first
}

function namedHeaders(names: Readonly<Record<string, string>>, value: unknown): Readonly<Record<string, string>> {
  const members = isRecord(value) ? value : {}
  const entries = Object.entries(names).flatMap(([as, name]) =>
    members[as] === undefined ? [] : [[name, textOf(members[as])] as const],
  )
  return Object.fromEntries(entries)
}

/** In the description's own words for an error, and else as RFC 9457 has it. */
function refused({ failure }: RestWire, { status, code, message }: ServedRefusal): AnswerParts {
  if (failure?.message === undefined)
    return {
      status,
      headers: { 'content-type': 'application/problem+json' },
      body: { title: code, status, detail: message, code },
    }
  const body = placed(placed({}, failure.message, message), failure.code ?? [], code)
  return { status, headers: { 'content-type': 'application/json' }, body }
}

/** A value with another put where a path leads; a list where the path has a number. */
function placed(into: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return rest.length === 0 && !isRecord(into) && !Array.isArray(into) ? value : into
  if (key === '0') {
    const [first] = Array.isArray(into) ? (into as unknown[]) : []
    return [rest.length === 0 ? value : placed(first ?? {}, rest, value)]
  }
  const members = isRecord(into) ? into : {}
  return { ...members, [key]: rest.length === 0 ? value : placed(members[key] ?? {}, rest, value) }
}
