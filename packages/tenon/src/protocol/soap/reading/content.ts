import type { Element } from '@xmldom/xmldom'
import type { JsonSchema, JsonSchemaObject } from '../../../schema/schema.ts'
import { descriptionInvalid } from '../../invalid.ts'
import { elementsOf, localName } from '../../rest/media/xml.ts'
import {
  attr,
  children,
  documentation,
  keyOf,
  localOf,
  namespaceOf,
  placeOf,
  xsd,
  type Declarations,
  type Scope,
} from './documents.ts'
import { xmlOf } from '../form.ts'
import type { XmlForm } from '../wire.ts'
import { nullable } from './simple.ts'

const deepest = 48

/** Who is asked for what a part is of. */
export interface TypeReader {
  readonly found: Declarations
  note(node: Element, scope: Scope, message: string): void
  step(node: Element, scope: Scope): void
  byName(key: string, node: Element, scope: Scope): JsonSchema
  ofNode(node: Element, scope: Scope): JsonSchema
  ofElement(key: string, node: Element, scope: Scope): JsonSchema
}

/** What a complex type holds, put together from its parts. */
export interface Content {
  readonly members: Map<string, { readonly schema: JsonSchema; readonly isRequired: boolean }>
  /** Namespace of whatever else may be there. */
  open: string | null
}

interface Part {
  readonly content: Content
  readonly scope: Scope
  readonly depth: number
  /** Whether what is around it may be missing, or come again. */
  readonly isOptional: boolean
  readonly isMany: boolean
}

export function contentOf({ members, open }: Content): JsonSchema {
  const entries = [...members].map(([name, { schema }]) => [name, schema] as const)
  const required = [...members].flatMap(([name, { isRequired }]) => (isRequired ? [name] : []))
  return {
    type: 'object',
    properties: Object.fromEntries(entries),
    ...(required.length > 0 && { required }),
    additionalProperties: open !== null,
    ...(open !== null && { xml: { open } }),
  }
}

export function typeContent(types: TypeReader, node: Element, scope: Scope): Content {
  const content: Content = { members: new Map(), open: null }
  addType(types, node, { content, scope, depth: 0, isOptional: false, isMany: false })
  return content
}

function addType(types: TypeReader, node: Element, part: Part): void {
  const { scope, depth, content } = part
  if (depth > deepest)
    throw descriptionInvalid(scope.location, placeOf(node), 'has types that lead in a circle, or are nested too deep')
  if (node.getAttribute('mixed') === 'true') types.note(node, scope, 'text between elements is left out')
  for (const child of elementsOf(node)) {
    const name = localName(child)
    if (name !== 'simpleContent' && name !== 'complexContent') {
      addPart(types, child, part)
      continue
    }
    for (const by of children(child, 'extension', 'restriction')) {
      const key = keyOf(by, attr(by, 'base'), scope)
      const base = types.found.get('type', key)
      const isComplex = base !== undefined && localName(base.node) === 'complexType'
      if (isComplex) addBase(types, by, { ...part, depth: depth + 1 }, base)
      else if (name === 'simpleContent')
        content.members.set('$value', { schema: types.byName(key, by, scope), isRequired: true })
      else if (namespaceOf(key) !== xsd) {
        types.note(by, scope, `its base ${localOf(key).slice(0, 100)} is not declared: anything fits`)
        content.open = scope.target
      }
      for (const inner of elementsOf(by)) addPart(types, inner, { ...part, depth: depth + 1 })
    }
  }
}

/** What extends has all of its base, first; what restricts says its elements again, and has the attributes. */
function addBase(
  types: TypeReader,
  by: Element,
  part: Part,
  base: { readonly node: Element; readonly scope: Scope },
): void {
  const inner: Content = { members: new Map(), open: null }
  addType(types, base.node, { ...part, content: inner, scope: base.scope })
  const isRestriction = localName(by) === 'restriction'
  for (const [name, member] of inner.members) {
    if (!isRestriction || xmlOf(member.schema).attribute === true || name === '$value')
      part.content.members.set(name, member)
  }
  if (!isRestriction) part.content.open ??= inner.open
}

function addPart(types: TypeReader, node: Element, part: Part): void {
  const { scope, depth, content } = part
  if (depth > deepest)
    throw descriptionInvalid(scope.location, placeOf(node), 'has groups that lead in a circle, or are nested too deep')
  types.step(node, scope)
  const most = node.getAttribute('maxOccurs') ?? '1'
  if (most === '0') return
  const inner = around(part, node, most)
  switch (localName(node)) {
    case 'element':
      return addElement(types, node, inner)
    case 'sequence':
    case 'all':
    case 'choice':
      return addAll(types, node, inner)
    case 'group':
    case 'attributeGroup':
      return addGroup(types, node, inner)
    case 'attribute':
      return addAttribute(types, node, part)
    case 'any':
      content.open ??= spaceOf(attr(node, 'namespace'), scope)
      return types.note(node, scope, 'any element may be here: members that are not described are let through')
    case 'anyAttribute':
      return types.note(node, scope, 'attributes that are not described are left out')
    default:
  }
}

function around(part: Part, node: Element, most: string): Part {
  const isOptional = part.isOptional || attr(node, 'minOccurs') === '0'
  return { ...part, depth: part.depth + 1, isOptional, isMany: part.isMany || most !== '1' }
}

function addAll(types: TypeReader, node: Element, part: Part): void {
  if (part.isMany && children(node, 'element').length > 1)
    types.note(node, part.scope, 'the order between members that repeat together is not kept')
  const inner = localName(node) === 'choice' ? { ...part, isOptional: true } : part
  for (const child of elementsOf(node)) addPart(types, child, inner)
}

function addGroup(types: TypeReader, node: Element, part: Part): void {
  const name = localName(node)
  const ref = types.found.get(name, keyOf(node, attr(node, 'ref'), part.scope))
  if (ref === undefined) return types.note(node, part.scope, `a ${name} that is not declared is left out`)
  for (const child of elementsOf(ref.node)) addPart(types, child, { ...part, scope: ref.scope })
}

/** The namespace in which whatever may be there is written. */
function spaceOf(said: string, { target }: Scope): string {
  if (said === '##targetNamespace') return target
  return said.startsWith('##') ? '' : (said.split(/\s/)[0] ?? '')
}

interface Named {
  readonly name: string
  readonly namespace: string
  /** Where it refers to one that is declared for all. */
  readonly key: string | null
}

function nameIn(node: Element, scope: Scope, form: Scope['elements']): Named {
  const ref = attr(node, 'ref')
  if (ref !== '') {
    const key = keyOf(node, ref, scope)
    return { key, name: localOf(key), namespace: namespaceOf(key) }
  }
  const isQualified = (node.getAttribute('form') ?? form) === 'qualified'
  return { key: null, name: attr(node, 'name'), namespace: isQualified ? scope.target : '' }
}

function addElement(types: TypeReader, node: Element, { content, scope, isOptional, isMany }: Part): void {
  const { key, name, namespace } = nameIn(node, scope, scope.elements)
  if (name === '' || name === '__proto__')
    return types.note(node, scope, 'an element without a usable name is left out')
  const item = itemOf(types, node, scope, { key, name, namespace })
  const before = content.members.get(name)
  const isAgain = before !== undefined && spaceBefore(before.schema) === namespace
  const member = before === undefined || isAgain ? name : freeName(content, name)
  if (isAgain)
    types.note(node, scope, `${name} comes more than once: all of them are one list, written where the first stands`)
  const xml = formOf(member, name, namespace)
  const text = documentation(node)
  const said = text === undefined ? {} : { description: text }
  const schema =
    isMany || isAgain ? { ...said, type: 'array' as const, items: item, xml } : { ...single(item, xml), ...said }
  content.members.set(member, { schema, isRequired: !isOptional || before?.isRequired === true })
}

function itemOf(types: TypeReader, node: Element, scope: Scope, { key, name }: Named): JsonSchema {
  const declared = key === null ? node : (types.found.get('element', key)?.node ?? node)
  if (attr(declared, 'abstract') === 'true')
    types.note(node, scope, `${name} stands for other elements (a substitution group), which are left out`)
  const held = key === null ? types.ofNode(node, scope) : types.ofElement(key, node, scope)
  return attr(declared, 'nillable') === 'true' ? nullable(held) : held
}

const spaceBefore = (schema: JsonSchema): string => xmlOf(schema).namespace ?? ''

function formOf(member: string, name: string, namespace: string): XmlForm {
  return { ...(member !== name && { name }), ...(namespace !== '' && { namespace }) }
}

/** A list in one text is told from several elements by its mark, which stands inside then. */
function single(item: JsonSchema, xml: XmlForm): JsonSchemaObject {
  const schema = typeof item === 'object' ? (item.type === 'array' ? { anyOf: [item] } : item) : {}
  return { ...schema, xml: { ...xmlOf(schema), ...xml } }
}

function freeName(content: Content, name: string): string {
  let free = `${name}2`
  for (let number = 3; content.members.has(free); number += 1) free = `${name}${number}`
  return free
}

function addAttribute(types: TypeReader, node: Element, { content, scope }: Part): void {
  const use = attr(node, 'use')
  if (use === 'prohibited') return
  const { key, name, namespace } = nameIn(node, scope, scope.attributes)
  if (name === '' || name === '__proto__')
    return types.note(node, scope, 'an attribute without a usable name is left out')
  const declared = key === null ? { node, scope } : types.found.get('attribute', key)
  const held = declared === undefined ? { type: 'string' as const } : types.ofNode(declared.node, declared.scope)
  const member = content.members.has(name) ? `${name}Attribute` : name
  const schema = typeof held === 'object' ? held : {}
  const xml = { ...xmlOf(schema), attribute: true, ...formOf(member, name, namespace) }
  content.members.set(member, { schema: { ...schema, xml }, isRequired: use === 'required' })
}
