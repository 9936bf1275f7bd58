import { Answer, reject, type InputProblem, type Refusal } from 'tenon/simulator'

/** Stripe's words for a request that it turns away. */
export function refuse(refusal: Refusal): Answer {
  switch (refusal.reason) {
    case 'unauthenticated':
      return unauthenticated(refusal)
    case 'input-invalid':
      return invalid(refusal.problems[0] ?? { field: '', message: 'invalid', kind: 'invalid' })
    case 'route-unknown':
    case 'method-unknown':
      return new Answer(
        404,
        failure('invalid_request_error', undefined, `Unrecognized request URL (${refusal.method}: ${refusal.path}).`),
      )
    case 'key-reused':
      return new Answer(
        400,
        failure(
          'idempotency_error',
          undefined,
          `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${refusal.key}'.`,
        ),
      )
    case 'key-busy':
      return new Answer(
        409,
        failure(
          'idempotency_error',
          'idempotency_key_in_use',
          `There is currently another in-progress request using this key: ${refusal.key}`,
        ),
      )
    case 'rate-limited':
      return rateLimited(refusal)
    case 'body-too-large':
      return new Answer(413, failure('invalid_request_error', undefined, 'The request is too large.'))
    case 'body-unreadable':
      return new Answer(
        400,
        failure('invalid_request_error', undefined, 'The request body could not be read as form data.'),
      )
    default:
      return new Answer(500, failure('api_error', undefined, 'An unknown error occurred.'))
  }
}

type Refused<Reason extends Refusal['reason']> = Extract<Refusal, { readonly reason: Reason }>

function unauthenticated({ given, expired, authorization }: Refused<'unauthenticated'>): Answer {
  const told = (message: string, code?: string) =>
    new Answer(401, failure('invalid_request_error', code, message), { 'www-authenticate': 'Bearer realm="Stripe"' })
  if (!given)
    return told(
      'You did not provide an API key. Provide it in the Authorization header, as Bearer, or as the user of Basic.',
    )
  const [kind] = /\b(?:pk|[sr]k_live)_/.exec(bearerOf(authorization)) ?? []
  if (expired) return told('Expired API Key provided.', 'api_key_expired')
  if (kind === 'pk_')
    return told(
      'This API call cannot be made with a publishable API key. Please use a secret API key.',
      'secret_key_required',
    )
  if (kind !== undefined)
    return told('Invalid API Key provided: this account has a test mode only, and the key is a live mode one.')
  return told('Invalid API Key provided.')
}

/** Basic, with the key as user and no password, is as good as Bearer. */
export function bearerOf(authorization: string): string {
  const [, encoded] = /^Basic (\S+)$/i.exec(authorization) ?? []
  if (encoded === undefined) return authorization
  return `Bearer ${Buffer.from(encoded, 'base64').toString().replace(/:.*$/s, '')}`
}

function rateLimited({ retryAfterS, limit }: Refused<'rate-limited'>): Answer {
  const message = 'Too many requests. Slow down and try again.'
  // Stripe tells of a limit that was reached, but not when to come back.
  const headers: Readonly<Record<string, string>> =
    limit === null
      ? { 'retry-after': String(retryAfterS), 'stripe-should-retry': 'true' }
      : { 'stripe-rate-limited-reason': limit }
  return new Answer(429, failure('invalid_request_error', 'rate_limit', message), headers)
}

/** Stripe names one parameter at a time. */
function invalid(problem: InputProblem): Answer {
  const name = problem.field.split('.').reduce((path, part) => (path === '' ? part : `${path}[${part}]`), '')
  const told = (code: string, message: string) => new Answer(400, failure('invalid_request_error', code, message, name))
  switch (problem.kind) {
    case 'missing':
      return told('parameter_missing', `Missing required param: ${name}.`)
    case 'unknown':
      return told('parameter_unknown', `Received unknown parameter: ${name}`)
    default:
      return told('parameter_invalid', `Invalid ${name}: ${problem.message}`)
  }
}

/** The item, or Stripe's answer for an id that it does not know. */
export function found<Item>(item: Item | undefined, kind: string, id: string, param: string): Item {
  return item ?? reject(404, failure('invalid_request_error', 'resource_missing', `No such ${kind}: '${id}'`, param))
}

/** https://docs.stripe.com/api/errors */
export function failure(type: string, code: string | undefined, message: string, param?: string) {
  return {
    error: {
      type,
      ...(code === undefined ? {} : { code, doc_url: docUrl(code) }),
      message,
      ...(param === undefined ? {} : { param }),
    },
  }
}

export function docUrl(code: string): string {
  return `https://docs.stripe.com/error-codes/${code.replaceAll('_', '-')}`
}
