import type { Method } from '../../../definition/operation.ts'
import type { JsonSchema } from '../../../schema/schema.ts'
import type { WireAnswer, WireFailure } from '../wire.ts'
import { anything, binary, chosen, kindOf, rootOf } from './bodies.ts'
import { failureOf } from './failures.ts'
import { memberName } from './names.ts'
import type { Reading } from './reading.ts'
import { child, children, followed, isFields, type Node } from './references.ts'

export interface ReadAnswers {
  readonly output: JsonSchema
  readonly wire: readonly WireAnswer[]
  /** An answer says by the header `Link` where the next page is. */
  readonly isLinked: boolean
  readonly failure: WireFailure | null
  /** The answer objects of successes: their links are looked at. */
  readonly nodes: readonly Node[]
}

interface Success {
  readonly node: Node
  readonly status: string
  readonly schema: JsonSchema | null
  readonly wire: Omit<WireAnswer, 'status' | 'part'>
}

const nothing: JsonSchema = { type: 'null' }

export function readAnswers(reading: Reading, operation: Node, method: Method): ReadAnswers {
  const all = children(child(operation, 'responses')).filter(([status]) => !status.startsWith('x-'))
  if (all.length === 0) reading.notes.add(operation, 'describes no answers: any is taken')
  const known = all.flatMap(([status, given]) => {
    const node = followed(given)
    if (typeof node !== 'string' && isFields(node.value))
      return [[status.toUpperCase(), reading.shape.answer(node, operation, reading.root)] as const]
    reading.notes.add(given, `is no answer${typeof node === 'string' ? `: ${node}` : ''}: left out`)
    return []
  })
  const isGood = ([status]: readonly [string, Node]): boolean => /^2(\d\d|XX)$/.test(status)
  const good = known.filter(isGood)
  const chosenOnes = good.length > 0 ? good : known.filter(([status]) => status === 'DEFAULT')
  const successes = chosenOnes.map(([status, node]) =>
    success(reading, { status: status === 'DEFAULT' ? 'default' : status, node, mayHaveBody: method !== 'HEAD' }),
  )
  const bad = known.filter((one) => !isGood(one) && /^([45](\d\d|XX)|DEFAULT)$/.test(one[0]))
  return {
    ...together(successes, all.length === 0),
    isLinked: successes.some(({ node }) => headersOf(node).some(([name]) => name.toLowerCase() === 'link')),
    failure:
      good.length > 0 || bad.length > 1
        ? failureOf(
            reading,
            bad.map(([, node]) => node),
          )
        : null,
    nodes: successes.map(({ node }) => node),
  }
}

/** An answer to HEAD has no body, whatever is described (RFC 9110 §9.3.2). */
function success(
  reading: Reading,
  { status, node, mayHaveBody }: { readonly status: string; readonly node: Node; readonly mayHaveBody: boolean },
): Success {
  const choice = mayHaveBody ? chosen(child(node, 'content')) : null
  if (choice === null) return { node, status, schema: null, wire: {} }
  const [type, media] = choice
  const kind = kindOf(type, media)
  const source = child(media, 'schema')
  const schema =
    kind === 'bytes' ? binary : source.value === undefined ? anything(kind) : reading.schemas.read(source, 'output')
  // Lines of JSON are a list of what each is.
  const whole = kind === 'ndjson' && !isList(reading, schema) ? ({ type: 'array', items: schema } as const) : schema
  const root = kind === 'xml' ? rootOf(reading.schemas, schema) : null
  return {
    node,
    status,
    schema: whole,
    wire: { kind, type: type.includes('*') ? '*/*' : type, ...(root !== null && { root }) },
  }
}

function isList({ schemas }: Reading, schema: JsonSchema): boolean {
  const found = schemas.lookedUp(schema)
  return typeof found === 'object' && found.type === 'array'
}

/** One output for all successes: their common schema, or any of theirs. */
function together(successes: readonly Success[], isUnknown: boolean): Pick<ReadAnswers, 'output' | 'wire'> {
  if (isUnknown) return { output: true, wire: [{ status: '2XX', kind: 'json', type: '*/*' }] }
  if (successes.every(({ schema }) => schema === null)) return withoutBody(successes)
  const parts: JsonSchema[] = []
  const texts: string[] = []
  const at = successes.map(({ schema }) => {
    const part = schema ?? nothing
    const text = JSON.stringify(part)
    if (!texts.includes(text)) {
      texts.push(text)
      parts.push(part)
    }
    return texts.indexOf(text)
  })
  const isOne = parts.length === 1
  return {
    output: isOne ? (parts[0] as JsonSchema) : { anyOf: parts },
    wire: successes.map(({ status, wire }, index) => ({
      status,
      ...wire,
      ...(!isOne && { part: at[index] as number }),
    })),
  }
}

/** Answers without a body: what their headers say, where the description says that they say something. */
function withoutBody(successes: readonly Success[]): Pick<ReadAnswers, 'output' | 'wire'> {
  const properties: Record<string, JsonSchema> = {}
  const wire = successes.map(({ status, node }) => {
    const headers: Record<string, string> = {}
    for (const [name, header] of headersOf(node)) {
      const as = memberName(name)
      if (as === '' || as === '__proto__') continue
      headers[as] = name.toLowerCase()
      const description = isFields(header.value) ? header.value['description'] : undefined
      properties[as] = { type: 'string', ...(typeof description === 'string' && { description }) }
    }
    return { status, ...(Object.keys(headers).length > 0 && { headers }) }
  })
  if (Object.keys(properties).length === 0)
    return { output: nothing, wire: wire.length === 0 ? [{ status: '2XX' }] : wire }
  return { output: { type: 'object', properties }, wire: wire.map((one) => ({ headers: {}, ...one })) }
}

function headersOf(node: Node): (readonly [string, Node])[] {
  return children(child(node, 'headers')).flatMap(([name, given]) => {
    const header = followed(given)
    return typeof header === 'string' ? [] : [[name, header] as const]
  })
}
