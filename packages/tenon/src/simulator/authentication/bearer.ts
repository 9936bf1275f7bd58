import type { BearerSettings } from '../../definition/auth.ts'
import { fixed, type AuthenticationCheck } from '../authentication.ts'

export const check: AuthenticationCheck = ({ connector, credentials }) => {
  const { field } = connector.options.auth.settings as BearerSettings
  return fixed(({ headers }) => headers['authorization'], `Bearer ${credentials[field]}`)
}
