import { hostname } from 'node:os'
import { systemClock, type Clock } from '../base/clock.ts'
import type { Secret } from '../base/secret.ts'
import { openDatabase, type Database } from '../postgres/postgres.ts'
import type { JournalMeter } from '../telemetry/meter.ts'
import { bytesOf } from './bytes.ts'
import { checkAppend, checkMessage } from './check.ts'
import { Figures } from './figures.ts'
import { groupCommit, type GroupCommit, type Size } from './group-commit.ts'
import type { AppendReceipt, DeliverReceipt, Journal } from './journal.ts'
import { HandingOver } from './postgres/handing-over.ts'
import { Leases } from './postgres/leases.ts'
import { LiveRuns } from './postgres/live.ts'
import { refuseMoved } from './postgres/mark.ts'
import { Names } from './postgres/names.ts'
import { openTables } from './postgres/open-tables.ts'
import { postgresHistory, postgresWork } from './postgres/read.ts'
import type { Write } from './postgres/wave.ts'
import { Writer } from './postgres/writer.ts'

export interface PostgresJournalOptions {
  /** `postgres://user:password@host:port,host:port/database?parameters`. Every node that is given the same database joins. */
  readonly url: Secret
  /** Its timers; its time is the database's. */
  readonly clock?: Clock
  /** What renews the lease and brings the words of other nodes. Default: `clock`. */
  readonly leaseClock?: Clock
  /** Milliseconds that only go forward. */
  readonly monotonic?: () => number
  /** What people see of this node. Default: the machine's name and the process's number. */
  readonly name?: string
  readonly version?: string
  /** How long the work of a node that says nothing rests before others take it over. Default: 10,000. */
  readonly leaseMs?: number
  /** Into how many parts runs are divided when the tables are made; an existing database keeps its number. Default: 64. */
  readonly partitions?: number
  /** Most writes, and most bytes of them, that wait for the commit in progress; beyond it they reject with `OVERLOADED`. */
  readonly queueLimit?: Size
  readonly meter?: JournalMeter
  /** It is one of several databases, between which tenants may move. */
  readonly isOneOfSeveral?: boolean
}

export interface PostgresJournal extends Journal {
  /** Number of this node. */
  readonly node: number
  /** What is known of runs by number is read again. */
  forget(): void
  /** The database's time. */
  readonly clock: Clock
  /** Ends it as `kill -9` would. */
  kill(): void
}

const mebibyte = 1024 * 1024

/** Each kind of work has connections of its own: none waits behind another. */
interface Databases {
  readonly batches: Database
  readonly reads: Database
  readonly signs: Database
}

/** The journal in a PostgreSQL database that any number of nodes may share. Rejects with `DATABASE_UNUSABLE` or `JOURNAL_UNAVAILABLE`. */
export async function postgresJournal(options: PostgresJournalOptions): Promise<PostgresJournal> {
  const { url, clock = systemClock } = options
  const connect = (sessions: number): Database =>
    openDatabase({ url, unavailable: 'JOURNAL_UNAVAILABLE', sessions, clock })
  const databases = { batches: connect(1), reads: connect(4), signs: connect(2) }
  try {
    return await join(databases, options)
  } catch (error) {
    await closeAll(databases)
    throw error
  }
}

async function closeAll(databases: Databases): Promise<void> {
  await Promise.all(Object.values(databases).map((database: Database) => database.close()))
}

async function join(databases: Databases, options: PostgresJournalOptions): Promise<PostgresJournal> {
  const { clock = systemClock, leaseClock = clock, monotonic = () => performance.now(), leaseMs = 10_000 } = options
  const { name = `${hostname()}:${process.pid}`, version = '0' } = options
  const { batches, reads, signs } = databases
  const partitions = await openTables(signs, options.partitions ?? 64, clock)
  const [row] = await signs.query<{ id: number }>("SELECT nextval('node_number')::int AS id")
  const node = row?.id ?? 0
  const figures = new Figures(monotonic)
  const identity = { node, name, version, leaseMs, partitions }
  const leases = new Leases({ database: signs, reads, clock: leaseClock, monotonic, ...identity, figures })
  const epochOf = (partition: number): number | null => leases.epochOfPartition(partition)
  const setting = { names: new Names(), live: new LiveRuns(), partitions, epochOf }
  const { isOneOfSeveral: isFenced = false } = options
  const handing = new HandingOver(reads, node)
  const writer = new Writer({
    database: batches,
    setting,
    node,
    isShared: () => !leases.isAlone,
    isFenced,
    onElsewhere: (runs) => handing.tell(runs),
  })
  await leases.begin()
  await refuseMoved(signs).catch(async (error: unknown) => {
    await leases.end()
    throw error
  })
  const writes = commits({ writer, leases, figures }, options)
  const own = { database: reads, partitions: () => leases.partitions(), node, isFenced }
  let closing: Promise<void> | null = null
  return {
    closedCleanly: !leases.isOrphaned,
    ownership: leases,
    node,
    forget: () => writer.forget(),
    clock: { now: () => leases.now(), after: clock.after, whenQuiet: clock.whenQuiet },
    ...pushing(writes, () => leases.now()),
    ...postgresWork(own),
    ...postgresHistory(own),
    close: () =>
      (closing ??= writes
        .close()
        .then(() => handing.done())
        .then(() => leases.end())
        .then(() => closeAll(databases))),
    kill() {
      leases.kill()
      void closeAll(databases)
    },
  }
}

type Commits = GroupCommit<Write, DeliverReceipt | AppendReceipt>

function commits(
  { writer, leases, figures }: { readonly writer: Writer; readonly leases: Leases; readonly figures: Figures },
  { clock = systemClock, queueLimit = { writes: 50_000, bytes: 128 * mebibyte }, meter }: PostgresJournalOptions,
): Commits {
  const writes: Commits = groupCommit({
    clock,
    async commit(batch, bytes) {
      const began = performance.now()
      const answers = await writer.commit(batch)
      const tookMs = performance.now() - began
      meter?.committed(batch.length, bytes, tookMs)
      figures.committed(batch.length, tookMs)
      const fenced = answers.filter((answer) => 'outcome' in answer && answer.outcome === 'fenced').length
      figures.fenced += fenced
      if (fenced > 0) leases.correct()
      return answers
    },
    batch: { writes: 2000, bytes: 8 * mebibyte },
    queue: queueLimit,
  })
  meter?.watchBacklog(writes.backlog)
  return writes
}

function pushing(writes: Commits, now: () => number): Pick<Journal, 'deliver' | 'append'> {
  // No promise of our own around that of the queue: every step of every run comes this way.
  const push = (write: Write, check: () => void): Promise<DeliverReceipt | AppendReceipt> => {
    try {
      check()
    } catch (error) {
      return Promise.reject(error)
    }
    return writes.push(write, bytesOf(write))
  }
  return {
    deliver: (message) => push({ message }, () => checkMessage(message)) as Promise<DeliverReceipt>,
    append: (append) => push({ append, now: now() }, () => checkAppend(append)) as Promise<AppendReceipt>,
  }
}
