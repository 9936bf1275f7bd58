import { Socket } from 'node:net'
import { Client, types, type ClientConfig, type QueryResult } from 'pg'
import type { Clock } from '../base/clock.ts'
import { messageOf, TenonError } from '../base/errors.ts'
import type { Destination, Host } from './database-url.ts'
import { explain, failureOf, type Unavailable } from './failure.ts'

/** Prepared once in each session, under its name. One name always has the same text. */
export interface Statement {
  readonly name: string
  readonly text: string
}

export interface Limits {
  /** How long the answer is waited for. The server has a limit of its own (`statement_timeout`), which is that of the session. */
  readonly timeoutMs: number
}

/** One connection to the database. What is asked without waiting for the answer before is sent at once, and answered in order. */
export interface Session {
  /**
   * A text instead of a statement is sent as it is: it may hold several statements, and no values. `int8` comes as a number. Rejects with `STORE_UNAVAILABLE` or `JOURNAL_UNAVAILABLE` when the
   * database cannot be reached (what was asked may then have been done), with `DATABASE_UNUSABLE`, or with the database's own error for a statement that it refuses.
   */
  query<Row>(statement: Statement | string, values?: readonly unknown[], limits?: Limits): Promise<readonly Row[]>
  /** True when nothing can be asked any more. */
  isLost(): boolean
}

export interface SessionOptions {
  readonly destination: Destination
  readonly unavailable: Unavailable
  readonly clock: Clock
  /** For the answer to one statement; also for connecting to one host, where that is less than three seconds. */
  readonly timeoutMs: number
  /** Which host took writes when it was last asked: it is tried first. */
  readonly latest: { host: Host | null }
}

export interface OpenSession extends Session {
  /** A word of `LISTEN`. */
  onNotification(listener: (channel: string, payload: string) => void): void
  onLost(listener: () => void): void
  /** Says good-bye, and does not wait for long. */
  end(): Promise<void>
}

/** A host that is gone swallows everything, and another may be there. */
const longestConnectMs = 3000

/** PostgreSQL 14 is the oldest that its makers still care for in 2026. */
const oldest = 140_000
const int8: number = types.builtins.INT8
const int8s = 1016

/** Integers beyond 2^53 are not stored by Tenon. */
const parsers: NonNullable<ClientConfig['types']> = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format !== 'binary' && oid === int8) return Number
    if (format !== 'binary' && oid === int8s)
      return (text: string) => text.slice(1, -1).split(',').filter(Boolean).map(Number)
    return types.getTypeParser(oid, format)
  },
}

/** Asked of each session first: is it one that takes writes, and does a commit that returns last? */
const opening = (timeoutMs: number): string => `
  SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,
    pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS "isReadOnly",
    set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false) AS "synchronousCommit",
    set_config('search_path', 'tenon', false), set_config('TimeZone', 'UTC', false), set_config('default_transaction_isolation', 'read committed', false),
    set_config('statement_timeout', '${timeoutMs}', false), set_config('idle_in_transaction_session_timeout', '${timeoutMs}', false)`

interface Opened {
  readonly version: number
  readonly encoding: string
  readonly isReadOnly: boolean
  readonly synchronousCommit: string
}

/** Connects to the first of the hosts that takes writes; each is tried once. */
export async function openSession(options: SessionOptions): Promise<OpenSession> {
  const { destination, latest } = options
  const failures: Error[] = []
  const isLatest = (host: Host): number => Number(host === latest.host)
  for (const host of destination.hosts.toSorted((a, b) => isLatest(b) - isLatest(a))) {
    try {
      const session = await openAt(host, options)
      latest.host = host
      return session
    } catch (error) {
      failures.push(error as Error)
    }
  }
  // One host that may come back gives hope for the whole.
  const hopeful = failures.find((failure) => TenonError.is(failure, options.unavailable)) ?? failures[0]
  throw hopeful ?? new Error('no host')
}

async function openAt(host: Host, options: SessionOptions): Promise<OpenSession> {
  const { destination, unavailable, timeoutMs } = options
  const session = new PostgresSession(host, options)
  try {
    await session.connect({ timeoutMs: Math.min(timeoutMs, longestConnectMs) })
    const [opened] = await session.query<Opened>(opening(timeoutMs))
    const problem = opened === undefined ? 'it did not answer' : problemOf(opened)
    if (problem !== null)
      throw new TenonError('DATABASE_UNUSABLE', `the database ${destination.name} cannot be used: ${problem}`)
    if (opened?.isReadOnly === true)
      throw new TenonError(
        unavailable,
        `the database ${destination.name} cannot be used at the moment: ${host.host}:${host.port} takes no writes (a standby)`,
      )
    return session
  } catch (error) {
    session.destroy()
    throw explain(error, destination.name, unavailable)
  }
}

function problemOf({ version, encoding, synchronousCommit }: Opened): string | null {
  if (version < oldest) return `it is PostgreSQL ${Math.floor(version / 10_000)}, and Tenon needs 14 or later`
  if (encoding !== 'UTF8') return `its encoding is ${encoding}. Make one with ENCODING 'UTF8'`
  if (!['on', 'remote_apply'].includes(synchronousCommit)) return `it did not accept synchronous_commit = on`
  return null
}

/** Of several statements in one text nobody asks for the rows. */
function rowsOf<Row>(statement: Statement | string, result: QueryResult | readonly QueryResult[]): Row[] {
  if (!('rows' in result)) return []
  // The commit of a transaction in which a statement failed answers so, and without an error.
  if (statement === 'COMMIT' && result.command === 'ROLLBACK')
    throw new Error('a statement of the transaction had failed: nothing was committed')
  return result.rows as Row[]
}

class PostgresSession implements OpenSession {
  readonly #options: SessionOptions
  readonly #client: Client
  readonly #socket = new Socket()
  readonly #lostListeners: (() => void)[] = []
  #isLost = false
  #reason: string | null = null

  constructor(host: Host, options: SessionOptions) {
    const { user, password, database, tls } = options.destination
    this.#options = options
    this.#client = new Client({
      ...host,
      user,
      // A function, so that neither the environment nor a file is asked instead.
      password: () => password.reveal(),
      database,
      ssl: tls ?? false,
      application_name: 'tenon',
      stream: () => this.#socket,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      types: parsers,
      pipeline: true,
    })
    this.#client.on('error', () => this.#lose())
    this.#client.on('end', () => this.#lose())
    this.#client.on('notice', ({ routine }) => {
      // The standby did not confirm this commit, and the server would call it done: a promoted standby may not have it.
      if (routine === 'SyncRepWaitForLSN') this.destroy('a commit was not confirmed by the standby')
    })
  }

  async connect(limits: Limits): Promise<void> {
    await this.#within(
      this.#client.connect().then(() => []),
      limits,
    )
  }

  async query<Row>(
    statement: Statement | string,
    values: readonly unknown[] = [],
    limits: Limits = this.#options,
  ): Promise<readonly Row[]> {
    const asked = typeof statement === 'string' ? { text: statement } : { ...statement, values: [...values] }
    return this.#within(
      this.#client.query(asked).then((result) => rowsOf<Row>(statement, result)),
      limits,
    )
  }

  /** A connection that says nothing any more is not waited for. */
  async #within<Row>(answer: Promise<Row[]>, { timeoutMs }: Limits): Promise<Row[]> {
    const { clock, destination, unavailable } = this.#options
    // The server gives up first, where it can be heard.
    const cancel = clock.after(timeoutMs + 1000, () => this.destroy(`no answer within ${timeoutMs + 1000} ms`))
    try {
      const rows = await answer
      // What came after the reason came in vain: the server may have called it done.
      if (this.#reason !== null) throw new Error(this.#reason)
      return rows
    } catch (error) {
      if (failureOf(error) === 'lost') this.destroy()
      throw explain(this.#reason === null ? error : new Error(this.#reason), destination.name, unavailable)
    } finally {
      cancel()
    }
  }

  isLost(): boolean {
    return this.#isLost
  }

  onNotification(listener: (channel: string, payload: string) => void): void {
    this.#client.on('notification', ({ channel, payload = '' }) => listener(channel, payload))
  }

  onLost(listener: () => void): void {
    if (this.#isLost) return listener()
    this.#lostListeners.push(listener)
  }

  async end(): Promise<void> {
    const cancel = this.#options.clock.after(1000, () => this.destroy())
    await this.#client.end().catch(messageOf)
    cancel()
  }

  destroy(reason: string | null = null): void {
    this.#reason ??= reason
    this.#socket.destroy()
    this.#lose()
  }

  #lose(): void {
    if (this.#isLost) return
    this.#isLost = true
    for (const listener of this.#lostListeners) listener()
  }
}
