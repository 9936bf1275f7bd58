import type { ApiDescription } from '../protocol/description.ts'
import type { JsonSchema, JsonSchemaObject, NamedSchemas } from '../schema/schema.ts'
import { endlessReferences } from './circles.ts'
import { commentOf } from './comment.ts'
import { textOf } from './joined.ts'
import { alternativesOf, refName, type Side } from './sides.ts'
import { pascal, typeNames, type TypeNames } from './type-names.ts'
import { bodyText, typeOf, type TypeContext } from './type-text.ts'

/** The types of a generated file: what each operation and event states, and the text that defines them. */
export interface TypesOfFile {
  readonly operations: readonly { readonly input: string; readonly output: string }[]
  readonly events: readonly string[]
  readonly text: string
}

const mostInPlace = 60
const mostFollowed = 50

export function typesOf(api: ApiDescription, reserved: readonly string[]): TypesOfFile {
  const writer = new TypeWriter(api.schemas, reserved)
  const operations = api.operations.map(({ name, input, output }) => ({
    input: writer.stated(input, 'input', `${pascal(name)}Input`),
    output: writer.stated(output, 'output', `${pascal(name)}Output`),
  }))
  const events = api.events.map(({ type, data }) => writer.stated(data, 'output', `${pascal(type)}Data`))
  return { operations, events, text: writer.text() }
}

/** Collects types: each that is asked for is written once, and so is what it refers to. */
class TypeWriter {
  readonly #schemas: NamedSchemas
  readonly #names: TypeNames
  readonly #endless: ReadonlySet<string>
  readonly #written = new Map<string, string>()
  readonly #aliases = new Map<string, string>()
  readonly #asked = new Set<string>()
  readonly #waiting: (readonly [schema: string, side: Side])[] = []

  constructor(schemas: NamedSchemas, reserved: readonly string[]) {
    this.#schemas = schemas
    this.#names = typeNames(schemas, reserved)
    this.#endless = endlessReferences(schemas)
  }

  /** A type that an operation states: in its place where it is short, and by a name otherwise. */
  stated(schema: JsonSchema, side: Side, wish: string): string {
    const context = this.#context(side, null)
    if (!isPlainObject(schema)) {
      const text = textOf(typeOf(schema, context, { indent: '', name: wish }), '')
      if (text.length <= mostInPlace && !text.includes('\n')) return text
    }
    const name = this.#names.claim(wish)
    this.#define(name, schema, context)
    return name
  }

  /** All of them by name; those that others refer to are written now. */
  text(): string {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      const [schema, side] = next
      this.#define(this.#names.of(schema, side), this.#schemas[schema] as JsonSchema, this.#context(side, schema))
    }
    const names = [...this.#written.keys()].toSorted()
    return names.map((name) => this.#written.get(name)).join('\n')
  }

  #define(name: string, schema: JsonSchema, context: TypeContext): void {
    const comment = typeof schema === 'object' ? commentOf(schema, '') : ''
    this.#written.set(
      name,
      isPlainObject(schema)
        ? `${comment}export interface ${name} {\n${bodyText(schema, context, { indent: '  ', name })}}\n`
        : comment + aliasText(name, textOf(typeOf(schema, context, { indent: '', name }), '')),
    )
  }

  #context(side: Side, from: string | null): TypeContext {
    return {
      side,
      named: (schema) => this.#named(schema, side, from),
      follow: (schema) => followed(schema, this.#schemas),
      alias: (wish, text) => this.#alias(wish, text),
    }
  }

  #named(schema: string, side: Side, from: string | null): string {
    if (!Object.hasOwn(this.#schemas, schema) || this.#endless.has(`${from}>${schema}`)) return 'unknown'
    const name = this.#names.of(schema, side)
    if (!this.#asked.has(name)) {
      this.#asked.add(name)
      this.#waiting.push([schema, side])
    }
    return name
  }

  #alias(wish: string, text: string): string {
    const known = this.#aliases.get(text)
    if (known !== undefined) return known
    // The whole of a named type has that name already.
    const name = this.#names.claim(wish, 'Value')
    this.#aliases.set(text, name)
    this.#written.set(name, aliasText(name, text))
    return name
  }
}

function aliasText(name: string, text: string): string {
  return `export type ${name} =${text.startsWith('\n') ? '' : ' '}${text}\n`
}

function isPlainObject(schema: JsonSchema): schema is JsonSchemaObject {
  if (typeof schema === 'boolean' || refName(schema) !== null || alternativesOf(schema).length > 0) return false
  if (schema.enum !== undefined || Object.hasOwn(schema, 'const')) return false
  const isObject = schema.type === 'object' || schema.type === undefined
  return isObject && Object.keys(schema.properties ?? {}).length > 0
}

function followed(schema: JsonSchema, named: NamedSchemas): JsonSchema {
  let found = schema
  for (let step = 0; step < mostFollowed; step += 1) {
    const name = refName(found)
    if (name === null || !Object.hasOwn(named, name)) return found
    found = named[name] as JsonSchema
  }
  return found
}
