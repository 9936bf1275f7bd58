import type { JsonSchema } from '../../../schema/schema.ts'
import { words } from '../answer/failure.ts'
import type { Path, WireFailure } from '../wire.ts'
import { membersOf } from '../look.ts'
import { chosen, kindOf } from './bodies.ts'
import type { Reading } from './reading.ts'
import { child, type Node } from './references.ts'
import type { Schemas } from './schemas.ts'

const deepest = 3

/** Where the description's own error answers have a message and a code; `null` where they are written as most are, which needs no telling. */
export function failureOf(reading: Reading, answers: readonly Node[]): WireFailure | null {
  for (const node of answers) {
    const choice = chosen(child(node, 'content'))
    if (choice === null || kindOf(choice[0], choice[1]) !== 'json') continue
    const source = child(choice[1], 'schema')
    if (source.value === undefined) continue
    const schema = reading.schemas.read(source, 'output')
    const message = find(reading, schema, words.message)
    if (message === null) continue
    const code = find(reading, schema, words.code)
    return { message, ...(code !== null && { code }) }
  }
  return null
}

interface Place {
  readonly schema: JsonSchema
  readonly path: Path
}

/** The way to the first member of such a name that is a text or number, the nearest first. */
function find({ schemas }: Reading, schema: JsonSchema, names: readonly string[]): Path | null {
  let level: readonly Place[] = [{ schema, path: [] }]
  for (let depth = 0; depth < deepest; depth += 1) {
    const found = level.map((place) => findHere(schemas, place, names)).find((path) => path !== null)
    if (found !== undefined) return found
    level = level.flatMap(({ schema: one, path }) =>
      Object.entries(membersOf(schemas, one)?.properties ?? {}).map(([name, part]) =>
        inside(schemas.lookedUp(part), [...path, name]),
      ),
    )
  }
  return null
}

function findHere(schemas: Schemas, { schema, path }: Place, names: readonly string[]): Path | null {
  const properties = membersOf(schemas, schema)?.properties ?? {}
  const lower = new Map(Object.keys(properties).map((name) => [name.toLowerCase(), name]))
  const found = names
    .map((name) => lower.get(name))
    .find((own) => own !== undefined && isPlain(schemas.lookedUp(properties[own] as JsonSchema)))
  return found === undefined ? null : [...path, found]
}

/** The members of a list are looked at in its first item. */
function inside(schema: JsonSchema, path: Path): Place {
  const isList = typeof schema === 'object' && schema.type === 'array' && schema.items !== undefined
  return isList ? { schema: schema.items, path: [...path, '0'] } : { schema, path }
}

function isPlain(schema: JsonSchema): boolean {
  if (typeof schema === 'boolean') return false
  const types = [schema.type ?? []].flat()
  return types.some((type) => ['string', 'integer', 'number'].includes(type))
}
