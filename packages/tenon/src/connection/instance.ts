import { TenonError } from '../base/errors.ts'
import type { OAuthSettings } from '../definition/oauth.ts'

/** The base URL of the account's own instance, which must be one that the connector declares. Throws `ADDRESS_REFUSED` (EGR-07). */
export function instanceUrl(
  baseUrl: string,
  instance: OAuthSettings['instance'],
  facts: Readonly<Record<string, string>> | undefined,
): string {
  const told = instance === undefined ? undefined : facts?.[instance.fact]
  if (instance === undefined || told === undefined) return baseUrl
  const url = URL.canParse(told) ? new URL(told) : null
  const isOurs =
    url?.protocol === 'https:' && url.port === '' && instance.hosts.some((host) => matches(url.hostname, host))
  if (url === null || !isOurs) {
    throw new TenonError(
      'ADDRESS_REFUSED',
      `the provider names an instance at ${url?.host ?? 'no address'}; the connector allows ${instance.hosts.join(', ')}`,
      { details: { fate: 'not-sent' } },
    )
  }
  const { pathname } = new URL(baseUrl)
  return url.origin + (pathname === '/' ? '' : pathname)
}

function matches(hostname: string, pattern: string): boolean {
  return pattern.startsWith('*.')
    ? hostname.endsWith(pattern.slice(1)) && hostname.length > pattern.length - 1
    : hostname === pattern
}
