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

export function ConnectionBadge({ state }: { readonly state: ConnectionState }): ReactNode {
  const { text, icon: Icon, tone } = states[state]
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
