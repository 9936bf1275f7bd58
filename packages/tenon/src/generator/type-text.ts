import type { JsonSchema, JsonSchemaObject, JsonType } from '../schema/schema.ts'
import { commentOf } from './comment.ts'
import { anyObject, intersectionOf, never, operand, single, textOf, unionOf, unknown, type Joined } from './joined.ts'
import { memberName, quoted } from './literal.ts'
import { isHidden, refName, type Side } from './sides.ts'
import { pascal } from './type-names.ts'

/** What the writer of types asks of the file that it writes for. */
export interface TypeContext {
  readonly side: Side
  /** Type of a named schema; `unknown` where it would lead in a circle. */
  readonly named: (schema: string) => string
  readonly follow: (schema: JsonSchema) => JsonSchema
  /** Gives a type a name of its own, one that says where it stands. */
  readonly alias: (wish: string, text: string) => string
}

/** Where a type stands: how far in, and what a name for it would begin with. */
export interface Place {
  readonly indent: string
  readonly name: string
}

/** Values that a union may list in its place; one of more gets a name. */
const mostListed = 12
const deepest = 40

/** A schema as a type of TypeScript. */
export function typeOf(schema: JsonSchema, context: TypeContext, place: Place): Joined {
  if (typeof schema === 'boolean') return schema ? unknown : never
  if (place.indent.length > deepest) return unknown
  const types: Joined[] = []
  const name = refName(schema)
  if (name !== null) types.push(single(context.named(name)))
  const own = ownType(schema, context, place)
  if (own !== null) types.push(own)
  for (const part of schema.allOf ?? []) types.push(typeOf(part, context, place))
  for (const branches of [schema.anyOf, schema.oneOf]) {
    if (branches === undefined || branches.length === 0) continue
    const type = unionOf(branches.map((branch) => branchType(branch, schema, context, place)))
    types.push(type.parts.length > mostListed ? single(context.alias(place.name, textOf(type, ''))) : type)
  }
  const [only] = types
  return types.length === 1 && only !== undefined ? only : intersectionOf(types, place.indent)
}

/** What the schema itself says, `null` where that is nothing. */
function ownType(schema: JsonSchemaObject, context: TypeContext, place: Place): Joined | null {
  if (Object.hasOwn(schema, 'const')) return single(valueText(schema['const']))
  if (Array.isArray(schema.enum)) {
    const type = unionOf(schema.enum.map((value) => single(valueText(value))))
    return type.parts.length <= mostListed ? type : single(context.alias(place.name, textOf(type, '')))
  }
  const { type } = schema
  const types = type === undefined ? impliedTypes(schema) : typeof type === 'string' ? [type] : type
  return types.length === 0 ? null : unionOf(types.map((one) => plainType(one, schema, context, place)))
}

function impliedTypes(schema: JsonSchemaObject): readonly JsonType[] {
  if (schema.properties !== undefined || schema.additionalProperties !== undefined) return ['object']
  return schema.items !== undefined || schema.prefixItems !== undefined ? ['array'] : []
}

function plainType(type: JsonType, schema: JsonSchemaObject, context: TypeContext, place: Place): Joined {
  switch (type) {
    case 'string':
      return single(schema.format === 'binary' ? 'Uint8Array' : 'string')
    case 'integer':
      // What a number cannot hold arrives as a bigint.
      return /^u?int64$/.test(schema.format ?? '') ? { by: '|', parts: ['number', 'bigint'] } : single('number')
    case 'array':
      return listType(schema, context, place)
    case 'object':
      return objectType(schema, context, place)
    default:
      return single(type)
  }
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? String(value) : 'unknown'
}

/** A branch of a union; the member that tells branches apart is narrowed to the values that lead here. */
function branchType(branch: JsonSchema, whole: JsonSchemaObject, context: TypeContext, place: Place): Joined {
  const type = typeOf(branch, context, place)
  const { discriminator } = whole
  const name = refName(branch)
  if (discriminator === undefined || name === null || type === unknown) return type
  const member = discriminator.propertyName
  const followed = context.follow(branch)
  const described = typeof followed === 'object' ? followed.properties?.[member] : undefined
  const isOpen = typeof described === 'object' && described.type === 'string'
  if (!isOpen || described.enum !== undefined || Object.hasOwn(described, 'const')) return type
  const ref = `#/$defs/${name}`
  const told = Object.entries(discriminator.mapping ?? {}).filter(([, target]) => target === ref)
  const values = told.length === 0 ? [name] : told.map(([value]) => value)
  const tag = single(`{ ${memberName(member)}: ${values.map(quoted).join(' | ')} }`)
  return intersectionOf([type, tag], place.indent)
}

function listType(schema: JsonSchemaObject, context: TypeContext, place: Place): Joined {
  const text = (item: JsonSchema, name: string): string =>
    operand(typeOf(item, context, { ...place, name: place.name + name }), place.indent)
  const { items, prefixItems = [] } = schema
  if (prefixItems.length === 0) return single(`${items === undefined ? 'unknown' : text(items, 'Item')}[]`)
  const least = typeof schema['minItems'] === 'number' ? schema['minItems'] : 0
  const first = prefixItems.map((item, index) => text(item, `Item${index + 1}`) + (index < least ? '' : '?'))
  const rest = items === false ? [] : [`...${items === undefined ? 'unknown' : text(items, 'Item')}[]`]
  return single(`[${[...first, ...rest].join(', ')}]`)
}

function objectType(schema: JsonSchemaObject, context: TypeContext, place: Place): Joined {
  const inside = { ...place, indent: `${place.indent}  ` }
  const members = membersText(schema, context, inside)
  const others = othersText(schema, context, place)
  if (members === '') return others === null ? anyObject : single(`{ [key: string]: ${others} }`)
  return single(`{\n${members}${indexText(others, inside.indent)}${place.indent}}`)
}

/** The body of an interface. */
export function bodyText(schema: JsonSchemaObject, context: TypeContext, place: Place): string {
  return membersText(schema, context, place) + indexText(othersText(schema, context, place), place.indent)
}

// The type of other members would have to be that of the known ones too.
function indexText(others: string | null, indent: string): string {
  return others === null || others === 'never' ? '' : `${indent}[key: string]: unknown\n`
}

function membersText(schema: JsonSchemaObject, context: TypeContext, place: Place): string {
  const required = new Set(schema.required)
  let text = ''
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    const isElsewhere = isHidden(member, context.side) || isHidden(context.follow(member), context.side)
    if (name === '__proto__' || isElsewhere) continue
    const type = typeOf(member, context, { ...place, name: place.name + pascal(name) })
    const comment = typeof member === 'object' ? commentOf(member, place.indent) : ''
    const mark = required.has(name) ? ':' : '?:'
    const rest = textOf(type, place.indent)
    text += `${comment}${place.indent}${memberName(name)}${mark}${rest.startsWith('\n') ? '' : ' '}${rest}\n`
  }
  return text
}

/** The type of members by any other name; `null` where the schema says nothing of them. */
function othersText(schema: JsonSchemaObject, context: TypeContext, place: Place): string | null {
  const patterns = Object.values((schema['patternProperties'] ?? {}) as Record<string, JsonSchema>)
  const { additionalProperties } = schema
  const others = additionalProperties === undefined || additionalProperties === false ? [] : [additionalProperties]
  const schemas = [...patterns, ...others]
  if (schemas.length === 0) return additionalProperties === false ? 'never' : null
  const types = schemas.map((one) => typeOf(one, context, { ...place, name: `${place.name}Value` }))
  return textOf(unionOf(types), place.indent)
}
