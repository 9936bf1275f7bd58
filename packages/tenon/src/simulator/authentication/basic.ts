import type { BasicSettings } from '../../definition/auth.ts'
import { fixed, type AuthenticationCheck } from '../authentication.ts'

export const check: AuthenticationCheck = ({ connector, credentials }) => {
  const { user, password } = connector.options.auth.settings as BasicSettings
  const both = Buffer.from(`${credentials[user]}:${credentials[password]}`).toString('base64')
  return fixed(({ headers }) => headers['authorization'], `Basic ${both}`)
}
