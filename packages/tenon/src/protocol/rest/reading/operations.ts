import type { Method } from '../../../definition/operation.ts'
import type { JsonSchema, JsonSchemaObject } from '../../../schema/schema.ts'
import type { DescribedOperation } from '../../description.ts'
import type { RestWire, WirePaging } from '../wire.ts'
import { readAnswers } from './answers.ts'
import { readBody } from './bodies.ts'
import { flatInput } from './input.ts'
import { memberName, namesOnce, pathName, typeName } from './names.ts'
import { readPaging } from './paging.ts'
import { parameterNodes, readParameters } from './parameters.ts'
import type { Reading } from './reading.ts'
import { child, children, followed, isFields, items, placeOf, type Fields, type Node } from './references.ts'
import { prefixOf } from './servers.ts'

const methods = ['get', 'put', 'post', 'delete', 'head', 'patch'] as const
const others = ['options', 'trace', 'query', 'connect']

/** An operation of a document before it is looked into. */
export interface FoundOperation {
  readonly node: Node
  readonly holder: Node
  readonly method: Method
  readonly path: string
  readonly name: string
  readonly sourceName: string
  readonly tags: readonly string[]
}

/** All operations, in the document's order, with their names: which names there are does not depend on what is wanted. */
export function findOperations({ notes, root }: Pick<Reading, 'notes' | 'root'>): readonly FoundOperation[] {
  const named = namer(notes)
  return children(child(root, 'paths')).flatMap(([path, given]) => {
    if (path.startsWith('x-')) return []
    const holder = followed(given)
    if (typeof holder === 'string' || !isFields(holder.value)) {
      notes.add(given, `is no path${typeof holder === 'string' ? `: ${holder}` : ''}: left out`)
      return []
    }
    for (const other of others) {
      const node = child(holder, other)
      if (isFields(node.value)) notes.add(node, `${other.toUpperCase()} is not carried over`)
    }
    return methods.flatMap((method) => {
      // A path item that is referred to may have operations of its own beside the reference.
      const own = child(given, method)
      const node = isFields(own.value) ? own : child(holder, method)
      if (!isFields(node.value)) return []
      return [
        {
          node,
          holder,
          method: method.toUpperCase() as Method,
          path,
          ...named(node, method, path),
          tags: tagsOf(node),
        },
      ]
    })
  })
}

/** By the operationId, else by method and path; by that too where another operation has the name already. */
function namer(
  notes: Reading['notes'],
): (node: Node, method: string, path: string) => Pick<FoundOperation, 'name' | 'sourceName'> {
  const once = namesOnce()
  const taken = new Set<string>()
  return (node, method, path) => {
    const { operationId } = node.value as Fields
    const byPath = pathName(method, path) || `${method}Root`
    const byId = typeof operationId === 'string' ? memberName(operationId) : ''
    const isTaken = byId !== '' && taken.has(byId)
    if (isTaken) notes.add(node, `another operation is called ${byId} already: this one is ${byPath}`)
    const name = once(byId === '' || isTaken ? byPath : byId)
    taken.add(name)
    return { name, sourceName: typeof operationId === 'string' ? operationId : `${method.toUpperCase()} ${path}` }
  }
}

function tagsOf(node: Node): readonly string[] {
  return items(child(node, 'tags')).flatMap(({ value }) => (typeof value === 'string' ? [value] : []))
}

export function readOperation(reading: Reading, found: FoundOperation, base: URL | null): DescribedOperation {
  const { node, holder, method, name, sourceName, tags } = found
  const { path, search } = split(reading, found, prefixOf(reading, base, [node, holder]))
  const all = parameterNodes(reading, node, holder)
  const parameters = readParameters(reading, { nodes: reading.shape.parameters(all), operation: node, path })
  const body = readBody(reading, reading.shape.body(node, all, reading.root), typeName(name))
  const input = flatInput(parameters, body)
  const { output, wire: answers, failure, isLinked, nodes } = readAnswers(reading, node, method)
  const paging = readPaging({ reading, operation: node, answers: nodes, input, output, isLinked })
  const linked = paging !== null && isLinked && isList(reading, output) && paging.by === 'address'
  const wire: RestWire = {
    method,
    path,
    ...(search !== '' && { search }),
    ...(input.parameters.length > 0 && { parameters: input.parameters }),
    ...(input.body !== null && { body: input.body }),
    answers,
    ...(linked && { linked }),
    ...(paging !== null && { paging }),
    ...(failure !== null && { failure }),
  }
  return {
    name,
    sourceName,
    tags,
    ...aboutOf(node),
    input: withPage(input.schema, paging),
    output: linked ? linkedOutput(output) : output,
    wire: { ...wire },
    ...(paging !== null && { isPaged: true as const }),
    place: placeOf(node, reading.first),
  }
}

function aboutOf({ value }: Node): Pick<DescribedOperation, 'summary' | 'description' | 'deprecated'> {
  const { summary, description, deprecated } = value as Fields
  return {
    ...(typeof summary === 'string' && summary !== '' && { summary }),
    ...(typeof description === 'string' && description !== '' && { description }),
    ...(deprecated === true && { deprecated }),
  }
}

/** With a member for the address of a page, where pages have addresses. */
function withPage(input: JsonSchemaObject, paging: WirePaging | null): JsonSchema {
  if (paging?.by !== 'address') return input
  const page = { type: 'string', description: 'The page to give: its address, as the output before it says.' } as const
  return { ...input, properties: { ...input.properties, [paging.to]: page } }
}

function isList({ schemas }: Reading, schema: DescribedOperation['output']): boolean {
  const found = schemas.lookedUp(schema)
  return typeof found === 'object' && found.type === 'array'
}

/** A list with the address of the page after it, `null` after the last. */
function linkedOutput(output: DescribedOperation['output']): DescribedOperation['output'] {
  const next = {
    type: ['string', 'null'],
    description: 'The page after this one, for `next` of the input; `null` after the last.',
  } as const
  return { type: 'object', properties: { items: output, next }, required: ['items', 'next'] }
}

/** Path and query of an address that some documents write as one; percent-encoded where it is text. */
function split(
  { notes }: Reading,
  { node, path }: FoundOperation,
  prefix: string,
): { readonly path: string; readonly search: string } {
  const [address = ''] = path.split('#', 1)
  const at = address.indexOf('?')
  const [before, query] = at < 0 ? [address, ''] : [address.slice(0, at), address.slice(at + 1)]
  const fixed = query.split('&').filter((pair) => pair !== '' && !/[{}]/.test(pair))
  if (query !== '' && fixed.length < query.split('&').length)
    notes.add(node, 'the path has a query with places for values: parameters of the query are used instead')
  const whole = `${prefix}${before.startsWith('/') ? before : `/${before}`}`
  const encoded = whole.split(/(\{[^{}]*\})/).map((part) => (/^\{[^{}]*\}$/.test(part) ? part : literal(part)))
  return { path: encoded.join(''), search: fixed.map(literal).join('&') }
}

/** What may stand in an address as it is, stays; the rest is in percent form. */
function literal(text: string): string {
  const path = text.replace(/%(?![0-9a-f]{2})|[^\w\-.~!$&'()*+,;=:@%/]+/gi, (part) =>
    encodeURIComponent(part.toWellFormed()),
  )
  return path.replace(/^\/{2,}/, '/')
}
