import { messageOf } from '../../../base/errors.ts'
import type { SourceDocument } from '../../description.ts'
import { descriptionInvalid } from '../../invalid.ts'
import { parseDocument } from './document.ts'

const mostDocuments = 2000
const longestChain = 64

export type Fields = Readonly<Record<string, unknown>>

/** A value with where it stands. */
export interface Node {
  readonly value: unknown
  readonly file: DocumentFile
  /** JSON pointer, without `#`. */
  readonly pointer: string
}

export interface DocumentFile {
  readonly location: string
  readonly root: unknown
  /** Documents that it names, by the text that names them; a text where one cannot be had. */
  readonly others: ReadonlyMap<string, DocumentFile | string>
  /** What `$id` and `$anchor` name in it (JSON Schema 2020-12 §8.2). */
  readonly named: ReadonlyMap<string, Node>
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A text, or a number or yes as one; empty for anything else. */
export function said(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

export function child(node: Node, key: string): Node {
  const { value, file, pointer } = node
  const part =
    typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Fields)[key] : undefined
  return { value: part, file, pointer: `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}` }
}

/** The children of an object, in its order; none for anything else. */
export function children(node: Node): readonly (readonly [key: string, child: Node])[] {
  return isFields(node.value) ? Object.keys(node.value).map((key) => [key, child(node, key)]) : []
}

export function items(node: Node): readonly Node[] {
  return Array.isArray(node.value) ? node.value.map((_part, index) => child(node, String(index))) : []
}

/** As people find it: `#/paths/~1orders`, after the name of the document where it is not the first. */
export function placeOf({ file, pointer }: Node, first: DocumentFile): string {
  return `${file === first ? '' : file.location}#${pointer}`
}

/** Reads a document and all that it names, and they name. */
export async function openDocuments(source: SourceDocument): Promise<DocumentFile> {
  const files = new Map<string, DocumentFile>()
  const open = async (document: SourceDocument, given?: unknown): Promise<DocumentFile> => {
    const known = files.get(document.location)
    if (known !== undefined) return known
    if (files.size >= mostDocuments)
      throw descriptionInvalid(source.location, '', `names more than ${mostDocuments} other documents`)
    const others = new Map<string, DocumentFile | string>()
    const named = new Map<string, Node>()
    const root = given ?? parseDocument(document)
    const file: DocumentFile = { location: document.location, root, others, named }
    // Before what it names is opened: they may name each other.
    files.set(document.location, file)
    for (const name of scan(file, named)) {
      if (named.has(name)) continue
      try {
        others.set(name, await open(await document.related(name)))
      } catch (error) {
        others.set(name, messageOf(error))
      }
    }
    return file
  }
  return open(source)
}

/** Values that only look like references. */
const examples = new Set(['example', 'examples', 'default', 'enum', 'const', 'x-examples'])

/** The documents that a document names; what it names itself goes into `named`. */
function scan(file: DocumentFile, named: Map<string, Node>): ReadonlySet<string> {
  const names = new Set<string>()
  const seen = new Set<object>()
  const stack: unknown[] = [file.root]
  while (stack.length > 0) {
    const value = stack.pop()
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    if (!Array.isArray(value)) {
      noteNames(value as Fields, { file, names, named })
      // A property may have the name of a keyword.
      const { properties } = value as Fields
      stack.push(...(isFields(properties) ? [...examples].map((name) => properties[name]) : []))
    }
    for (const key of Object.keys(value)) {
      const part = (value as Fields)[key]
      if (typeof part === 'object' && part !== null && !examples.has(key)) stack.push(part)
    }
  }
  return names
}

function noteNames(
  value: Fields,
  {
    file,
    names,
    named,
  }: { readonly file: DocumentFile; readonly names: Set<string>; readonly named: Map<string, Node> },
): void {
  const { $ref, $anchor, $dynamicAnchor, $id } = value
  if (typeof $ref === 'string' && !$ref.startsWith('#')) names.add($ref.split('#', 1)[0] as string)
  for (const anchor of [$anchor, $dynamicAnchor]) {
    if (typeof anchor === 'string') named.set(`#${anchor}`, { value, file, pointer: `/${anchor}` })
  }
  if (typeof $id === 'string' && value !== file.root)
    named.set($id.replace(/#$/, ''), { value, file, pointer: `/${$id}` })
}

/** What a reference leads to; a text that says why where it leads nowhere. */
export function resolve(reference: string, from: Node): Node | string {
  const at = reference.indexOf('#')
  const name = at < 0 ? reference : reference.slice(0, at)
  const fragment = at < 0 ? '' : reference.slice(at + 1)
  const whole = from.file.named.get(reference) ?? from.file.named.get(name)
  if (whole !== undefined) return name === '' || fragment === '' ? whole : pointed(whole, fragment)
  const file = name === '' ? from.file : from.file.others.get(name)
  if (file === undefined || typeof file === 'string') return file ?? 'was not read'
  return pointed({ value: file.root, file, pointer: '' }, fragment)
}

function pointed(start: Node, fragment: string): Node | string {
  if (fragment === '' || fragment === '/') return start
  if (!fragment.startsWith('/')) return start.file.named.get(`#${fragment}`) ?? 'leads nowhere'
  let node = start
  for (const part of fragment.slice(1).split('/')) {
    const next = child(node, unescaped(part))
    node = next.value === undefined ? child(node, part) : next
    if (node.value === undefined) return 'leads nowhere'
  }
  return node
}

/** RFC 6901 §6, §3. */
function unescaped(part: string): string {
  let text = part
  try {
    text = decodeURIComponent(part)
  } catch {
    // A percent sign that is one.
  }
  return text.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** Follows references until there is none. A text that says why where they lead nowhere. */
export function followed(node: Node): Node | string {
  let current = node
  for (let length = 0; length < longestChain; length += 1) {
    const reference = isFields(current.value) ? current.value['$ref'] : undefined
    if (typeof reference !== 'string') return current
    const next = resolve(reference, current)
    if (typeof next === 'string') return `${reference} ${next}`
    current = next
  }
  return `${said((node.value as Fields)['$ref'])} leads in a circle`
}
