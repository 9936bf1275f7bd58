import { TenonError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import type { BareRequest, Tokens } from './auth-scheme.ts'

/** The value of a credential field, for the moment in which it is sent. */
export function credential(credentials: Readonly<Record<string, Secret>>, field: string): string {
  const secret = Object.hasOwn(credentials, field) ? credentials[field] : undefined
  if (secret === undefined)
    throw new TenonError('APP_INVALID', `the connection has no credential ${field}`, { details: { field } })
  return secret.reveal()
}

/** The same for a field that an account may do without; `null` where it does, or a form was left empty. */
export function optionalCredential(credentials: Readonly<Record<string, Secret>>, field: string): string | null {
  return (Object.hasOwn(credentials, field) && credential(credentials, field)) || null
}

/** The value itself when it is one line without blanks around it: what was copied with its line break signs nothing that a provider accepts. */
export function requireLine(value: string, field: string): string {
  if (value !== '' && value === value.trim() && !/[\r\n\0]/.test(value)) return value
  throw unusable(field, 'is empty, has blanks around it or has a line break: give it as the provider shows it')
}

/** A credential that no request can carry, named by its field, without its value. */
export function unusable(field: string, why: string): TenonError {
  return new TenonError('APP_INVALID', `the credential ${field} ${why}`, { details: { field } })
}

/** The value itself when a header can carry it. The error does not show it. */
export function requireHeaderValue(value: string, field: string): string {
  if (/^[\x21-\x7e]+$/.test(value)) return value
  throw unusable(field, 'is empty or has a space, a line break or another character that a header cannot carry')
}

/** RFC 6750 §2.1. */
export function applyBearer({ headers }: BareRequest, { access }: Tokens): void {
  headers.push('authorization', `Bearer ${access.reveal()}`)
}
