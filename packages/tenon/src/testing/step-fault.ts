import { durationMs, type Duration } from '../base/duration.ts'
import { RetryableError, TenonError, TerminalError, TimeoutError } from '../base/errors.ts'
import { thrown } from '../engine/run-step.ts'
import type { TryResult } from '../engine/try-step.ts'
import type { RequestFault } from '../simulator/simulator.ts'

/** What goes wrong with a try of a step. */
export type StepFaultKind =
  /** The provider refuses in its own words, and nothing was done; own code throws a `TerminalError`. It is not tried again. */
  | 'refused'
  /** 429 with `Retry-After`, in the provider's words; own code throws a `RetryableError`. Nothing was done. */
  | 'rate-limited'
  /** 500 in the provider's words; own code throws. Nothing was done, but nobody can tell. */
  | 'unavailable'
  /** No connection: the request never left; own code throws before it has done anything. */
  | 'unreachable'
  /** It takes effect, and then the connection breaks before the answer; own code runs, and its result is lost. */
  | 'lost-answer'
  /** No answer and no effect, until the time limit of the call has passed by `advance`; own code takes too long. */
  | 'timeout'

export interface StepFaultOptions {
  readonly kind: StepFaultKind
  /** How many tries of the step; default 1. `Infinity` for all of them. */
  readonly times?: number
  /** For `rate-limited`; default 1 s. */
  readonly retryAfter?: Duration
}

/** An error stands for: the step's own code throws it. */
export type StepFault = StepFaultKind | StepFaultOptions | Error

const kinds: readonly StepFaultKind[] = [
  'refused',
  'rate-limited',
  'unavailable',
  'unreachable',
  'lost-answer',
  'timeout',
]

export interface PlannedFault {
  readonly kind: StepFaultKind
  readonly retryAfterMs: number
  /** To be thrown in place of what the kind says. */
  readonly error: Error | null
  readonly times: number
}

/** A fault with nothing left open. Throws `INPUT_INVALID`. */
export function plannedFault(fault: StepFault): PlannedFault {
  if (fault instanceof Error) return { kind: 'unavailable', retryAfterMs: 0, error: fault, times: 1 }
  const { kind, times = 1, retryAfter = '1s' } = typeof fault === 'string' ? { kind: fault } : fault
  if (!kinds.includes(kind))
    throw new TenonError(
      'INPUT_INVALID',
      `there is no fault ${JSON.stringify(kind)}; there are ${kinds.join(', ')}, or an Error`,
    )
  if (!(times === Number.POSITIVE_INFINITY || (Number.isInteger(times) && times > 0)))
    throw new TenonError('INPUT_INVALID', `times is ${times}; expected a whole number from 1 up, or Infinity`)
  return { kind, times, error: null, retryAfterMs: durationMs(retryAfter, 'retryAfter') }
}

const requestFaults = {
  refused: 'refused',
  'rate-limited': 'rate-limit',
  unavailable: 'error',
  'lost-answer': 'drop',
  timeout: 'hang',
} as const satisfies Partial<Record<StepFaultKind, RequestFault['kind']>>

/** The same for the request that asks for an operation. */
export function asRequestFault({ kind, retryAfterMs }: PlannedFault, of: string): RequestFault | 'unreachable' {
  if (kind === 'unreachable') return kind
  const retryAfterS = kind === 'rate-limited' ? { retryAfterS: Math.ceil(retryAfterMs / 1000) } : {}
  return { kind: requestFaults[kind], of, next: 1, ...retryAfterS }
}

/** The same for own code. */
export function asResult({ kind, error, retryAfterMs }: PlannedFault, step: string): TryResult {
  return thrown(error ?? errorOf(kind, retryAfterMs, step))
}

function errorOf(kind: StepFaultKind, retryAfterMs: number, step: string): Error {
  switch (kind) {
    case 'refused':
      return new TerminalError(`the test lets ${step} fail for good`)
    case 'rate-limited':
      return new RetryableError(`the test lets ${step} be limited`, { after: retryAfterMs })
    case 'timeout':
      return new TimeoutError(`the test lets ${step} take too long`)
    default:
      return new Error(`the test lets ${step} fail (${kind})`)
  }
}
