import type { Element } from '@xmldom/xmldom'
import { messageOf, TenonError } from '../../../base/errors.ts'
import type { SourceDocument } from '../../description.ts'
import { descriptionInvalid } from '../../invalid.ts'
import { elementsOf, localName, rootOf } from '../../rest/media/xml.ts'

export const xsd = 'http://www.w3.org/2001/XMLSchema'
export const wsdl = 'http://schemas.xmlsoap.org/wsdl/'

const largest = 64 * 1024 * 1024
const mostDocuments = 500

/** Where something of a document stands, and by which rules its names are read. */
export interface Scope {
  readonly location: string
  /** The namespace of what is declared here. */
  readonly target: string
  readonly elements: 'qualified' | 'unqualified'
  readonly attributes: 'qualified' | 'unqualified'
}

export interface Declared {
  readonly node: Element
  readonly scope: Scope
  readonly name: string
}

/** Everything that a description and those that it names declare, by kind and `{namespace}name`. */
export class Declarations {
  readonly #kinds = new Map<string, Map<string, Declared>>()

  add(node: Element, scope: Scope): void {
    const name = node.getAttribute('name')
    if (name === null || name === '') return
    const kind = kindOf(node)
    const known = this.#kinds.get(kind) ?? new Map<string, Declared>()
    this.#kinds.set(kind, known)
    const key = `{${scope.target}}${name}`
    if (!known.has(key)) known.set(key, { node, scope, name })
  }

  all(kind: string): readonly (readonly [key: string, Declared])[] {
    return [...(this.#kinds.get(kind) ?? [])]
  }

  get(kind: string, key: string): Declared | undefined {
    return this.#kinds.get(kind)?.get(key)
  }
}

/** Types of both kinds share their names (XSD 1.0 part 1 §2.5). */
function kindOf(node: Element): string {
  const name = localName(node)
  return name === 'complexType' || name === 'simpleType' ? 'type' : name
}

/** `{namespace}name` of a name with a prefix, as it is meant where it stands. */
export function keyOf(node: Element, name: string, { target }: Scope): string {
  const [prefix, local] = name.includes(':') ? name.split(':', 2) : ['', name]
  const found = node.lookupNamespaceURI(prefix ?? '')
  // A schema without a namespace that was included means that of who included it.
  const namespace = found ?? (prefix === '' ? target : '')
  return `{${namespace}}${local ?? ''}`
}

/** An attribute; empty where there is none. */
export const attr = (node: Element, name: string): string => node.getAttribute(name) ?? ''

export const localOf = (key: string): string => key.slice(key.indexOf('}') + 1)
export const namespaceOf = (key: string): string => key.slice(1, key.indexOf('}'))

export function placeOf(node: Element): string {
  const line = (node as { readonly lineNumber?: number }).lineNumber
  return line === undefined ? localName(node) : `line ${line}`
}

export function children(node: Element, ...names: readonly string[]): Element[] {
  return elementsOf(node).filter((one) => names.includes(localName(one)))
}

/** Reads a description with all that it imports and includes; each once. */
export async function load(first: SourceDocument): Promise<Declarations> {
  const found = new Declarations()
  const seen = new Set<string>()

  async function read(document: SourceDocument, target: string | null): Promise<void> {
    const key = `${document.location} ${target}`
    if (seen.has(key)) return
    seen.add(key)
    if (seen.size > mostDocuments)
      throw descriptionInvalid(document.location, '', `is one of more than ${mostDocuments} documents`)
    const root = parsed(document)
    const isSchema = localName(root) === 'schema' && root.namespaceURI === xsd
    if (isSchema) return readSchema(root, document, target)
    if (localName(root) !== 'definitions' || root.namespaceURI !== wsdl)
      throw descriptionInvalid(document.location, '', 'has another root element than definitions (WSDL 1.1) or schema')
    const scope = scopeOf(root, document, null)
    for (const child of elementsOf(root)) {
      if (localName(child) === 'import') await follow(child, document, null)
      if (child.namespaceURI === wsdl) found.add(child, scope)
      if (localName(child) !== 'types') continue
      for (const schema of children(child, 'schema')) await readSchema(schema, document, null)
    }
  }

  async function readSchema(root: Element, document: SourceDocument, target: string | null): Promise<void> {
    const scope = scopeOf(root, document, target)
    for (const child of elementsOf(root)) {
      const name = localName(child)
      if (name === 'import') await follow(child, document, null)
      else if (name === 'include' || name === 'redefine') await follow(child, document, scope.target)
      else found.add(child, scope)
    }
  }

  async function follow(node: Element, document: SourceDocument, target: string | null): Promise<void> {
    const location = node.getAttribute('schemaLocation') ?? node.getAttribute('location') ?? ''
    if (location === '') return
    let other: SourceDocument
    try {
      other = await document.related(location)
    } catch (error) {
      if (TenonError.is(error)) throw error
      throw descriptionInvalid(
        document.location,
        placeOf(node),
        `names a document that cannot be read: ${messageOf(error)}`,
      )
    }
    await read(other, target)
  }

  await read(first, null)
  return found
}

function scopeOf(node: Element, { location }: SourceDocument, target: string | null): Scope {
  const form = (name: string): 'qualified' | 'unqualified' =>
    node.getAttribute(name) === 'qualified' ? 'qualified' : 'unqualified'
  const own = node.getAttribute('targetNamespace') ?? target ?? ''
  return { location, target: own, elements: form('elementFormDefault'), attributes: form('attributeFormDefault') }
}

function parsed({ location, text }: SourceDocument): Element {
  if (text.length > largest) throw descriptionInvalid(location, '', `is larger than ${largest / 1024 / 1024} MiB`)
  try {
    return rootOf(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw descriptionInvalid(location, '', messageOf(error))
  }
}

const longestText = 2000

export function documentation(node: Element): string | undefined {
  const notes = [
    ...children(node, 'annotation').flatMap((one) => children(one, 'documentation')),
    ...children(node, 'documentation'),
  ]
  const text = notes.map((one) => (one.textContent ?? '').replaceAll(/\s+/g, ' ').trim()).join(' ')
  return text === '' ? undefined : text.slice(0, longestText)
}
