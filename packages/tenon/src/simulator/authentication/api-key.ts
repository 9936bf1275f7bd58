import type { ApiKeySettings } from '../../definition/auth/api-key.ts'
import { fixed, type AuthenticationCheck } from '../authentication.ts'

export const check: AuthenticationCheck = ({ connector, credentials }) => {
  const { field, place } = connector.options.auth.settings as ApiKeySettings
  const key = credentials[field] ?? ''
  if ('query' in place)
    return { ...fixed(({ query }) => query[place.query], key), ownsQuery: (name) => name === place.query }
  if ('header' in place) return fixed(({ headers }) => headers[place.header.toLowerCase()], (place.prefix ?? '') + key)
  return fixed(({ headers }) => cookieOf(headers['cookie'], place.cookie), key)
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  const pairs = (header ?? '').split('; ')
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}
