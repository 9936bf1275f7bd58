import { every, fitsAlways, fitsNever, type Check, type Compiler, type Keyword, type Reading } from './check.ts'
import { any, conditions, one, together } from './keywords/branches.ts'
import { contains, items, listLimits, unevaluatedItems } from './keywords/lists.ts'
import { memberLimits, members, otherMembers, unevaluatedMembers } from './keywords/members.ts'
import { numbers } from './keywords/numbers.ts'
import { texts } from './keywords/texts.ts'
import { listed, type } from './keywords/values.ts'
import type { JsonSchema, JsonSchemaObject, NamedSchemas } from './schema.ts'

const others: readonly Keyword[] = [
  listed,
  numbers,
  texts,
  members,
  otherMembers,
  memberLimits,
  items,
  listLimits,
  contains,
  together,
  any,
  one,
  conditions,
]
const last: readonly Keyword[] = [unevaluatedMembers, unevaluatedItems]
const prefix = '#/$defs/'
const mostFollowed = 50

/** The name that a reference is to, or `null` for a reference of another kind. */
export function nameOf(ref: string): string | null {
  return ref.startsWith(prefix) ? ref.slice(prefix.length).replaceAll('~1', '/').replaceAll('~0', '~') : null
}

/** Makes checks of the schemas of one description, each once. */
export function compilerFor(named: NamedSchemas, reading: Reading): Compiler {
  const made = new Map<string, Check>()
  const compiler: Compiler = { reading, check, named: reference, follow }
  return compiler

  function check(schema: JsonSchema): Check {
    if (typeof schema === 'boolean') return schema ? fitsAlways : fitsNever
    const typed = type(schema, compiler)
    const checks = others.map((keyword) => keyword(schema, compiler)).filter((one) => one !== null)
    const closing = last.map((keyword) => keyword(schema, compiler)).filter((one) => one !== null)
    const rest = closing.length === 0 ? every(checks) : marking(every(checks), every(closing))
    if (typed === null || rest === fitsAlways) return typed ?? rest
    // Of a value of another type there is nothing more to say.
    return (value, run) => typed(value, run) && rest(value, run)
  }

  function reference(ref: string): Check {
    const name = nameOf(ref)
    if (name === null || !Object.hasOwn(named, name)) return (_value, run) => run.fail('has a schema that is missing')
    return (value, run) => {
      let target = made.get(name)
      if (target === undefined) {
        target = check(named[name] as JsonSchema)
        made.set(name, target)
      }
      return run.again(value, target)
    }
  }

  function follow(schema: JsonSchema): JsonSchema {
    let found = schema
    for (let step = 0; step < mostFollowed; step += 1) {
      const name = typeof found === 'object' && isOnlyReference(found) ? nameOf(found.$ref as string) : null
      if (name === null || !Object.hasOwn(named, name)) return found
      found = named[name] as JsonSchema
    }
    return found
  }
}

function isOnlyReference(schema: JsonSchemaObject): boolean {
  return typeof schema.$ref === 'string' && Object.keys(schema).every((key) => key === '$ref' || key === 'description')
}

/** What is left over is judged last, by what all others have looked at. */
function marking(check: Check, closing: Check): Check {
  return (value, run) => {
    const outer = run.marks
    const marks = { properties: new Set<string>(), items: new Set<number>() }
    run.marks = marks
    let fits = check(value, run)
    if (fits || !run.isOver) fits = closing(value, run) && fits
    run.marks = outer
    if (fits && outer !== null) {
      for (const name of marks.properties) outer.properties.add(name)
      for (const index of marks.items) outer.items.add(index)
    }
    return fits
  }
}
