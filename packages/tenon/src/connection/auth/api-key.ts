import type { ApiKeySettings } from '../../definition/auth/api-key.ts'
import type { AuthScheme, BareRequest } from '../auth-scheme.ts'
import { credential, requireHeaderValue, requireLine, unusable } from '../credentials.ts'
import { percentEncoded, withQuery } from '../../definition/request-text.ts'

export const scheme: AuthScheme = {
  open({ settings, credentials, conceal }) {
    const { field, place } = settings as ApiKeySettings
    const key = credential(credentials, field)
    if ('header' in place) {
      const name = place.header.toLowerCase()
      const value = (place.prefix ?? '') + requireHeaderValue(key, field)
      return { apply: ({ headers }: BareRequest) => void headers.push(name, value) }
    }
    if ('cookie' in place) {
      const cookie = `${place.cookie}=${requireCookie(key, field)}`
      return { apply: (request: BareRequest) => addCookie(request, cookie) }
    }
    const pair = `${percentEncoded(place.query)}=${percentEncoded(requireLine(key, field))}`
    // A key may be too short to be looked for by itself; with its name before it, it is not.
    conceal(pair)
    return {
      apply(request: BareRequest) {
        request.path = withQuery(request.path, pair)
      },
    }
  },
}

/** RFC 6265 §4.1.1: cookie-octet. */
function requireCookie(value: string, field: string): string {
  if (/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/.test(value)) return value
  throw unusable(field, 'is empty or has a blank, a comma, a semicolon or another character that a cookie cannot carry')
}

/** RFC 6265 §5.4: a request has one Cookie header at most. */
function addCookie({ headers }: BareRequest, cookie: string): void {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name === 'cookie')
  if (at < 0) headers.push('cookie', cookie)
  else headers[at + 1] = `${headers[at + 1]}; ${cookie}`
}
