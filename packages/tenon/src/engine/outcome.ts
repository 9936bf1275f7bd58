import {
  RetryableError,
  TenonError,
  TerminalError,
  TimeoutError,
  errorMeanings,
  type ErrorCode,
} from '../base/errors.ts'
import { decode, encode } from '../base/json.ts'
import type { ErrorView } from './view.ts'

/** An error as it stands in the journal: enough to make an error of the same class again. */
export interface StoredError {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly details?: unknown
  readonly retryable?: boolean
  readonly after?: number
  readonly cause?: StoredError
  readonly errors?: readonly StoredError[]
}

const deepestCause = 5

export function storeError(error: unknown, depth = 0): StoredError {
  if (!(error instanceof Error)) return { name: 'Error', message: describeThrown(error) }
  const stored: { -readonly [Key in keyof StoredError]: StoredError[Key] } = {
    name: error.name,
    message: error.message,
  }
  if (TenonError.is(error)) {
    stored.code = error.code
    stored.retryable = error.retryable
    if (error.retryAfterMs !== null) stored.after = error.retryAfterMs
    const details = storableDetails(error.details)
    if (details !== undefined) stored.details = details
  } else if (typeof (error as { code?: unknown }).code === 'string') {
    stored.code = (error as unknown as { code: string }).code
  }
  if (depth < deepestCause) {
    if (error.cause !== undefined && error.cause !== null) stored.cause = storeError(error.cause, depth + 1)
    if (error instanceof AggregateError)
      stored.errors = error.errors.slice(0, 20).map((part) => storeError(part, depth + 1))
  }
  return stored
}

function describeThrown(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : `a ${typeof thrown} was thrown; throw an Error instead`
}

function storableDetails(details: Readonly<Record<string, unknown>>): unknown {
  if (Object.keys(details).length === 0) return undefined
  try {
    return decode(encode(details))
  } catch {
    return undefined
  }
}

const builtIn: Readonly<Record<string, new (message: string, options?: ErrorOptions) => Error>> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
}

/** The error itself again. A class of the user's own comes back as an `Error` with its name: live as on replay. */
export function restoreError(stored: StoredError): Error {
  const cause = stored.cause === undefined ? undefined : restoreError(stored.cause)
  if (stored.code !== undefined && Object.hasOwn(errorMeanings, stored.code) && stored.retryable !== undefined) {
    return restoreTenonError(stored, cause)
  }
  const options = cause === undefined ? undefined : { cause }
  if (stored.errors !== undefined) return new AggregateError(stored.errors.map(restoreError), stored.message, options)
  const known = Object.hasOwn(builtIn, stored.name) ? builtIn[stored.name] : undefined
  const error = known === undefined ? new Error(stored.message, options) : new known(stored.message, options)
  if (known === undefined) Object.defineProperty(error, 'name', { value: stored.name, configurable: true })
  if (stored.code !== undefined) Object.defineProperty(error, 'code', { value: stored.code, enumerable: true })
  return error
}

function restoreTenonError(stored: StoredError, cause: Error | undefined): TenonError {
  const options = {
    ...(cause === undefined ? {} : { cause }),
    ...(stored.details === undefined ? {} : { details: stored.details as Record<string, unknown> }),
  }
  const code = stored.code as ErrorCode
  if (stored.name === 'TerminalError') return new TerminalError(stored.message, options)
  if (stored.name === 'TimeoutError')
    return new TimeoutError(stored.message, { ...options, retryable: stored.retryable ?? true })
  if (stored.name === 'RetryableError') {
    return new RetryableError(stored.message, {
      ...options,
      ...(stored.after === undefined ? {} : { after: stored.after }),
    })
  }
  return new TenonError(code, stored.message, {
    ...options,
    retryable: stored.retryable ?? false,
    ...(stored.after === undefined ? {} : { retryAfterMs: stored.after }),
  })
}

/** An error as a person sees it: one that was thrown, or one of the journal. */
export function viewError(error: Pick<StoredError, 'name' | 'message' | 'code'>): ErrorView {
  return { name: error.name, code: error.code ?? 'STEP_FAILED', message: error.message }
}

/** The code that names an error in lists: its own, or `STEP_FAILED`. */
export function codeOf(error: unknown): ErrorCode {
  return TenonError.is(error) ? error.code : 'STEP_FAILED'
}
