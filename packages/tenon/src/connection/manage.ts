import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import type { Connector } from '../definition/connector.ts'
import type { AuditAction } from '../store/actions.ts'
import type { DocumentWrite, NewAuditEntry } from '../store/store.ts'
import type { Tokens } from './auth-scheme.ts'
import { parseBaseUrl } from './base-url.ts'
import type { ResolvedConnection } from './connection.ts'
import { connectionKey, openFields, requireFields, sealFields, type ConnectionBody } from './connection-document.ts'
import type { Actor, ConnectionName, ConnectionView, ManagedConnections, RemoteAccount, Untried } from './managed.ts'
import { revokeTokens } from './revoke-tokens.ts'
import type { StoredConnections, StoredEntry } from './stored-connections.ts'
import { getTokens, noTokens, openTokens, succeeding, tokensKey, writeTokens } from './tokens-document.ts'
import { viewOf, viewOfApp, type LastUse } from './connection-view.ts'

export interface ManagingOptions {
  readonly stored: StoredConnections
  /** Written in code, and simulated ones. */
  readonly ofApp: readonly ResolvedConnection[]
  readonly lastUsedAt: LastUse
}

/** What is given for a connection, by its fields or by a consent. */
interface Given {
  readonly baseUrl?: string
  readonly fields?: Readonly<Record<string, string>>
  readonly account?: RemoteAccount | null
  readonly untried?: Untried | null
  readonly confirmAccountChange?: boolean
  readonly tokens?: Tokens
}

export function manage(options: ManagingOptions): ManagedConnections {
  return new ConnectionDesk(options)
}

class ConnectionDesk implements ManagedConnections {
  readonly #options: ManagingOptions

  constructor(options: ManagingOptions) {
    this.#options = options
  }

  list(tenant: string): readonly ConnectionView[] {
    const { stored, ofApp, lastUsedAt } = this.#options
    const entries = stored.entries(tenant)
    const now = stored.options.clock.now()
    const connected = new Set(entries.map(({ which }) => which.connector))
    const others = ofApp.filter((one) => one.tenant === tenant && !(one.simulated && connected.has(one.connector.name)))
    return [
      ...others.map((connection) => viewOfApp(connection, lastUsedAt)),
      ...entries.map((entry) => viewOf(entry, now, lastUsedAt)),
    ].toSorted(byName)
  }

  show(which: ConnectionName): ConnectionView {
    const view = this.list(which.tenant).find(
      ({ connector, name }) => connector === which.connector && name === which.name,
    )
    if (view !== undefined) return view
    throw new TenonError('NOT_FOUND', `There is no connection ${which.connector}/${which.name}.`)
  }

  save(which: ConnectionName, given: Given, actor: Actor): Promise<ConnectionView> {
    return this.#order('connection.saved', which, actor, () => this.#keep(which, given, actor))
  }

  authorise(which: ConnectionName, given: Given, actor: Actor): Promise<ConnectionView> {
    return this.#order('connection.authorised', which, actor, () => this.#keep(which, given, actor))
  }

  async tried(which: ConnectionName, account: RemoteAccount): Promise<void> {
    const { stored } = this.#options
    await stored.refresh(which)
    const entry = stored.entry(which)
    if (entry === null || (entry.document.body.untried ?? null) === null) return
    const { createdBy: by, updatedAt: at } = entry.document.body
    // Whoever changes it at the same moment knows better.
    const change = await this.#connectionWrite(which, entry, { account }, { by, at })
    await stored.options.store.write({ changes: [change] })
    await stored.refresh(which)
  }

  async remove(which: ConnectionName, actor: Actor): Promise<void> {
    await this.#order('connection.removed', which, actor, () => this.#forget(which, actor))
  }

  /** Each order is audited: with what it writes, or by itself where it was refused. */
  async #order<Result>(
    action: AuditAction,
    which: ConnectionName,
    actor: Actor,
    carryOut: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await carryOut()
    } catch (error) {
      const code = TenonError.is(error) ? error.code : 'INTERNAL'
      const { store, clock } = this.#options.stored.options
      const outcome = code === 'STORE_UNAVAILABLE' || code === 'INTERNAL' ? 'failed' : 'refused'
      const entry = { ...auditOf(action, which, actor, clock.now()), outcome, details: { code } } as const
      // What went wrong must not be hidden by an audit log that cannot be written either.
      await store.write({ changes: [], audit: [entry] }).catch(() => undefined)
      throw error
    }
  }

  async #keep(which: ConnectionName, given: Given, actor: Actor): Promise<ConnectionView> {
    const { stored } = this.#options
    const { store, clock } = stored.options
    await stored.refresh(which)
    const entry = stored.entry(which)
    const at = clock.now()
    const isSameKind = entry?.document.body.simulated === this.#isSimulated(which, entry, given)
    const before = (isSameKind ? entry?.document.body.account : null) ?? null
    const account = accountAfter(which, before, given)
    const changes = [await this.#connectionWrite(which, entry, { ...given, account }, { by: actor.by, at })]
    if (given.tokens !== undefined) changes.push(await this.#tokensWrite(which, given.tokens, at))
    const action = given.tokens === undefined ? 'connection.saved' : 'connection.authorised'
    const details = { account: account?.id ?? null, accountChanged: isOther(before, account) }
    const receipt = await store.write({ changes, audit: [{ ...auditOf(action, which, actor, at), details }] })
    if (receipt.outcome === 'conflict') throw conflict(which)
    await stored.refresh(which)
    return this.show(which)
  }

  async #connectionWrite(
    which: ConnectionName,
    entry: StoredEntry | null,
    given: Given & { readonly account: RemoteAccount | null },
    { by, at }: { readonly by: string; readonly at: number },
  ): Promise<DocumentWrite> {
    const { vault } = this.#options.stored.options
    const connector = this.#connector(which)
    const document = entry?.document ?? null
    const before = document === null ? {} : await openFields(vault, which, document)
    const fields = { ...before, ...secretly(given.fields ?? {}) }
    requireFields(connector, Object.keys(fields))
    const told = this.#baseUrl(which, entry, given)
    requireBaseUrl(told, which)
    const version = (document?.version ?? 0) + 1
    const { createdAt, createdBy } = document?.body ?? { createdAt: at, createdBy: by }
    const body: ConnectionBody = {
      baseUrl: told === connector.options.baseUrl ? null : told,
      simulated: this.#isSimulated(which, entry, given),
      ...(await sealFields(vault, which, { connector, fields, version })),
      account: given.account,
      untried: given.untried ?? null,
      createdAt,
      createdBy,
      updatedAt: at,
    }
    return { ...connectionKey(which), expect: document?.version ?? null, body: JSON.stringify(body) }
  }

  #baseUrl(which: ConnectionName, entry: StoredEntry | null, { baseUrl }: Given): string {
    return baseUrl ?? entry?.document.body.baseUrl ?? this.#connector(which).options.baseUrl
  }

  #isSimulated(which: ConnectionName, entry: StoredEntry | null, given: Given): boolean {
    return this.#baseUrl(which, entry, given) === this.#options.stored.options.standIns.get(which.connector)
  }

  async #tokensWrite(which: ConnectionName, tokens: Tokens, at: number): Promise<DocumentWrite> {
    const { store, vault } = this.#options.stored.options
    const before = await getTokens(store, which)
    const body = { ...succeeding(before.body, tokens, at), authorisedAt: at }
    const text = await writeTokens(vault, which, { version: before.version, body }, tokens)
    return { ...tokensKey(which), expect: before.version, body: text }
  }

  async #forget(which: ConnectionName, actor: Actor): Promise<void> {
    const { stored } = this.#options
    const { store, clock, vault } = stored.options
    const view = this.show(which)
    const entry = stored.entry(which)
    if (view.origin !== 'stored' || entry === null) throw notStored(which)
    const tokens = await getTokens(store, which)
    const held = await openTokens(vault, which, tokens)
    const revoked = held === null ? null : await revokeTokens(entry, held, stored.options)
    // An empty one stays: whoever renews these tokens now must not save them over those of the next account.
    const empty = JSON.stringify({ ...noTokens, generation: tokens.body.generation + 1 })
    const changes: DocumentWrite[] = [{ ...connectionKey(which), expect: entry.document.version, body: null }]
    if (tokens.version !== null) changes.push({ ...tokensKey(which), expect: tokens.version, body: empty })
    const audit = [{ ...auditOf('connection.removed', which, actor, clock.now()), details: { revoked } }]
    const receipt = await store.write({ changes, audit })
    if (receipt.outcome === 'conflict') throw conflict(which)
    await stored.refresh(which)
  }

  /** Throws `INPUT_INVALID` for what cannot be connected while the app runs. */
  #connector(which: ConnectionName): Connector {
    const { stored, ofApp } = this.#options
    const { tenant, connector: wanted, name } = which
    const isOurs = (one: ResolvedConnection): boolean =>
      one.tenant === tenant && one.connector.name === wanted && one.name === name && !one.simulated
    if (ofApp.some(isOurs)) throw notStored(which)
    const connector = stored.options.connectors.get(wanted)
    if (connector !== undefined) return connector
    throw new TenonError('INPUT_INVALID', `the app has no connector ${wanted}`)
  }
}

function auditOf(
  action: AuditAction,
  { tenant, connector, name }: ConnectionName,
  actor: Actor,
  at: number,
): NewAuditEntry {
  const from = actor.from === undefined ? {} : { from: actor.from }
  return { tenant, at, by: actor.by, action, subject: `${connector}/${name}`, outcome: 'done', ...from }
}

function secretly(fields: Readonly<Record<string, string>>): Readonly<Record<string, Secret>> {
  return Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, new Secret(value)]))
}

/** AUT-08. */
function accountAfter(which: ConnectionName, before: RemoteAccount | null, given: Given): RemoteAccount | null {
  const { account = before, confirmAccountChange = false } = given
  if (!isOther(before, account) || confirmAccountChange) return account
  throw new TenonError(
    'ACCOUNT_CHANGED',
    `connection ${which.connector}/${which.name} is of the account ${before?.name}, and this one is ${account?.name ?? 'unknown'}; confirm the change, or connect it under another name`,
    { details: { before: before?.id, after: account?.id ?? null } },
  )
}

function isOther(before: RemoteAccount | null, after: RemoteAccount | null): boolean {
  return before !== null && before.id !== after?.id
}

function requireBaseUrl(text: string, { connector, name }: ConnectionName): void {
  try {
    parseBaseUrl(text, `connection ${connector}/${name}`)
  } catch (error) {
    throw new TenonError('INPUT_INVALID', (error as Error).message, { details: { field: 'baseUrl' } })
  }
}

function notStored({ connector, name }: ConnectionName): TenonError {
  return new TenonError(
    'INPUT_INVALID',
    `connection ${connector}/${name} is not one that was connected here: it is written in the app, or a simulator`,
  )
}

function conflict({ connector, name }: ConnectionName): TenonError {
  return new TenonError(
    'STORE_CONFLICT',
    `connection ${connector}/${name} was changed at the same moment; look at it and try again`,
  )
}

function byName(one: ConnectionView, other: ConnectionView): number {
  return `${one.connector}/${one.name}` < `${other.connector}/${other.name}` ? -1 : 1
}
