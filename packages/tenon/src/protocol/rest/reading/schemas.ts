import type { JsonSchema, NamedSchemas } from '../../../schema/schema.ts'
import { descriptionInvalid } from '../../invalid.ts'
import { Directions, oneWayMembers, type Way } from './directions.ts'
import { keywords, plainValue, typesOf } from './keywords.ts'
import { namesOnce, typeName } from './names.ts'
import type { Notes } from './notes.ts'
import { nullable, single } from './simplify.ts'
import {
  child,
  children,
  isFields,
  items,
  resolve,
  said,
  type DocumentFile,
  type Fields,
  type Node,
} from './references.ts'

/** Who sends what a schema describes: we, the provider, or both alike. */
export type View = 'input' | 'output' | 'both'

type Draft = Record<string, unknown>

const mostNodes = 3_000_000
const structural = new Set(
  'components schemas definitions $defs paths responses parameters requestBodies headers content schema items properties allOf anyOf oneOf additionalProperties'.split(
    ' ',
  ),
)
const shortExample = 200

/** Brings the schemas of a document into JSON Schema 2020-12, those that are referred to under names of their own. */
export class Schemas {
  readonly #first: DocumentFile
  readonly #notes: Notes
  readonly #directions = new Directions()
  readonly #once = namesOnce()
  readonly #reserved = new Map<unknown, string>()
  /** By the schema itself: a pointer and an anchor may lead to the same one. */
  readonly #names = new Map<unknown, Map<View, string>>()
  readonly #own = new Map<string, string>()
  readonly #named: Record<string, JsonSchema> = {}
  readonly #waiting: (() => void)[] = []
  #nodes = 0

  constructor(first: DocumentFile, notes: Notes) {
    this.#first = first
    this.#notes = notes
    // All of them, used or not: a name does not depend on what else is asked for.
    const root: Node = { value: first.root, file: first, pointer: '' }
    for (const [name, schema] of [
      ...children(child(child(root, 'components'), 'schemas')),
      ...children(child(root, 'definitions')),
    ])
      this.#reserved.set(keyOf(schema), this.#once(typeName(name) || 'Schema'))
  }

  /** A schema where it is used; one that is referred to is a reference. */
  read(node: Node, view: View): JsonSchema {
    const schema = this.#read(node, view)
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) next()
    return schema
  }

  /** Reserves a name for a schema of our own, once. */
  own(name: string, schema: JsonSchema): JsonSchema {
    let given = this.#own.get(name)
    if (given === undefined) {
      this.#own.set(name, (given = this.#once(name)))
      this.#named[given] = schema
    }
    return { $ref: `#/$defs/${given}` }
  }

  /** All that were referred to, by name. */
  named(): NamedSchemas {
    const names = Object.keys(this.#named).toSorted()
    return Object.fromEntries(names.map((name) => [name, this.#named[name] as JsonSchema]))
  }

  /** What a reference to a named schema leads to, for those who look at its form. */
  lookedUp(schema: JsonSchema): JsonSchema {
    let found = schema
    for (let steps = 0; steps < 64 && typeof found === 'object' && found.$ref !== undefined; steps += 1)
      found = this.#named[found.$ref.slice('#/$defs/'.length)] ?? true
    return found
  }

  #read(node: Node, view: View): JsonSchema {
    this.#nodes += 1
    if (this.#nodes > mostNodes)
      throw descriptionInvalid(
        this.#first.location,
        '',
        `has schemas that are too large together (more than ${mostNodes} parts); import fewer operations with --only`,
      )
    const { value } = node
    if (typeof value === 'boolean') return value
    if (!isFields(value)) {
      this.#notes.add(node, 'is no schema: taken as anything')
      return true
    }
    const read =
      typeof value['$ref'] === 'string' ? this.#reference(node, value['$ref'], view) : this.#whole(node, value, view)
    return value['nullable'] === true || value['x-nullable'] === true ? nullable(read) : read
  }

  #reference(node: Node, reference: string, view: View): Draft {
    const beside = this.#whole(node, node.value as Fields, view)
    const target = resolve(reference, node)
    if (typeof target === 'string') {
      this.#notes.add(node, `${reference} ${target}: taken as anything`)
      return beside
    }
    return { $ref: `#/$defs/${this.#nameFor(target, view)}`, ...beside }
  }

  #nameFor(target: Node, asked: View): string {
    const view = this.#directions.isTwofold(target) ? asked : 'both'
    const known = this.#names.get(keyOf(target)) ?? new Map<View, string>()
    const before = known.get(view)
    if (before !== undefined) return before
    const reserved = this.#reserved.get(keyOf(target))
    const base = reserved ?? nameOf(target)
    const suffix = view === 'input' ? 'Input' : ''
    const name = reserved === undefined || suffix !== '' ? this.#once(base + suffix) : base
    this.#names.set(keyOf(target), known.set(view, name))
    this.#named[name] = true
    this.#waiting.push(() => {
      this.#named[name] = this.#withoutCircle(this.#read(target, view), name, target)
    })
    return name
  }

  /** A schema that is only a reference to itself, over others, says nothing. */
  #withoutCircle(schema: JsonSchema, name: string, node: Node): JsonSchema {
    let next = schema
    for (let steps = 0; typeof next === 'object' && next.$ref !== undefined; steps += 1) {
      const to = next.$ref.slice('#/$defs/'.length)
      if (to === name || steps > 64) {
        this.#notes.add(node, 'refers to itself in a circle: taken as anything')
        return true
      }
      next = this.#named[to] ?? true
    }
    return schema
  }

  #whole(node: Node, value: Fields, view: View): Draft {
    const draft: Draft = {}
    const { types, format, strange } = typesOf(value)
    for (const one of strange) this.#notes.add(node, `the type ${one.slice(0, 40)} is not known: left out`)
    if (types.length > 0) draft['type'] = types.length === 1 ? types[0] : types
    if (format !== undefined) draft['format'] = format
    for (const keyword of Object.keys(keywords)) {
      if (value[keyword] === undefined) continue
      const read = this.#keyword(child(node, keyword), keyword, view)
      if (read !== undefined) draft[keyword] = read
    }
    this.#items(node, value, { draft, view })
    this.#limits(value, draft)
    this.#required(node, draft, view)
    this.#extras(node, value, { draft, view })
    return single(draft)
  }

  #keyword(node: Node, keyword: string, view: View): unknown {
    const form = keywords[keyword]
    switch (form) {
      case 'schema':
        return this.#read(node, view)
      case 'schemas': {
        const parts = items(node).map((part) => this.#read(part, view))
        return parts.length === 0 ? undefined : parts
      }
      case 'map':
        return this.#map(node, view)
      default: {
        const read = plainValue(form ?? 'any', node.value)
        if (read === undefined && node.value !== '' && typeof node.value !== 'boolean' && node.value !== null)
          this.#notes.add(node, `cannot be the value of ${keyword}: left out`)
        return read
      }
    }
  }

  #map(node: Node, view: View): Draft | undefined {
    if (!isFields(node.value)) {
      this.#notes.add(node, 'expected an object: left out')
      return undefined
    }
    const hidden = way(view)
    const entries = children(node)
      .filter(([, part]) => hidden === null || !isFields(part.value) || part.value[hidden] !== true)
      .map(([name, part]) => [name, this.#read(part, view)] as const)
    return Object.fromEntries(entries)
  }

  /** Lists of items: older drafts wrote them otherwise. */
  #items(node: Node, value: Fields, { draft, view }: { readonly draft: Draft; readonly view: View }): void {
    if (Array.isArray(value['items'])) {
      draft['prefixItems'] = items(child(node, 'items')).map((part) => this.#read(part, view))
      if (value['additionalItems'] !== undefined) draft['items'] = this.#read(child(node, 'additionalItems'), view)
    } else if (value['items'] !== undefined) draft['items'] = this.#read(child(node, 'items'), view)
  }

  /** OAS 3.0 and JSON Schema draft 4: an exclusive limit was a flag beside the limit. */
  #limits(value: Fields, draft: Draft): void {
    for (const [flag, limit] of [
      ['exclusiveMinimum', 'minimum'],
      ['exclusiveMaximum', 'maximum'],
    ] as const) {
      if (value[flag] !== true) continue
      draft[flag] = draft[limit]
      delete draft[limit]
      if (draft[flag] === undefined) delete draft[flag]
    }
  }

  #required(node: Node, draft: Draft, view: View): void {
    const value = node.value as Fields
    const oneWay = way(view)
    const hidden = oneWay === null ? new Set<string>() : oneWayMembers(node, oneWay)
    const named = Array.isArray(value['required']) ? value['required'].filter((name) => typeof name === 'string') : []
    // Draft 3, and many by mistake: each property says it of itself.
    const marked = children(child(node, 'properties')).filter(
      ([, part]) => isFields(part.value) && part.value['required'] === true,
    )
    for (const [, part] of marked) this.#notes.add(part, 'required belongs to the object: taken as that')
    const required = [...new Set([...named, ...marked.map(([name]) => name)])].filter((name) => !hidden.has(name))
    if (required.length > 0) draft['required'] = required
  }

  #extras(node: Node, value: Fields, { draft, view }: { readonly draft: Draft; readonly view: View }): void {
    const { enum: options, example, examples, discriminator, xml } = value
    if (Array.isArray(options) && options.length > 0) draft['enum'] = [...new Set(options)]
    const shown = Array.isArray(examples) ? examples[0] : example
    if (shown !== undefined && (JSON.stringify(shown) ?? '').length <= shortExample) draft['examples'] = [shown]
    if (isFields(xml)) draft['xml'] = xml
    if (isFields(discriminator) && typeof discriminator['propertyName'] === 'string')
      draft['discriminator'] = this.#discriminator(node, discriminator, view)
  }

  /** OAS 3.1 §4.8.25: values may be names of schemas or references; here all are references. */
  #discriminator(node: Node, { propertyName, mapping }: Fields, view: View): Draft {
    const entries = Object.entries(isFields(mapping) ? mapping : {}).flatMap(([value, to]) => {
      const target = [said(to), `#/components/schemas/${said(to)}`]
        .map((reference) => resolve(reference, node))
        .find((found) => typeof found !== 'string')
      return target === undefined ? [] : [[value, `#/$defs/${this.#nameFor(target, view)}`] as const]
    })
    return entries.length === 0 ? { propertyName } : { propertyName, mapping: Object.fromEntries(entries) }
  }
}

/** A schema that is no object has no identity but its place. */
function keyOf({ value, file, pointer }: Node): unknown {
  return typeof value === 'object' && value !== null ? value : `${file.location}#${pointer}`
}

/** What the other side alone may send. */
function way(view: View): Way | null {
  if (view === 'both') return null
  return view === 'input' ? 'readOnly' : 'writeOnly'
}

/** From where it stands: the last words of its pointer that say something, else the name of its document. */
function nameOf({ pointer, file }: Node): string {
  const words = pointer.split('/').filter((part) => part !== '' && !structural.has(part) && !/^\d+$/.test(part))
  const said = typeName(words.slice(-2).join(' ').replaceAll('~1', ' '))
  if (/^\/(?:components\/\w+|definitions|\$defs)\/[^/]+$/.test(pointer)) return typeName(words.at(-1) ?? '') || 'Schema'
  const base = (file.location.split(/[/\\]/).at(-1) ?? '').replace(/\.\w+$/, '')
  return said || typeName(base) || 'Schema'
}
