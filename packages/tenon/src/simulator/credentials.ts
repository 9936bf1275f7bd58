import { randomInt } from 'node:crypto'
import type { SimulatorDefinition } from '../definition/app.ts'
import type { Connector } from '../definition/connector.ts'
import { loadSimulatedScheme } from './authentication.ts'
import type { Simulator } from './behaviour.ts'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Letters and digits from the system's secure source. */
export function randomText(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** Names of the credentials that no connection of this connector can do without, its webhook secret included. */
export function requiredFields(connector: Connector): readonly string[] {
  const { auth, webhooks } = connector.options
  const secret = webhooks?.verify.field ?? null
  const own = Object.keys(auth.fields).filter((field) => auth.fields[field]?.optional !== true)
  return [...new Set([...own, ...(secret === null ? [] : [secret]), ...(webhooks?.fields ?? [])])]
}

/** New credentials for a simulated account, of the provider's form and strong enough to be real. Rejects with `APP_INVALID` for a scheme that no simulator can check. */
export async function generateCredentials(definition: SimulatorDefinition): Promise<Record<string, string>> {
  const { connector, behaviour } = definition as Simulator
  const { makeCredentials } = await loadSimulatedScheme(connector)
  const made = makeCredentials?.(connector.options.auth.settings) ?? {}
  const plain = requiredFields(connector).filter((field) => made[field] === undefined)
  const make = (field: string): string => behaviour.credentials?.[field]?.(randomText) ?? randomText(32)
  return { ...Object.fromEntries(plain.map((field) => [field, make(field)])), ...made }
}
