import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { systemClock, type Clock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { defineConnector, type Connector } from '../definition/connector.ts'
import { oauth2 } from '../definition/oauth.ts'
import { guardedFetch } from '../outbound/fetch.ts'
import { createTransport } from '../outbound/transport.ts'
import { postgresStore } from '../store/postgres.ts'
import { sqliteStore } from '../store/sqlite.ts'
import { authenticate } from './authentication.ts'
import { openConnections } from './live-connections.ts'
import type { ManagedConnections } from './managed.ts'
import { getTokens, openTokens } from './tokens-document.ts'
import { createVault } from './vault/create-vault.ts'
import { fileKeys } from './vault/file.ts'

export const which = { tenant: 'default', connector: 'shop', name: 'main' }

/** Where the processes of a test meet: one store, one provider. */
export interface Meeting {
  /** Of the master key, and of the store where there is no database. */
  readonly folder: string
  /** URL. */
  readonly database: string | null
  readonly issuer: string
  /** PEM of the provider's authority. */
  readonly authority: string
  readonly leaseMs: number | null
  /** How far the clock of this process is ahead. */
  readonly aheadMs: number
}

export interface RenewalProcess {
  readonly connector: Connector
  readonly managed: ManagedConnections
  /** The access token that each of so many calls at once is sent with. */
  call(count: number): Promise<readonly string[]>
  /** The access token that is stored. */
  stored(): Promise<string | undefined>
  close(): Promise<void>
}

function shopAt(issuer: string): Connector {
  return defineConnector('shop', {
    baseUrl: issuer,
    auth: oauth2({ endpoints: { issuer }, scopes: ['orders'] }),
    operations: {},
  })
}

/** What a server process has of a connection: its store, vault, connections and way out. */
export async function openProcess({
  folder,
  database,
  issuer,
  authority,
  leaseMs,
  aheadMs,
}: Meeting): Promise<RenewalProcess> {
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + aheadMs }
  const store = database === null ? sqliteStore({ folder }) : postgresStore({ url: new Secret(database) })
  const isUnused = async (): Promise<boolean> => (await store.listAll({ kind: 'data-key', limit: 1 })).length === 0
  const masterKeys = fileKeys({ path: join(folder, 'master-key'), isUnused })
  const vault = createVault({ store, masterKeys, clock })
  const connector = shopAt(issuer)
  const connections = await openConnections({
    store,
    vault,
    clock,
    random: Math.random,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    holder: randomUUID(),
    connectors: new Map([['shop', connector]]),
    standIns: new Map(),
    onSecret: () => undefined,
    ofApp: [],
    ...(leaseMs !== null && { leaseMs }),
  })
  const transport = createTransport({ clock, allowedOrigins: [issuer], tls: { authority } })
  return {
    connector,
    managed: connections.managed,
    async call(count) {
      const connection = connections.resolve(which.tenant, which.connector, which.name)
      const shelf = connections.shelfOf?.(connection)
      if (shelf === null || shelf === undefined) throw new Error('the connection is not a stored one')
      const authentication = authenticate({
        connection,
        scheme: connections.schemeOf(connection),
        clock,
        send: () => Promise.reject(new Error('unused')),
        fetch: guardedFetch(transport, { timeoutMs: 30_000, maxAnswerBytes: 100_000 }),
        shelf,
      })
      const one = async (): Promise<string> => {
        const headers: string[] = []
        await authentication.apply({ method: 'GET', origin: issuer, path: '/me', headers, body: null })
        return headers.join(': ').replace(/^authorization: Bearer /i, '')
      }
      return Promise.all(Array.from({ length: count }, one))
    },
    stored: async () => (await openTokens(vault, which, await getTokens(store, which)))?.access.reveal(),
    async close() {
      await connections.close()
      await transport.close()
      await store.close()
    },
  }
}
