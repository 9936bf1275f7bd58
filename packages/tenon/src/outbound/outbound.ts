import { TenonError, type TenonErrorOptions, type ErrorCode } from '../base/errors.ts'
import type { Fate } from './retry.ts'

/** Sends requests and brings back answers, within limits, to allowed addresses only. It knows no connector, no credentials and no retry. */
export interface Transport {
  /** Any answer is a result, whatever its status; a redirect too. Rejects with a `TenonError` whose `fateOf` says whether the request left. */
  send(request: SendRequest): Promise<RawAnswer>
  /** Ends what is under way. */
  close(): Promise<void>
}

export interface SendRequest {
  readonly origin: string
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** Name, value, name, value. */
  readonly headers: string[]
  readonly body: string | Uint8Array | null
  /** Limit for everything together: waiting for a socket, connecting, headers, body. */
  readonly timeoutMs: number
  /** Limit for the body, on the wire and unpacked. */
  readonly maxAnswerBytes: number
  readonly signal: AbortSignal | null
  /** Is called when it is about to be written to an open socket. An error that it returns keeps the request from leaving. */
  onLeaving?: (() => Error | null) | undefined
}

export interface RawAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  /** False where the body broke off; only for an answer whose status says already that it is not a success. */
  readonly isComplete: boolean
}

/** What is known of the request behind an error of this floor. */
export function fateOf(error: unknown): Fate {
  const fate = TenonError.is(error) ? error.details['fate'] : undefined
  return fate === 'not-sent' || fate === 'answered' ? fate : 'ambiguous'
}

/** An error that carries its fate. */
export function failedWith(fate: Fate, code: ErrorCode, message: string, options: TenonErrorOptions = {}): TenonError {
  return new TenonError(code, message, { ...options, details: { ...options.details, fate } })
}

/** Nothing was sent and nothing went wrong: the call's turn comes in `afterMs`. In a flow the step rests until then, and no try is counted. */
export function postponed(code: 'RATE_LIMITED' | 'CIRCUIT_OPEN', message: string, afterMs: number): TenonError {
  return failedWith('not-sent', code, message, {
    retryable: true,
    retryAfterMs: Math.max(1, Math.ceil(afterMs)),
    details: { postponed: true },
  })
}

export function isPostponed(error: unknown): boolean {
  return TenonError.is(error) && error.details['postponed'] === true
}
