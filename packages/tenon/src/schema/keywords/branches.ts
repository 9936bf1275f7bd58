import { every, isObject, type Check, type Compiler, type Issue, type Keyword, type Run } from '../check.ts'
import type { JsonSchema } from '../schema.ts'
import { branchByTag } from '../tag.ts'
import { has } from './members.ts'

/** `$ref` and `allOf`, JSON Schema core 8.2.3.1 and 10.2.1.1; `dependentSchemas`, 10.2.2.4. */
export const together: Keyword = (schema, compiler) => {
  const checks: Check[] = []
  if (typeof schema.$ref === 'string') checks.push(compiler.named(schema.$ref))
  for (const part of schema.allOf ?? []) checks.push(compiler.check(part))
  for (const [name, part] of Object.entries((schema['dependentSchemas'] ?? {}) as Record<string, JsonSchema>)) {
    const check = compiler.check(part)
    checks.push((value, run) => !isObject(value) || !has(value, name) || check(value, run))
  }
  return checks.length === 0 ? null : every(checks)
}

/** `anyOf`, core 10.2.1.2. */
export const any: Keyword = (schema, compiler) => {
  const { anyOf } = schema
  if (anyOf === undefined || anyOf.length === 0) return null
  return branchByTag(schema, anyOf, compiler) ?? anyBranch(anyOf.map((branch) => compiler.check(branch)))
}

/** `oneOf`, core 10.2.1.3. */
export const one: Keyword = (schema, compiler) => {
  const { oneOf } = schema
  if (oneOf === undefined || oneOf.length === 0) return null
  const byTag = branchByTag(schema, oneOf, compiler)
  if (byTag !== null) return byTag
  const checks = oneOf.map((branch) => compiler.check(branch))
  if (compiler.reading.isLenient) return anyBranch(checks)
  const fitsAny = anyBranch(checks)
  return (value, run) => {
    // What another branch has looked at may not count, so the one that fits is found before it is let to mark.
    const { marks } = run
    run.marks = null
    const fitting = checks.filter((check) => run.tries(value, check))
    run.marks = marks
    const [first] = fitting
    if (first === undefined) return fitsAny(value, run)
    if (fitting.length > 1)
      return run.fail(`expected one of ${checks.length} forms, and fits ${fitting.length} of them`)
    return marks === null || run.tries(value, first)
  }
}

function anyBranch(checks: readonly Check[]): Check {
  const [only] = checks
  if (checks.length === 1 && only !== undefined) return only
  return (value, run) => {
    let fits = false
    for (const check of checks) {
      if (!run.tries(value, check)) continue
      fits = true
      if (run.marks === null) return true
    }
    return fits || (run.issues === null ? false : explain(value, checks, run))
  }
}

/** What to say of a value that fits no branch: what is wrong with it in the branch that it was meant for, if one stands out. */
function explain(value: unknown, checks: readonly Check[], run: Run): false {
  const depth = run.depth
  const inside: (readonly Issue[])[] = []
  const outside: string[] = []
  for (const check of checks.slice(0, 50)) {
    const issues = run.reasons(value, check)
    const own = issues.find(({ path }) => path.length <= depth)
    if (own === undefined) inside.push(issues)
    else outside.push(own.message.replace(/^expected /, ''))
  }
  inside.sort((one, other) => one.length - other.length)
  const [best, next] = inside
  if (best !== undefined && (next === undefined || best.length < next.length)) return run.add(best)
  if (best !== undefined) return run.fail(`expected one of ${checks.length} forms, and fits none of them`)
  return run.fail(`expected ${[...new Set(outside)].slice(0, 6).join(', or ')}`)
}

/** `not`, core 10.2.1.4, and `if`, `then`, `else`, 10.2.2. */
export const conditions: Keyword = (schema, compiler) => {
  const checks: Check[] = []
  if (schema.not !== undefined) {
    const check = compiler.check(schema.not)
    checks.push((value, run) => {
      const { marks } = run
      run.marks = null
      const fits = run.tries(value, check)
      run.marks = marks
      return !fits || run.fail('has a form that is excluded here')
    })
  }
  if (schema['if'] !== undefined) checks.push(conditional(schema, compiler))
  return checks.length === 0 ? null : every(checks)
}

function conditional(schema: Readonly<Record<string, unknown>>, compiler: Compiler): Check {
  const condition = compiler.check(schema['if'] as JsonSchema)
  const then = compiler.check((schema['then'] ?? true) as JsonSchema)
  const otherwise = compiler.check((schema['else'] ?? true) as JsonSchema)
  return (value, run) => (run.tries(value, condition) ? then(value, run) : otherwise(value, run))
}
