import { TenonError, messageOf, type ErrorCode } from '../base/errors.ts'
import type { ProviderFailure } from '../definition/connector.ts'
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
  const { status } = answer
  const isSuccess = status >= 200 && status < 300
  const read = plan.connector.options.failure
  const said = read === undefined ? null : failureSaid(plan, answer, read)
  if (said === null && isSuccess) return null
  const meaning: Meaning = isSuccess ? { code: 'UPSTREAM_REFUSED', retryable: false, fate: 'answered' } : meaningOf(answer)
  const retryable = said?.retryable ?? meaning.retryable
  const after = Math.max(retryAfterMs(single(answer.headers['retry-after']), nowMs) ?? -1, said?.retryAfterMs ?? -1)
  return failedWith(said?.fate ?? meaning.fate, retryable && meaning.code === 'UPSTREAM_REFUSED' ? 'UPSTREAM_UNAVAILABLE' : meaning.code, sentence(plan, status, said), {
    retryable,
    ...(after < 0 ? {} : { retryAfterMs: after }),
    details: {
      status,
      ...(said?.code === undefined ? {} : { providerCode: said.code }),
      ...requestId(answer),
    },
  })
}

function failureSaid(plan: Plan, answer: ReadAnswer, read: NonNullable<Plan['connector']['options']['failure']>): ProviderFailure | null {
  try {
    return read(partsOf(answer))
  } catch (error) {
    // It is asked about any answer, also those that a proxy made up: a success is not taken on trust then.
    return answer.status < 300
      ? { message: `the failure function of ${plan.connector.name} threw: ${messageOf(error)}`, retryable: false, fate: 'ambiguous' }
      : null
  }
}

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
      return { code: 'UPSTREAM_REFUSED', retryable: false, fate: 'answered' }
    case 503:
      // With Retry-After it is the provider that turns the request away; without, it may be a proxy that lost the answer.
      return { code: 'UPSTREAM_UNAVAILABLE', retryable: true, fate: headers['retry-after'] === undefined ? 'ambiguous' : 'answered' }
    default:
  }
  if (status >= 500) return { code: 'UPSTREAM_UNAVAILABLE', retryable: true, fate: 'ambiguous' }
  // 307 and 308 ask to send it again elsewhere; the other redirects may follow an effect.
  const isDone = status < 400 && status !== 307 && status !== 308
  return { code: 'UPSTREAM_REFUSED', retryable: false, fate: isDone ? 'ambiguous' : 'answered' }
}

function sentence(plan: Plan, status: number, said: ProviderFailure | null): string {
  const code = said?.code === undefined ? '' : ` (${said.code})`
  const words = said === null || said.message === '' ? '' : `: ${said.message.slice(0, 500)}`
  const redirect = status >= 300 && status < 400 ? ', a redirect, which is not followed' : ''
  return `${plan.what} was answered with status ${status}${redirect}${code}${words}`
}

function requestId({ headers }: ReadAnswer): { readonly requestId?: string } {
  const id = single(headers['request-id']) || single(headers['x-request-id'])
  return id === '' ? {} : { requestId: id.slice(0, 200) }
}
