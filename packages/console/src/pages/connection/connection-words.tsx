import { CircleCheck, CircleX, Clock, Hand, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Connection, ConnectionState, RemoteAccount } from '../../api/connections.ts'
import { toneClass } from '../../components/status.tsx'
import statusStyles from '../../components/status.module.css'

const states: Readonly<
  Record<
    ConnectionState,
    { readonly text: string; readonly icon: LucideIcon; readonly tone: 'completed' | 'waiting' | 'parked' | 'failed' }
  >
> = {
  healthy: { text: 'Healthy', icon: CircleCheck, tone: 'completed' },
  expiring: { text: 'Expiring', icon: Clock, tone: 'waiting' },
  'needs-authorisation': { text: 'Connect again', icon: Hand, tone: 'parked' },
  revoked: { text: 'Taken back', icon: CircleX, tone: 'failed' },
}

const notTried = { text: 'Not tried yet', icon: Clock, tone: 'waiting' } as const

export function ConnectionBadge({
  connection: { state, account, untried },
}: {
  readonly connection: Pick<Connection, 'state' | 'account' | 'untried'>
}): ReactNode {
  const { icon: Icon, tone, ...words } = state === 'healthy' && untried !== null ? notTried : states[state]
  const isNew = state === 'needs-authorisation' && account === null
  const text = isNew ? 'Not connected yet' : words.text
  return (
    <span className={`${statusStyles.badge} ${toneClass(tone)}`}>
      <Icon aria-hidden="true" />
      {text}
    </span>
  )
}

export function accountWords({ account, origin, baseUrl }: Connection): string {
  if (account !== null) return nameOf(account)
  if (origin === 'app') return `from the environment of the app, at ${baseUrl}`
  return origin === 'simulated' ? `a stand-in, at ${baseUrl}` : `an account at ${baseUrl}`
}

export function nameOf(account: RemoteAccount | null): string {
  return account === null ? 'an account that gives no name' : `${account.name} (${account.id})`
}

/** By the scheme's name; one of somebody's own is shown as it is. */
const schemes: Readonly<Record<string, string>> = {
  none: 'nothing: the API asks for none',
  'api-key': 'an API key',
  basic: 'user and password',
  bearer: 'a token',
  'token-login': 'a login that gives a token',
  hmac: 'a signature over each request',
  oauth1: 'OAuth 1.0a',
  'aws-signature': 'AWS Signature 4',
  'mutual-tls': 'a client certificate',
  'ws-security': 'WS-Security',
  'client-credentials': 'OAuth 2, for the app itself',
  'jwt-bearer': 'a signed assertion (OAuth 2)',
  oauth2: "OAuth 2, with somebody's consent",
  device: 'OAuth 2, with a code that somebody typed',
}

export function schemeWords(scheme: string): string {
  return Object.hasOwn(schemes, scheme) ? (schemes[scheme] ?? scheme) : scheme
}

/** `accessKeyId` → `Access key ID`. */
export function fieldWords(name: string): string {
  const words = name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase().replaceAll(/\b(?:id|url)\b/g, (word) => word.toUpperCase()) // prettier-ignore
  return words.charAt(0).toUpperCase() + words.slice(1)
}
