import type { Element } from '@xmldom/xmldom'
import type { JsonSchema } from '../../schema/schema.ts'
import { typedText, typesOf } from '../rest/look.ts'
import { elementsOf, localName } from '../rest/media/xml.ts'
import { xmlOf, type Forms, type MemberForm, type ObjectForm } from './form.ts'
import { instance } from './wire.ts'

/** What an element holds, as its schema has it. Elements are known by their names; the namespace decides only between two of one name, for many providers are wrong about it. */
export function valueOf(forms: Forms, schema: JsonSchema, node: Element): unknown {
  const nil = node.getAttributeNS(instance, 'nil')
  if (nil === 'true' || nil === '1') return null
  const [type, space] = typeSaid(node)
  const { schema: held, picked } = forms.held(
    schema,
    ({ type: [namespace, name] = ['', ''] }) => name === type && namespace === space,
  )
  const form = forms.object(held)
  if (form !== null) return objectOf(forms, form, node, picked?.name)
  if (types(forms, held) === 0) return anything(node)
  return textValue(forms, held, node.textContent ?? '')
}

const types = (forms: Forms, schema: JsonSchema): number => typesOf(forms.look, schema).size

function typeSaid(node: Element): readonly [name: string | null, namespace: string] {
  const said = node.getAttributeNS(instance, 'type')
  if (said === null || said === '') return [null, '']
  const [prefix, name] = said.includes(':') ? said.split(':', 2) : [null, said]
  return [name ?? null, node.lookupNamespaceURI(prefix ?? '') ?? '']
}

function textValue(forms: Forms, schema: JsonSchema, text: string): unknown {
  const found = forms.look.lookedUp(schema)
  if (xmlOf(found).list === true) {
    const items = typeof found === 'object' ? (found.items ?? true) : true
    return text.split(/\s+/).flatMap((one) => (one === '' ? [] : [textValue(forms, items, one)]))
  }
  return typedText(forms.look, found, typesOf(forms.look, found).has('string') ? text : text.trim())
}

function objectOf(forms: Forms, form: ObjectForm, node: Element, picked: string | undefined): unknown {
  const entries = new Map<string, unknown>()
  if (picked !== undefined) entries.set('$type', picked)
  for (const { isAttribute, member, name, namespace, schema } of form.members) {
    if (!isAttribute) continue
    const text = namespace === '' ? node.getAttribute(name) : node.getAttributeNS(namespace, name)
    const isThere = namespace === '' ? node.hasAttribute(name) : node.hasAttributeNS(namespace, name)
    if (isThere && text !== null) entries.set(member, textValue(forms, schema, text))
  }
  if (form.hasText) entries.set('$value', node.textContent ?? '')
  for (const child of elementsOf(node)) readInto(forms, entries, memberFor(form, child), child)
  return Object.fromEntries(entries)
}

function memberFor({ members }: ObjectForm, child: Element): MemberForm | undefined {
  const named = members.filter(({ name, isAttribute }) => !isAttribute && name === localName(child))
  return named.find(({ namespace }) => namespace === (child.namespaceURI ?? '')) ?? named[0]
}

/** What is not described is kept as it comes; what comes again is a list. */
function readInto(forms: Forms, entries: Map<string, unknown>, of: MemberForm | undefined, child: Element): void {
  const member = of?.member ?? localName(child)
  if (member === '__proto__') return
  const value = of === undefined ? anything(child) : valueOf(forms, of.schema, child)
  const before = entries.get(member)
  if (of?.isMany === true || (of === undefined && entries.has(member))) {
    if (Array.isArray(before)) before.push(value)
    else entries.set(member, of === undefined ? [before, value] : [value])
  } else entries.set(member, value)
}

/** Nothing says what it is: a text, or what its elements hold. */
function anything(node: Element): unknown {
  const inner = elementsOf(node)
  if (inner.length === 0) return node.getAttributeNS(instance, 'nil') === 'true' ? null : (node.textContent ?? '')
  const entries = new Map<string, unknown>()
  const many = Map.groupBy(inner, localName)
  for (const [name, nodes] of many) {
    if (name === '__proto__') continue
    const values = nodes.map(anything)
    entries.set(name, values.length === 1 ? values[0] : values)
  }
  return Object.fromEntries(entries)
}
