import type { AnswerParts } from '../../../definition/operation.ts'
import type { JsonSchema } from '../../../schema/schema.ts'
import { TenonError } from '../../../base/errors.ts'
import { medias, type MediaContext } from '../media/media.ts'
import type { Look } from '../look.ts'
import { bareType } from '../reading/kinds.ts'
import { bodyInvalid } from '../request/text.ts'
import type { MediaKind, RestWire, WireAnswer } from '../wire.ts'
import { nextIn } from './link.ts'

/** An answer that is described, ready to be read. */
interface Known {
  readonly wire: WireAnswer
  readonly context: MediaContext
}

/** Takes the output out of a good answer. Throws `BODY_INVALID` for one that cannot be read as described. */
export function answerReader(wire: RestWire, output: JsonSchema, look: Look): (answer: AnswerParts) => unknown {
  const known = wire.answers.map((one) => ({ wire: one, context: contextOf(one, schemaOf(wire, output, one), look) }))
  const byStatus = new Map(known.map((one) => [one.wire.status, one]))
  const [first] = known
  return (answer) => {
    const { status } = answer
    const found =
      byStatus.get(String(status)) ?? byStatus.get(`${String(status)[0]}XX`) ?? byStatus.get('default') ?? first
    if (found === undefined) return null
    const value = readOne(found, answer)
    return wire.linked === true ? { items: value, next: nextIn(answer.headers['link'] ?? '') } : value
  }
}

/** Where answers differ, each has its own part of the output. */
export function schemaOf(wire: RestWire, output: JsonSchema, { part }: WireAnswer): JsonSchema {
  if (typeof output === 'boolean') return output
  if (wire.linked === true) return output.properties?.['items'] ?? true
  return part === undefined ? output : (output.anyOf?.[part] ?? true)
}

export function contextOf({ type = '*/*', root = '' }: WireAnswer, schema: JsonSchema, look: Look): MediaContext {
  return { schema, look, type, encoding: {}, root }
}

/** A file that says it is JSON is not to be written anew. */
const asItCame = new Set<MediaKind>(['bytes', 'text', 'ndjson'])

function readOne({ wire, context }: Known, { headers, body, bytes }: AnswerParts): unknown {
  if (wire.headers !== undefined) {
    const entries = Object.entries(wire.headers).flatMap(([as, name]) =>
      headers[name] === undefined ? [] : [[as, headers[name]]],
    )
    return Object.fromEntries(entries) as unknown
  }
  if (wire.kind === undefined || body === undefined) return null
  const type = headers['content-type'] ?? ''
  if (isStrange(wire, type)) throw bodyInvalid(`is ${bareType(type).slice(0, 100)}; expected ${wire.type}`)
  try {
    return medias[wire.kind].read(asItCame.has(wire.kind) ? (bytes ?? body) : body, context, type)
  } catch (error) {
    if (TenonError.is(error, 'BODY_INVALID')) throw bodyInvalid(`the body ${error.message}`)
    throw error
  }
}

/** A page of HTML is of a proxy, or of the wrong place, unless it may be a file of any kind. What else is strange cannot be read as described. */
function isStrange({ type = '*/*' }: WireAnswer, found: string): boolean {
  const [bare, wanted] = [bareType(found), bareType(type)]
  return bare === 'text/html' && bare !== wanted && !anyFile.has(wanted)
}

const anyFile = new Set(['*/*', 'application/octet-stream'])
