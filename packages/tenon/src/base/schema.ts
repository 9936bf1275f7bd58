import { TenonError, type ErrorCode } from './errors.ts'

/** The part of Standard Schema v1 (standardschema.dev) that Tenon calls: zod, valibot, arktype and others satisfy it. */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

export type InputOf<S> = S extends { readonly '~standard': { readonly types?: infer T } }
  ? NonNullable<T> extends { readonly input: infer Input }
    ? Input
    : never
  : never

export type OutputOf<S> = S extends { readonly '~standard': { readonly types?: infer T } }
  ? NonNullable<T> extends { readonly output: infer Output }
    ? Output
    : never
  : never

/** The validated value. Throws `code` naming the first fields that are wrong and the kind of value found, never the value. */
export function validate<Output>(
  schema: Schema<unknown, Output>,
  value: unknown,
  what: string,
  code: ErrorCode = 'INPUT_INVALID',
): Output {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) {
    throw new TenonError(
      'APP_INVALID',
      `the schema of ${what} answers asynchronously; only schemas that answer at once can be used`,
    )
  }
  if (result.issues === undefined) return result.value
  const problems = result.issues.slice(0, 5).map((issue) => describe(issue, value))
  throw new TenonError(
    code,
    `${what}: ${problems.map((problem) => `${problem.field}: ${problem.expected}`).join('; ')}`,
    {
      details: { problems },
    },
  )
}

function describe(issue: SchemaIssue, value: unknown): { field: string; expected: string; kind: string } {
  let found: unknown = value
  const names: string[] = []
  for (const part of issue.path ?? []) {
    const key = typeof part === 'object' ? part.key : part
    names.push(String(key))
    found = typeof found === 'object' && found !== null ? (found as Record<PropertyKey, unknown>)[key] : undefined
  }
  return { field: names.join('.') || '(whole)', expected: issue.message, kind: kindOf(found) }
}

/** `null`, `array` or what `typeof` says. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
