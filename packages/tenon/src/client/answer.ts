import { messageOf, TenonError } from '../base/errors.ts'
import { parseJsonExactly, type LargeInteger } from '../base/json.ts'
import { validate } from '../base/schema.ts'
import type { AnswerParts } from '../definition/operation.ts'
import { failedWith, type RawAnswer } from '../outbound/outbound.ts'
import type { Plan } from './plan.ts'

/** An answer with its body read. */
export interface ReadAnswer {
  readonly status: number
  readonly headers: RawAnswer['headers']
  readonly body: unknown
  /** As they came. */
  readonly bytes: Uint8Array
  /** Integers in the body that are strings, for a number would have rounded them. */
  readonly large: readonly LargeInteger[]
  /** Why the body could not be read, `null` when it could. */
  readonly problem: string | null
}

/** Reads the body as its declared type says: JSON, text, or bytes. */
export function readAnswer(raw: RawAnswer): ReadAnswer {
  const { status, headers, body: bytes } = raw
  const none = { status, headers, body: undefined, bytes, large: [], problem: raw.isComplete ? null : 'broke off' }
  if (bytes.length === 0) return none
  const type = single(headers['content-type'])
  if (isJson(type)) {
    try {
      const { value, large } = parseJsonExactly(bytes.toString('utf8', hasByteOrderMark(bytes) ? 3 : 0))
      return { ...none, body: value, large }
    } catch (error) {
      return { ...none, problem: `is ${messageOf(error)}` }
    }
  }
  return {
    ...none,
    body: type === '' || /^text\/|xml|urlencoded/.test(type) ? textOf(bytes, type) : new Uint8Array(bytes),
  }
}

function isJson(type: string): boolean {
  return type.startsWith('application/json') || /^[\w.+-]+\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)
}

function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

function textOf(bytes: Buffer, type: string): string {
  const charset = /charset="?([\w-]+)/i.exec(type)?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return bytes.toString('utf8')
  }
}

/** The answer as a connector's own functions see it; they seldom look at the headers of a success. */
export function partsOf({ status, headers, body, bytes }: ReadAnswer): AnswerParts {
  let flat: Readonly<Record<string, string>> | null = null
  return {
    status,
    body,
    bytes,
    get headers() {
      flat ??= flattened(headers)
      return flat
    },
  }
}

function flattened(headers: RawAnswer['headers']): Readonly<Record<string, string>> {
  const flat = Object.create(null) as Record<string, string>
  for (const name of Object.keys(headers)) flat[name] = single(headers[name])
  return flat
}

export function single(value: string | string[] | undefined): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : value.join(', ')
}

/** The output of a success. What does not fit is an error although the call took effect: so its fate is ambiguous. */
export function outputOf(plan: Plan, answer: ReadAnswer): unknown {
  const { operation, what } = plan
  if (answer.problem !== null)
    throw unfit(`${what} was answered with status ${answer.status}, but the body ${answer.problem}`, {
      status: answer.status,
    })
  let value = answer.body
  if (operation.response !== undefined) {
    try {
      value = operation.response(partsOf(answer))
    } catch (error) {
      throw unfit(`${what}: its response function threw: ${messageOf(error)}`, { status: answer.status })
    }
  }
  try {
    return fitted(plan, value, answer.large)
  } catch (error) {
    if (!TenonError.is(error, 'UPSTREAM_ANSWER_INVALID')) throw error
    throw unfit(error.message, { ...error.details, status: answer.status })
  }
}

function fitted(plan: Plan, value: unknown, large: readonly LargeInteger[]): unknown {
  const schema = plan.operation.output
  const check = (): unknown => validate(schema, value, plan.what, 'UPSTREAM_ANSWER_INVALID')
  if (large.length === 0) return check()
  // Whether a schema wants a large integer as a string or as a bigint cannot be asked, only tried.
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise || result.issues === undefined) return check()
  for (const { path } of result.issues) asBigint(value, path ?? [], large)
  return check()
}

function asBigint(
  value: unknown,
  path: readonly (PropertyKey | { readonly key: PropertyKey })[],
  large: readonly LargeInteger[],
): void {
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part))
  const last = keys.pop()
  let holder = value
  for (const key of keys) {
    if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) return
    holder = (holder as Record<string, unknown>)[key]
  }
  if (!large.some((one) => one.holder === holder && one.key === last)) return
  const members = holder as Record<string, unknown>
  const digits = members[last as string]
  if (typeof digits === 'string') members[last as string] = BigInt(digits)
}

function unfit(message: string, details: Readonly<Record<string, unknown>>): TenonError {
  return failedWith('ambiguous', 'UPSTREAM_ANSWER_INVALID', message, { details })
}
