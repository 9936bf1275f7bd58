import { errorMeanings, messageOf, TenonError, type ErrorCode } from '../base/errors.ts'
import type { DecisionView } from '../engine/view.ts'
import { guardHeaders } from './answer.ts'
import type { InputProblem } from './input.ts'

/** RFC 9457 problem details; `type` is the page of the code, which this server has. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ErrorCode
  readonly detail?: string
  readonly errors?: readonly InputProblem[]
  /** What somebody decided before. */
  readonly decision?: DecisionView
}

const defaultRetryAfterMs = 5_000

/** These come before anyone has proved who they are, and their messages name nothing internal. */
const frank: ReadonlySet<ErrorCode> = new Set([
  'BODY_INVALID',
  'BODY_TOO_LARGE',
  'EVENT_UNKNOWN',
  'FORBIDDEN',
  'MEDIA_TYPE_UNSUPPORTED',
  'METHOD_NOT_ALLOWED',
])

/** What a caller may know of an error. Only an operator reads the developer's message. */
export function problemOf(error: TenonError, audience: 'anyone' | 'operator'): Problem {
  const { code, status, publicMessage, message, details } = error
  const isFrank = audience === 'operator' || frank.has(code)
  return {
    type: `/errors/${code}`,
    title: publicMessage,
    status,
    code,
    ...(isFrank && message !== publicMessage ? { detail: message } : {}),
    ...(isFrank && isInputProblems(details['problems']) ? { errors: details['problems'] } : {}),
    ...(isFrank && isDecision(details['decision']) ? { decision: details['decision'] } : {}),
  }
}

/** Those of a request to this API: other schemas keep their problems in another form. */
function isInputProblems(problems: unknown): problems is readonly InputProblem[] {
  return Array.isArray(problems) && problems.every((problem: Partial<InputProblem>) => problem.in !== undefined)
}

function isDecision(decision: unknown): decision is DecisionView {
  return decision !== undefined
}

/** Headers that belong to an error, beside its body. */
export function problemHeaders(error: TenonError): Record<string, string> {
  const headers: Record<string, string> = { ...guardHeaders, 'content-type': 'application/problem+json' }
  // RFC 9110 §10.2.3, §11.6.1, §10.2.1.
  if (error.status === 503)
    headers['retry-after'] = String(Math.max(1, Math.ceil((error.retryAfterMs ?? defaultRetryAfterMs) / 1000)))
  if (error.code === 'UNAUTHENTICATED') headers['www-authenticate'] = 'Bearer realm="tenon"'
  if (error.code === 'METHOD_NOT_ALLOWED') headers['allow'] = (error.details['allow'] as readonly string[]).join(', ')
  return headers
}

const ofFastify: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'the body is over the limit of this route'],
  FST_ERR_CTP_EMPTY_TYPE: ['MEDIA_TYPE_UNSUPPORTED', 'the content type is empty'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['BODY_INVALID', 'the body is not as long as Content-Length says'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['MEDIA_TYPE_UNSUPPORTED', 'the content type is not one that is taken here'],
  FST_ERR_CTP_INVALID_TYPE: ['MEDIA_TYPE_UNSUPPORTED', 'the content type cannot be read'],
  FST_ERR_BAD_URL: ['REQUEST_INVALID', 'the path cannot be decoded'],
}

/** Anything thrown, as an error of ours: what is not known stays inside as the cause. */
export function errorFrom(thrown: unknown): TenonError {
  if (TenonError.is(thrown)) return thrown
  const { code, statusCode } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as {
    code?: unknown
    statusCode?: unknown
  }
  const known = typeof code === 'string' && Object.hasOwn(ofFastify, code) ? ofFastify[code] : undefined
  if (known !== undefined) return new TenonError(known[0], known[1], { cause: thrown })
  if (code === 'ECONNRESET')
    return new TenonError('BODY_INVALID', 'the connection ended before the body did', { cause: thrown })
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
    return new TenonError('REQUEST_INVALID', messageOf(thrown), { cause: thrown })
  return new TenonError('INTERNAL', messageOf(thrown), { cause: thrown })
}

/** The page of one code, in plain words. */
export function pageOf(code: ErrorCode): string {
  const { status, retryable, public: words } = errorMeanings[code]
  const advice = retryable ? 'Trying again later may help.' : 'The same request again will be answered the same way.'
  return `${code}\n\n${words}\nHTTP status ${status}. ${advice}\n`
}
