import type { AnswerParts, ProviderFailure } from 'tenon'

/** Codes after which the same message may be sent again; all others are final. */
const retryableCodes = new Set([1, 2, 4, 80_007, 130_429, 131_000, 131_016, 131_056, 133_004, 133_016])
/** Pair rate: one message in six seconds to one recipient. */
const pairRate = 131_056

interface FailureBody {
  readonly error?: {
    readonly message?: string
    readonly code?: number
    readonly error_data?: { readonly details?: string }
  }
}

/** https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes */
export function readFailure({ status, body }: AnswerParts): ProviderFailure | null {
  const error = (body as FailureBody | undefined)?.error
  if (status < 400 && error === undefined) return null
  const code = error?.code
  const message = [error?.message, error?.error_data?.details].filter((part) => part !== undefined).join(': ')
  if (code === undefined) return { message }
  return {
    message,
    code: String(code),
    retryable: retryableCodes.has(code) || (status >= 500 && code < 100),
    ...(code === pairRate ? { retryAfterMs: 6000 } : {}),
  }
}
