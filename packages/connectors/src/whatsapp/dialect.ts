import { Answer, reject, type Refusal } from 'tenon/simulator'
import { accountId, phoneNumberId } from './account.ts'

/** Meta's words for a code, the status that comes with it, and what it means; https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes. */
const errors = {
  100: [400, 'Invalid parameter'],
  190: [401, 'Invalid OAuth access token.'],
  2500: [404, 'Unknown path components'],
  80_007: [429, 'Rate limit issues'],
  130_429: [429, 'Rate limit hit'],
  130_472: [400, 'User’s number is part of an experiment'],
  131_000: [500, 'Something went wrong'],
  131_008: [400, 'Required parameter is missing'],
  131_009: [400, 'Parameter value is not valid'],
  131_016: [503, 'Service unavailable'],
  131_021: [400, 'Recipient cannot be sender'],
  131_026: [400, 'Message Undeliverable'],
  131_042: [400, 'Business eligibility payment issue'],
  131_047: [400, 'Re-engagement message'],
  131_048: [429, 'Spam rate limit hit'],
  131_049: [400, 'This message was not delivered to maintain healthy ecosystem engagement.'],
  131_050: [400, 'User has stopped marketing messages from this business'],
  131_051: [400, 'Unsupported message type'],
  131_052: [400, 'Media download error'],
  131_056: [400, '(Business Account, Consumer Account) pair rate limit hit'],
  132_000: [400, 'Number of parameters does not match the expected number of params'],
  132_001: [404, 'Template name does not exist in the translation'],
  132_005: [400, 'Translated text too long'],
  132_012: [400, 'Parameter format does not match format in the created template'],
  132_015: [400, 'Template is paused'],
  132_016: [400, 'Template is disabled'],
} as const

export type Code = keyof typeof errors

export const titleOf = (code: number): string => (code in errors ? errors[code as Code][1] : 'Unknown error')

export function refused(code: Code, details?: string): never {
  return reject(errors[code][0], failure(code, details))
}

export function failure(code: Code, details?: string) {
  const error_data = details === undefined ? {} : { error_data: { messaging_product: 'whatsapp', details } }
  return {
    error: {
      message: `(#${code}) ${errors[code][1]}`,
      type: 'OAuthException',
      code,
      ...error_data,
      fbtrace_id: 'AbCdEfGhIjKlMnOpQrStUv',
    },
  }
}

export function requireNumber(given: string): void {
  if (given !== phoneNumberId) refused(100, `Object with ID '${given}' does not exist or belongs to another account.`)
}

export function requireAccount(given: string): void {
  if (given !== accountId) refused(100, `Object with ID '${given}' does not exist or belongs to another account.`)
}

export function refuse(refusal: Refusal): Answer {
  switch (refusal.reason) {
    case 'unauthenticated':
      return unauthenticated(refusal.given, refusal.expired)
    case 'input-invalid':
      return invalid(refusal.problems)
    case 'route-unknown':
      return told(2500, refusal.path)
    case 'method-unknown':
      return told(100, `Unsupported ${refusal.method.toLowerCase()} request.`)
    case 'rate-limited':
      return limited(refusal)
    case 'body-too-large':
    case 'body-unreadable':
      return told(100, 'The body could not be read.')
    default:
      return told(131_000, 'Message failed to send due to an unknown error.')
  }
}

function told(code: Code, details?: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return new Answer(errors[code][0], failure(code, details), headers)
}

function unauthenticated(given: boolean, expired: boolean): Answer {
  const { error } = failure(190)
  const text = expired ? 'Error validating access token: Session has expired.' : error.message
  const message = given ? text : 'An access token is required to request this resource.'
  // The subcode of a token that is over.
  return new Answer(401, { error: { ...error, message, ...(expired ? { error_subcode: 463 } : {}) } })
}

function invalid(problems: Extract<Refusal, { reason: 'input-invalid' }>['problems']): Answer {
  const [first] = problems
  if (problems.length === 1 && first?.field === 'type' && first.kind === 'invalid') return told(131_051)
  const missing = problems.find(({ kind }) => kind === 'missing')
  if (missing !== undefined) return told(131_008, `${missing.field} is missing`)
  return told(131_009, problems.map(({ field, message }) => `${field}: ${message}`).join('; '))
}

type Limited = Extract<Refusal, { reason: 'rate-limited' }>

/** Meta does not say when to come back, except for the management of an account. */
function limited({ limit, retryAfterS }: Limited): Answer {
  switch (limit) {
    case 'pair':
      return told(131_056, 'Too many messages to this recipient in a short time.')
    case 'management':
      return told(80_007, 'Too many calls for this account.', usage(100, retryAfterS))
    default:
      return told(130_429, 'Too many messages from this phone number in a short time.')
  }
}

/** How much of an hour's calls is used, in per cent. */
export function usage(used: number, waitS = 0): Readonly<Record<string, string>> {
  const counts = { call_count: used, total_cputime: 1, total_time: 1 }
  const told = [
    { type: 'whatsapp_business_management', ...counts, estimated_time_to_regain_access: Math.ceil(waitS / 60) },
  ]
  return { 'x-business-use-case-usage': JSON.stringify({ [accountId]: told }) }
}
