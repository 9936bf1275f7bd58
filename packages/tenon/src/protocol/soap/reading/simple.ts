import type { JsonSchema, JsonSchemaObject } from '../../../schema/schema.ts'

const text: JsonSchemaObject = { type: 'string' }
const whole = (minimum?: number, maximum?: number): JsonSchemaObject => ({
  type: 'integer',
  ...(minimum !== undefined && { minimum }),
  ...(maximum !== undefined && { maximum }),
})
/** What a number cannot hold is a bigint. */
const wide = (limits: JsonSchemaObject = {}): JsonSchemaObject => ({ type: 'integer', format: 'int64', ...limits })
/** Exact: money stays what it was. */
const decimal: JsonSchemaObject = { type: 'string', pattern: String.raw`^\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*$` }

/** The types that XML Schema brings along (part 2 §3), by name. Those of time, of names and of bytes are texts. */
const builtins: Readonly<Record<string, JsonSchema>> = {
  anyType: true,
  anySimpleType: text,
  boolean: { type: 'boolean' },
  decimal,
  float: { type: 'number' },
  double: { type: 'number' },
  byte: whole(-128, 127),
  unsignedByte: whole(0, 255),
  short: whole(-32_768, 32_767),
  unsignedShort: whole(0, 65_535),
  int: whole(-2_147_483_648, 2_147_483_647),
  unsignedInt: whole(0, 4_294_967_295),
  long: wide(),
  integer: wide(),
  unsignedLong: wide({ minimum: 0 }),
  nonNegativeInteger: wide({ minimum: 0 }),
  positiveInteger: wide({ minimum: 1 }),
  nonPositiveInteger: wide({ maximum: 0 }),
  negativeInteger: wide({ maximum: -1 }),
  base64Binary: { type: 'string', contentEncoding: 'base64' },
  hexBinary: { type: 'string', contentEncoding: 'base16' },
  NMTOKENS: { type: 'array', items: text, xml: { list: true } },
  IDREFS: { type: 'array', items: text, xml: { list: true } },
  ENTITIES: { type: 'array', items: text, xml: { list: true } },
}

const texts = new Set(
  'string normalizedString token language Name NCName NMTOKEN ID IDREF ENTITY QName NOTATION anyURI dateTime date time duration gYear gYearMonth gMonth gMonthDay gDay'.split(
    ' ',
  ),
)

/** `undefined` for a name that XML Schema does not have. */
export function builtin(name: string): JsonSchema | undefined {
  return texts.has(name) ? text : Object.hasOwn(builtins, name) ? builtins[name] : undefined
}

type Facet = (schema: JsonSchemaObject, value: string) => JsonSchemaObject | null

const length =
  (...keywords: readonly ('minLength' | 'maxLength')[]): Facet =>
  (schema, value) => {
    if (schema.type !== 'string' || !/^\d+$/.test(value) || schema['contentEncoding'] !== undefined) return null
    return { ...schema, ...Object.fromEntries(keywords.map((keyword) => [keyword, Number(value)])) }
  }

const limit =
  (keyword: string): Facet =>
  (schema, value) => {
    const isNumber = schema.type === 'integer' || schema.type === 'number'
    const number = value.trim() === '' ? Number.NaN : Number(value)
    return isNumber && Number.isFinite(number) ? { ...schema, [keyword]: number } : null
  }

const facets: Readonly<Record<string, Facet>> = {
  // What JSON Schema reads otherwise: classes of names, and differences of classes.
  pattern: (schema, value) =>
    schema.type === 'string' && !/\\[icICpP]|-\[|[$^]/.test(value) ? { ...schema, pattern: `^(?:${value})$` } : null,
  length: length('minLength', 'maxLength'),
  minLength: length('minLength'),
  maxLength: length('maxLength'),
  minInclusive: limit('minimum'),
  maxInclusive: limit('maximum'),
  minExclusive: limit('exclusiveMinimum'),
  maxExclusive: limit('exclusiveMaximum'),
  whiteSpace: (schema) => schema,
}

/** A facet of a restriction (XSD part 2 §4.3) on a schema; `null` where it cannot be carried over. */
export function withFacet(schema: JsonSchemaObject, name: string, value: string): JsonSchemaObject | null {
  return Object.hasOwn(facets, name) ? (facets[name]?.(schema, value) ?? null) : null
}

/** The values that an enumeration names, as the type has them. */
export function withEnumeration(schema: JsonSchemaObject, values: readonly string[]): JsonSchemaObject {
  const { type } = schema
  if (type === 'string') return { type, enum: [...new Set(values)] }
  const numbers = values.map(Number)
  const isWhole = type === 'integer' && numbers.every(Number.isSafeInteger)
  return isWhole ? { type, enum: [...new Set(numbers)] } : schema
}

/** With `null` for an element that may be nil. */
export function nullable(schema: JsonSchema): JsonSchema {
  if (schema === true) return true
  return { anyOf: [schema, { type: 'null' }] }
}
