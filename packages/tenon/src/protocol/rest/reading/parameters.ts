import type { JsonSchema } from '../../../schema/schema.ts'
import type { ParameterPlace, Style, WireParameter } from '../wire.ts'
import { kindOfType } from './kinds.ts'
import type { Reading } from './reading.ts'
import { child, children, followed, isFields, items, said, type Fields, type Node } from './references.ts'

export interface ReadParameter {
  readonly node: Node
  readonly name: string
  readonly in: ParameterPlace
  readonly required: boolean
  readonly schema: JsonSchema
  readonly wire: Omit<WireParameter, 'name' | 'in' | 'as'>
}

const places: readonly string[] = ['path', 'query', 'header', 'cookie']
const styles: Readonly<Record<ParameterPlace, readonly Style[]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form'],
}
/** OAS 3.1 §4.8.12.1: these are described elsewhere; and what the transport sees to (RFC 9110 §7.6.1). */
const ignored = new Set(
  'accept content-type authorization connection content-length expect host keep-alive proxy-authorization te trailer transfer-encoding upgrade'.split(
    ' ',
  ),
)

/** The parameter objects of an operation: its own in place of its path's, references followed. */
export function parameterNodes(reading: Reading, operation: Node, path: Node): readonly Node[] {
  const found = new Map<string, Node>()
  for (const one of [...items(child(path, 'parameters')), ...items(child(operation, 'parameters'))]) {
    const node = followed(one)
    if (typeof node === 'string' || !isFields(node.value)) {
      reading.notes.add(one, `is no parameter${typeof node === 'string' ? `: ${node}` : ''}: left out`)
      continue
    }
    found.set(`${said(node.value['in'])} ${said(node.value['name'])}`, node)
  }
  return [...found.values()]
}

/** The parameters of an operation, those of the path in its order. */
export function readParameters(
  reading: Reading,
  { nodes, operation, path }: { readonly nodes: readonly Node[]; readonly operation: Node; readonly path: string },
): readonly ReadParameter[] {
  const read = nodes.flatMap((node) => readParameter(reading, node))
  const inTemplate = [...path.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] as string)
  const ofPath = [...new Set(inTemplate)].map((name) => {
    const declared = read.find((one) => one.in === 'path' && one.name === name)
    if (declared !== undefined) return declared
    reading.notes.add(operation, `the parameter {${name}} of the path is not described: taken as a text`)
    return { node: operation, name, in: 'path', required: true, schema: { type: 'string' }, wire: {} } as const
  })
  for (const { node, in: place, name } of read) {
    if (place === 'path' && !inTemplate.includes(name))
      reading.notes.add(node, `the path has no place for {${name}}: left out`)
  }
  return [...ofPath, ...read.filter((one) => one.in !== 'path')]
}

function readParameter({ notes, schemas }: Reading, node: Node): ReadParameter[] {
  const value = node.value as Fields
  const { name, in: place } = value
  if (typeof name !== 'string' || name === '' || !places.includes(said(place))) {
    notes.add(node, `a parameter needs a name, and one of ${places.join(', ')} as in: left out`)
    return []
  }
  const at = place as ParameterPlace
  if (at === 'header' && ignored.has(name.toLowerCase())) return []
  if (at === 'header' && name.toLowerCase() === 'cookie') {
    notes.add(node, 'the header Cookie as a whole is not carried over: only cookies by their names are')
    return []
  }
  const [type, media] = children(child(node, 'content'))[0] ?? []
  const source = child(media ?? node, 'schema')
  const schema = source.value === undefined ? true : schemas.read(source, 'input')
  return [
    {
      node,
      name,
      in: at,
      required: at === 'path' || value['required'] === true,
      schema: described(schema, value),
      wire:
        type === undefined ? styled({ notes }, node, at) : { content: kindOfType(type) === 'json' ? 'json' : 'text' },
    },
  ]
}

/** What is said of the parameter holds for its value. */
function described(schema: JsonSchema, { description, deprecated }: Fields): JsonSchema {
  if (typeof schema === 'boolean') return schema
  return {
    ...schema,
    ...(typeof description === 'string' && { description }),
    ...(deprecated === true && { deprecated }),
  }
}

function styled(
  { notes }: Pick<Reading, 'notes'>,
  node: Node,
  place: ParameterPlace,
): Omit<WireParameter, 'name' | 'in' | 'as'> {
  const { style, explode, allowReserved } = node.value as Fields
  const [usual = 'simple', ...others] = styles[place]
  const isOther = others.includes(style as Style)
  if (style !== undefined && style !== usual && !isOther)
    notes.add(node, `a parameter in ${place} cannot have the style ${said(style).slice(0, 40)}: ${usual} is used`)
  const chosen = isOther ? (style as Style) : usual
  const explodes = typeof explode === 'boolean' && explode !== (chosen === 'form')
  return {
    ...(isOther && { style: chosen }),
    ...(explodes && { explode }),
    ...(allowReserved === true && { allowReserved: true as const }),
  }
}
