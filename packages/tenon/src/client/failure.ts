import { messageOf, type ErrorCode, type TenonError } from '../base/errors.ts'
import type { ProviderFailure } from '../definition/operation.ts'
import { failedWith } from '../outbound/outbound.ts'
import { retryAfterMs, type Fate } from '../outbound/retry.ts'
import { partsOf, single, type ReadAnswer } from './answer.ts'
import type { Plan } from './plan.ts'

interface Meaning {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly fate: Fate
}

/** The error that an answer means, `null` for a success. The provider's own words come first, then the status. */
export function failureOf(plan: Plan, answer: ReadAnswer, nowMs: number): TenonError | null {
  const isSuccess = answer.status >= 200 && answer.status < 300
  const said = failureSaid(plan, answer)
  if (said === null && isSuccess) return null
  const meaning = isSuccess ? refused : meaningOf(answer)
  const retryable = said?.retryable ?? meaning.retryable
  const code = retryable && meaning.code === 'UPSTREAM_REFUSED' ? 'UPSTREAM_UNAVAILABLE' : meaning.code
  return failedWith(said?.fate ?? meaning.fate, code, sentence(plan, answer, said), {
    retryable,
    details: factsOf(answer, said),
    ...waitOf(answer, said, nowMs),
  })
}

function failureSaid({ connector, operation }: Plan, answer: ReadAnswer): ProviderFailure | null {
  const own = operation.failure
  const read = connector.options.failure
  if (own === undefined && read === undefined) return null
  const parts = partsOf(answer)
  try {
    return own?.(parts) ?? read?.(parts) ?? null
  } catch (error) {
    // It is asked about any answer, also those that a proxy made up. A success is then not taken on trust.
    if (answer.status >= 300) return null
    const message = `the failure function of ${connector.name} threw: ${messageOf(error)}`
    return { message, retryable: false, fate: 'ambiguous' }
  }
}

/** The longer of what the header and the provider's own words ask for. */
function waitOf(
  { headers }: ReadAnswer,
  said: ProviderFailure | null,
  nowMs: number,
): { readonly retryAfterMs?: number } {
  const asked = Math.max(retryAfterMs(single(headers['retry-after']), nowMs) ?? -1, said?.retryAfterMs ?? -1)
  return asked < 0 ? {} : { retryAfterMs: asked }
}

const refused: Meaning = { code: 'UPSTREAM_REFUSED', retryable: false, fate: 'answered' }

/** What the status alone says (RFC 9110 §15), with the doubt that a broken answer leaves. */
function meaningOf({ status, headers }: ReadAnswer): Meaning {
  switch (status) {
    case 401:
    case 403:
      return { code: 'CREDENTIALS_REFUSED', retryable: false, fate: 'answered' }
    case 408:
    case 425:
    case 429:
      return { code: 'UPSTREAM_UNAVAILABLE', retryable: true, fate: 'answered' }
    case 501:
    case 505:
      return refused
    case 503:
      // With Retry-After it is the provider that turns the request away; without, it may be a proxy that lost the answer.
      return {
        code: 'UPSTREAM_UNAVAILABLE',
        retryable: true,
        fate: headers['retry-after'] === undefined ? 'ambiguous' : 'answered',
      }
    default:
  }
  if (status >= 500) return { code: 'UPSTREAM_UNAVAILABLE', retryable: true, fate: 'ambiguous' }
  // 307 and 308 ask to send it again elsewhere; the other redirects may follow an effect.
  const isDone = status < 400 && status !== 307 && status !== 308
  return isDone ? { ...refused, fate: 'ambiguous' } : refused
}

function sentence(plan: Plan, { status }: ReadAnswer, said: ProviderFailure | null): string {
  const code = said?.code === undefined || said.code === String(status) ? '' : ` (${said.code})`
  const words = said === null || said.message === '' ? '' : `: ${said.message.slice(0, 500)}`
  const redirect = status >= 300 && status < 400 ? ', a redirect, which is not followed' : ''
  return `${plan.what} was answered with status ${status}${redirect}${code}${words}`
}

function factsOf({ status, headers }: ReadAnswer, said: ProviderFailure | null): Readonly<Record<string, unknown>> {
  const requestId = single(headers['request-id']) || single(headers['x-request-id'])
  return {
    status,
    ...(said?.code === undefined ? {} : { providerCode: said.code }),
    ...(requestId === '' ? {} : { requestId: requestId.slice(0, 200) }),
  }
}
