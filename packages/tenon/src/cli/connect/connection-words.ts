import type { ConnectionState, ConnectionView } from '../../connection/managed.ts'
import { tenantWords } from '../tenant.ts'
import type { Colours } from '../terminal.ts'
import { clockTime } from '../words.ts'

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

/** What to know of one that its provider kept from being tried, with the command line that tries it. */
export function untriedWords({ connector, name, tenant, untried }: ConnectionView, now: number): string | null {
  if (untried === null) return null
  const test = `npx tenon connections test ${connector}${name === 'main' ? '' : ` ${name}`}${tenantWords(tenant)}`
  const since = clockTime(untried.since, now)
  return `${connector} could not be reached (${since}), and so it is not known whether the account works: ${untried.cause} When ${connector} answers again: ${test}`
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
