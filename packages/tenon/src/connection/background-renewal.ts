import { messageOf, TenonError } from '../base/errors.ts'
import { openTokens } from './tokens-document.ts'
import { groundOf } from './ground.ts'
import type { ResolvedConnection } from './connection.ts'
import type { StoredConnections, StoredEntry } from './stored-connections.ts'
import type { Tokens } from './auth-scheme.ts'

const defaultRoundMs = 60_000
/** Of one connector at a time: after a long stop its provider gets what is overdue one after the other. */
const togetherAtMost = 4

/** Asks the provider of a connection for new tokens. */
export type Ask = (connection: ResolvedConnection, current: Tokens | null) => Promise<Tokens>

export interface BackgroundRenewalOptions {
  /** Default: over the scheme of its connector. */
  readonly ask?: Ask
  /** Between two looks at what is due; default a minute. */
  readonly roundMs?: number
}

/**
 * Keeps accounts alive that nothing calls: each minute it renews what is due, under the same lease and fence as calls do, so that of several processes one does it. What fails rests as it
 * does for calls, and says so in the log, the metrics and the connection's state; nothing is deleted.
 */
export class BackgroundRenewal {
  readonly #stored: StoredConnections
  readonly #ask: Ask
  readonly #roundMs: number
  /** Connectors whose accounts are renewed now. */
  readonly #busy = new Map<string, Promise<void>>()
  readonly #told = new WeakSet<StoredEntry>()
  #cancel: () => void = () => undefined
  #isStopped = false

  constructor(stored: StoredConnections, { ask, roundMs }: BackgroundRenewalOptions = {}) {
    this.#stored = stored
    this.#ask = ask ?? askProvider(stored)
    this.#roundMs = roundMs ?? defaultRoundMs
  }

  start(): void {
    const { clock, random } = this.#stored.options
    // Processes that were started together do not look together.
    this.#cancel = clock.after(this.#roundMs * random(), () => this.#round())
  }

  /** Begins none any more. Resolves when those under way have ended: what a provider has given out must be kept. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    await Promise.all(this.#busy.values())
  }

  #round(): void {
    const { clock } = this.#stored.options
    const now = clock.now()
    const due = new Map<string, StoredEntry[]>()
    for (const entry of this.#stored.all()) {
      if (entry.life.expiringAt <= now) this.#warn(entry)
      if (entry.life.renewAt > now) continue
      const { connector } = entry.which
      const found = due.get(connector)
      if (found !== undefined) found.push(entry)
      else if (!this.#busy.has(connector)) due.set(connector, [entry])
    }
    for (const [connector, entries] of due) {
      const renewing = this.#renewAll(entries).finally(() => this.#busy.delete(connector))
      this.#busy.set(connector, renewing)
    }
    this.#cancel = clock.after(this.#roundMs, () => this.#round())
  }

  async #renewAll(entries: readonly StoredEntry[]): Promise<void> {
    const { log } = this.#stored.options
    const queue = entries.toSorted((one, other) => one.life.renewAt - other.life.renewAt).values()
    const failed: unknown[] = []
    const worker = async (): Promise<void> => {
      for (const entry of queue) {
        if (this.#isStopped) return
        await this.#renew(entry).catch((error: unknown) => void failed.push(error))
      }
    }
    await Promise.all(Array.from({ length: togetherAtMost }, worker))
    // What the provider said is logged and kept where it was heard; this is of the store and the vault, too.
    if (failed.length > 0) log.warn('connections.unrenewed', { count: failed.length, reason: messageOf(failed[0]) })
  }

  async #renew({ which, tokens: seen }: StoredEntry): Promise<void> {
    const { vault } = this.#stored.options
    const entry = this.#stored.entry(which)
    // A call or another process was faster, or it was removed meanwhile.
    if (entry === null || entry.tokens.version !== seen.version || TenonError.is(entry.connection)) return
    const { connection, tokens: document } = entry
    const shelf = this.#stored.shelfOf(connection)
    const tokens = await openTokens(vault, which, document)
    if (shelf === null || tokens === null) return
    const { generation, obtainedAt } = document.body
    await shelf.renew({ tokens, generation, obtainedAt }, (current) => this.#ask(connection, current))
  }

  /** Once for each state of it. */
  #warn(entry: StoredEntry): void {
    if (this.#told.has(entry)) return
    this.#told.add(entry)
    const { connector, name, tenant } = entry.which
    const endsAt = new Date(entry.life.endsAt ?? 0).toISOString()
    this.#stored.options.log.warn('connection.expiring', { connection: `${connector}/${name}`, tenant, endsAt })
  }
}

/** By sockets of its own: a connection that nobody calls has none. */
function askProvider({ options }: StoredConnections): Ask {
  return async (connection, current) => {
    const ground = await groundOf(connection, options)
    try {
      const authenticator = ground.scheme.open(ground.context)
      if (!('obtain' in authenticator))
        throw new TenonError('INTERNAL', `the scheme of ${connection.connector.name} has no tokens to renew`)
      return await authenticator.obtain(current)
    } finally {
      await ground.close()
    }
  }
}
