import type { JsonSchema, JsonSchemaObject, JsonType, NamedSchemas } from '../../schema/schema.ts'

/** Follows references, for those who look at the form of a schema. */
export interface Look {
  lookedUp(schema: JsonSchema): JsonSchema
}

export function lookIn(named: NamedSchemas): Look {
  return {
    lookedUp(schema) {
      let found = schema
      for (let steps = 0; steps < 64 && typeof found === 'object' && found.$ref !== undefined; steps += 1) {
        const name = found.$ref.slice('#/$defs/'.length)
        found = Object.hasOwn(named, name) ? (named[name] as JsonSchema) : true
      }
      return found
    },
  }
}

export interface Members {
  readonly properties: Readonly<Record<string, JsonSchema>>
  readonly required: readonly string[]
  /** Whether there may be others. */
  readonly isOpen: boolean
}

const plain = new Set(
  'type title description properties required additionalProperties allOf examples default deprecated xml $ref readOnly writeOnly minProperties'.split(
    ' ',
  ),
)

/** The members of an object, also one put together by `allOf`; `null` for what is no such object, or more than that. */
export function membersOf(look: Look, schema: JsonSchema, depth = 0): Members | null {
  if (typeof schema === 'boolean' || depth > 32) return null
  if (schema.$ref !== undefined) {
    const found = look.lookedUp(schema)
    return found === schema ? null : membersOf(look, found, depth + 1)
  }
  if (!Object.keys(schema).every((keyword) => plain.has(keyword) || keyword.startsWith('x-'))) return null
  if (schema.type !== undefined && schema.type !== 'object') return null
  const { additionalProperties = true } = schema
  if (typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0) return null
  const parts = (schema.allOf ?? []).map((part) => membersOf(look, part, depth + 1))
  if (parts.includes(null)) return null
  const all = [...(parts as Members[]), ownMembers(schema, additionalProperties !== false)]
  const properties = Object.fromEntries(all.flatMap((part) => Object.entries(part.properties)))
  const sent = Object.entries(properties).filter(([, part]) => typeof part === 'boolean' || part.readOnly !== true)
  if (sent.length === 0) return null
  const names = new Set(sent.map(([name]) => name))
  const required = [...new Set(all.flatMap((part) => part.required))].filter(
    (name) => names.has(name) || !Object.hasOwn(properties, name),
  )
  return { properties: Object.fromEntries(sent), required, isOpen: all.every((part) => part.isOpen) }
}

export function ownMembers({ properties = {}, required = [] }: JsonSchemaObject, isOpen: boolean): Members {
  return { properties, required, isOpen }
}

/** All types that a value may have, through choices and parts; empty where nothing is said. */
export function typesOf(look: Look, schema: JsonSchema, depth = 0): ReadonlySet<JsonType> {
  const found = look.lookedUp(schema)
  const types = new Set<JsonType>()
  if (typeof found === 'boolean' || depth > 16) return types
  for (const type of [found.type ?? []].flat()) types.add(type)
  if (types.size > 0) return types
  if (found.properties !== undefined) types.add('object')
  for (const part of [...(found.anyOf ?? []), ...(found.oneOf ?? []), ...(found.allOf ?? [])])
    for (const type of typesOf(look, part, depth + 1)) types.add(type)
  return types
}

/** The schema of a member, of an item; `true` where nothing is said. Of a choice, that of the first that has it. */
export function memberSchema(look: Look, schema: JsonSchema, name: string, depth = 0): JsonSchema {
  const found = look.lookedUp(schema)
  if (typeof found === 'boolean' || depth > 16) return true
  const { properties = {}, additionalProperties } = found
  if (Object.hasOwn(properties, name)) return properties[name] ?? true
  for (const part of choices(found)) {
    const inner = memberSchema(look, part, name, depth + 1)
    if (inner !== true) return inner
  }
  return additionalProperties === undefined || additionalProperties === false ? true : additionalProperties
}

export function itemSchema(look: Look, schema: JsonSchema, depth = 0): JsonSchema {
  const found = look.lookedUp(schema)
  if (typeof found === 'boolean' || depth > 16) return true
  if (found.items !== undefined) return found.items
  for (const part of choices(found)) {
    const inner = itemSchema(look, part, depth + 1)
    if (inner !== true) return inner
  }
  return true
}

function choices(schema: JsonSchemaObject): readonly JsonSchema[] {
  return [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]
}

/** A text as the first of the types that it can be: a number, yes or no, nothing; else it stays a text. */
export function typedText(look: Look, schema: JsonSchema, text: string): unknown {
  const types = typesOf(look, schema)
  const number = types.has('integer') || types.has('number') ? numberIn(text) : undefined
  if (number !== undefined) return number
  if (types.has('boolean') && /^(?:true|false|[01])$/.test(text)) return text === 'true' || text === '1'
  return types.has('null') && text === '' && !types.has('string') ? null : text
}

function numberIn(text: string): number | bigint | undefined {
  if (/^-?\d{1,1000}$/.test(text)) return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)
  return /^-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}
