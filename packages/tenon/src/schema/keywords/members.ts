import { every, fitsAlways, isObject, type Check, type Compiler, type Keyword, type Run } from '../check.ts'
import { patternOf } from '../pattern.ts'
import type { JsonSchema, JsonSchemaObject } from '../schema.ts'
import { counted } from './texts.ts'

interface Member {
  readonly name: string
  readonly check: Check | null
  readonly isRequired: boolean
}

/** `properties` and `required`, JSON Schema core 10.3.2.1 and validation 6.5.3. A member that is `undefined` is one that is not there. */
export const members: Keyword = (schema, compiler) => {
  const described = membersOf(schema, compiler)
  if (described.length === 0) return null
  // Names such as `constructor` would be found in every object.
  const isInherited = described.some(({ name }) => name in Object.prototype)
  // Where the type is said, it has been looked at before.
  const isSure = schema.type === 'object'
  return (given, run) => {
    if (!isSure && !isObject(given)) return true
    const value = given as Record<string, unknown>
    let fits = true
    for (let index = 0; index < described.length; index += 1) {
      const { name, check, isRequired } = described[index] as Member
      const part = isInherited && !Object.hasOwn(value, name) ? undefined : value[name]
      if (part === undefined) {
        if (!isRequired) continue
        run.failAt(name, 'is required')
      } else {
        if (check === null) continue
        run.marks?.properties.add(name)
        if (run.below(name, part, check)) continue
      }
      if (run.isOver) return false
      fits = false
    }
    return fits
  }
}

function membersOf(schema: JsonSchemaObject, compiler: Compiler): readonly Member[] {
  const { properties = {}, required = [] } = schema
  const names = new Set([...Object.keys(properties), ...required])
  return [...names].map((name) => {
    const described = Object.hasOwn(properties, name) ? (properties[name] as JsonSchema) : null
    return {
      name,
      check: described === null ? null : compiler.check(described),
      isRequired: required.includes(name) && !isOfOtherSide(described, compiler),
    }
  })
}

/** Whether a member is one that only the other side gives. */
function isOfOtherSide(schema: JsonSchema | null, compiler: Compiler): boolean {
  const { side } = compiler.reading
  if (schema === null || typeof schema === 'boolean' || side === 'both') return false
  const mark = side === 'request' ? 'readOnly' : 'writeOnly'
  if (schema[mark] === true) return true
  const followed = compiler.follow(schema)
  return typeof followed === 'object' && followed[mark] === true
}

/** `patternProperties` and `additionalProperties`, core 10.3.2.2 and 10.3.2.3. */
export const otherMembers: Keyword = (schema, compiler) => {
  const { properties = {}, additionalProperties } = schema
  const patterns = Object.entries((schema['patternProperties'] ?? {}) as Record<string, JsonSchema>).map(
    ([pattern, schema]) => ({ matches: patternOf(pattern), check: compiler.check(schema) }),
  )
  const isClosed = additionalProperties === false && !compiler.reading.isLenient
  const others =
    additionalProperties === undefined || typeof additionalProperties === 'boolean'
      ? fitsAlways
      : compiler.check(additionalProperties)
  if (patterns.length === 0 && additionalProperties === undefined) return null
  const known = new Set(Object.keys(properties))
  const isIdle = patterns.length === 0 && !isClosed && others === fitsAlways
  const checksOf = (name: string): readonly Check[] | null => {
    const matching = patterns.filter(({ matches }) => matches(name)).map(({ check }) => check)
    if (matching.length > 0 || known.has(name) || additionalProperties === undefined) return matching
    return isClosed ? null : [others]
  }
  return (value, run) => {
    if (!isObject(value) || (isIdle && run.marks === null)) return true
    let fits = true
    for (const name of Object.keys(value)) {
      if (value[name] === undefined) continue
      const checks = checksOf(name)
      if (checks === null) fits = run.failAt(name, 'is not a member that is known here')
      else if (checks.length > 0) fits = allBelow(run, name, value[name], checks) && fits
      if (!fits && run.isOver) return false
    }
    return fits
  }
}

function allBelow(run: Run, name: string, value: unknown, checks: readonly Check[]): boolean {
  run.marks?.properties.add(name)
  let fits = true
  for (const check of checks) if (!run.below(name, value, check)) fits = false
  return fits
}

/** `propertyNames`, core 10.3.2.4; `minProperties` and `maxProperties`, validation 6.5; `dependentRequired` 6.5.4. */
export const memberLimits: Keyword = (schema, compiler) => {
  const { minProperties: least, maxProperties: most } = schema
  const checks: Check[] = []
  const present = (value: Record<string, unknown>): string[] =>
    Object.keys(value).filter((name) => value[name] !== undefined)
  if (schema['propertyNames'] !== undefined) {
    const check = compiler.check(schema['propertyNames'] as JsonSchema)
    checks.push(
      (value, run) =>
        !isObject(value) ||
        present(value).every(
          (name) => run.tries(name, check) || run.failAt(name, 'is a name that is not allowed here'),
        ),
    )
  }
  if (typeof least === 'number' && least > 0) {
    const expected = `expected at least ${counted(least, 'member')}`
    checks.push((value, run) => !isObject(value) || present(value).length >= least || run.fail(expected))
  }
  if (typeof most === 'number') {
    const expected = `expected at most ${counted(most, 'member')}`
    checks.push((value, run) => !isObject(value) || present(value).length <= most || run.fail(expected))
  }
  for (const [name, needed] of Object.entries((schema['dependentRequired'] ?? {}) as Record<string, string[]>)) {
    checks.push((value, run) => {
      if (!isObject(value) || !has(value, name)) return true
      const missing = needed.find((other) => !has(value, other))
      return missing === undefined || run.failAt(missing, `is required beside ${name}`)
    })
  }
  return checks.length === 0 ? null : every(checks)
}

/** `unevaluatedProperties`, core 11.3. */
export function unevaluatedMembers(schema: JsonSchemaObject, compiler: Compiler): Check | null {
  if (schema['unevaluatedProperties'] === undefined) return null
  const isClosed = schema['unevaluatedProperties'] === false
  if (isClosed && compiler.reading.isLenient) return null
  const check = compiler.check(schema['unevaluatedProperties'] as JsonSchema)
  return (value, run) => {
    if (!isObject(value)) return true
    let fits = true
    for (const name of Object.keys(value)) {
      if (value[name] === undefined || run.marks?.properties.has(name) === true) continue
      run.marks?.properties.add(name)
      if (isClosed) fits = run.failAt(name, 'is not a member that is known here')
      else if (!run.below(name, value[name], check)) fits = false
      if (!fits && run.isOver) return false
    }
    return fits
  }
}

export function has(value: Record<string, unknown>, name: string): boolean {
  return Object.hasOwn(value, name) && value[name] !== undefined
}
