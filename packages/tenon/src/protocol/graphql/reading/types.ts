import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
  type GraphQLEnumType,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLScalarType,
  type GraphQLSchema,
} from 'graphql'
import type { JsonSchema, JsonSchemaObject, NamedSchemas } from '../../../schema/schema.ts'
import type { DescriptionNote } from '../../description.ts'
import { Names, pascal } from './names.ts'

const text: JsonSchemaObject = { type: 'string' }

/** Scalars by their name in lower case: those of the specification (section 3.5), and those that nearly everybody writes the same way (the-guild.dev/graphql/scalars). */
const scalars: Readonly<Record<string, JsonSchema>> = {
  id: text,
  string: text,
  boolean: { type: 'boolean' },
  int: { type: 'integer', format: 'int32' },
  float: { type: 'number' },
  datetime: { type: 'string', format: 'date-time' },
  date: { type: 'string', format: 'date' },
  uri: { type: 'string', format: 'uri' },
  url: { type: 'string', format: 'uri' },
  uuid: text,
  html: text,
  decimal: text,
  json: true,
  jsonobject: { type: 'object', additionalProperties: true },
}

type Member = Pick<GraphQLInputField, 'name' | 'type' | 'description' | 'defaultValue'>

/** What types are as JSON Schema. Enums and input objects are named, all of them, so that a name never hangs on what else is read. */
export class Types {
  readonly #names = new Map<string, string>()
  readonly #schemas: Record<string, JsonSchema> = {}
  readonly #notes = new Map<string, DescriptionNote>()

  constructor(schema: GraphQLSchema) {
    const named = Object.values(schema.getTypeMap()).filter(
      (type) => (isEnumType(type) || isInputObjectType(type)) && !type.name.startsWith('__'),
    )
    const names = new Names()
    for (const { name } of named) this.#names.set(name, names.claim(pascal(name)))
  }

  notes(): readonly DescriptionNote[] {
    return [...this.#notes.values()]
  }

  /** Those that something read so far refers to. */
  schemas(): NamedSchemas {
    return this.#schemas
  }

  /** What a call gives for a type; where it may be `null`, that too. */
  input(type: GraphQLInputType): JsonSchema {
    if (!isNonNullType(type)) return nullable(this.#present(type))
    return this.#present(type.ofType)
  }

  #present(type: GraphQLInputType): JsonSchema {
    if (isNonNullType(type)) return this.#present(type.ofType)
    if (isListType(type)) return { type: 'array', items: this.input(type.ofType) }
    return isInputObjectType(type) ? this.#named(type, () => this.#inputObject(type)) : this.leaf(type)
  }

  leaf(type: GraphQLLeafType): JsonSchema {
    return isScalarType(type) ? this.#scalar(type) : this.#named(type, () => enumOf(type))
  }

  /** An object with the members that arguments or fields are. */
  object(members: readonly Member[]): JsonSchemaObject {
    const required = members
      .filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined)
      .map(({ name }) => name)
    return {
      type: 'object',
      properties: Object.fromEntries(members.map((member) => [member.name, this.#member(member)])),
      ...(required.length > 0 && { required }),
      additionalProperties: false,
    }
  }

  #member({ type, description, defaultValue }: Member): JsonSchema {
    const schema = this.input(type)
    const said = described(description)
    const initial = defaultValue === undefined ? {} : { default: structuredClone(defaultValue) }
    if (Object.keys(said).length + Object.keys(initial).length === 0) return schema
    return schema === true ? { ...said, ...initial } : { ...(schema as JsonSchemaObject), ...said, ...initial }
  }

  #inputObject(type: GraphQLInputObjectType): JsonSchema {
    const fields = Object.values(type.getFields())
    if (!type.isOneOf) return { ...described(type.description), ...this.object(fields) }
    const oneOf = fields.map(({ name, type: own, description }) => ({
      type: 'object',
      properties: { [name]: withDescription(this.#present(own), description) },
      required: [name],
      additionalProperties: false,
    }))
    return { ...described(type.description), oneOf } as JsonSchema
  }

  #named(type: GraphQLEnumType | GraphQLInputObjectType, make: () => JsonSchema): JsonSchema {
    const name = this.#names.get(type.name) ?? pascal(type.name)
    if (!Object.hasOwn(this.#schemas, name)) {
      // There before it is whole: it may refer to itself.
      this.#schemas[name] = true
      this.#schemas[name] = make()
    }
    return { $ref: `#/$defs/${name}` }
  }

  #scalar({ name }: GraphQLScalarType): JsonSchema {
    const known = name.toLowerCase()
    if (Object.hasOwn(scalars, known)) return scalars[known] as JsonSchema
    const message = `nothing says what a ${name} looks like: its values are not checked`
    this.#notes.set(name, { place: name, message })
    return true
  }
}

export function nullable(schema: JsonSchema): JsonSchema {
  if (typeof schema === 'boolean') return schema
  if (typeof schema.type === 'string') return { ...schema, type: [schema.type, 'null'] }
  return { anyOf: [schema, { type: 'null' }] }
}

function enumOf(type: GraphQLEnumType): JsonSchema {
  return { ...described(type.description), type: 'string', enum: type.getValues().map(({ name }) => name) }
}

export function described(description: string | null | undefined): { readonly description?: string } {
  return description === null || description === undefined || description === '' ? {} : { description }
}

function withDescription(schema: JsonSchema, description: string | null | undefined): JsonSchema {
  return typeof schema === 'boolean' ? schema : { ...schema, ...described(description) }
}
