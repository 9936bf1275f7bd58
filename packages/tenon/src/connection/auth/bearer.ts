import type { BearerSettings } from '../../definition/auth.ts'
import type { AuthScheme, BareRequest } from '../auth-scheme.ts'
import { credential, requireHeaderValue } from '../credentials.ts'

/** RFC 6750 §2.1. */
export const scheme: AuthScheme = {
  open({ settings, credentials }) {
    const { field } = settings as BearerSettings
    const value = `Bearer ${requireHeaderValue(credential(credentials, field), field)}`
    return {
      apply({ headers }: BareRequest) {
        headers.push('authorization', value)
      },
    }
  },
}
