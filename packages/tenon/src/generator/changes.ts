import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema, JsonSchemaObject, NamedSchemas } from '../schema/schema.ts'
import { isHidden, refName, type Side } from './sides.ts'

/** A difference between two readings of a description, in words. */
export interface Change {
  readonly operation: string
  /** What came, what went, or what is another now. */
  readonly kind: 'added' | 'removed' | 'changed'
  /** False where code that was right before may be wrong now. */
  readonly isCompatible: boolean
  /** `input.lines[].sku`; empty for the operation itself. */
  readonly field: string
  readonly message: string
}

export interface Described {
  readonly schemas: NamedSchemas
  readonly operations: ReadonlyMap<string, { readonly input: JsonSchema; readonly output: JsonSchema }>
}

const deepest = 24

/** How the second differs from the first, operation by operation and field by field. */
export function changesBetween(before: Described, after: Described): readonly Change[] {
  const changes: Change[] = []
  const whole = { isCompatible: true, field: '' }
  for (const [operation, was] of before.operations) {
    const is = after.operations.get(operation)
    if (is === undefined) {
      changes.push({ ...whole, operation, kind: 'removed', isCompatible: false, message: 'is not there any more' })
      continue
    }
    for (const side of ['input', 'output'] as const) {
      const comparison = new Comparison(side, before.schemas, after.schemas)
      comparison.compare(was[side], is[side], side)
      changes.push(...comparison.found.map((found) => ({ ...found, operation, kind: 'changed' as const })))
    }
  }
  for (const operation of after.operations.keys())
    if (!before.operations.has(operation)) changes.push({ ...whole, operation, kind: 'added', message: 'is new' })
  return changes
}

type Found = Pick<Change, 'field' | 'message' | 'isCompatible'>

/** One side of one operation: what a caller gives may be asked less, what it gets may hold more. */
class Comparison {
  readonly found: Found[] = []
  readonly #side: Side
  readonly #before: NamedSchemas
  readonly #after: NamedSchemas
  readonly #seen = new Set<string>()

  constructor(side: Side, before: NamedSchemas, after: NamedSchemas) {
    this.#side = side
    this.#before = before
    this.#after = after
  }

  compare(was: JsonSchema, is: JsonSchema, field: string, depth = 0): void {
    const names = [refName(was), refName(is)]
    if (names[0] !== null || names[1] !== null) {
      const key = names.join('>')
      if (names[0] !== null && this.#seen.has(key)) return
      this.#seen.add(key)
    }
    const [old, now] = [resolved(was, this.#before), resolved(is, this.#after)]
    if (depth > deepest || (names[0] === null && names[1] === null && isDeepStrictEqual(old, now))) return
    if (typeof old === 'boolean' || typeof now === 'boolean') {
      if (old !== now) this.#note(field, 'has another form', isWider(old, now) === (this.#side === 'input'))
      return
    }
    this.#types(old, now, field)
    this.#values(old, now, field)
    this.#members(old, now, field, depth)
    if (old.items !== undefined && now.items !== undefined) this.compare(old.items, now.items, `${field}[]`, depth + 1)
    this.#branches(old, now, field, depth)
    this.#limits(old, now, field)
  }

  #types(old: JsonSchemaObject, now: JsonSchemaObject, field: string): void {
    const [had, has] = [typesOf(old), typesOf(now)]
    const [gone, come] = [had.filter((type) => !has.includes(type)), has.filter((type) => !had.includes(type))]
    if (gone.length === 0 && come.length === 0) return
    const isLess = this.#side === 'input' ? gone : come
    this.#note(
      field,
      `was ${had.join(' or ') || 'anything'}, is ${has.join(' or ') || 'anything'}`,
      had.length > 0 && isLess.length === 0,
    )
  }

  #values(old: JsonSchemaObject, now: JsonSchemaObject, field: string): void {
    const [had, has] = [valuesOf(old), valuesOf(now)]
    if (had === null && has === null) return
    if (had === null || has === null) {
      this.#note(
        field,
        had === null ? 'is one of a list of values now' : 'is not one of a list of values any more',
        (had === null) === (this.#side === 'output'),
      )
      return
    }
    for (const value of had)
      if (!has.includes(value)) this.#note(field, `${value} is not a value any more`, this.#side === 'output')
    for (const value of has)
      if (!had.includes(value)) this.#note(field, `${value} is a new value`, this.#side === 'input')
  }

  #members(old: JsonSchemaObject, now: JsonSchemaObject, field: string, depth: number): void {
    const [had, has] = [old.properties ?? {}, now.properties ?? {}]
    const must = (schema: JsonSchemaObject, name: string): boolean => schema.required?.includes(name) === true
    for (const [name, schema] of Object.entries(had)) {
      if (isHidden(schema, this.#side)) continue
      const place = `${field}.${name}`
      const next = has[name]
      if (next === undefined || isHidden(next, this.#side)) this.#note(place, 'is not there any more', false)
      else {
        if (must(old, name) !== must(now, name))
          this.#note(
            place,
            must(now, name) ? 'is required now' : 'may be missing now',
            must(now, name) === (this.#side === 'output'),
          )
        this.compare(schema, next, place, depth + 1)
      }
    }
    for (const [name, schema] of Object.entries(has)) {
      if (isHidden(schema, this.#side) || (had[name] !== undefined && !isHidden(had[name], this.#side))) continue
      const isAsked = must(now, name) && this.#side === 'input'
      this.#note(`${field}.${name}`, isAsked ? 'is new and required' : 'is new', !isAsked)
    }
  }

  #branches(old: JsonSchemaObject, now: JsonSchemaObject, field: string, depth: number): void {
    for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
      const [had, has] = [old[keyword] ?? [], now[keyword] ?? []]
      if (had.length === has.length) {
        for (const [index, branch] of had.entries()) this.compare(branch, has[index] ?? true, field, depth + 1)
      } else {
        const isMore = has.length > had.length && keyword !== 'allOf'
        this.#note(field, `has ${has.length} forms (${keyword}), had ${had.length}`, isMore && this.#side === 'input')
      }
    }
  }

  #limits(old: JsonSchemaObject, now: JsonSchemaObject, field: string): void {
    const names = ['format', 'pattern', 'minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems']
    for (const name of names) {
      if (old[name] === now[name]) continue
      this.#note(field, `${name} was ${told(old[name])}, is ${told(now[name])}`, this.#side === 'output')
    }
  }

  #note(field: string, message: string, isCompatible: boolean): void {
    this.found.push({ field, message, isCompatible })
  }
}

function resolved(schema: JsonSchema, named: NamedSchemas): JsonSchema {
  let found = schema
  for (let step = 0; step < 50; step += 1) {
    const name = refName(found)
    if (name === null || !Object.hasOwn(named, name)) return found
    found = named[name] as JsonSchema
  }
  return found
}

function typesOf({ type }: JsonSchemaObject): readonly string[] {
  if (type === undefined) return []
  return typeof type === 'string' ? [type] : type
}

function valuesOf(schema: JsonSchemaObject): readonly string[] | null {
  if (Object.hasOwn(schema, 'const')) return [told(schema['const'])]
  return Array.isArray(schema.enum) ? schema.enum.map(told) : null
}

function told(value: unknown): string {
  if (value === undefined) return 'not said'
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

function isWider(old: JsonSchema, now: JsonSchema): boolean {
  return now === true || old === false
}
