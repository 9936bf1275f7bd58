import type { Clock } from '../base/clock.ts'
import { messageOf, TenonError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import type { Connector } from '../definition/connector.ts'
import type { OAuthSettings } from '../definition/oauth.ts'
import type { Store } from '../store/store.ts'
import type { RenewalMeter } from '../telemetry/meter.ts'
import type { Log } from '../telemetry/telemetry.ts'
import { lifeOf, nothingDue, type AuthorisationLife } from './authorisation-life.ts'
import type { Changed, ResolvedConnection } from './connection.ts'
import { connectionKey, nameOf, openFields, readConnection, type ConnectionDocument } from './connection-document.ts'
import { fencedShelf } from './fenced-shelf.ts'
import type { GroundOptions } from './ground.ts'
import type { ConnectionName } from './managed.ts'
import { instanceUrl } from './instance.ts'
import type { Registry } from './registry.ts'
import { getTokens, type TokensDocument } from './tokens-document.ts'
import type { TokenShelf } from './token-shelf.ts'
import type { Vault } from './vault.ts'

const pollMs = 2000
const pageSize = 500

export interface KeepingOptions {
  readonly store: Store
  readonly vault: Vault
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly meter?: RenewalMeter
  /** Unique for this process. */
  readonly holder: string
  /** Those that the app knows, by name. */
  readonly connectors: ReadonlyMap<string, Connector>
  /** Base URLs of running simulators, by connector. */
  readonly standIns: ReadonlyMap<string, string>
  /** Is told of each secret that is opened. */
  readonly onSecret: (secret: string) => void
  /** Origins that the operator allows although their addresses are not public. */
  readonly allowedOrigins?: readonly string[]
  readonly transport?: NonNullable<GroundOptions['transport']>
  /** How long the lease of a renewal lives that is not prolonged; default 15 s. */
  readonly leaseMs?: number
}

/** A stored connection, as this process knows it. */
export interface StoredEntry {
  readonly which: ConnectionName
  readonly connector: Connector
  readonly document: ConnectionDocument
  readonly tokens: TokensDocument
  readonly life: AuthorisationLife
  /** The error that says why it cannot be used now. */
  readonly connection: ResolvedConnection | TenonError
}

/** The connections that are in the store, for this process: read at start, and again when this or another process wrote them. */
export class StoredConnections {
  readonly options: KeepingOptions
  readonly #registry: Registry
  readonly #entries = new Map<string, StoredEntry>()
  /** Of the app, and stand-ins, by the key of an entry. */
  readonly #ofApp: ReadonlyMap<string, ResolvedConnection>
  readonly #shelves = new WeakMap<ResolvedConnection, TokenShelf>()
  readonly #changed: Changed
  #position = 0
  #cancel: () => void = () => undefined
  #isClosed = false
  /** One reading at a time: a later one must not be overtaken by an earlier. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: KeepingOptions, registry: Registry, changed: Changed) {
    this.options = options
    this.#registry = registry
    this.#ofApp = new Map(registry.all.map((one) => [keyOf({ ...one, connector: one.connector.name }), one]))
    this.#changed = changed
  }

  /** Rejects with `STORE_UNAVAILABLE`. */
  async open(): Promise<void> {
    const { store } = this.options
    for (;;) {
      const page = await store.changes(this.#position, pageSize)
      this.#position = page.at(-1)?.position ?? this.#position
      if (page.length < pageSize) break
    }
    let after: { readonly tenant: string; readonly id: string } | undefined
    for (;;) {
      const page = await store.listAll({ kind: 'connection', limit: pageSize, ...(after && { after }) })
      for (const { tenant, id } of page) await this.refresh(nameOf(tenant, id))
      after = page.at(-1)
      if (page.length < pageSize) break
    }
    this.#pollLater()
  }

  close(): void {
    this.#isClosed = true
    this.#cancel()
  }

  all(): Iterable<StoredEntry> {
    return this.#entries.values()
  }

  entries(tenant: string): readonly StoredEntry[] {
    return [...this.#entries.values()].filter(({ which }) => which.tenant === tenant)
  }

  entry(which: ConnectionName): StoredEntry | null {
    return this.#entries.get(keyOf(which)) ?? null
  }

  shelfOf(connection: ResolvedConnection): TokenShelf | null {
    return this.#shelves.get(connection) ?? null
  }

  /** Reads it anew. Resolves when this process works with what is stored. */
  refresh(which: ConnectionName): Promise<void> {
    const reading = this.#turn.then(() => this.#read(which))
    this.#turn = reading.catch(() => undefined)
    return reading
  }

  async #read(which: ConnectionName): Promise<void> {
    const { store, connectors } = this.options
    const stored = await store.get(connectionKey(which))
    const before = this.entry(which)
    const connector = connectors.get(which.connector)
    const ofApp = this.#ofApp.get(keyOf(which)) ?? null
    // What is written in code counts; a stand-in gives way.
    if (stored === null || connector === undefined || ofApp?.simulated === false) {
      if (before === null) return
      this.#entries.delete(keyOf(which))
      this.#registry.set(which, ofApp)
      this.#tell(before)
      return
    }
    const document = readConnection(stored)
    const tokens = await getTokens(store, which)
    const life = document.body.simulated ? nothingDue : lifeOf(which, tokens.body, this.options.clock.now())
    const found = { which, connector, document, tokens, life }
    if (before !== null && !TenonError.is(before.connection) && isSame(before, found)) {
      this.#entries.set(keyOf(which), { ...found, connection: before.connection })
      return
    }
    const connection = await this.#resolved(found)
    this.#entries.set(keyOf(which), { ...found, connection })
    this.#registry.set(which, connection)
    this.#tell(before)
  }

  #tell(before: StoredEntry | null): void {
    const left = before?.connection ?? null
    this.#changed(TenonError.is(left) ? null : left)
  }

  async #resolved(found: Omit<StoredEntry, 'connection'>): Promise<ResolvedConnection | TenonError> {
    const { vault, onSecret } = this.options
    const { which, connector, document } = found
    try {
      const credentials = await openFields(vault, which, document)
      for (const secret of secretsOf(connector, credentials)) onSecret(secret.reveal())
      const { tenant, name } = which
      const { simulated, account } = document.body
      const baseUrl = this.#baseUrl(found)
      const known = account === null ? {} : { account: account.id }
      const connection = { tenant, connector, name, baseUrl, credentials, simulated, ...known }
      this.#shelves.set(connection, fencedShelf({ ...this.options, which, onWritten: () => this.#written(which) }))
      return connection
    } catch (error) {
      if (TenonError.is(error)) return error
      return new TenonError(
        'INTERNAL',
        `connection ${which.connector}/${which.name} cannot be read: ${messageOf(error)}`,
      )
    }
  }

  #baseUrl({ which, connector, document: { body }, tokens }: Omit<StoredEntry, 'connection'>): string {
    if (body.simulated) {
      const standIn = this.options.standIns.get(which.connector)
      if (standIn !== undefined) return standIn
      throw new TenonError(
        'CONNECTION_MISSING',
        `connection ${which.connector}/${which.name} was connected to a simulator, which does not run; connect a real account`,
      )
    }
    const { instance } = (connector.options.auth.settings ?? {}) as Partial<OAuthSettings>
    return instanceUrl(body.baseUrl ?? connector.options.baseUrl, instance, tokens.body.facts)
  }

  #written(which: ConnectionName): void {
    this.refresh(which).catch((error: unknown) => this.#unread(error))
  }

  #pollLater(): void {
    if (!this.#isClosed) this.#cancel = this.options.clock.after(pollMs, () => void this.#poll())
  }

  /** What other processes wrote; and what could not be opened is tried again. */
  async #poll(): Promise<void> {
    try {
      const changes = await this.options.store.changes(this.#position, pageSize)
      for (const { tenant, kind, id, position } of changes) {
        if (kind === 'connection' || kind === 'tokens') await this.refresh(nameOf(tenant, id))
        this.#position = position
      }
      for (const { which, connection } of this.#entries.values())
        if (TenonError.is(connection) && connection.retryable) await this.refresh(which)
    } catch (error) {
      this.#unread(error)
    }
    this.#pollLater()
  }

  #unread(error: unknown): void {
    if (!this.#isClosed) this.options.log.warn('connections.unread', { reason: messageOf(error) })
  }
}

const keyOf = ({ tenant, connector, name }: ConnectionName): string => `${tenant} ${connector}/${name}`

/** Tokens that are only renewed change nothing for calls; those of another consent, or of another instance, do. */
function isSame(before: StoredEntry, { document, tokens }: Omit<StoredEntry, 'connection'>): boolean {
  const { authorisedAt, facts } = before.tokens.body
  return (
    before.document.version === document.version &&
    authorisedAt === tokens.body.authorisedAt &&
    JSON.stringify(facts) === JSON.stringify(tokens.body.facts)
  )
}

function secretsOf({ options }: Connector, credentials: Readonly<Record<string, Secret>>): readonly Secret[] {
  return Object.entries(credentials).flatMap(([field, secret]) =>
    options.auth.fields[field]?.secret === false ? [] : [secret],
  )
}
