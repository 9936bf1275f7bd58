import type { JsonSchema, JsonSchemaObject, NamedSchemas } from '../schema/schema.ts'

/** The side from which data is seen: requests have no `readOnly` members, answers no `writeOnly` ones. */
export type Side = 'input' | 'output'

export function isHidden(schema: JsonSchema, side: Side): boolean {
  return typeof schema === 'object' && schema[side === 'input' ? 'readOnly' : 'writeOnly'] === true
}

const prefix = '#/$defs/'

/** The named schema that a reference is to. */
export function refName(schema: JsonSchema): string | null {
  const ref = typeof schema === 'object' ? schema.$ref : undefined
  return typeof ref === 'string' && ref.startsWith(prefix) ? ref.slice(prefix.length) : null
}

/** The schemas that stand right inside a schema. */
function partsOf(schema: JsonSchema): readonly JsonSchema[] {
  if (typeof schema === 'boolean') return []
  return [...alternativesOf(schema), ...Object.values(schema.properties ?? {}), ...othersOf(schema)]
}

/** Those that describe the same value. */
export function alternativesOf(schema: JsonSchemaObject): readonly JsonSchema[] {
  return [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]
}

function othersOf(schema: JsonSchemaObject): readonly JsonSchema[] {
  const patterns = Object.values((schema['patternProperties'] ?? {}) as Record<string, JsonSchema>)
  const single = [schema.additionalProperties, schema.items].filter((part) => part !== undefined)
  return [...(schema.prefixItems ?? []), ...patterns, ...single]
}

/** Named schemas that look different from each side, in themselves or in what they refer to. */
export function twoSided(named: NamedSchemas): ReadonlySet<string> {
  const users = new Map<string, string[]>()
  const found: string[] = []
  for (const [name, schema] of Object.entries(named)) {
    let isOwn = false
    walk(schema, (part) => {
      if (typeof part === 'object' && (part.readOnly === true || part.writeOnly === true)) isOwn = true
      const target = refName(part)
      if (target !== null) users.set(target, [...(users.get(target) ?? []), name])
    })
    if (isOwn) found.push(name)
  }
  const result = new Set(found)
  for (let name = found.pop(); name !== undefined; name = found.pop()) {
    for (const user of users.get(name) ?? []) {
      if (result.has(user)) continue
      result.add(user)
      found.push(user)
    }
  }
  return result
}

function walk(schema: JsonSchema, visit: (part: JsonSchema) => void): void {
  const waiting: JsonSchema[] = [schema]
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    visit(part)
    waiting.push(...partsOf(part))
  }
}
