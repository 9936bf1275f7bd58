import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { TenonError } from '../base/errors.ts'
import { kindOf } from '../base/schema.ts'
import { isObject } from '../definition/problem.ts'
import { parseBody } from '../trigger/body.ts'
import type { CheckedRoute } from './route.ts'

/** What is wrong with one part of a request: never the value itself. */
export interface InputProblem {
  readonly in: 'path' | 'query' | 'body'
  readonly field: string
  readonly found: string
  readonly expected: string
}

const mostProblems = 5

/** The parts of a request in the form that the route declares. Throws `INPUT_INVALID` naming each field, the kind found and what was expected. */
export function readInput(
  { params, query, body }: Pick<CheckedRoute, 'params' | 'query' | 'body'>,
  request: FastifyRequest,
): { readonly params: unknown; readonly query: unknown; readonly body: unknown } {
  return {
    params: read(params, request.params, 'path'),
    query: read(query, request.query, 'query'),
    body: read(body, membersOf(request), 'body'),
  }
}

function read(schema: z.ZodObject | undefined, value: unknown, place: InputProblem['in']): unknown {
  const given = value as Readonly<Record<string, unknown>>
  if (schema === undefined) {
    const [stray] = Object.keys(given)
    if (stray !== undefined) throw refusal([unknownField(place, stray, [])])
    return {}
  }
  const result = schema.safeParse(given, { error: (issue) => expectedBy(issue) })
  if (result.success) return result.data
  const known = Object.keys(schema.shape)
  const problems = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownField(place, [...issue.path, key].join('.'), known))
      : [{ in: place, field: issue.path.join('.'), found: foundAt(given, issue.path), expected: issue.message }],
  )
  throw refusal(problems.slice(0, mostProblems))
}

function unknownField(place: InputProblem['in'], field: string, known: readonly string[]): InputProblem {
  return {
    in: place,
    field: field.length > 60 ? `${field.slice(0, 60)}…` : field,
    found: 'not known here',
    expected: known.length === 0 ? 'nothing' : `only ${known.join(', ')}`,
  }
}

function refusal(problems: readonly InputProblem[]): TenonError {
  const words = problems.map(({ in: place, field, found, expected }) => {
    const name = place === 'query' ? `query parameter ${field}` : field
    return `${name === '' ? 'the body' : name} is ${found}; expected ${expected}`
  })
  return new TenonError('INPUT_INVALID', words.join('. '), { details: { problems } })
}

/** The members of a JSON body; a request without a body has none. */
function membersOf(request: FastifyRequest): Readonly<Record<string, unknown>> {
  const bytes = request.body as Uint8Array | undefined
  if (bytes === undefined || bytes.length === 0) return {}
  if (request.headers['content-encoding'] !== undefined)
    throw new TenonError('MEDIA_TYPE_UNSUPPORTED', 'a Content-Encoding is not accepted')
  const body = parseBody(request.headers['content-type'], bytes)
  if (isObject(body) && !Array.isArray(body)) return body
  throw refusal([{ in: 'body', field: '', found: foundWords(body), expected: 'an object' }])
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  undefined: 'missing',
  null: 'null',
}

function foundAt(value: unknown, path: readonly PropertyKey[]): string {
  let found = value
  for (const key of path)
    found = typeof found === 'object' && found !== null ? (found as Record<PropertyKey, unknown>)[key] : undefined
  return foundWords(found)
}

function foundWords(value: unknown): string {
  if (value === '') return 'empty'
  return kinds[kindOf(value)] ?? kindOf(value)
}

/** Only asked where the schema has no words of its own. */
function expectedBy(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return kinds[issue.expected] ?? issue.expected
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(', ')}`
    case 'too_small':
      return `${sizeWords(issue.origin)} of at least ${issue.minimum}`
    case 'too_big':
      return `${sizeWords(issue.origin)} of at most ${issue.maximum}`
    case 'invalid_format':
      return `a text of the form ${issue.format}`
    default:
      return 'another form'
  }
}

function sizeWords(origin: string): string {
  return (
    { string: 'a length', array: 'a number of items', number: 'a number', int: 'a whole number' }[origin] ?? 'a size'
  )
}
