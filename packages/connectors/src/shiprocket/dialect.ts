import { Answer, reject, type Refusal } from 'tenon/simulator'

/** The words of a Laravel application. */
export function refuse(refusal: Refusal): Answer {
  switch (refusal.reason) {
    case 'unauthenticated':
      return refusal.login
        ? told(400, 'Invalid email and password combination')
        : told(401, unauthenticatedText(refusal.given, refusal.expired))
    case 'input-invalid': {
      const errors = Object.fromEntries(
        refusal.problems.map(({ field, message, kind }) => [
          field,
          [kind === 'missing' ? `The ${field} field is required.` : message],
        ]),
      )
      return told(422, 'The given data was invalid.', { errors })
    }
    case 'route-unknown':
      return told(404, 'Not Found')
    case 'method-unknown':
      return told(405, 'Method Not Allowed')
    case 'rate-limited':
      return told(429, 'Too Many Attempts.', {}, { 'retry-after': String(refusal.retryAfterS) })
    case 'body-too-large':
      return told(413, 'Payload Too Large')
    case 'body-unreadable':
      return told(400, 'Bad Request')
    default:
      return told(500, 'Server Error')
  }
}

function unauthenticatedText(given: boolean, expired: boolean): string {
  if (!given) return 'Token not provided'
  return expired ? 'Token has expired' : 'Wrong number of segments'
}

function told(
  status: number,
  message: string,
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return new Answer(status, { message, ...more, status_code: status }, headers)
}

export function refused(status: number, message: string, more: object = {}): never {
  return reject(status, { message, ...more, status_code: status })
}

/** A field that does not fit, as validation tells it. */
export function invalidField(field: string, message: string): never {
  return refused(422, 'The given data was invalid.', { errors: { [field]: [message] } })
}
