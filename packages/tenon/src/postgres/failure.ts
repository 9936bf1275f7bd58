import { messageOf, TenonError, type ErrorCode } from '../base/errors.ts'

/** What it means to the caller that the database cannot be reached. */
export type Unavailable = Extract<ErrorCode, 'STORE_UNAVAILABLE' | 'JOURNAL_UNAVAILABLE'>

/** What an error of the database means. */
type Failure =
  /** The session is gone. What was asked for may have been done or not. */
  | 'lost'
  /** Nothing was done; later it may be. */
  | 'transient'
  /** Nothing can be done with this database until a person changes something. */
  | 'unusable'
  /** This statement cannot be done, whatever the state of the database. */
  | 'statement'

/** By SQLSTATE or its class: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const meanings: Readonly<Record<string, Failure>> = {
  '08': 'lost',
  '57P': 'lost',
  // A primary that became a standby, or a disk that was made read-only.
  '25006': 'lost',
  '25P03': 'lost',
  '40': 'transient',
  '53': 'transient',
  '54': 'transient',
  '55P03': 'transient',
  '57014': 'transient',
  '58': 'transient',
  XX: 'transient',
  '28': 'unusable',
  '3D': 'unusable',
  '42501': 'unusable',
}

/** Codes of Node and OpenSSL for a certificate that is refused, and the words of `pg` for a server without TLS: no later try will be better. */
const noTls = /^(?:ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)|does not support SSL/

export function failureOf(error: unknown): Failure {
  const state = sqlstateOf(error)
  if (state === null) {
    if (TenonError.is(error)) return error.retryable ? 'lost' : 'unusable'
    const { code } = error as { readonly code?: unknown }
    return noTls.test(typeof code === 'string' ? code : messageOf(error)) ? 'unusable' : 'lost'
  }
  return meanings[state] ?? meanings[state.slice(0, 3)] ?? meanings[state.slice(0, 2)] ?? 'statement'
}

/** `null` for what did not come from the database. */
export function sqlstateOf(error: unknown): string | null {
  const code = error instanceof Error && 'severity' in error && 'code' in error ? error.code : null
  return typeof code === 'string' ? code : null
}

/** Errors of single statements stay as they are; for all others there is a code. The database's own words name no value of ours but in `detail`, which is left out. */
export function explain(error: unknown, database: string, unavailable: Unavailable): Error {
  if (TenonError.is(error)) return error
  const failure = failureOf(error)
  const sqlstate = sqlstateOf(error)
  if (failure === 'statement' && error instanceof Error) return error
  const details = { database, ...(sqlstate !== null && { sqlstate }) }
  if (failure === 'unusable')
    return new TenonError('DATABASE_UNUSABLE', `the database ${database} refuses: ${messageOf(error)}`, { details })
  const problem = failure === 'lost' ? 'the connection was lost' : 'it cannot do that now'
  return new TenonError(
    unavailable,
    `the database ${database} cannot be used at the moment: ${problem} (${messageOf(error)})`,
    { details },
  )
}
