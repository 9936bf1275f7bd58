import * as oauth from 'oauth4webapi'
import { TenonError, type ErrorCode } from '../../base/errors.ts'
import type { OAuthDialect } from '../../definition/oauth.ts'
import { retryAfterMs } from '../../outbound/retry.ts'
import type { AuthContext } from '../auth-scheme.ts'

/** What was asked for when it went wrong. */
export type Asked = 'discovery' | 'consent' | 'renewal' | 'token' | 'device' | 'revocation'

type About = Pick<AuthContext, 'what' | 'clock' | 'settings'>

const proofRemedy =
  'check the client ID and what proves it (secret, key or certificate; a key also needs the right time: npx tenon doctor)'

/** RFC 6749 §5.2 and RFC 8628 §3.5: the errors whose meaning is the same at every provider, and what to do about them. */
const meanings: Readonly<Record<string, readonly [code: ErrorCode, remedy: string]>> = {
  invalid_grant: ['AUTHORISATION_LOST', 'connect the account again'],
  access_denied: ['AUTHORISATION_LOST', 'whoever was asked said no (access_denied)'],
  expired_token: ['AUTHORISATION_LOST', 'the code was not entered in time; begin again'],
  interaction_required: ['AUTHORISATION_LOST', 'connect the account again'],
  invalid_client: ['CREDENTIALS_REFUSED', proofRemedy],
  unauthorized_client: ['CREDENTIALS_REFUSED', 'allow this grant for the client in the settings of the provider'],
  temporarily_unavailable: ['UPSTREAM_UNAVAILABLE', 'it is tried again'],
  server_error: ['UPSTREAM_UNAVAILABLE', 'it is tried again'],
  slow_down: ['UPSTREAM_UNAVAILABLE', 'it is tried again'],
}

/** Where no person consented there is nobody to ask again: RFC 7523 §3.1 calls an assertion that is not taken an invalid grant, too. */
const machineMeanings: typeof meanings = {
  invalid_grant: [
    'CREDENTIALS_REFUSED',
    'check the private key, issuer and subject, whether the provider allows them, and the time of this machine (npx tenon doctor)',
  ],
}

/** The error that names the connection, what was asked for and what to do. Nothing that a provider wrote comes into it but its error code. */
export function refusal(error: unknown, about: About, asked: Asked): TenonError {
  if (TenonError.is(error)) return error
  if (error instanceof oauth.ResponseBodyError || error instanceof oauth.AuthorizationResponseError)
    return byCode(error, about, asked)
  if (error instanceof oauth.WWWAuthenticateChallengeError)
    return refused(
      'CREDENTIALS_REFUSED',
      about,
      `its ${asked} was answered with status ${error.status}; ${proofRemedy}`,
    )
  const cause = (error as { readonly cause?: unknown }).cause
  if (cause instanceof Response) return byStatus(cause, about, asked)
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError)
    return refused(
      'UPSTREAM_ANSWER_INVALID',
      about,
      `the answer to its ${asked} is not what was agreed: ${error.message} (${error.code})`,
    )
  // The guard and the transport throw what is known already; the rest is a mistake of ours.
  return refused('INTERNAL', about, `its ${asked} failed unexpectedly (${(error as Error).name})`)
}

function byCode(
  error: oauth.ResponseBodyError | oauth.AuthorizationResponseError,
  about: About,
  asked: Asked,
): TenonError {
  const name = /^[\w.-]{1,60}$/.test(error.error) ? error.error : 'an error without a name'
  const response = error instanceof oauth.ResponseBodyError ? error.response : null
  if (response !== null && (response.status >= 500 || response.status === 429)) return byStatus(response, about, asked)
  const [code, remedy] = meaningOf(name, about, asked)
  const after = response === null ? null : waitOf(response, about)
  // That somebody said no is nothing that went wrong.
  const isNo = name === 'access_denied'
  const happened = isNo ? 'consent was not given' : `the provider refused its ${asked} with ${name}`
  return new TenonError(code, `connection ${about.what}: ${happened}; ${remedy}`, {
    details: { error: name, ...(response !== null && { status: response.status }) },
    ...(after !== null && { retryAfterMs: after }),
  })
}

function meaningOf(name: string, { settings }: About, asked: Asked): readonly [code: ErrorCode, remedy: string] {
  const { lostBy = [] } = settings as OAuthDialect
  const plain = lostBy.includes(name) ? 'invalid_grant' : name
  const known = asked === 'token' ? { ...meanings, ...machineMeanings } : meanings
  const found = Object.hasOwn(known, plain) ? known[plain] : undefined
  return found ?? ['UPSTREAM_REFUSED', 'see what the provider says about this error']
}

function byStatus(response: Response, about: About, asked: Asked): TenonError {
  const { status } = response
  const after = waitOf(response, about)
  const mayPass = status >= 500 || status === 429 || status === 408
  const [code, remedy] = mayPass
    ? (['UPSTREAM_UNAVAILABLE', 'it is tried again'] as const)
    : (['UPSTREAM_ANSWER_INVALID', "check the connector's endpoints"] as const)
  return new TenonError(code, `connection ${about.what}: its ${asked} was answered with status ${status}; ${remedy}`, {
    details: { status },
    ...(after !== null && { retryAfterMs: after }),
  })
}

function waitOf({ headers }: Response, { clock }: About): number | null {
  return retryAfterMs(headers.get('retry-after') ?? undefined, clock.now())
}

function refused(code: ErrorCode, { what }: About, message: string): TenonError {
  return new TenonError(code, `connection ${what}: ${message}`)
}
