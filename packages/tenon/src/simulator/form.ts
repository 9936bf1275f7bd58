import { TenonError } from '../base/errors.ts'

type Tree = { [name: string]: string | Tree }

const most = 1000
const deepest = 8

/** Reads `a=1&b[c]=2&d[]=3&e[0][f]=4`, as form-encoded APIs nest. Throws `BODY_INVALID`. */
export function readForm(text: string): Record<string, unknown> {
  const tree: Tree = {}
  let count = 0
  for (const [name, value] of new URLSearchParams(text)) {
    count += 1
    if (count > most) throw invalid(`more than ${most} parameters`)
    insert(tree, partsOf(name), value)
  }
  return withLists(tree) as Record<string, unknown>
}

function partsOf(name: string): string[] {
  const at = name.indexOf('[')
  if (at < 1) return [name]
  const inside = name.slice(at)
  if (!/^(\[[^[\]]*\])+$/.test(inside)) throw invalid('a parameter name with unbalanced brackets')
  return [name.slice(0, at), ...inside.slice(1, -1).split('][')]
}

function insert(tree: Tree, parts: readonly string[], value: string): void {
  if (parts.length > deepest) throw invalid(`nested deeper than ${deepest} levels`)
  let node = tree
  for (const [index, part] of parts.entries()) {
    const name = part === '' ? String(Object.keys(node).length) : part
    if (name === '__proto__') throw invalid('a parameter named __proto__')
    if (index === parts.length - 1) {
      node[name] = value
      return
    }
    const next = Object.hasOwn(node, name) ? node[name] : {}
    if (typeof next !== 'object') throw invalid('a parameter that is both a value and a group')
    node[name] = next
    node = next
  }
}

function withLists(node: string | Tree): unknown {
  if (typeof node === 'string') return node
  const names = Object.keys(node)
  const isList = names.length > 0 && names.every((name, index) => name === String(index))
  const entries = Object.entries(node).map(([name, child]) => [name, withLists(child)] as const)
  return isList ? entries.map(([, child]) => child) : Object.fromEntries(entries)
}

function invalid(what: string): TenonError {
  return new TenonError('BODY_INVALID', what)
}
