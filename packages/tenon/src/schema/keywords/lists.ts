import { every, fitsAlways, type Check, type Compiler, type Keyword } from '../check.ts'
import { sameText } from '../same.ts'
import type { JsonSchema, JsonSchemaObject } from '../schema.ts'
import { counted } from './texts.ts'

/** `prefixItems` and `items`, JSON Schema core 10.3.1. */
export const items: Keyword = ({ prefixItems, items }, compiler) => {
  if (prefixItems === undefined && items === undefined) return null
  const first = (prefixItems ?? []).map((schema) => compiler.check(schema))
  const rest = items === undefined ? null : compiler.check(items)
  return (value, run) => {
    if (!Array.isArray(value)) return true
    let fits = true
    const length = rest === null ? Math.min(first.length, value.length) : value.length
    for (let index = 0; index < length; index += 1) {
      const check = index < first.length ? (first[index] as Check) : (rest as Check)
      if (run.marks !== null) run.marks.items.add(index)
      if (run.below(index, value[index], check)) continue
      if (run.isOver) return false
      fits = false
    }
    return fits
  }
}

/** `contains`, core 10.3.1.3, with `minContains` and `maxContains`, validation 6.4.4 and 6.4.5. */
export const contains: Keyword = (schema, compiler) => {
  if (schema['contains'] === undefined) return null
  const check = compiler.check(schema['contains'] as JsonSchema)
  const least = numberOf(schema, 'minContains') ?? 1
  const most = numberOf(schema, 'maxContains') ?? Number.POSITIVE_INFINITY
  return (value, run) => {
    if (!Array.isArray(value)) return true
    let count = 0
    for (const [index, item] of value.entries()) {
      if (!run.tries(item, (item, run) => run.below(index, item, check))) continue
      count += 1
      run.marks?.items.add(index)
    }
    if (count < least) return run.fail(`expected at least ${counted(least, 'item')} of the described form`)
    return count <= most || run.fail(`expected at most ${counted(most, 'item')} of the described form`)
  }
}

/** `minItems`, `maxItems` and `uniqueItems`, validation 6.4. */
export const listLimits: Keyword = (schema) => {
  const checks: Check[] = []
  const least = numberOf(schema, 'minItems') ?? 0
  const most = numberOf(schema, 'maxItems')
  if (least > 0) {
    const expected = `expected at least ${counted(least, 'item')}`
    checks.push((value, run) => !Array.isArray(value) || value.length >= least || run.fail(expected))
  }
  if (most !== undefined) {
    const expected = `expected at most ${counted(most, 'item')}`
    checks.push((value, run) => !Array.isArray(value) || value.length <= most || run.fail(expected))
  }
  if (schema['uniqueItems'] === true) {
    checks.push((value, run) => !Array.isArray(value) || areUnique(value) || run.fail('expected no item twice'))
  }
  return checks.length === 0 ? null : every(checks)
}

function areUnique(values: readonly unknown[]): boolean {
  const simple = new Set<unknown>()
  const texts = new Set<string>()
  return values.every((value) => {
    const seen: Set<unknown> = typeof value === 'object' && value !== null ? texts : simple
    const { size } = seen
    return seen.add(seen === texts ? sameText(value) : value).size > size
  })
}

/** `unevaluatedItems`, core 11.2. */
export function unevaluatedItems(schema: JsonSchemaObject, compiler: Compiler): Check | null {
  if (schema['unevaluatedItems'] === undefined) return null
  const check = compiler.check(schema['unevaluatedItems'] as JsonSchema)
  if (check === fitsAlways) return (value, run) => markAll(value, run.marks?.items)
  return (value, run) => {
    if (!Array.isArray(value)) return true
    let fits = true
    for (const [index, item] of value.entries()) {
      if (run.marks?.items.has(index) === true) continue
      run.marks?.items.add(index)
      if (!run.below(index, item, check)) fits = false
      if (!fits && run.isOver) return false
    }
    return fits
  }
}

function markAll(value: unknown, marks: Set<number> | undefined): boolean {
  if (Array.isArray(value)) for (const index of value.keys()) marks?.add(index)
  return true
}

function numberOf(schema: JsonSchemaObject, name: string): number | undefined {
  return typeof schema[name] === 'number' ? schema[name] : undefined
}
