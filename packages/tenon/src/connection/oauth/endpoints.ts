import type * as oauth from 'oauth4webapi'
import { TenonError } from '../../base/errors.ts'
import type { OAuthEndpoints, OAuthSettings } from '../../definition/oauth.ts'
import type { AuthContext } from '../auth-scheme.ts'
import { credential } from '../credentials.ts'

type Declared = Pick<AuthContext, 'what' | 'settings' | 'credentials'>

/** The endpoints of this connection. Throws `APP_INVALID` for one that is not https, and for a field that is no part of a host's name. */
export function endpointsOf({ what, settings, credentials }: Declared): OAuthEndpoints {
  const { endpoints } = settings as Pick<OAuthSettings, 'endpoints'>
  const filled = Object.entries(endpoints).map(([name, template]: [string, string]) => {
    const text = template.replaceAll(/\{(\w+)\}/g, (_, field: string) =>
      label(credential(credentials, field), field, what),
    )
    return [name, requireHttps(text, `${what}: the endpoint ${name}`)] as const
  })
  return Object.fromEntries(filled)
}

/** Where tokens are asked for and taken back: what the connector declares, and no other. The address of consent is not among them: only a browser goes there. */
export function tokenOrigins(context: Declared): ReadonlySet<string> {
  const { authorisation: _, ...asked } = endpointsOf(context)
  const { hosts = [] } = context.settings as Pick<OAuthSettings, 'hosts'>
  return new Set([
    ...Object.values(asked).map((url: string) => new URL(url).origin),
    ...hosts.map((host) => `https://${host}`),
  ])
}

/** RFC 1123: anything else could turn the address into that of somebody else. */
function label(value: string, field: string, what: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(value)) return value
  throw new TenonError(
    'APP_INVALID',
    `connection ${what}: ${field} is a part of the provider's address and may have only letters, digits and hyphens`,
  )
}

export function requireHttps(text: string, what: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol === 'https:' && url.username === '' && url.password === '' && url.hash === '') return text
  throw new TenonError('APP_INVALID', `${what} is not an https address, such as https://login.example.com/token`)
}

/** What oauth4webapi asks by. */
export type OAuthFetch = (
  url: string,
  init: Pick<oauth.CustomFetchOptions<string, URLSearchParams | undefined>, 'method' | 'headers' | 'body' | 'signal'>,
) => Promise<Response>

/** A way out that leads to these hosts and to no other: client secrets and tokens travel on it. */
export function boundFetch({ fetch, what }: AuthContext, origins: ReadonlySet<string>): OAuthFetch {
  return (url, { method, headers, body, signal }) => {
    const { origin } = new URL(url)
    const sent = { method, headers, signal: signal ?? null }
    if (origins.has(origin)) return fetch(url, body === undefined ? sent : { ...sent, body })
    throw new TenonError(
      'ADDRESS_REFUSED',
      `connection ${what}: ${origin} is none of the hosts that its connector declares for tokens (${[...origins].join(', ')})`,
      { details: { fate: 'not-sent' } },
    )
  }
}
