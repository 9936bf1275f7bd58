import type { ConnectionState, ConnectionView } from '../../connection/managed.ts'
import { tenantWords } from '../tenant.ts'
import type { Colours } from '../terminal.ts'

const states: Readonly<Record<ConnectionState, readonly [string, string, 'green' | 'yellow' | 'red']>> = {
  healthy: ['✓', 'healthy', 'green'],
  expiring: ['◷', 'expiring', 'yellow'],
  'needs-authorisation': ['‖', 'connect again', 'red'],
  revoked: ['✗', 'revoked', 'red'],
}

export function stateWords(state: ConnectionState, colours: Colours): string {
  const [mark, word, colour] = states[state]
  return colours[colour](`${mark} ${word}`)
}

/** Whose it is, as far as somebody said it. */
export function accountWords({ account, origin }: Pick<ConnectionView, 'account' | 'origin'>): string {
  if (account !== null) return account.name
  return { app: 'from the environment', simulated: 'a stand-in', stored: '' }[origin]
}

/** The command line that connects it again. */
export function connectLine({
  connector,
  name,
  tenant,
}: Pick<ConnectionView, 'connector' | 'name' | 'tenant'>): string {
  const named = name === 'main' ? '' : ` --name ${name}`
  return `npx tenon connect ${connector}${named}${tenantWords(tenant)}`
}
