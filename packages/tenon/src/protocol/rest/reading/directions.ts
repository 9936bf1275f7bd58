import { child, children, followed, isFields, items, type Node } from './references.ts'

/** Which members of a schema go only one way: `readOnly` stands in answers, `writeOnly` in requests. */
export type Way = 'readOnly' | 'writeOnly'

const inside = ['items', 'additionalProperties', 'not'] as const
const lists = ['allOf', 'anyOf', 'oneOf', 'prefixItems'] as const
const deepest = 8

/** Its own properties, and those of all parts that it is made of. */
export function oneWayMembers(node: Node, way: Way, depth = 0): ReadonlySet<string> {
  const names = new Set<string>()
  if (depth > deepest || !isFields(node.value)) return names
  for (const [name, property] of children(child(node, 'properties'))) {
    if (isFields(property.value) && property.value[way] === true) names.add(name)
  }
  for (const part of items(child(node, 'allOf'))) {
    const target = followed(part)
    if (typeof target !== 'string') for (const name of oneWayMembers(target, way, depth + 1)) names.add(name)
  }
  return names
}

/**
 * Tells which schemas need two forms, one for requests and one for answers: those that demand a member that goes only one way, or refer to one that does. The others stay
 * one, which is easier to read.
 */
export class Directions {
  readonly #known = new Map<object, boolean>()

  isTwofold(node: Node): boolean {
    const { value } = node
    if (!isFields(value)) return false
    const known = this.#known.get(value)
    if (known !== undefined) return known
    const visited = new Set<object>()
    const found = this.#look(node, visited)
    // All that was visited without finding any refers to none; otherwise only what was asked for is known.
    if (found) this.#known.set(value, true)
    else for (const one of visited) this.#known.set(one, false)
    return found
  }

  /** Without recursion: references make long chains. */
  #look(start: Node, visited: Set<object>): boolean {
    const stack: Node[] = [start]
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      const target = followed(node)
      if (typeof target === 'string' || !isFields(target.value) || visited.has(target.value)) continue
      const known = this.#known.get(target.value)
      if (known === true || demandsOneWay(target)) return true
      visited.add(target.value)
      if (known === undefined) stack.push(...partsOf(target))
    }
    return false
  }
}

function demandsOneWay(node: Node): boolean {
  const required = isFields(node.value) ? node.value['required'] : undefined
  if (!Array.isArray(required)) return false
  return (['readOnly', 'writeOnly'] as const).some((way) => {
    const names = oneWayMembers(node, way)
    return names.size > 0 && required.some((name: unknown) => typeof name === 'string' && names.has(name))
  })
}

function partsOf(node: Node): Node[] {
  const found = children(child(node, 'properties')).map(([, property]) => property)
  for (const keyword of inside) found.push(child(node, keyword))
  for (const keyword of lists) found.push(...items(child(node, keyword)))
  return found
}
