import type { JsonSchema, JsonSchemaObject } from '../../../schema/schema.ts'
import { isFields } from './references.ts'

type Draft = Record<string, unknown>

/** `allOf` of one part says what the part says. */
export function single(draft: Draft): Draft {
  const { allOf, ...rest } = draft
  if (!Array.isArray(allOf) || allOf.length !== 1 || !isFields(allOf[0])) return draft
  const only = allOf[0] as Draft
  const clashes = Object.keys(rest).some((key) => Object.hasOwn(only, key))
  return clashes ? draft : { ...only, ...rest }
}

/** With null beside what it takes. */
export function nullable(schema: JsonSchema): JsonSchema {
  if (typeof schema === 'boolean') return schema
  const { type, enum: options } = schema
  const more = options === undefined || options.includes(null) ? {} : { enum: [...options, null] }
  if (type !== undefined) {
    const types = Array.isArray(type) ? (type as string[]) : [type as string]
    return { ...schema, ...more, type: [...new Set([...types, 'null'])] } as JsonSchemaObject
  }
  const { title, description, deprecated, readOnly, writeOnly, ...rest } = schema
  const about = Object.fromEntries(
    Object.entries({ title, description, deprecated, readOnly, writeOnly }).filter(([, part]) => part !== undefined),
  )
  const [only, ...others] = Object.keys(rest)
  if (only === undefined) return schema
  const isChoice = others.length === 0 && (only === 'anyOf' || only === 'oneOf')
  return isChoice
    ? { ...about, [only]: [...(rest[only] as JsonSchema[]), { type: 'null' }] }
    : { ...about, anyOf: [rest, { type: 'null' }] }
}
