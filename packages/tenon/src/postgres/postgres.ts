import { systemClock, type Clock } from '../base/clock.ts'
import type { Secret } from '../base/secret.ts'
import { parseDatabaseUrl } from './database-url.ts'
import type { Unavailable } from './failure.ts'
import { listen, type Listener } from './listener.ts'
import { Pool, type PoolOptions } from './pool.ts'
import type { Session, Statement } from './session.ts'

export interface DatabaseOptions {
  /** `postgres://user:password@host:port,host:port/database?parameters`: `parseDatabaseUrl` says which. Of several hosts, the one that takes writes is used. */
  readonly url: Secret
  /** The code of what rejects while the database cannot be reached. */
  readonly unavailable: Unavailable
  /** How many connections there are at most, those that listen not counted. Default: 4. */
  readonly sessions?: number
  /** How long a caller waits for a connection while the database is away. Default: 5000. */
  readonly patienceMs?: number
  /** For the answer to one statement; also for connecting to one host, where that is less than three seconds. Default: 10,000. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

/**
 * A PostgreSQL database, 14 or later, over as many connections as are needed. One that goes away is connected to again by the next call. Whatever returns from a commit is durable,
 * on the synchronous standby too where there is one. Nothing is sent twice: whether to ask again is the caller's to know.
 */
export interface Database {
  /** Hosts and database, for messages: no user, no password. */
  readonly name: string
  /** One statement in a transaction of its own. */
  query<Row>(statement: Statement | string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** Commits what `act` did, or nothing when it throws. With `READ COMMITTED`: each statement sees what is committed when it begins. */
  transaction<Result>(act: (session: Session) => Promise<Result>): Promise<Result>
  /** The same connection for all that `act` asks, without a transaction around it. */
  during<Result>(act: (session: Session) => Promise<Result>): Promise<Result>
  /** On a connection of its own, which is made again whenever it is lost. The returned function ends it. */
  listen(channel: string, listener: Listener): () => Promise<void>
  /** What is under way ends in peace; later calls reject. */
  close(): Promise<void>
}

/** Connects with the first question. Throws `DATABASE_UNUSABLE` for a URL that cannot be used. */
export function openDatabase(options: DatabaseOptions): Database {
  const { url, unavailable, sessions = 4, patienceMs = 5000, timeoutMs = 10_000, clock = systemClock } = options
  const destination = parseDatabaseUrl(url)
  const latest = { host: null }
  const poolOptions: PoolOptions = { destination, latest, unavailable, sessions, patienceMs, timeoutMs, clock }
  const pool = new Pool(poolOptions)
  const ends = new Set<() => Promise<void>>()
  return {
    name: destination.name,
    query: (statement, values) => pool.during((session) => session.query(statement, values)),
    transaction: (act) => pool.during((session) => transact(session, act)),
    during: (act) => pool.during(act),
    listen(channel, listener) {
      const end = listen(channel, listener, poolOptions)
      ends.add(end)
      return () => {
        ends.delete(end)
        return end()
      }
    },
    async close() {
      await Promise.all([...ends].map((end) => end()))
      await pool.close()
    },
  }
}

async function transact<Result>(session: Session, act: (session: Session) => Promise<Result>): Promise<Result> {
  await session.query('BEGIN')
  try {
    const result = await act(session)
    await session.query('COMMIT')
    return result
  } catch (error) {
    // Refused where the connection is lost; the server takes everything back then.
    await session.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}
