import type { AnswerParts, ProviderFailure } from 'tenon'

interface FailureBody {
  readonly message?: string
  readonly category?: string
  readonly errorType?: string
  readonly policyName?: string
}

/** How long a limit holds: the rolling window of ten seconds, the second of searches, the day whose end nobody tells. */
const waits: Readonly<Record<string, number>> = { TEN_SECONDLY_ROLLING: 10_000, SECONDLY: 1000, DAILY: 3_600_000 }
/** Locked by another change, and an account that is being moved to another data centre. */
const passing = new Set([423, 477])

/** https://developers.hubspot.com/docs/api-reference/error-handling */
export function readFailure({ status, headers, body }: AnswerParts): ProviderFailure | null {
  if (status < 400) return null
  const { message = '', category, errorType, policyName } = (body ?? {}) as FailureBody
  const code = policyName ?? category ?? errorType
  const wait = headers['retry-after'] === undefined ? waits[policyName ?? ''] : undefined
  return {
    message,
    ...(code === undefined ? {} : { code }),
    ...(passing.has(status) ? { retryable: true } : {}),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  }
}
