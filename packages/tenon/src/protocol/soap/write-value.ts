import type { JsonSchema } from '../../schema/schema.ts'
import { escaped } from '../rest/media/xml.ts'
import { inputInvalid, isRecord, textOf } from '../rest/request/text.ts'
import { xmlOf, type Forms, type MemberForm, type ObjectForm } from './form.ts'
import { instance } from './wire.ts'

const deepest = 60

/** An element to write. */
export interface Written {
  readonly name: string
  readonly namespace: string
  readonly value: unknown
  /** The default namespace around it. */
  readonly around: string
  readonly depth: number
}

/** A value as an element: members in the order of the schema, namespaces where they change. */
export function elementOf(forms: Forms, schema: JsonSchema, element: Written): string {
  const { name, namespace, value, around, depth } = element
  if (depth > deepest) throw inputInvalid(name, `is nested deeper than ${deepest} levels`)
  const start = `<${tag(name)}${namespace === around ? '' : ` xmlns="${escaped(namespace)}"`}`
  if (value === null || value === undefined) return `${start} xmlns:xsi="${instance}" xsi:nil="true"/>`
  const type = isRecord(value) ? value['$type'] : undefined
  const { schema: held, picked } = forms.held(schema, (_, own) => own === type)
  const form = forms.object(held)
  if (!isRecord(value)) return `${start}>${textIn(value, held)}</${name}>`
  const members = form ?? { members: [], hasText: Object.hasOwn(value, '$value'), open: namespace }
  const said = picked?.form.type === undefined ? '' : typeSaid(picked.form.type)
  const attributes = members.members.map((member) => (member.isAttribute ? attribute(member, value) : '')).join('')
  const text = members.hasText ? textOf(value['$value']) : ''
  const inside = { ...element, around: namespace, depth: depth + 1 }
  return `${start}${said}${attributes}>${escaped(text)}${elementsIn(forms, members, value, inside)}</${name}>`
}

function elementsIn(
  forms: Forms,
  { members, open }: ObjectForm,
  value: Readonly<Record<string, unknown>>,
  { around, depth }: Pick<Written, 'around' | 'depth'>,
): string {
  const parts: string[] = []
  const known = new Set(['$value', '$type'])
  for (const { member, name, namespace, isAttribute, isMany, schema } of members) {
    known.add(member)
    const given = Object.hasOwn(value, member) ? value[member] : undefined
    if (isAttribute || given === undefined) continue
    for (const one of isMany && Array.isArray(given) ? (given as unknown[]) : [given])
      parts.push(elementOf(forms, schema, { name, namespace, value: one, around, depth }))
  }
  for (const [name, given] of Object.entries(value)) {
    if (known.has(name) || given === undefined) continue
    for (const one of Array.isArray(given) ? (given as unknown[]) : [given])
      parts.push(elementOf(forms, true, { name, namespace: open, value: one, around, depth }))
  }
  return parts.join('')
}

function attribute({ member, name, namespace, schema }: MemberForm, value: Readonly<Record<string, unknown>>): string {
  const given = Object.hasOwn(value, member) ? value[member] : undefined
  if (given === undefined || given === null) return ''
  const text = textIn(given, schema)
  if (namespace === '') return ` ${tag(name)}="${text}"`
  // `xml` is bound to its namespace, and may not be bound anew.
  if (namespace === 'http://www.w3.org/XML/1998/namespace') return ` xml:${tag(name)}="${text}"`
  return ` xmlns:of-${tag(name)}="${escaped(namespace)}" of-${name}:${name}="${text}"`
}

function typeSaid([namespace, name]: readonly [string, string]): string {
  return ` xmlns:xsi="${instance}" xmlns:type="${escaped(namespace)}" xsi:type="type:${tag(name)}"`
}

function textIn(value: unknown, schema: JsonSchema): string {
  const isList = Array.isArray(value) && xmlOf(schema).list === true
  return escaped(isList ? value.map(textOf).join(' ') : textOf(value))
}

/** Whether it may be the name of an element: letters first, and nothing that ends a tag. */
function tag(name: string): string {
  if (/^[\p{L}_][\p{L}\p{N}_.-]*$/u.test(name)) return name
  throw inputInvalid(name.slice(0, 100), 'cannot be the name of an element in XML')
}
