import { nameOf } from './compile.ts'
import type { JsonSchema, JsonSchemaObject, NamedSchemas } from './schema.ts'

const mostParts = 100

/**
 * One schema of all that hold for a value at once: references followed, `allOf` joined, of `oneOf` and `anyOf` the branch that is picked. Enough to make a value that has a good chance to fit, not to judge one.
 */
export function mergedSchema(
  given: JsonSchema,
  named: NamedSchemas,
  pick: (branches: readonly JsonSchema[]) => JsonSchema,
): JsonSchema {
  let merged: JsonSchemaObject = {}
  const waiting: JsonSchema[] = [given]
  for (let count = 0; count < mostParts; count += 1) {
    const part = waiting.pop()
    if (part === undefined) break
    if (part === false) return false
    if (part === true) continue
    const { $ref, allOf = [], anyOf, oneOf, ...own } = part
    merged = joined(merged, own)
    waiting.push(...allOf)
    const name = $ref === undefined ? null : nameOf($ref)
    if (name !== null && Object.hasOwn(named, name)) waiting.push(named[name] as JsonSchema)
    for (const branches of [anyOf, oneOf]) {
      if (branches === undefined || branches.length === 0) continue
      const branch = pick(branches)
      waiting.push(branch)
      merged = joined(merged, tagOf(part, branch))
    }
  }
  return merged
}

/** What the member that tells branches apart has to say for this one. */
function tagOf({ discriminator }: JsonSchemaObject, branch: JsonSchema): JsonSchemaObject {
  const ref = typeof branch === 'object' ? branch.$ref : undefined
  if (discriminator === undefined || ref === undefined) return {}
  const { propertyName, mapping = {} } = discriminator
  const told = Object.keys(mapping).find((value) => mapping[value] === ref) ?? nameOf(ref)
  return { properties: { [propertyName]: { const: told } }, required: [propertyName] }
}

function joined(one: JsonSchemaObject, other: JsonSchemaObject): JsonSchemaObject {
  const properties: Record<string, JsonSchema> = { ...one.properties }
  for (const [name, schema] of Object.entries(other.properties ?? {})) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined
    properties[name] = known === undefined ? schema : { allOf: [known, schema] }
  }
  const required = [...new Set([...(one.required ?? []), ...(other.required ?? [])])]
  return {
    ...one,
    ...other,
    ...(one.properties !== undefined || other.properties !== undefined ? { properties } : {}),
    ...(required.length > 0 && { required }),
  }
}
