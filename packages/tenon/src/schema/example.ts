import { describedSchema, type ReadingName } from './described-schema.ts'
import { textExample } from './example-text.ts'
import { mergedSchema } from './merged.ts'
import type { JsonSchema, JsonSchemaObject, JsonType, NamedSchemas } from './schema.ts'

const mostTries = 12
/** From this depth on only what must be there is there. */
const shallow = 5
const deepest = 30

export interface ExampleOptions {
  readonly named?: NamedSchemas
  /** The same seed gives the same example. Default 1. */
  readonly seed?: number
  /** As for `describedSchema`. */
  readonly reading?: ReadingName
}

/**
 * A value that a schema describes: examples, defaults and listed values of the schema where it has some. Every one was checked by the schema before it is given out;
 * `undefined` where none was found.
 */
export function exampleOf(json: JsonSchema, { named = {}, seed = 1, reading }: ExampleOptions = {}): unknown {
  const schema = describedSchema(json, named, reading)
  for (let attempt = 0; attempt < mostTries; attempt += 1) {
    const random = randomFrom(seed * 7919 + attempt)
    // What goes wrong with all members may go right with the fewest.
    const value = new Example(named, random, attempt % 3 === 2 ? 0 : shallow, reading).of(json, 0)
    const result = schema['~standard'].validate(value)
    if (!(result instanceof Promise) && result.issues === undefined && value !== undefined) return value
  }
  return undefined
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = Math.trunc(seed)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

class Example {
  readonly #named: NamedSchemas
  readonly #random: () => number
  readonly #shallow: number
  readonly #hidden: 'readOnly' | 'writeOnly' | null

  constructor(named: NamedSchemas, random: () => number, shallow: number, reading: ReadingName | undefined) {
    this.#named = named
    this.#random = random
    this.#shallow = shallow
    this.#hidden = reading === undefined ? null : reading === 'request' ? 'readOnly' : 'writeOnly'
  }

  of(given: JsonSchema, depth: number): unknown {
    const schema = mergedSchema(given, this.#named, (branches) => this.#branch(branches, depth))
    if (schema === false || depth > deepest) return undefined
    if (schema === true) return {}
    const said = this.#said(schema)
    if (said !== undefined) return said.value
    const type = this.#type(schema, depth)
    switch (type) {
      case 'object':
        return this.#object(schema, depth)
      case 'array':
        return this.#list(schema, depth)
      case 'string':
        return textExample(schema, this.#random)
      case 'integer':
      case 'number':
        return this.#number(schema, type)
      case 'boolean':
        return this.#random() < 0.5
      case 'null':
        return null
      default:
        return {}
    }
  }

  /** What the schema itself gives for an example. */
  #said(schema: JsonSchemaObject): { readonly value: unknown } | undefined {
    if (Object.hasOwn(schema, 'const')) return { value: schema['const'] }
    const given = [...(schema.examples ?? []), ...('default' in schema ? [schema.default] : [])]
    const values = given.length > 0 ? given : (schema.enum ?? [])
    const fitting = values.filter((value) => this.#fits(schema, value))
    return fitting.length === 0 ? undefined : { value: structuredClone(this.#pick(fitting)) }
  }

  // Documents give examples that their own schemas refuse.
  #fits(schema: JsonSchemaObject, value: unknown): boolean {
    const result = describedSchema(schema, this.#named)['~standard'].validate(value)
    return !(result instanceof Promise) && result.issues === undefined
  }

  #branch(branches: readonly JsonSchema[], depth: number): JsonSchema {
    if (depth < this.#shallow) return this.#pick(branches)
    const plain = branches.filter((branch) => typeof branch === 'object' && branch.$ref === undefined)
    return this.#pick(plain.length > 0 ? plain : branches)
  }

  #type(schema: JsonSchemaObject, depth: number): JsonType {
    const { type } = schema
    if (typeof type === 'string') return type
    if (type !== undefined && type.length > 0) {
      const types = depth < this.#shallow ? type.filter((one) => one !== 'null') : type
      return (depth < this.#shallow ? types[0] : types.at(-1)) ?? 'null'
    }
    if (schema.items !== undefined || schema.prefixItems !== undefined) return 'array'
    const isText = ['pattern', 'minLength', 'maxLength', 'format'].some((name) => schema[name] !== undefined)
    if (isText) return 'string'
    return schema['minimum'] !== undefined || schema['maximum'] !== undefined ? 'number' : 'object'
  }

  #object(schema: JsonSchemaObject, depth: number): Record<string, unknown> {
    const { properties = {}, required = [], additionalProperties } = schema
    const value: Record<string, unknown> = {}
    const isAll = depth < this.#shallow
    for (const name of new Set([...Object.keys(properties), ...required])) {
      const member = Object.hasOwn(properties, name) ? (properties[name] as JsonSchema) : true
      if (name === '__proto__' || this.#isHidden(member) || (!isAll && !required.includes(name))) continue
      const part = this.of(member, depth + 1)
      if (part !== undefined) value[name] = part
    }
    const least = numberOf(schema, 'minProperties', 0)
    const others = typeof additionalProperties === 'object' && isAll ? Math.max(1, least) : least
    for (let index = 1; Object.keys(value).length < others && index <= least + 1; index += 1)
      value[`key${index}`] = this.of(additionalProperties ?? true, depth + 1)
    return value
  }

  #isHidden(schema: JsonSchema): boolean {
    const followed = mergedSchema(schema, this.#named, ([first = true]) => first)
    return this.#hidden !== null && typeof followed === 'object' && followed[this.#hidden] === true
  }

  #list(schema: JsonSchemaObject, depth: number): unknown[] {
    const least = numberOf(schema, 'minItems', 0)
    const most = numberOf(schema, 'maxItems', Number.POSITIVE_INFINITY)
    const first = (schema.prefixItems ?? []).map((item) => this.of(item, depth + 1))
    const wish = depth < this.#shallow && schema.items !== false ? Math.max(1, first.length) : 0
    const value = first.slice(0, Math.min(most, Math.max(least, wish, first.length)))
    while (value.length < Math.min(most, Math.max(least, wish)) && value.length < 1000) {
      const item = this.of(schema.items ?? true, depth + 1)
      if (item === undefined) break
      value.push(item)
    }
    return value
  }

  #number(schema: JsonSchemaObject, type: JsonType): number {
    const step = numberOf(schema, 'multipleOf', type === 'integer' ? 1 : 0.5)
    const above = numberOf(schema, 'exclusiveMinimum', Number.NEGATIVE_INFINITY)
    const least = Math.max(numberOf(schema, 'minimum', Number.NEGATIVE_INFINITY), above)
    const below = numberOf(schema, 'exclusiveMaximum', Number.POSITIVE_INFINITY)
    const most = Math.min(numberOf(schema, 'maximum', Number.POSITIVE_INFINITY), below)
    const from = Number.isFinite(least) ? least : Number.isFinite(most) ? Math.min(0, most) : 1
    const to = Number.isFinite(most) ? most : from + 100 * step
    let value = Math.ceil((from + this.#random() * (to - from)) / step) * step
    if (value > to) value -= step
    if (value <= above) value += step
    if (value >= below) value -= step
    // Without the rounding of binary fractions.
    const rounded = Number(value.toPrecision(12))
    return rounded < least || rounded > most ? from + (to - from) / 2 : rounded
  }

  #pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.#random() * values.length)] as T
  }
}

function numberOf(schema: JsonSchemaObject, name: string, otherwise: number): number {
  return typeof schema[name] === 'number' ? schema[name] : otherwise
}
