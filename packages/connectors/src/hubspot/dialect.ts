import { Answer, reject, type InputProblem, type Refusal, type Simulation } from 'tenon/simulator'

/** https://developers.hubspot.com/docs/api-reference/error-handling */
export function failure(simulation: Simulation, category: string, message: string, more: object = {}) {
  return { status: 'error', message, correlationId: correlationOf(simulation), category, ...more }
}

/** In the form of a UUID. */
function correlationOf(simulation: Simulation): string {
  const hex = Buffer.from(simulation.id('')).toString('hex').slice(0, 32)
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

export function notFound(simulation: Simulation, what = 'resource not found'): never {
  return reject(404, failure(simulation, 'OBJECT_NOT_FOUND', what))
}

export function invalid(simulation: Simulation, message: string, more?: object): never {
  return reject(400, failure(simulation, 'VALIDATION_ERROR', message, more))
}

export function conflict(simulation: Simulation, message: string): never {
  return reject(409, failure(simulation, 'CONFLICT', message))
}

const policies: Readonly<Record<string, readonly [policy: string, words: string]>> = {
  search: ['SECONDLY', 'secondly'],
  day: ['DAILY', 'daily'],
}

export function refuse(refusal: Refusal, simulation: Simulation): Answer {
  const told = (status: number, category: string, message: string, more?: object) =>
    new Answer(status, failure(simulation, category, message, more))
  switch (refusal.reason) {
    case 'unauthenticated':
      return unauthenticated(simulation, refusal)
    case 'input-invalid':
      return told(400, 'VALIDATION_ERROR', `Invalid input JSON: ${refusal.problems.map(sentence).join('; ')}`, {
        errors: refusal.problems.map(({ field, message }) => ({ message, in: field })),
      })
    case 'body-unreadable':
      return told(400, 'VALIDATION_ERROR', 'Invalid input JSON on line 1, column 1')
    case 'body-too-large':
      return told(413, 'VALIDATION_ERROR', 'The request body is too large')
    case 'route-unknown':
      return told(404, 'OBJECT_NOT_FOUND', 'resource not found')
    case 'method-unknown':
      return told(405, 'METHOD_NOT_ALLOWED', `${refusal.method} is not allowed here`)
    case 'rate-limited': {
      const [policyName, words] = policies[refusal.limit ?? ''] ?? ['TEN_SECONDLY_ROLLING', 'ten_secondly_rolling']
      // Neither a category nor Retry-After.
      const { category: _none, ...rest } = failure(simulation, '', `You have reached your ${words} limit.`)
      return new Answer(429, { ...rest, errorType: 'RATE_LIMIT', policyName })
    }
    default:
      return told(500, 'INTERNAL_ERROR', 'internal error')
  }
}

function unauthenticated(
  simulation: Simulation,
  { given, expired }: Extract<Refusal, { reason: 'unauthenticated' }>,
): Answer {
  if (expired)
    return new Answer(
      401,
      failure(simulation, 'EXPIRED_AUTHENTICATION', 'The OAuth token used to make this call expired.'),
    )
  const message = given
    ? 'The access token is invalid or was revoked.'
    : 'Authentication credentials not found. This API supports OAuth 2.0 authentication.'
  return new Answer(401, failure(simulation, 'INVALID_AUTHENTICATION', message))
}

function sentence({ field, message }: InputProblem): string {
  return `${field}: ${message}`
}

const tokenWords: Readonly<Record<string, readonly [status: string, message: string]>> = {
  invalid_grant: ['BAD_REFRESH_TOKEN', 'missing or invalid refresh token'],
  invalid_client: ['BAD_CLIENT_SECRET', 'missing or invalid client secret'],
}

/** Its token endpoint has words of its own. */
export function refuseToken(error: string): Answer {
  const [status, message] = tokenWords[error] ?? ['BAD_GRANT_TYPE', 'missing or unknown grant_type']
  return new Answer(400, { status, message }, { 'cache-control': 'no-store' })
}
