import { DOMParser, type Element } from '@xmldom/xmldom'
import type { JsonSchema } from '../../../schema/schema.ts'
import { itemSchema, membersOf, memberSchema, typedText, typesOf, type Look } from '../look.ts'
import { bodyInvalid, inputInvalid, isRecord, textOf } from '../request/text.ts'
import { decoded } from './decoded.ts'
import type { Media } from './media.ts'

const deepest = 64
const mostElements = 1_000_000

/** What a schema says about its form in XML (OAS 3.1 §4.8.26). */
interface XmlObject {
  readonly name?: string
  readonly namespace?: string
  readonly prefix?: string
  readonly attribute?: boolean
  readonly wrapped?: boolean
}

export const xmlMedia: Media = {
  write(value, { schema, look, root }) {
    const { name = root || 'root' } = xmlOf(look, schema)
    return { body: `<?xml version="1.0" encoding="UTF-8"?>${element(look, schema, { name, value, depth: 0 })}` }
  },
  read(body, { schema, look }, type) {
    return read(look, schema, rootOf(decoded(body, type)), 0)
  },
}

function xmlOf(look: Look, schema: JsonSchema): XmlObject {
  const own = typeof schema === 'object' ? schema['xml'] : undefined
  const found = look.lookedUp(schema)
  const there = typeof found === 'object' ? found['xml'] : undefined
  return { ...(isRecord(there) ? there : {}), ...(isRecord(own) ? own : {}) }
}

/** Whether it may be the name of an element: letters first, and nothing that ends a tag. */
function tag(name: string, prefix: string | undefined): string {
  const whole = prefix === undefined || prefix === '' ? name : `${prefix}:${name}`
  if (/^[A-Za-z_][\w.:-]*$/.test(whole)) return whole
  throw inputInvalid(whole.slice(0, 100), 'cannot be the name of an element in XML')
}

interface Written {
  readonly name: string
  readonly value: unknown
  readonly depth: number
}

function element(look: Look, schema: JsonSchema, { name, value, depth }: Written): string {
  if (depth > deepest) throw inputInvalid(name, `is nested deeper than ${deepest} levels`)
  const { namespace, prefix } = xmlOf(look, schema)
  const open = tag(name, prefix)
  const colon = prefix === undefined || prefix === '' ? '' : `:${prefix}`
  const space = namespace === undefined ? '' : ` xmlns${colon}="${escaped(namespace)}"`
  if (Array.isArray(value)) {
    const item = itemSchema(look, schema)
    const { name: itemName = name } = xmlOf(look, item)
    return `<${open}${space}>${value.map((one: unknown) => element(look, item, { name: itemName, value: one, depth: depth + 1 })).join('')}</${open}>`
  }
  if (!isRecord(value)) return `<${open}${space}>${escaped(textOf(value))}</${open}>`
  const attributes: string[] = []
  const inside: string[] = []
  for (const [member, one] of Object.entries(value)) {
    if (one === undefined) continue
    const of = memberSchema(look, schema, member)
    const { name: own = member, attribute, prefix: before } = xmlOf(look, of)
    if (attribute === true) attributes.push(` ${tag(own, before)}="${escaped(textOf(one))}"`)
    else inside.push(memberElements(look, of, { name: own, value: one, depth: depth + 1 }))
  }
  return `<${open}${space}${attributes.join('')}>${inside.join('')}</${open}>`
}

/** A list is so many elements, unless it is wrapped in one. */
function memberElements(look: Look, schema: JsonSchema, { name, value, depth }: Written): string {
  if (!Array.isArray(value) || xmlOf(look, schema).wrapped === true)
    return element(look, schema, { name, value, depth })
  const item = itemSchema(look, schema)
  const { name: itemName = name } = xmlOf(look, item)
  return value.map((one: unknown) => element(look, item, { name: itemName, value: one, depth })).join('')
}

export function escaped(text: string): string {
  // What XML 1.0 §2.2 has no way to write at all is left out.
  const clean = text.toWellFormed().replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
  return clean.replace(/[&<>"\r\n\t]/g, (char) => (char === '&' ? '&amp;' : `&#${char.charCodeAt(0)};`))
}

/** No document type, so no entities of its own; a few levels, and not endlessly many elements. */
export function rootOf(text: string): Element {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw bodyInvalid('has a document type, which is not read')
  refuseDeep(text)
  let root: Element | null
  try {
    const onError = (level: string, message: string): void => {
      if (level !== 'warning') throw new Error(message)
    }
    root = new DOMParser({ onError }).parseFromString(text, 'text/xml').documentElement
  } catch {
    throw bodyInvalid('is not valid XML')
  }
  if (root === null) throw bodyInvalid('has no element')
  return root
}

/** Before the parser, which goes as deep as the text does. */
function refuseDeep(text: string): void {
  let depth = 0
  let count = 0
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
    const next = text[at + 1]
    if (next === '/') depth -= 1
    else if (next !== '!' && next !== '?') {
      count += 1
      const end = text.indexOf('>', at)
      if (end < 0 || text[end - 1] !== '/') depth += 1
      if (depth > deepest + 2) throw bodyInvalid(`is nested deeper than ${deepest} levels`)
      if (count > mostElements) throw bodyInvalid(`has more than ${mostElements} elements`)
    }
  }
}

export function elementsOf(node: Element): Element[] {
  const found: Element[] = []
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.nodeType === 1) found.push(child as Element)
  return found
}

export const localName = (node: Element): string => node.localName ?? node.nodeName

function read(look: Look, schema: JsonSchema, node: Element, depth: number): unknown {
  const types = typesOf(look, schema)
  const nil = node.getAttributeNS('http://www.w3.org/2001/XMLSchema-instance', 'nil')
  if (nil === 'true') return null
  if (types.has('array') && !types.has('object'))
    return elementsOf(node).map((one) => read(look, itemSchema(look, schema), one, depth + 1))
  const inner = elementsOf(node)
  const isObject = types.has('object') || (types.size === 0 && (inner.length > 0 || node.attributes.length > 0))
  if (!isObject) return typedText(look, schema, node.textContent ?? '')
  return readMembers(look, schema, { node, inner, depth })
}

interface Reading {
  readonly node: Element
  readonly inner: readonly Element[]
  readonly depth: number
}

function readMembers(look: Look, schema: JsonSchema, reading: Reading): unknown {
  const entries: [string, unknown][] = []
  const used = new Set<Element>()
  for (const [member, of] of Object.entries(membersOf(look, schema)?.properties ?? {})) {
    const value = readMember(look, of, { ...reading, member, used })
    if (value !== undefined) entries.push([member, value])
  }
  // What is not described is kept as it comes; what comes again is a list.
  for (const [name, elements] of Map.groupBy(reading.inner, localName)) {
    const left = elements.filter((one) => !used.has(one))
    const values = left.map((one) => read(look, memberSchema(look, schema, name), one, reading.depth + 1))
    if (left.length > 0 && name !== '__proto__') entries.push([name, values.length === 1 ? values[0] : values])
  }
  return Object.fromEntries(entries)
}

function readMember(
  look: Look,
  schema: JsonSchema,
  { node, inner, depth, member, used }: Reading & { readonly member: string; readonly used: Set<Element> },
): unknown {
  const { name = member, prefix = '', attribute, wrapped } = xmlOf(look, schema)
  if (attribute === true) {
    const text = node.getAttribute(name) ?? node.getAttribute(`${prefix}:${name}`)
    return text === null ? undefined : typedText(look, schema, text)
  }
  const item = itemSchema(look, schema)
  const isBare = wrapped !== true && typesOf(look, schema).has('array')
  const wanted = isBare ? (xmlOf(look, item).name ?? name) : name
  const own = inner.filter((one) => localName(one) === wanted)
  for (const one of own) used.add(one)
  const [first] = own
  if (first === undefined) return undefined
  return isBare ? own.map((one) => read(look, item, one, depth + 1)) : read(look, schema, first, depth + 1)
}
