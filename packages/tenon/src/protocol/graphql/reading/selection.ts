import {
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type GraphQLUnionType,
} from 'graphql'
import type { JsonSchema } from '../../../schema/schema.ts'
import { described, nullable, type Types } from './types.ts'

/** What is asked of a type, `''` for one without fields, and what then comes. */
export interface Selection {
  readonly text: string
  readonly schema: JsonSchema
}

type Field = GraphQLField<unknown, unknown>
type Members = GraphQLObjectType | GraphQLInterfaceType

/** Levels of objects: a payload, what it is about, and what belongs to that. */
const deepest = 3
/** What may be asked for at once; providers count it. */
const mostFields = 100
const mostKinds = 20

/** All plain fields of a type, and those of the objects in it as deep as there is room for. */
export function selectionOf(type: GraphQLOutputType, schema: GraphQLSchema, types: Types): Selection | null {
  for (let depth = deepest; depth > 0; depth -= 1) {
    const selecting = new Selecting(schema, types)
    const found = selecting.of(type, depth, [])
    if (selecting.fields <= mostFields || depth === 1) return found
  }
  return null
}

/** The list that a connection holds (GraphQL Cursor Connections Specification); `null` for any other type. */
export function connectionOf(type: GraphQLOutputType): GraphQLObjectType | null {
  const own = isNonNullType(type) ? type.ofType : type
  if (!isObjectType(own)) return null
  const { pageInfo, nodes, edges } = own.getFields()
  return pageInfo !== undefined && (nodes ?? edges) !== undefined && own.name.endsWith('Connection') ? own : null
}

class Selecting {
  readonly #schema: GraphQLSchema
  readonly #types: Types
  fields = 0

  constructor(schema: GraphQLSchema, types: Types) {
    this.#schema = schema
    this.#types = types
  }

  /** `null` where nothing can be asked for. */
  of(type: GraphQLOutputType, depth: number, above: readonly string[]): Selection | null {
    if (isNonNullType(type)) return this.#present(type.ofType, depth, above)
    const found = this.#present(type, depth, above)
    return found === null ? null : { text: found.text, schema: nullable(found.schema) }
  }

  #present(type: GraphQLOutputType, depth: number, above: readonly string[]): Selection | null {
    if (isNonNullType(type)) return this.#present(type.ofType, depth, above)
    if (isLeafType(type)) return { text: '', schema: this.#types.leaf(type) }
    if (isListType(type)) {
      const found = this.of(type.ofType, depth, above)
      return found === null ? null : { text: found.text, schema: { type: 'array', items: found.schema } }
    }
    if (depth === 0 || above.includes(type.name)) return null
    if (connectionOf(type) !== null)
      return above.length === 0 ? this.#connection(type as GraphQLObjectType, depth) : null
    if (isAbstractType(type)) return this.#abstract(type, depth, above)
    return this.#object(type, Object.values(type.getFields()), depth, above)
  }

  #object(type: Members, fields: readonly Field[], depth: number, above: readonly string[]): Selection | null {
    const wanted = fields.filter(isAskedFor)
    const found = wanted.flatMap((field) => {
      const one = this.of(field.type, depth - 1, [...above, type.name])
      return one === null ? [] : [{ field, one }]
    })
    this.fields += found.length
    return found.length === 0
      ? null
      : this.#joined(
          type,
          found.map(({ field, one }) => [field.name, one, field]),
        )
  }

  #joined(type: Members, members: readonly (readonly [string, Selection, Field?])[]): Selection {
    const properties = members.map(([name, { schema }, field]) => {
      const said = described(field?.description)
      return [name, typeof schema === 'boolean' ? schema : { ...schema, ...said }] as const
    })
    return {
      text: `{ ${members.map(([name, { text }]) => (text === '' ? name : `${name} ${text}`)).join(' ')} }`,
      schema: {
        type: 'object',
        ...described(type.description),
        properties: Object.fromEntries(properties),
        required: members.map(([name]) => name),
      },
    }
  }

  /** Whole: what it lists, with as much room as if it stood alone, and where its next page begins. */
  #connection(type: GraphQLObjectType, depth: number): Selection | null {
    const { nodes, edges, pageInfo, totalCount } = type.getFields()
    const list = nodes ?? edges
    if (list === undefined || pageInfo === undefined) return null
    // Edges are a level of their own.
    const items = this.of(list.type, nodes === undefined ? depth + 1 : depth, [type.name])
    const info = this.of(pageInfo.type, 1, [type.name])
    if (items === null || info === null) return null
    const count = totalCount !== undefined && isPlain(totalCount.type) ? this.of(totalCount.type, 0, []) : null
    return this.#joined(type, [
      [list.name, items, list],
      [pageInfo.name, info, pageInfo],
      ...(count === null ? [] : [['totalCount', count] as const]),
    ])
  }

  /** By `__typename`. Of an interface with many kinds only what they all have is asked for. */
  #abstract(type: GraphQLInterfaceType | GraphQLUnionType, depth: number, above: readonly string[]): Selection | null {
    const kinds = this.#schema.getPossibleTypes(type)
    const isWhole = kinds.length > 0 && kinds.length <= mostKinds && above.length === 0
    if (!isWhole) return this.#typename(type, depth, above)
    const forms = formsOf(kinds)
    const branches = kinds.map((kind) => this.#branch(kind, forms))
    this.fields += branches.length
    return {
      text: `{ __typename ${branches.map(({ text }) => text).join(' ')} }`,
      schema: { ...described(type.description), oneOf: branches.map(({ schema }) => schema) },
    }
  }

  #typename(type: GraphQLInterfaceType | GraphQLUnionType, depth: number, above: readonly string[]): Selection {
    const name = { text: '', schema: { type: 'string' } } as const
    const shared = 'getFields' in type ? Object.values(type.getFields()).filter(({ type: own }) => isPlain(own)) : []
    const members = shared.filter(isAskedFor).flatMap((field) => {
      const one = this.of(field.type, depth - 1, above)
      return one === null ? [] : [[field.name, one, field] as const]
    })
    this.fields += members.length + 1
    return this.#joined(type as GraphQLInterfaceType, [['__typename', name], ...members])
  }

  /** Plain fields. Where two kinds give one name to different types, which no request may ask for together, each has a name of its own (GraphQL specification, section 5.3.2). */
  #branch(kind: GraphQLObjectType, forms: ReadonlyMap<string, ReadonlySet<string>>): Selection {
    const fields = plainFields(kind)
    this.fields += fields.length
    const named = fields.map((field) => {
      const isOne = forms.get(field.name)?.size === 1
      return { field, name: isOne ? field.name : `${field.name}Of${kind.name}` }
    })
    const members = named.map(({ name, field }) => [name, this.of(field.type, 0, []) as Selection, field] as const)
    const { schema } = this.#joined(kind, [['__typename', { text: '', schema: { const: kind.name } }], ...members])
    const asked = named.map(({ name, field }) => (name === field.name ? name : `${name}: ${field.name}`)).join(' ')
    return { text: asked === '' ? '' : `... on ${kind.name} { ${asked} }`, schema }
  }
}

function plainFields(kind: GraphQLObjectType): readonly Field[] {
  return Object.values(kind.getFields()).filter((field) => isPlain(field.type) && isAskedFor(field))
}

/** The types that kinds give to a name. */
function formsOf(kinds: readonly GraphQLObjectType[]): ReadonlyMap<string, ReadonlySet<string>> {
  const forms = new Map<string, Set<string>>()
  for (const { name, type } of kinds.flatMap(plainFields)) {
    const known = forms.get(name) ?? new Set()
    forms.set(name, known.add(String(type)))
  }
  return forms
}

/** What needs no arguments, and is to stay. */
function isAskedFor({ args, deprecationReason }: Field): boolean {
  return !args.some(isRequiredArgument) && (deprecationReason === null || deprecationReason === undefined)
}

function isPlain(type: GraphQLOutputType): boolean {
  if (isNonNullType(type) || isListType(type)) return isPlain(type.ofType as GraphQLOutputType)
  return isLeafType(type)
}
