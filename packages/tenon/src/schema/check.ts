import type { JsonSchema, JsonSchemaObject } from './schema.ts'

/** Says whether a value fits a schema. Where the run collects issues, it also says why not. */
export type Check = (value: unknown, run: Run) => boolean

/** One keyword of a schema, or a few that belong together; `null` where the schema does not have it. */
export type Keyword = (schema: JsonSchemaObject, compiler: Compiler) => Check | null

/** Makes checks of schemas: what a keyword needs for those below it. */
export interface Compiler {
  readonly reading: Reading
  check(schema: JsonSchema): Check
  /** The check of a named schema, made when a value first meets it, so that schemas may refer to each other in circles. */
  named(ref: string): Check
  /** A schema with its reference followed. */
  follow(schema: JsonSchema): JsonSchema
}

/** How strictly, and from which side, data is read. */
export interface Reading {
  /** In a request nobody need give what only an answer has (`readOnly`), and the other way round (`writeOnly`). */
  readonly side: 'request' | 'answer' | 'both'
  /** Answers change with time: formats are not checked, members that the schema excludes may be there, and several branches of a `oneOf` may fit. */
  readonly isLenient: boolean
}

export interface Issue {
  readonly message: string
  readonly path: readonly (string | number)[]
}

const mostIssues = 20
const mostNested = 256
const mostBranches = 1_000_000

/** Members and items that a schema has looked at, for `unevaluatedProperties` and `unevaluatedItems`. */
export interface Marks {
  readonly properties: Set<string>
  readonly items: Set<number>
}

/** One check of one value: first only whether it fits, and if not, once more to say why. */
export class Run {
  issues: Issue[] | null
  /** Whether somebody wants to know what was looked at in the value that is being checked. */
  marks: Marks | null = null
  readonly #path: (string | number)[] = []
  #depth = 0
  #branches = 0

  constructor(issues: Issue[] | null) {
    this.issues = issues
  }

  /** True where further failures need not be found. */
  get isOver(): boolean {
    return this.issues === null || this.issues.length >= mostIssues
  }

  fail(message: string): false {
    if (this.issues !== null && this.issues.length < mostIssues) this.issues.push({ message, path: [...this.#path] })
    return false
  }

  failAt(key: string | number, message: string): false {
    this.#path.push(key)
    this.fail(message)
    this.#path.pop()
    return false
  }

  /** Checks a member or an item. */
  below(key: string | number, value: unknown, check: Check): boolean {
    if (this.#depth >= mostNested) return this.fail(`expected no more than ${mostNested} levels`)
    const { marks } = this
    this.marks = null
    this.#depth += 1
    let fits: boolean
    if (this.issues === null) fits = check(value, this)
    else {
      this.#path.push(key)
      fits = check(value, this)
      this.#path.pop()
    }
    this.#depth -= 1
    this.marks = marks
    return fits
  }

  /** Checks the same value by another schema, which may lead back to this one. */
  again(value: unknown, check: Check): boolean {
    if (this.#depth >= mostNested) return this.fail('is described by a schema that refers to itself without end')
    this.#branches += 1
    if (this.#branches > mostBranches) return this.fail('has too many forms to be tried')
    this.#depth += 1
    const fits = check(value, this)
    this.#depth -= 1
    return fits
  }

  /** Whether the value fits, without a word why not; what a schema that does not fit has looked at does not count. */
  tries(value: unknown, check: Check): boolean {
    return this.#apart(value, check, null)
  }

  /** Why a value does not fit. */
  reasons(value: unknown, check: Check): readonly Issue[] {
    const issues: Issue[] = []
    this.#apart(value, check, issues)
    return issues
  }

  /** How far inside the whole the value is that is being checked, while issues are collected. */
  get depth(): number {
    return this.#path.length
  }

  add(issues: readonly Issue[]): false {
    if (this.issues !== null) this.issues.push(...issues.slice(0, mostIssues - this.issues.length))
    return false
  }

  #apart(value: unknown, check: Check, issues: Issue[] | null): boolean {
    const { issues: outer, marks } = this
    this.issues = issues
    if (marks !== null) this.marks = { properties: new Set(), items: new Set() }
    const fits = this.again(value, check)
    if (marks !== null && this.marks !== null && fits) {
      for (const name of this.marks.properties) marks.properties.add(name)
      for (const index of this.marks.items) marks.items.add(index)
    }
    this.issues = outer
    this.marks = marks
    return fits
  }
}

export const fitsAlways: Check = () => true
export const fitsNever: Check = (_value, run) => run.fail('is not allowed')

/** All of them, in order; the rest is spared where nobody asks why. */
export function every(checks: readonly Check[]): Check {
  const [first, second] = checks
  if (first === undefined) return fitsAlways
  if (second === undefined) return first
  if (checks.length === 2) {
    return (value, run) => {
      if (first(value, run)) return second(value, run)
      return run.isOver ? false : (second(value, run), false)
    }
  }
  return (value, run) => {
    let fits = true
    for (let index = 0; index < checks.length; index += 1) {
      if ((checks[index] as Check)(value, run)) continue
      if (run.isOver) return false
      fits = false
    }
    return fits
  }
}

/** An object as JSON has it: no array, no bytes, no point in time. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Date)
  )
}
