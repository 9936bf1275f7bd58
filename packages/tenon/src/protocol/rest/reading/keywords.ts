import type { JsonType } from '../../../schema/schema.ts'
import { said, type Fields } from './references.ts'

/** How the value of a keyword is read. */
export type KeywordForm = 'text' | 'number' | 'yes' | 'any' | 'schema' | 'schemas' | 'map'

/** What is kept of a schema, and in which order; the rest says nothing about data. */
export const keywords: Readonly<Record<string, KeywordForm>> = {
  title: 'text',
  description: 'text',
  deprecated: 'yes',
  readOnly: 'yes',
  writeOnly: 'yes',
  format: 'text',
  pattern: 'text',
  contentEncoding: 'text',
  contentMediaType: 'text',
  const: 'any',
  default: 'any',
  minimum: 'number',
  maximum: 'number',
  exclusiveMinimum: 'number',
  exclusiveMaximum: 'number',
  multipleOf: 'number',
  minLength: 'number',
  maxLength: 'number',
  minItems: 'number',
  maxItems: 'number',
  minProperties: 'number',
  maxProperties: 'number',
  minContains: 'number',
  maxContains: 'number',
  uniqueItems: 'yes',
  properties: 'map',
  patternProperties: 'map',
  dependentSchemas: 'map',
  additionalProperties: 'schema',
  unevaluatedProperties: 'schema',
  propertyNames: 'schema',
  unevaluatedItems: 'schema',
  contains: 'schema',
  prefixItems: 'schemas',
  allOf: 'schemas',
  anyOf: 'schemas',
  oneOf: 'schemas',
  not: 'schema',
  if: 'schema',
  // oxlint-disable-next-line unicorn/no-thenable -- the keyword of JSON Schema
  then: 'schema',
  else: 'schema',
}

const types: ReadonlySet<string> = new Set(['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'])

/** What documents say where they mean a type. */
const meant: Readonly<Record<string, { readonly type: JsonType; readonly format?: string }>> = {
  int: { type: 'integer' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  long: { type: 'integer', format: 'int64' },
  float: { type: 'number', format: 'float' },
  double: { type: 'number', format: 'double' },
  decimal: { type: 'number' },
  numeric: { type: 'number' },
  bool: { type: 'boolean' },
  str: { type: 'string' },
  text: { type: 'string' },
  date: { type: 'string', format: 'date' },
  datetime: { type: 'string', format: 'date-time' },
  'date-time': { type: 'string', format: 'date-time' },
  uuid: { type: 'string', format: 'uuid' },
  binary: { type: 'string', format: 'binary' },
  file: { type: 'string', format: 'binary' },
  map: { type: 'object' },
  hash: { type: 'object' },
  dict: { type: 'object' },
  list: { type: 'array' },
}

export interface ReadType {
  readonly types: readonly JsonType[]
  readonly format?: string
  /** What is no type. */
  readonly strange: readonly string[]
}

/** The types that a schema names, or that its other keywords leave no doubt about. */
export function typesOf(schema: Fields): ReadType {
  const { type } = schema
  const given = (Array.isArray(type) ? type : type === undefined ? [] : [type]).map(said)
  const found: JsonType[] = []
  const strange: string[] = []
  let format: string | undefined
  for (const one of given) {
    const lower = one.toLowerCase()
    const known = Object.hasOwn(meant, lower) ? meant[lower] : undefined
    if (types.has(lower)) found.push(lower as JsonType)
    else if (known !== undefined) {
      found.push(known.type)
      format ??= known.format
    } else if (lower !== 'any') strange.push(one)
  }
  if (given.length === 0 && schema['properties'] !== undefined) found.push('object')
  else if (given.length === 0 && schema['items'] !== undefined) found.push('array')
  return { types: [...new Set(found)], strange, ...(format !== undefined && { format }) }
}

/** The value of a plain keyword, `undefined` where it is none. */
export function plainValue(form: KeywordForm, value: unknown): unknown {
  switch (form) {
    case 'text':
      return typeof value === 'string' && value !== '' ? value : undefined
    case 'number': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
      return typeof number === 'number' && Number.isFinite(number) ? number : undefined
    }
    case 'yes':
      return value === true || value === 'true' ? true : undefined
    default:
      return value
  }
}
