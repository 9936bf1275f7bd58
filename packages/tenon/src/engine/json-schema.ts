import { z } from 'zod'
import type { Schema } from '../base/schema.ts'

type JsonSchema = Readonly<Record<string, unknown>>

/** Standard JSON Schema (standardschema.dev), which zod and others offer. */
interface Describing {
  readonly jsonSchema?: { input(options: { readonly target: 'draft-2020-12' }): JsonSchema }
}

/** What a schema takes, as JSON Schema; `null` where it cannot say. */
export function jsonSchemaOf(schema: Schema | null | undefined): JsonSchema | null {
  if (schema === null || schema === undefined) return null
  const standard: Schema['~standard'] & Describing = schema['~standard']
  try {
    return standard.jsonSchema?.input({ target: 'draft-2020-12' }) ?? null
  } catch {
    return standard.vendor === 'zod' ? leniently(schema) : null
  }
}

// A part that JSON Schema has no words for, such as a bigint, is no reason to say nothing of the others.
function leniently(schema: Schema): JsonSchema | null {
  try {
    return z.toJSONSchema(schema as unknown as z.ZodType, { io: 'input', unrepresentable: 'any' })
  } catch {
    return null
  }
}
