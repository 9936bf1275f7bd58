import type { JsonSchema, NamedSchemas } from '../schema/schema.ts'
import { alternativesOf, refName } from './sides.ts'

/**
 * References by which a named schema is, at once, itself: A is B or text, B is A or a number. A type cannot be written so, and they say nothing about a value; each is `from>to`. Those through a member
 * or an item are no trouble.
 */
export function endlessReferences(named: NamedSchemas): ReadonlySet<string> {
  const found = new Set<string>()
  const done = new Set<string>()
  for (const name of Object.keys(named)) if (!done.has(name)) visit(name)
  return found

  function visit(start: string): void {
    const path: { name: string; targets: string[] }[] = [{ name: start, targets: targetsOf(named[start] ?? true) }]
    const open = new Set([start])
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = top.targets.pop()
      if (target === undefined) {
        done.add(top.name)
        open.delete(top.name)
        path.pop()
      } else if (open.has(target)) found.add(`${top.name}>${target}`)
      else if (!done.has(target) && named[target] !== undefined) {
        open.add(target)
        path.push({ name: target, targets: targetsOf(named[target]) })
      }
    }
  }
}

function targetsOf(schema: JsonSchema): string[] {
  const targets: string[] = []
  const waiting: JsonSchema[] = [schema]
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const target = refName(part)
    if (target !== null) targets.push(target)
    if (typeof part === 'object') waiting.push(...alternativesOf(part))
  }
  return targets
}
