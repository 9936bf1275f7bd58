import { TenonError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import type { Connector } from '../definition/connector.ts'
import type { PolicyOptions } from '../definition/policy.ts'
import type { AuthScheme } from './auth-scheme.ts'
import { parseBaseUrl } from './base-url.ts'
import { Registry } from './registry.ts'
import { loadSchemes } from './schemes.ts'
import type { TokenShelf } from './token-shelf.ts'

/** One account's authorisation to use a connector, ready for use. */
export interface ResolvedConnection {
  readonly tenant: string
  readonly connector: Connector
  readonly name: string
  readonly baseUrl: string
  readonly credentials: Readonly<Record<string, Secret>>
  /** Whose it is, by the provider's own id, as far as that is known. */
  readonly account?: string
  /** Its origin is a local stand-in: allowed although its address is not public. Its credentials are made up. */
  readonly simulated: boolean
  /** Overrides what the connector and the app say. */
  readonly policies?: PolicyOptions
}

export type Changed = (left: ResolvedConnection | null) => void

export interface Connections {
  readonly all: readonly ResolvedConnection[]
  /** The named connection; with `null` the tenant's only one of that connector. Throws `CONNECTION_MISSING`, and for a stored one what keeps it from being opened (`VAULT_LOCKED`). */
  resolve(tenant: string, connector: string, name: string | null): ResolvedConnection
  /** How the requests of a connection are authenticated. */
  schemeOf(connection: ResolvedConnection): AuthScheme
  /** Where its tokens lie, for all processes; `null` for those that end with the process. */
  shelfOf?(connection: ResolvedConnection): TokenShelf | null
  /** A call uses it now. */
  used?(connection: ResolvedConnection, at: number): void
  /** Calls back after a connection came, went or was replaced, with the one that is no longer in use. Gives how to stop that. */
  readonly onChange?: (changed: Changed) => () => void
}

export interface ConnectionsOptions {
  readonly connections: readonly ResolvedConnection[]
  /** Where the tokens lie of those that a person consented to. */
  readonly shelves?: ReadonlyMap<ResolvedConnection, TokenShelf>
}

/** Loads what the connections need. Rejects with `APP_INVALID` for an unknown scheme, a bad base URL or a name given twice. */
export async function createConnections({ connections, shelves }: ConnectionsOptions): Promise<Connections> {
  const registry = new Registry()
  const schemes = new Map<string, AuthScheme>()
  for (const connection of connections) {
    const { tenant, connector, name } = connection
    const what = `connection ${connector.name}/${name}`
    parseBaseUrl(connection.baseUrl, what)
    await loadSchemes([connector], schemes)
    if (registry.has(tenant, connector.name, name))
      throw new TenonError('APP_INVALID', `${what} is there twice; give one of them another name`)
    registry.set({ tenant, connector: connector.name, name }, connection)
  }
  return {
    shelfOf: (connection) => shelves?.get(connection) ?? null,
    get all() {
      return registry.all
    },
    resolve: (tenant, connector, name) => registry.resolve(tenant, connector, name),
    schemeOf: ({ connector }) => schemes.get(connector.options.auth.scheme) as AuthScheme,
  }
}
