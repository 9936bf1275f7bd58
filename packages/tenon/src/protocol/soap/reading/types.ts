import type { Element } from '@xmldom/xmldom'
import type { JsonSchema, JsonSchemaObject } from '../../../schema/schema.ts'
import type { DescriptionNote } from '../../description.ts'
import { descriptionInvalid } from '../../invalid.ts'
import { elementsOf, localName } from '../../rest/media/xml.ts'
import { namesOnce, typeName } from '../../rest/reading/names.ts'
import { contentOf, typeContent } from './content.ts'
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
import { builtin, withEnumeration, withFacet } from './simple.ts'

const deepest = 64
const mostNotes = 500
const noFacets = new Set(['annotation', 'simpleType', 'attribute', 'attributeGroup', 'anyAttribute'])
const mostSteps = 2_000_000
const mostInFamily = 1000

/** What is declared, as schemas. Named types and elements with a type of their own are named schemas, made when something refers to them. */
export class Types {
  readonly found: Declarations
  readonly #first: string
  readonly #names = new Map<string, string>()
  readonly #wanted = new Set<string>()
  readonly #derived = new Map<string, string[]>()
  readonly #notes = new Map<string, DescriptionNote>()
  readonly #made = new Map<string, JsonSchema>()
  readonly #keys = new Map<string, string>()
  #depth = 0
  #steps = 0

  constructor(found: Declarations, first: string) {
    this.found = found
    this.#first = first
    const once = namesOnce()
    for (const [key] of found.all('type')) this.#names.set(key, once(typeName(localOf(key)) || 'Type'))
    for (const [key, { node }] of found.all('element'))
      if (children(node, 'complexType').length > 0)
        this.#names.set(`element ${key}`, once(typeName(localOf(key)) || 'Element'))
    for (const [key, { node, scope }] of found.all('type')) {
      const base = baseOf(node, scope)
      if (base !== null && this.#names.has(base)) this.#derived.set(base, [...(this.#derived.get(base) ?? []), key])
    }
  }

  note(node: Element, scope: Scope, message: string): void {
    const place = scope.location === this.#first ? placeOf(node) : `${scope.location} ${placeOf(node)}`
    if (this.#notes.size < mostNotes) this.#notes.set(`${place} ${message}`, { place, message })
  }

  /** Counts parts: groups that hold groups can grow beyond all bounds. */
  step(node: Element, scope: Scope): void {
    this.#steps += 1
    if (this.#steps > mostSteps)
      throw descriptionInvalid(scope.location, placeOf(node), `its types have more than ${mostSteps} parts`)
  }

  notes(): readonly DescriptionNote[] {
    return [...this.#notes.values()]
  }

  /** By the name of a type; where others extend it, any of them. */
  byName(key: string, node: Element, scope: Scope): JsonSchema {
    const own = namespaceOf(key) === xsd ? builtin(localOf(key)) : undefined
    if (own !== undefined) return own
    if (!this.#names.has(key)) {
      this.note(node, scope, `the type ${localOf(key).slice(0, 100)} is not declared: anything fits`)
      return true
    }
    const all = this.#family(key)
    if (all.length === 1) return this.#ref(key)
    if (all.length > mostInFamily) {
      this.note(node, scope, `more than ${mostInFamily} types extend ${localOf(key).slice(0, 100)}: anything fits`)
      return true
    }
    const isAbstract = this.found.get('type', key)?.node.getAttribute('abstract') === 'true'
    return { anyOf: (isAbstract ? all.slice(1) : all).map((one) => this.#ref(one)) }
  }

  #family(key: string): readonly string[] {
    const all = new Set([key])
    for (const one of all) for (const derived of this.#derived.get(one) ?? []) all.add(derived)
    return [...all]
  }

  #ref(key: string): JsonSchema {
    const name = this.#names.get(key) ?? ''
    this.#wanted.add(key)
    this.#keys.set(name, key)
    return { $ref: `#/$defs/${name}` }
  }

  /** What a global element holds. */
  ofElement(key: string, node: Element, scope: Scope): JsonSchema {
    const declared = this.found.get('element', key)
    if (declared !== undefined)
      return this.#names.has(`element ${key}`)
        ? this.#ref(`element ${key}`)
        : this.ofNode(declared.node, declared.scope)
    if (namespaceOf(key) !== xsd)
      this.note(node, scope, `the element ${localOf(key).slice(0, 100)} is not declared: anything fits`)
    return true
  }

  /** What an element or attribute holds, by what it says in its place. */
  ofNode(node: Element, scope: Scope): JsonSchema {
    const type = node.getAttribute('type')
    if (type !== null && type !== '') return this.byName(keyOf(node, type, scope), node, scope)
    const [inner] = children(node, 'complexType', 'simpleType')
    if (inner === undefined) return localName(node) === 'attribute' ? { type: 'string' } : true
    return this.ofType(inner, scope)
  }

  ofType(node: Element, scope: Scope): JsonSchema {
    this.#depth += 1
    try {
      if (this.#depth > deepest)
        throw descriptionInvalid(
          scope.location,
          placeOf(node),
          'has types that lead in a circle, or are nested too deep',
        )
      return localName(node) === 'simpleType' ? this.#simple(node, scope) : contentOf(typeContent(this, node, scope))
    } finally {
      this.#depth -= 1
    }
  }

  #simple(node: Element, scope: Scope): JsonSchema {
    const [list] = children(node, 'list')
    if (list !== undefined) {
      const item = list.getAttribute('itemType')
      const [inner] = children(list, 'simpleType')
      const items = item ? this.byName(keyOf(list, item, scope), list, scope) : inner ? this.ofType(inner, scope) : true
      return { type: 'array', items, xml: { list: true } }
    }
    const [union] = children(node, 'union')
    if (union !== undefined) {
      const names = attr(union, 'memberTypes')
        .split(/\s+/)
        .filter((name) => name !== '')
      const named = names.map((name) => this.byName(keyOf(union, name, scope), union, scope))
      return { anyOf: [...named, ...children(union, 'simpleType').map((one) => this.ofType(one, scope))] }
    }
    const [restriction] = children(node, 'restriction')
    return restriction === undefined ? { type: 'string' } : this.restricted(restriction, scope)
  }

  /** A simple type with facets. */
  restricted(node: Element, scope: Scope): JsonSchema {
    const from = this.#restrictedFrom(node, scope)
    if (typeof from !== 'object') return from
    let schema: JsonSchemaObject = from
    const values: string[] = []
    for (const facet of elementsOf(node)) {
      const [name, value] = [localName(facet), attr(facet, 'value')]
      if (noFacets.has(name)) continue
      if (name === 'enumeration') values.push(value)
      else {
        const next = withFacet(schema, name, value)
        if (next === null) this.note(facet, scope, `the facet ${name} is not checked`)
        else schema = next
      }
    }
    return values.length === 0 ? schema : withEnumeration(schema, values)
  }

  #restrictedFrom(node: Element, scope: Scope): JsonSchema {
    const base = attr(node, 'base')
    const [inner] = children(node, 'simpleType')
    const key = keyOf(node, base, scope)
    const declared = this.found.get('type', key)
    const own = inner ?? declared?.node
    return own !== undefined && localName(own) === 'simpleType'
      ? this.ofType(own, inner === undefined ? (declared?.scope ?? scope) : scope)
      : this.byName(key, node, scope)
  }

  /** What a reference leads to. */
  resolved(schema: JsonSchema): JsonSchema {
    const name = typeof schema === 'object' ? schema.$ref?.slice('#/$defs/'.length) : undefined
    if (name === undefined) return schema
    const key = this.#keys.get(name)
    return key === undefined ? true : this.resolved(this.#make(key))
  }

  /** Those that something refers to, in the order of the documents. */
  named(): Readonly<Record<string, JsonSchema>> {
    for (const key of this.#wanted) this.#make(key)
    const wanted = [...this.#names].filter(([key]) => this.#wanted.has(key))
    return Object.fromEntries(wanted.map(([key, name]) => [name, this.#make(key)]))
  }

  #make(key: string): JsonSchema {
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const isElement = key.startsWith('element ')
    const declared = this.found.get(isElement ? 'element' : 'type', isElement ? key.slice('element '.length) : key)
    if (declared === undefined) return true
    const { node, scope } = declared
    const schema = isElement ? this.ofNode(node, scope) : this.ofType(node, scope)
    const text = documentation(node)
    const described = text === undefined || typeof schema !== 'object' ? schema : { description: text, ...schema }
    const made = isElement ? described : this.#inFamily(key, described)
    this.#made.set(key, made)
    return made
  }

  /** A type that others extend, or that extends one, says which it is: `$type`. */
  #inFamily(key: string, schema: JsonSchema): JsonSchema {
    const declared = this.found.get('type', key)
    const base = declared === undefined ? null : baseOf(declared.node, declared.scope)
    const isAlone = !this.#derived.has(key) && (base === null || !this.#names.has(base))
    if (isAlone || typeof schema !== 'object' || schema.type !== 'object') return schema
    const xml = { ...(schema['xml'] as object | undefined), type: [namespaceOf(key), localOf(key)] }
    return { ...schema, xml, properties: { $type: { const: this.#names.get(key) }, ...schema.properties } }
  }
}

/** What a complex type extends or restricts. */
function baseOf(node: Element, scope: Scope): string | null {
  const [content] = children(node, 'complexContent')
  const [by] = content === undefined ? [] : children(content, 'extension', 'restriction')
  const base = by?.getAttribute('base') ?? ''
  return by === undefined || base === '' ? null : keyOf(by, base, scope)
}
