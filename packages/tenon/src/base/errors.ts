/** What each error code means to a caller: HTTP status, whether trying again may help, and words that reveal nothing internal. */
interface ErrorMeaning {
  readonly status: number
  readonly retryable: boolean
  readonly public: string
}

const meanings = {
  ACCOUNT_CHANGED: { status: 409, retryable: false, public: 'It is another account than before.' },
  ADDRESS_REFUSED: { status: 502, retryable: false, public: 'The address is not one that may be called.' },
  APP_INVALID: { status: 500, retryable: false, public: 'The application has a mistake in its definitions.' },
  AUTHORISATION_LOST: { status: 502, retryable: false, public: 'The account must be connected again.' },
  BODY_INVALID: { status: 400, retryable: false, public: 'The body could not be read.' },
  BODY_TOO_LARGE: { status: 413, retryable: false, public: 'The body is larger than allowed.' },
  CIRCUIT_OPEN: { status: 503, retryable: true, public: 'The upstream API fails and is left alone for a moment.' },
  CLOCK_SKEW: { status: 401, retryable: false, public: 'The timestamp of the request is too far from the present.' },
  CONNECTION_MISSING: { status: 500, retryable: false, public: 'No connection is set up for this connector.' },
  CREDENTIALS_REFUSED: { status: 502, retryable: false, public: 'The provider refused the credentials.' },
  DATA_FOLDER_UNUSABLE: { status: 500, retryable: false, public: 'The data folder cannot be used.' },
  DATABASE_UNUSABLE: { status: 500, retryable: false, public: 'The database cannot be used.' },
  DESCRIPTION_INVALID: { status: 400, retryable: false, public: 'The description of the API cannot be used.' },
  DIVERGED: { status: 409, retryable: false, public: 'The code no longer matches what the run has done.' },
  DRAINING: { status: 503, retryable: true, public: 'The server is shutting down.' },
  DURATION_INVALID: { status: 400, retryable: false, public: 'The duration is not valid.' },
  EFFECT_DENIED: { status: 409, retryable: false, public: 'A person decided that the effect did not happen.' },
  EVENT_UNKNOWN: { status: 422, retryable: false, public: 'This kind of event is not known here.' },
  FORBIDDEN: { status: 403, retryable: false, public: 'That is not allowed.' },
  INPUT_INVALID: { status: 400, retryable: false, public: 'The input does not have the expected form.' },
  INTERNAL: { status: 500, retryable: true, public: 'Something went wrong inside.' },
  JOURNAL_CONFLICT: { status: 409, retryable: false, public: 'The run was changed by someone else.' },
  JOURNAL_UNAVAILABLE: { status: 503, retryable: true, public: 'The service cannot store anything at the moment.' },
  KEY_HELD: { status: 409, retryable: false, public: 'The run would wait for itself.' },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false, public: 'The method is not allowed here.' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, retryable: false, public: 'The content type is not supported.' },
  NOT_FOUND: { status: 404, retryable: false, public: 'There is nothing here.' },
  ORDER_REFUSED: { status: 409, retryable: false, public: 'The run is in no state for that order.' },
  OUTCOME_UNKNOWN: { status: 409, retryable: false, public: 'It is not known whether the call took effect.' },
  OVERLOADED: { status: 503, retryable: true, public: 'The service has as much work as it can take.' },
  POISONED: { status: 500, retryable: false, public: 'The run ended the process again and again.' },
  PORT_TAKEN: { status: 500, retryable: false, public: 'The port is in use.' },
  RATE_LIMITED: { status: 429, retryable: true, public: 'The limit of the upstream API is reached.' },
  REQUEST_INVALID: { status: 400, retryable: false, public: 'The request is not valid HTTP.' },
  REQUEST_TOO_SLOW: { status: 408, retryable: true, public: 'The request took too long to arrive.' },
  RUN_CANCELLED: { status: 409, retryable: false, public: 'The run was cancelled.' },
  RUN_NOT_RETRYABLE: { status: 409, retryable: false, public: 'The run cannot be retried.' },
  SECRET_UNREADABLE: { status: 500, retryable: false, public: 'A stored secret cannot be read.' },
  SIGNATURE_INVALID: { status: 401, retryable: false, public: 'The signature is missing or not valid.' },
  STEP_FAILED: { status: 500, retryable: true, public: 'A step failed.' },
  STORE_CONFLICT: { status: 409, retryable: true, public: 'Somebody else changed it at the same moment.' },
  STORE_UNAVAILABLE: { status: 503, retryable: true, public: 'The service cannot store anything at the moment.' },
  TERMINAL: { status: 422, retryable: false, public: 'The work cannot be done.' },
  TIMEOUT: { status: 504, retryable: true, public: 'It took too long.' },
  TLS_FAILED: { status: 502, retryable: false, public: 'No secure connection to the upstream API could be made.' },
  UNAUTHENTICATED: { status: 401, retryable: false, public: 'Credentials are missing or not valid.' },
  UNENCODABLE: { status: 500, retryable: false, public: 'A value cannot be stored.' },
  UPSTREAM_ANSWER_INVALID: {
    status: 502,
    retryable: false,
    public: 'The upstream API answered in an unexpected form.',
  },
  UPSTREAM_REFUSED: { status: 502, retryable: false, public: 'The upstream API refused the request.' },
  UPSTREAM_UNAVAILABLE: { status: 502, retryable: true, public: 'The upstream API is not available.' },
  VAULT_LOCKED: { status: 503, retryable: true, public: 'The secrets cannot be opened at the moment.' },
} as const

/** A stable identifier of what went wrong; `docs/reference/errors.md` lists them all. */
export type ErrorCode = keyof typeof meanings

export const errorMeanings: Readonly<Record<ErrorCode, ErrorMeaning>> = meanings

const mark = Symbol.for('tenon.error')

export interface TenonErrorOptions {
  readonly cause?: unknown
  /** Facts for the developer; never secrets. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly retryable?: boolean
  /** Earliest moment, in milliseconds from now, at which another try makes sense. */
  readonly retryAfterMs?: number
}

/** Every error that Tenon raises: a stable code, a message for the developer and `publicMessage` for the caller. */
export class TenonError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>
  readonly retryable: boolean
  readonly retryAfterMs: number | null

  constructor(code: ErrorCode, message: string, options: TenonErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
    this.retryable = options.retryable ?? meanings[code].retryable
    this.retryAfterMs = options.retryAfterMs ?? null
    Object.defineProperty(this, mark, { value: true })
  }

  override get name(): string {
    return 'TenonError'
  }

  get status(): number {
    return meanings[this.code].status
  }

  get publicMessage(): string {
    return meanings[this.code].public
  }

  /** True for a `TenonError` of any copy of this package; with a code, of that code only. */
  static is(error: unknown, code?: ErrorCode): error is TenonError {
    if (typeof error !== 'object' || error === null || !(mark in error)) return false
    return code === undefined || (error as unknown as TenonError).code === code
  }
}

/** Thrown by a user's code: this step will never succeed, do not try again. */
export class TerminalError extends TenonError {
  constructor(message: string, options: Omit<TenonErrorOptions, 'retryable'> = {}) {
    super('TERMINAL', message, { ...options, retryable: false })
  }

  override get name(): string {
    return 'TerminalError'
  }
}

/** Thrown by a user's code: try the step again, not before `after` milliseconds where given. */
export class RetryableError extends TenonError {
  constructor(message: string, options: { cause?: unknown; details?: Record<string, unknown>; after?: number } = {}) {
    const { after, ...rest } = options
    super('STEP_FAILED', message, { ...rest, retryable: true, ...(after === undefined ? {} : { retryAfterMs: after }) })
  }

  override get name(): string {
    return 'RetryableError'
  }
}

/** Thrown into a flow when a wait or a deadline ran out. */
export class TimeoutError extends TenonError {
  constructor(message: string, options: TenonErrorOptions = {}) {
    super('TIMEOUT', message, options)
  }

  override get name(): string {
    return 'TimeoutError'
  }
}

/** The message of anything thrown, for logs. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
