import { TenonError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import type { BareRequest, Tokens } from './auth-scheme.ts'

/** The value of a credential field, for the moment in which it is sent. */
export function credential(credentials: Readonly<Record<string, Secret>>, field: string): string {
  const secret = Object.hasOwn(credentials, field) ? credentials[field] : undefined
  if (secret === undefined) throw new TenonError('APP_INVALID', `the connection has no credential ${field}`)
  return secret.reveal()
}

/** The value itself when a header can carry it. The error does not show it. */
export function requireHeaderValue(value: string, field: string): string {
  if (/^[\x21-\x7e]+$/.test(value)) return value
  throw new TenonError(
    'APP_INVALID',
    `the credential ${field} is empty or has a space, a line break or another character that a header cannot carry`,
  )
}

/** RFC 6750 §2.1. */
export function applyBearer({ headers }: BareRequest, { access }: Tokens): void {
  headers.push('authorization', `Bearer ${access.reveal()}`)
}
