import type { JsonSchema } from '../schema/schema.ts'

/** Members of a schema that hold schemas by names of their own. */
const maps = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs'])
/** Those that hold values. */
const values = new Set(['const', 'enum', 'default', 'examples', 'discriminator', 'required', 'dependentRequired'])
/** What only people read; it stands in the comments of the types. */
const words = new Set(['title', 'description', '$comment', 'summary', 'externalDocs'])

/** A schema without what only people read. */
export function bareSchema(schema: JsonSchema): JsonSchema {
  return bare(schema) as JsonSchema
}

function bare(part: unknown): unknown {
  if (typeof part !== 'object' || part === null) return part
  if (Array.isArray(part)) return part.map(bare)
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(part)) {
    if (words.has(name) || name === '__proto__') continue
    if (values.has(name)) kept[name] = value
    else if (maps.has(name)) kept[name] = bareEach(value)
    else kept[name] = bare(value)
  }
  return kept
}

function bareEach(schemas: unknown): unknown {
  if (typeof schemas !== 'object' || schemas === null) return schemas
  return Object.fromEntries(
    Object.entries(schemas)
      .filter(([name]) => name !== '__proto__')
      .map(([name, schema]) => [name, bare(schema)]),
  )
}
