import type { Clock } from '../../base/clock.ts'
import type { Client } from '../../client/client.ts'
import type { Connections } from '../../connection/connection.ts'
import { loadScheme } from '../../connection/schemes.ts'
import type { AuthScheme } from '../../connection/auth-scheme.ts'
import type { ManagedConnections } from '../../connection/managed.ts'
import type { Vault } from '../../connection/vault.ts'
import type { Connector } from '../../definition/connector.ts'
import type { TransportOptions } from '../../outbound/transport.ts'
import type { Store } from '../../store/store.ts'
import { createAccounts, type Accounts } from './accounts.ts'
import { createConsents, type Consents } from './consents.ts'
import type { Brought } from './form.ts'
import { createLinks, type Links } from './links.ts'

/** What people connect accounts by: fields, a consent at the provider, or a link that a product gives to its own customers. */
export interface Connecting {
  readonly accounts: Accounts
  readonly consents: Consents
  readonly links: Links
}

export interface ConnectingOptions {
  readonly connectors: ReadonlyMap<string, Connector>
  readonly managed: ManagedConnections
  readonly connections: Pick<Connections, 'resolve'>
  readonly client: Client
  readonly store: Store
  readonly vault: Vault
  readonly clock: Clock
  /** What the app or a simulator brings itself for a connector. */
  readonly brought: (connector: string) => Brought
  /** Base URLs of running simulators, by connector. */
  readonly standIns?: ReadonlyMap<string, string>
  /** Exact origins to which a connect link may lead back. */
  readonly returnTo: readonly string[]
  readonly onSecret?: (secret: string) => void
  readonly transport?: Omit<TransportOptions, 'clock'>
  /** Origins that the operator lets connections have, or ask for tokens at, although their addresses are not public. */
  readonly allowedOrigins?: readonly string[]
}

export interface ConnectingParts extends ConnectingOptions {
  readonly schemes: ReadonlyMap<string, AuthScheme>
}

/** Rejects with `APP_INVALID` for a connector whose scheme is not there. */
export async function createConnecting(options: ConnectingOptions): Promise<Connecting> {
  const schemes = new Map<string, AuthScheme>()
  for (const { name, options: definition } of options.connectors.values())
    schemes.set(name, await loadScheme(definition.auth.scheme, name))
  // A stand-in plays the provider of a consent. Who types a key means the real account, for which it has nothing.
  const brought = (connector: string): Brought => {
    const found = options.brought(connector)
    const { browser, device } = schemes.get(connector) ?? {}
    return found.simulated && browser === undefined && device === undefined ? { fields: {}, simulated: false } : found
  }
  const parts = { ...options, brought, schemes }
  const accounts = createAccounts(parts)
  return { accounts, consents: createConsents(parts, accounts), links: createLinks(parts, accounts) }
}
