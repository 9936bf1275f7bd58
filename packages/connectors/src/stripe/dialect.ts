import { Answer, reject, type InputProblem, type Refusal } from 'tenon/simulator'
import type { PaymentIntent } from './objects.ts'

/** Stripe's words for a request that it turns away. */
export function refuse(refusal: Refusal): Answer {
  switch (refusal.reason) {
    case 'unauthenticated': {
      const message = refusal.given
        ? 'Invalid API Key provided.'
        : 'You did not provide an API key. Provide it in the Authorization header, as Bearer.'
      return new Answer(401, failure('invalid_request_error', undefined, message), {
        'www-authenticate': 'Bearer realm="Stripe"',
      })
    }
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
    case 'rate-limited': {
      const headers = { 'retry-after': String(refusal.retryAfterS), 'stripe-should-retry': 'true' }
      return new Answer(
        429,
        failure('invalid_request_error', 'rate_limit', 'Too many requests. Slow down and try again.'),
        headers,
      )
    }
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

export function unexpectedState(payment: PaymentIntent, verb: string): never {
  const message = `This PaymentIntent's status is ${payment.status}, so you cannot ${verb} it.`
  return reject(400, {
    error: {
      ...failure('invalid_request_error', 'payment_intent_unexpected_state', message).error,
      payment_intent: payment,
    },
  })
}

export function failure(type: string, code: string | undefined, message: string, param?: string) {
  return {
    error: { type, ...(code === undefined ? {} : { code }), message, ...(param === undefined ? {} : { param }) },
  }
}
