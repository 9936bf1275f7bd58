import type { AuthScheme } from './auth-scheme.ts'
import { BackgroundRenewal } from './background-renewal.ts'
import { stateOf } from './connection-view.ts'
import { createConnections, type Changed, type Connections, type ResolvedConnection } from './connection.ts'
import { manage } from './manage.ts'
import type { ConnectionState, ManagedConnections } from './managed.ts'
import { Registry } from './registry.ts'
import { loadSchemes } from './schemes.ts'
import { StoredConnections, type KeepingOptions } from './stored-connections.ts'

/** Connections that come and go while they are used: those of the app, those that people connected, and stand-ins. */
export interface LiveConnections extends Connections {
  readonly managed: ManagedConnections
  /** How many stored ones there are now in each state, by connector. */
  counts(): Iterable<StateCount>
  /** Of those that nothing calls. */
  readonly renewal: Pick<BackgroundRenewal, 'stop'>
  /** Reads no more of what other processes write, and renews none any more. Resolves when the renewals under way have ended. */
  close(): Promise<void>
}

export interface StateCount {
  readonly connector: string
  readonly state: ConnectionState
  readonly count: number
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
  const renewal = new BackgroundRenewal(stored)
  renewal.start()
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
    counts: () => countsOf(stored),
    renewal,
    async close() {
      await renewal.stop()
      stored.close()
    },
  }
}

function countsOf(stored: StoredConnections): readonly StateCount[] {
  const now = stored.options.clock.now()
  const counts = new Map<string, StateCount>()
  for (const entry of stored.all()) {
    const { connector } = entry.which
    const { state } = stateOf(entry, now)
    const key = `${connector} ${state}`
    counts.set(key, { connector, state, count: (counts.get(key)?.count ?? 0) + 1 })
  }
  return [...counts.values()]
}
