import type { AuthScheme } from './auth-scheme.ts'
import { createConnections, type Changed, type Connections, type ResolvedConnection } from './connection.ts'
import { manage } from './manage.ts'
import type { ManagedConnections } from './managed.ts'
import { Registry } from './registry.ts'
import { loadSchemes } from './schemes.ts'
import { StoredConnections, type KeepingOptions } from './stored-connections.ts'

/** Connections that come and go while they are used: those of the app, those that people connected, and stand-ins. */
export interface LiveConnections extends Connections {
  readonly managed: ManagedConnections
  /** Reads no more of what other processes write. */
  close(): void
}

export interface LiveOptions extends KeepingOptions {
  /** Of the app, and simulated ones. */
  readonly ofApp: readonly ResolvedConnection[]
}

/** Rejects with `APP_INVALID` for an unknown scheme, a bad base URL or a name given twice, and with `STORE_UNAVAILABLE`. */
export async function openConnections(options: LiveOptions): Promise<LiveConnections> {
  const { ofApp, connectors } = options
  const fixed = await createConnections({ connections: ofApp })
  const schemes = new Map<string, AuthScheme>()
  await loadSchemes([...ofApp.map(({ connector }) => connector), ...connectors.values()], schemes)
  const registry = new Registry()
  for (const connection of fixed.all) registry.set({ ...connection, connector: connection.connector.name }, connection)
  const uses = new WeakMap<ResolvedConnection, number>()
  const listeners = new Set<Changed>()
  const tell: Changed = (left) => {
    for (const listener of listeners) listener(left)
  }
  const stored = new StoredConnections(options, registry, tell)
  await stored.open()
  return {
    get all() {
      return registry.all
    },
    resolve: (tenant, connector, name) => registry.resolve(tenant, connector, name),
    schemeOf: ({ connector }) => schemes.get(connector.options.auth.scheme) as AuthScheme,
    shelfOf: (connection) => stored.shelfOf(connection),
    used: (connection, at) => void uses.set(connection, at),
    onChange(changed) {
      listeners.add(changed)
      return () => void listeners.delete(changed)
    },
    managed: manage({ stored, ofApp, lastUsedAt: (connection) => uses.get(connection) ?? null }),
    close: () => stored.close(),
  }
}
