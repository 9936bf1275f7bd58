import { randomInt } from 'node:crypto'
import type { SimulatorDefinition } from '../definition/app.ts'
import type { Connector } from '../definition/connector.ts'
import type { Simulator } from './behaviour.ts'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Letters and digits from the system's secure source. */
export function randomText(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** Names of all credentials that a connection of this connector holds, its webhook secret included. */
export function credentialFields(connector: Connector): readonly string[] {
  const { auth, webhooks } = connector.options
  const secret = webhooks?.verify.field ?? null
  return [...new Set([...Object.keys(auth.fields), ...(secret === null ? [] : [secret]), ...(webhooks?.fields ?? [])])]
}

/** New credentials for a simulated account, of the provider's form and strong enough to be real. */
export function generateCredentials(definition: SimulatorDefinition): Record<string, string> {
  const { behaviour } = definition as Simulator
  const make = (field: string): string => behaviour.credentials?.[field]?.(randomText) ?? randomText(32)
  return Object.fromEntries(credentialFields(definition.connector).map((field) => [field, make(field)]))
}
