import type { Element } from '@xmldom/xmldom'
import type { JsonSchema, JsonSchemaObject } from '../../../schema/schema.ts'
import { descriptionInvalid } from '../../invalid.ts'
import { xmlOf } from '../form.ts'
import type { WireRoot } from '../wire.ts'
import { attr, children, keyOf, localOf, namespaceOf, placeOf, type Declared, type Scope } from './documents.ts'
import type { Types } from './types.ts'

interface Asked {
  readonly types: Types
  /** The operation as it is bound. */
  readonly binding: Element
  /** The operation of the port type, and where that stands. */
  readonly abstract: Element
  readonly scope: Scope
  readonly operation: string
  readonly style: string
  readonly direction: 'input' | 'output'
}

interface Carried {
  readonly schema: JsonSchema
  readonly root: WireRoot | null
}

const nothing: JsonSchemaObject = { type: 'object', properties: {}, additionalProperties: false }

/** What the body carries: of a document its one element, of a call an element with the parts (WSDL 1.1 §3.5). */
export function messageOf(asked: Asked): Carried {
  const { types, binding, abstract, scope, operation, style, direction } = asked
  const [said] = children(abstract, direction)
  if (said === undefined) return { schema: nothing, root: null }
  const message = requireMessage(types, said, attr(said, 'message'), scope)
  const [body] = children(binding, direction).flatMap((one) => children(one, 'body'))
  const named = body?.getAttribute('parts')
  const wanted = named === null || named === undefined ? null : named.split(/\s+/)
  const headers = new Set(
    children(binding, direction)
      .flatMap((one) => children(one, 'header'))
      .map((one) => one.getAttribute('part')),
  )
  const all = children(message.node, 'part')
  const parts = all.filter((part) => {
    const name = attr(part, 'name')
    return wanted === null ? !(all.length > 1 && headers.has(name)) : wanted.includes(name)
  })
  if (style === 'rpc') {
    const name = direction === 'input' ? operation : `${operation}Response`
    return { schema: callOf(types, parts, message), root: { name, namespace: body?.getAttribute('namespace') ?? '' } }
  }
  const [part] = parts
  if (part === undefined) return { schema: nothing, root: null }
  if (parts.length > 1) types.note(part, message.scope, 'a document has one part in its body: the others are left out')
  return documentOf(types, part, message)
}

function callOf(types: Types, parts: readonly Element[], message: Declared): JsonSchema {
  const members = parts.flatMap((part) => {
    const name = attr(part, 'name')
    if (name === '' || name === '__proto__') return []
    const held = types.ofNode(part, message.scope)
    return [[name, held] as const]
  })
  return {
    type: 'object',
    properties: Object.fromEntries(members),
    required: members.map(([name]) => name),
    additionalProperties: false,
  }
}

function documentOf(types: Types, part: Element, message: Declared): Carried {
  const element = attr(part, 'element')
  if (element === '')
    throw descriptionInvalid(
      message.scope.location,
      placeOf(part),
      'a part of a document names no element; expected element="…"',
    )
  const key = keyOf(part, element, message.scope)
  const held = types.ofElement(key, part, message.scope)
  const root = { name: localOf(key), namespace: namespaceOf(key) }
  if (isObject(types, held)) return { schema: held, root }
  const schema = {
    type: 'object' as const,
    properties: { [root.name]: held },
    required: [root.name],
    additionalProperties: false,
  }
  return { schema, root: { ...root, as: root.name } }
}

/** Of one type, with members that have names: others are the one member of the input. */
function isObject(types: Types, held: JsonSchema): boolean {
  const found = types.resolved(held)
  return typeof found === 'object' && found.type === 'object'
}

/** Headers that the binding asks for are in a member of their own, each by its name; none has to be there. */
export function headersOf(asked: Asked, schema: JsonSchema): { readonly schema: JsonSchema; readonly member?: string } {
  const { types, binding, direction, scope } = asked
  const members = children(binding, direction)
    .flatMap((one) => children(one, 'header'))
    .flatMap((header) => {
      const message = requireMessage(types, header, attr(header, 'message'), scope)
      const part = children(message.node, 'part').find(
        (one) => one.getAttribute('name') === header.getAttribute('part'),
      )
      const element = part?.getAttribute('element') ?? ''
      if (part === undefined || element === '') return []
      const key = keyOf(part, element, message.scope)
      const held = types.ofElement(key, part, message.scope)
      const namespace = namespaceOf(key)
      const xml = { ...xmlOf(held), ...(namespace !== '' && { namespace }) }
      return [[localOf(key), { ...(typeof held === 'object' ? held : {}), xml }] as const]
    })
  if (members.length === 0) return { schema }
  const found = types.resolved(schema)
  const base = typeof found === 'object' ? found : nothing
  const member = Object.hasOwn(base.properties ?? {}, 'headers') ? 'soapHeaders' : 'headers'
  const headers = { type: 'object' as const, properties: Object.fromEntries(members), additionalProperties: false }
  return { member, schema: { ...base, properties: { ...base.properties, [member]: headers } } }
}

function requireMessage(types: Types, node: Element, name: string, scope: Scope): Declared {
  const message = types.found.get('message', keyOf(node, name, scope))
  if (message === undefined)
    throw descriptionInvalid(
      scope.location,
      placeOf(node),
      `names the message ${name.slice(0, 100)}, which is not declared`,
    )
  return message
}
