import { TenonError } from '../base/errors.ts'
import { failedWith, type SendRequest } from './outbound.ts'
import { tlsFailure } from './tls.ts'

// Nothing of an undici error is passed on but its code: its message may hold the path, its members pieces of the answer.

/** Why an exchange ended without an answer. */
export function lost(error: Error, isUnsent: boolean, origin: string): TenonError {
  if (TenonError.is(error)) return error
  const reason = reasonOf(error)
  if (isUnsent && reason === 'UND_ERR_INVALID_ARG') {
    return failedWith('not-sent', 'APP_INVALID', 'the request has a path or header that HTTP does not allow', {
      details: { reason },
    })
  }
  const tls = tlsFailure(reason, origin, isUnsent)
  if (tls !== null) return failedWith(tls.fate, tls.code, tls.message, { details: { reason } })
  if (isUnsent)
    return failedWith('not-sent', 'UPSTREAM_UNAVAILABLE', `${origin} could not be reached (${reason})`, {
      details: { reason },
    })
  if (error.name === 'HTTPParserError' || reason === 'UND_ERR_HEADERS_OVERFLOW')
    return answerRefused(`something that is not HTTP within limits (${reason})`)
  return failedWith(
    'ambiguous',
    'UPSTREAM_UNAVAILABLE',
    `the connection to ${origin} broke before the answer was complete (${reason})`,
    { details: { reason } },
  )
}

const doing = {
  turn: 'while waiting for its turn',
  login: 'while logging in',
  connect: 'while connecting',
  headers: 'while waiting for the answer',
  body: 'while the answer was arriving',
  idle: 'while nothing more of the answer arrived',
}

export function timedOut(phase: keyof typeof doing, timeoutMs: number): TenonError {
  const isUnsent = phase === 'turn' || phase === 'login' || phase === 'connect'
  return failedWith(
    isUnsent ? 'not-sent' : 'ambiguous',
    'TIMEOUT',
    `the limit of ${timeoutMs} ms was reached ${doing[phase]}`,
    {
      details: { phase, timeoutMs },
    },
  )
}

export function givenUp(fate: 'not-sent' | 'ambiguous', reason: unknown): TenonError {
  const code = TenonError.is(reason) ? reason.code : 'RUN_CANCELLED'
  return failedWith(fate, code, 'the call was given up', { retryable: TenonError.is(reason) && reason.retryable })
}

/** What a call that waited for its turn ends with when its limit comes first, or nobody wants it any more. */
export function waitedInVain({ signal, timeoutMs }: Pick<SendRequest, 'signal' | 'timeoutMs'>): TenonError {
  return signal?.aborted === true ? givenUp('not-sent', signal.reason) : timedOut('turn', timeoutMs)
}

export function answerRefused(found: string): TenonError {
  return failedWith('ambiguous', 'UPSTREAM_ANSWER_INVALID', `the answer has ${found}`)
}

function reasonOf(error: Error): string {
  const found = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  const code = (found as { code?: unknown } | undefined)?.code ?? (error as { code?: unknown }).code
  return typeof code === 'string' ? code : error.name
}
