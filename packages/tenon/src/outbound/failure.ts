import { TenonError } from '../base/errors.ts'
import { failedWith, type SendRequest } from './outbound.ts'
import { tlsFailure } from './tls.ts'

// Nothing of an undici error is passed on but its code: its message may hold the path, its members pieces of the answer.

const unreadable: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'])

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
    return failedWith(
      'not-sent',
      'UPSTREAM_UNAVAILABLE',
      `${origin} could not be reached (${reason}); if that stays so, look at the address of the connection and at the network`,
      {
        details: { reason },
      },
    )
  if (error.name === 'HTTPParserError' || unreadable.has(reason))
    return answerRefused(`something that is not HTTP within limits (${reason}); look at the address of the connection`)
  return failedWith(
    'ambiguous',
    'UPSTREAM_UNAVAILABLE',
    `the connection to ${origin} broke before the answer was complete (${reason}); the provider may have done what it was asked`,
    { details: { reason } },
  )
}

const doing = {
  turn: 'while waiting for its turn',
  login: 'while logging in',
  record: 'while the journal was taking down that it is about to leave',
  connect: 'while connecting',
  headers: 'while waiting for the answer',
  body: 'while the answer was arriving',
  idle: 'while nothing more of the answer arrived',
}

/** What a person can do about it. */
const hints: Readonly<Record<keyof typeof doing, string>> = {
  turn: '',
  login: '',
  record: '; look at the journal: its disk or database is slow',
  connect: '; look at the address of the connection and at the network',
  headers: '; if the provider needs longer, raise timeout',
  body: '; if the provider needs longer, raise timeout, or ask for less',
  idle: '; the provider, or something between, has stalled',
}

const unsent: ReadonlySet<keyof typeof doing> = new Set(['turn', 'login', 'record', 'connect'])

export function timedOut(phase: keyof typeof doing, timeoutMs: number): TenonError {
  const isUnsent = unsent.has(phase)
  return failedWith(
    isUnsent ? 'not-sent' : 'ambiguous',
    'TIMEOUT',
    `the limit of ${timeoutMs} ms was reached ${doing[phase]}${hints[phase]}`,
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

/** A body that is too large, however it came. */
export function tooLarge(maxBytes: number): TenonError {
  return answerRefused(`a body of more than ${maxBytes} bytes; ask for less, or raise maxAnswerBytes of the connector`)
}

export function answerRefused(found: string): TenonError {
  return failedWith('ambiguous', 'UPSTREAM_ANSWER_INVALID', `the answer has ${found}`)
}

function reasonOf(error: Error): string {
  const found = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  const code = (found as { code?: unknown } | undefined)?.code ?? (error as { code?: unknown }).code
  return typeof code === 'string' ? code : error.name
}
