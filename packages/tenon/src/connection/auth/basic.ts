import { TenonError } from '../../base/errors.ts'
import type { BasicSettings } from '../../definition/auth.ts'
import type { AuthScheme, BareRequest } from '../auth-scheme.ts'
import { credential } from '../credentials.ts'

/** RFC 7617, with UTF-8. */
export const scheme: AuthScheme = {
  open({ settings, credentials, conceal }) {
    const { user, password } = settings as BasicSettings
    const name = credential(credentials, user)
    // The first colon ends the user's name (RFC 7617 §2).
    if (name.includes(':'))
      throw new TenonError(
        'APP_INVALID',
        `${user} must not contain a colon, for Basic authentication cannot express it`,
      )
    const encoded = Buffer.from(`${name}:${credential(credentials, password)}`).toString('base64')
    conceal(encoded)
    const value = `Basic ${encoded}`
    return {
      apply({ headers }: BareRequest) {
        headers.push('authorization', value)
      },
    }
  },
}
