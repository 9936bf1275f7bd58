import type { AnswerParts, ProviderFailure } from 'tenon'

interface FailureBody {
  readonly message?: unknown
  readonly status?: unknown
  readonly status_code?: unknown
  readonly errors?: Readonly<Record<string, unknown>>
  readonly tracking_data?: { readonly error?: unknown }
  readonly awb_assign_status?: unknown
  readonly response?: { readonly data?: { readonly awb_assign_error?: string } }
}

/** What a failed answer means. Some failures come with status 200: only the body tells. */
export function readFailure({ status, body }: AnswerParts): ProviderFailure | null {
  const told = (typeof body === 'object' && body !== null ? body : {}) as FailureBody
  const refused = refusalIn(told)
  if (refused !== null) return refused
  const said = codeIn(told)
  const isFailure = status >= 400 || told.status === 0 || said >= 400
  if (!isFailure) return null
  return {
    message: messageIn(told),
    ...(said >= 100 ? { code: String(said) } : {}),
    ...(status < 400 ? { retryable: said === 429 || said >= 500 } : {}),
  }
}

/** Tracking and the choice of a courier tell of a failure in places of their own. */
function refusalIn({ tracking_data, awb_assign_status, response }: FailureBody): ProviderFailure | null {
  const error = tracking_data?.error
  if (typeof error === 'string' && error !== '') return { message: error, code: 'tracking', retryable: false }
  if (awb_assign_status !== 0) return null
  return { message: response?.data?.awb_assign_error ?? '', code: 'awb', retryable: false }
}

function codeIn({ status, status_code }: FailureBody): number {
  return Number(status_code ?? (typeof status === 'number' ? status : 0))
}

function messageIn({ message, errors = {} }: FailureBody): string {
  const problems = Object.values(errors).flat().map(String)
  return [typeof message === 'string' ? message : '', ...problems].filter((part) => part !== '').join(' ')
}
