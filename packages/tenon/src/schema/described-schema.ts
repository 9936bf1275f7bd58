import type { Schema } from '../base/schema.ts'
import { Run, type Check, type Compiler, type Issue, type Reading } from './check.ts'
import { compilerFor, nameOf } from './compile.ts'
import type { JsonSchema, NamedSchemas } from './schema.ts'

/** A schema that was read from a description: it checks values and can be asked what it says (Standard JSON Schema, standardschema.dev). */
export interface DescribedSchema<T = unknown> extends Schema<T> {
  readonly '~standard': Schema<T>['~standard'] & {
    readonly jsonSchema: {
      readonly input: (options?: { readonly target: string }) => Readonly<Record<string, unknown>>
      readonly output: (options?: { readonly target: string }) => Readonly<Record<string, unknown>>
    }
  }
}

const strict: Reading = { side: 'both', isLenient: false }
/** What values are, and how strictly they are read. */
export type ReadingName = 'request' | 'answer' | 'strict answer'

const readings: Readonly<Record<ReadingName, Reading>> = {
  request: { side: 'request', isLenient: false },
  answer: { side: 'answer', isLenient: true },
  'strict answer': { side: 'answer', isLenient: false },
}

/**
 * A schema of JSON Schema 2020-12 as one that operations can have. A value that fits is given back as it is. Checks are closures, made at the first value and kept; those of named schemas are shared by all
 * schemas that are given the same `named` object.
 *
 * `reading` says what the values are: a `request` need not hold what is `readOnly`, an `answer` not what is `writeOnly`, and an answer is read leniently: formats only annotate, members beyond those that
 * are described are no fault, and it may fit several branches of a `oneOf`. Without it all that the schema says holds.
 */
export function describedSchema<T = unknown>(
  json: JsonSchema,
  named: NamedSchemas = {},
  reading?: ReadingName,
): DescribedSchema<T> {
  let check: Check | undefined
  const described = (): Readonly<Record<string, unknown>> => selfContained(json, named)
  return {
    '~standard': {
      version: 1,
      vendor: 'tenon',
      validate: (value) => {
        check ??= sharedCompiler(named, reading === undefined ? strict : readings[reading]).check(json)
        if (check(value, new Run(null))) return { value: value as T }
        return { issues: issuesOf(value, check) }
      },
      jsonSchema: { input: described, output: described },
    },
  }
}

function issuesOf(value: unknown, check: Check): readonly Issue[] {
  const issues: Issue[] = []
  check(value, new Run(issues))
  return issues.length === 0 ? [{ message: 'does not have the described form', path: [] }] : issues
}

const compilers = new WeakMap<NamedSchemas, Map<Reading, Compiler>>()

function sharedCompiler(named: NamedSchemas, reading: Reading): Compiler {
  let byReading = compilers.get(named)
  if (byReading === undefined) compilers.set(named, (byReading = new Map<Reading, Compiler>()))
  let compiler = byReading.get(reading)
  if (compiler === undefined) byReading.set(reading, (compiler = compilerFor(named, reading)))
  return compiler
}

/** The schema with those that it refers to. */
function selfContained(json: JsonSchema, named: NamedSchemas): Readonly<Record<string, unknown>> {
  const used = new Map<string, JsonSchema>()
  const waiting: unknown[] = [json]
  while (waiting.length > 0) {
    const part = waiting.pop()
    if (typeof part !== 'object' || part === null) continue
    const ref = (part as { readonly $ref?: unknown }).$ref
    const name = typeof ref === 'string' ? nameOf(ref) : null
    if (name !== null && !used.has(name) && Object.hasOwn(named, name)) {
      used.set(name, named[name] as JsonSchema)
      waiting.push(named[name])
    }
    waiting.push(...Object.values(part))
  }
  const $schema = 'https://json-schema.org/draft/2020-12/schema'
  const own = typeof json === 'boolean' ? (json ? {} : { not: {} }) : json
  return { $schema, ...own, ...(used.size > 0 && { $defs: Object.fromEntries(used) }) }
}
