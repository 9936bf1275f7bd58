import { isObject, type Check, type Compiler } from './check.ts'
import { listOf } from './keywords/values.ts'
import type { JsonSchema, JsonSchemaObject } from './schema.ts'

/**
 * A check that goes to the right branch of a union at once: by OpenAPI's `discriminator`, or by a member that each branch requires with a value of its own. Its errors are those of that branch.
 * `null` where nothing tells the branches apart.
 */
export function branchByTag(
  schema: JsonSchemaObject,
  branches: readonly JsonSchema[],
  compiler: Compiler,
): Check | null {
  const told = toldTag(schema, branches, compiler) ?? ownTag(branches, compiler)
  if (told === null) return null
  const { member, byValue } = told
  const expected = `expected ${listOf([...byValue.keys()])}`
  return (value, run) => {
    if (!isObject(value)) return run.fail('expected an object')
    const tag = Object.hasOwn(value, member) ? value[member] : undefined
    const check = byValue.get(tag)
    if (check !== undefined) return check(value, run)
    return run.failAt(member, tag === undefined ? 'is required' : expected)
  }
}

interface Tag {
  readonly member: string
  readonly byValue: ReadonlyMap<unknown, Check>
}

/** By the `discriminator`; where it gives no `mapping`, its values are the names of the branches (OpenAPI 3.1.1, 4.8.25). */
function toldTag(schema: JsonSchemaObject, branches: readonly JsonSchema[], compiler: Compiler): Tag | null {
  const { discriminator } = schema
  if (discriminator === undefined || typeof discriminator.propertyName !== 'string') return null
  const byValue = new Map<unknown, Check>()
  for (const branch of branches) {
    const ref = typeof branch === 'object' ? branch.$ref : undefined
    if (ref === undefined) return null
    const values = Object.entries(discriminator.mapping ?? {}).filter(([, target]) => target === ref)
    const check = compiler.check(branch)
    if (values.length === 0) byValue.set(ref.slice(ref.lastIndexOf('/') + 1), check)
    for (const [value] of values) byValue.set(value, check)
  }
  return { member: discriminator.propertyName, byValue }
}

function ownTag(branches: readonly JsonSchema[], compiler: Compiler): Tag | null {
  const [first, ...others] = branches.map((branch) => ownValues(branch, compiler))
  if (first === undefined || others.length === 0) return null
  for (const member of first.keys()) {
    const values = [first, ...others].map((one) => one.get(member))
    const flat = values.flat()
    if (values.includes(undefined) || new Set(flat).size !== flat.length) continue
    const byValue = new Map<unknown, Check>()
    for (const [index, branch] of branches.entries()) {
      const check = compiler.check(branch)
      for (const value of values[index] ?? []) byValue.set(value, check)
    }
    return { member, byValue }
  }
  return null
}

/** The members that a branch requires to be one of a few texts. */
function ownValues(branch: JsonSchema, compiler: Compiler): ReadonlyMap<string, readonly unknown[]> {
  const found = new Map<string, readonly unknown[]>()
  const schema = compiler.follow(branch)
  if (typeof schema === 'boolean' || schema.type !== 'object') return found
  for (const name of schema.required ?? []) {
    const member = schema.properties?.[name]
    if (typeof member !== 'object') continue
    const values = member.const === undefined ? member.enum : [member.const]
    if (values?.every((value) => typeof value === 'string') === true) found.set(name, values)
  }
  return found
}
