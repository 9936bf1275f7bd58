// Where a value goes in an input, read from its schema.
import { z } from 'zod'

/** Names and numbers that lead to it. */
export type Place = readonly (string | number)[]

interface Node {
  readonly type?: string | readonly string[]
  readonly $ref?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: readonly string[]
  readonly items?: Node | readonly Node[]
  readonly prefixItems?: readonly Node[]
  readonly additionalProperties?: Node | boolean
  readonly anyOf?: readonly Node[]
  readonly oneOf?: readonly Node[]
  readonly allOf?: readonly Node[]
}

/** An input into which a value was put at one place, whatever the schema says of it there. */
export interface Planted {
  readonly place: Place
  with(value: string): unknown
}

/** A name that no schema has: what takes anything takes this. */
const undeclared = ['baseUrl', 'host', 'url']
const deepest = 8

/** The smallest input that a schema describes, but for the forms of its texts. */
export function smallestInput(schema: unknown): unknown {
  const { root, follow } = read(schema)
  return smallestOf(root, follow)
}

function read(schema: unknown): { readonly root: Node; follow(node: Node): Node } {
  const root = z.toJSONSchema(schema as z.ZodType, { io: 'input', unrepresentable: 'any' }) as Node
  const definitions = (root as { $defs?: Record<string, Node> }).$defs ?? {}
  return { root, follow: (node) => definitions[node.$ref?.split('/').at(-1) ?? ''] ?? node }
}

/** Every place of a single value, in an input that is otherwise the smallest. */
export function placesOf(schema: unknown): readonly Planted[] {
  const { root, follow } = read(schema)
  const found = new Map<string, Planted>()

  /** `around` puts what stands at this place into a whole input. */
  function walk(given: Node, place: Place, around: (value: unknown) => unknown): void {
    if (place.length > deepest) return
    const node = follow(given)
    for (const one of choicesOf(node)) walk(one, place, around)
    if (isSingle(node)) found.set(place.join('.'), { place, with: around })
    const smallest = smallestOf(node, follow) as Record<string, unknown>
    for (const [name, member] of Object.entries(node.properties ?? {}))
      walk(member, [...place, name], (value) => around({ ...smallest, [name]: value }))
    const { additionalProperties } = node
    if (node.type === 'object' && additionalProperties !== false)
      for (const name of undeclared)
        walk(
          typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0
            ? additionalProperties
            : { type: 'string' },
          [...place, name],
          (value) => around({ ...smallest, [name]: value }),
        )
    for (const item of [node.items ?? [], node.prefixItems ?? []].flat())
      walk(item, [...place, 0], (value) => around([value]))
  }
  walk(root, [], (value) => value)
  return [...found.values()]
}

const choicesOf = ({ anyOf = [], oneOf = [], allOf = [] }: Node): readonly Node[] => [...anyOf, ...oneOf, ...allOf]

function isSingle({ type, const: fixed, enum: listed }: Node): boolean {
  if (type === undefined) return fixed !== undefined || listed !== undefined
  return [type].flat().some((one) => one !== 'object' && one !== 'array' && one !== 'null')
}

function smallestOf(given: Node, follow: (node: Node) => Node, depth = 0): unknown {
  const node = follow(given)
  if (node.const !== undefined) return node.const
  if (node.enum !== undefined) return node.enum[0]
  const [first] = choicesOf(node)
  if (node.properties !== undefined && depth < deepest)
    return Object.fromEntries(
      (node.required ?? []).map((name) => [name, smallestOf(node.properties?.[name] ?? {}, follow, depth + 1)]),
    )
  if (first !== undefined) return smallestOf(first, follow, depth + 1)
  const [type] = [node.type ?? 'string'].flat()
  if (type === 'object') return {}
  if (type === 'array') return []
  if (type === 'boolean') return true
  return type === 'string' ? 'x1' : 1
}
