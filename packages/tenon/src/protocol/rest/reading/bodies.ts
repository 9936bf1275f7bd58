import type { JsonSchema } from '../../../schema/schema.ts'
import { membersOf, ownMembers, type Members } from '../look.ts'
import type { WireBody, WireEncoding } from '../wire.ts'
import { bareType, kindOfType, preferred } from './kinds.ts'
import { typeName } from './names.ts'
import type { Reading } from './reading.ts'
import { child, children, followed, isFields, said, type Fields, type Node } from './references.ts'
import type { Schemas } from './schemas.ts'

export interface ReadBody {
  readonly wire: Omit<WireBody, 'as' | 'renamed'>
  readonly required: boolean
  readonly schema: JsonSchema
  /** Its members, where it is an object with members of its own that can stand beside the parameters; else `null`. */
  readonly members: Members | null
  readonly description?: string
}

/** The media type that is used, of those that there are: the first of the kind that is liked best. */
export function chosen(content: Node): readonly [type: string, media: Node] | null {
  const all = children(content).map(([type, media]) => ({ type, media, kind: kindOf(type, media) }))
  for (const kind of preferred) {
    const of = all.filter((one) => one.kind === kind)
    const found = of.find(({ type }) => bareType(type) === 'application/json') ?? of[0]
    if (found !== undefined) return [found.type, found.media]
  }
  return null
}

/** A range of types says little: then the schema tells. */
export function kindOf(type: string, media: Node): WireBody['kind'] {
  if (!type.includes('*')) return kindOfType(type)
  const schema = followed(child(media, 'schema'))
  const value = typeof schema === 'string' || !isFields(schema.value) ? {} : schema.value
  const isText = value['type'] === 'string'
  if (type.startsWith('*/*') && !isText && Object.keys(value).length > 0) return 'json'
  return isText && value['format'] !== 'binary' && /^(\*|text)\//.test(type) ? 'text' : 'bytes'
}

export function readBody(reading: Reading, given: Node | null, operationName: string): ReadBody | null {
  if (given === null) return null
  const node = followed(given)
  if (typeof node === 'string') {
    reading.notes.add(given, `the body cannot be read: ${node}: left out`)
    return null
  }
  const choice = chosen(child(node, 'content'))
  if (choice === null) return null
  const [type, media] = choice
  const kind = kindOf(type, media)
  const source = child(media, 'schema')
  const plain = source.value === undefined || kind === 'bytes' ? anything(kind) : reading.schemas.read(source, 'input')
  const schema = kind === 'bytes' && type.includes('*') ? fileOf(reading.schemas) : plain
  const encoding = encodingOf(media)
  const { description, required } = node.value as Fields
  return {
    wire: {
      kind,
      type: type.includes('*') ? usualType(kind) : type,
      ...(encoding !== null && { encoding }),
      ...(kind === 'xml' && { root: rootOf(reading.schemas, schema) ?? operationName }),
    },
    required: required === true,
    schema: kind === 'multipart' ? withFiles(reading.schemas, schema) : schema,
    members: besides(reading.schemas, kind, schema),
    ...(typeof description === 'string' && { description }),
  }
}

/** The members that can stand beside the parameters. */
function besides(schemas: Schemas, kind: WireBody['kind'], schema: JsonSchema): Members | null {
  if (!['json', 'form', 'multipart'].includes(kind)) return null
  const members = membersOf(schemas, schema)
  return members === null || kind !== 'multipart' ? members : filed(schemas, members)
}

function usualType(kind: WireBody['kind']): string {
  return kind === 'json' ? 'application/json' : kind === 'text' ? 'text/plain' : 'application/octet-stream'
}

/** Without a schema. */
export function anything(kind: WireBody['kind']): JsonSchema {
  return kind === 'text' ? { type: 'string' } : kind === 'bytes' ? binary : true
}

export const binary: JsonSchema = { type: 'string', format: 'binary' }

/** Bytes, alone or with the name and the media type that they are sent under. */
function fileOf(schemas: Schemas): JsonSchema {
  const named = {
    type: 'object',
    properties: { data: binary, name: { type: 'string' }, type: { type: 'string' } },
    required: ['data'],
  } as const
  return schemas.own('File', { description: 'Bytes, alone or with their name and media type.', anyOf: [binary, named] })
}

/** The name by which a schema is known, for the root of a document in XML. */
export function rootOf(schemas: Schemas, schema: JsonSchema): string | null {
  const found = schemas.lookedUp(schema)
  const xml = typeof found === 'object' ? found['xml'] : undefined
  if (isFields(xml) && typeof xml['name'] === 'string') return xml['name']
  return typeof schema === 'object' && schema.$ref !== undefined ? typeName(schema.$ref.split('/').at(-1) ?? '') : null
}

/** In multipart, what is binary is a file (OAS 3.1 §4.8.14.3). */
function filed(schemas: Schemas, members: Members): Members {
  const entries = Object.entries(members.properties).map(([name, part]) => [name, filedPart(schemas, part)] as const)
  return { ...members, properties: Object.fromEntries(entries) }
}

function filedPart(schemas: Schemas, part: JsonSchema): JsonSchema {
  const found = schemas.lookedUp(part)
  if (typeof found === 'boolean') return part
  if (isBinary(found))
    return {
      ...(fileOf(schemas) as object),
      ...(found.description !== undefined && { description: found.description }),
    }
  const { items } = found
  return items !== undefined && isBinary(schemas.lookedUp(items)) ? { ...found, items: fileOf(schemas) } : part
}

function isBinary(schema: JsonSchema): boolean {
  if (typeof schema === 'boolean') return false
  const isText = schema.type === 'string' || schema.type === undefined
  return (
    isText &&
    (schema.format === 'binary' || (schema.contentMediaType !== undefined && schema.contentEncoding === undefined))
  )
}

function withFiles(schemas: Schemas, schema: JsonSchema): JsonSchema {
  const found = schemas.lookedUp(schema)
  if (typeof found === 'boolean' || found.properties === undefined) return schema
  const members = filed(schemas, ownMembers(found, true))
  return { ...found, properties: members.properties }
}

function encodingOf(media: Node): Readonly<Record<string, WireEncoding>> | null {
  const entries = children(child(media, 'encoding')).flatMap(([name, node]) => {
    if (!isFields(node.value)) return []
    const { contentType, style, explode, allowReserved } = node.value
    const one: WireEncoding = {
      ...(typeof contentType === 'string' && { contentType }),
      ...(['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'].includes(said(style)) && {
        style: style as NonNullable<WireEncoding['style']>,
      }),
      ...(typeof explode === 'boolean' && { explode }),
      ...(allowReserved === true && { allowReserved }),
    }
    return Object.keys(one).length === 0 ? [] : [[name, one] as const]
  })
  return entries.length === 0 ? null : Object.fromEntries(entries)
}
