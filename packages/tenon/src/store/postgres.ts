import type { Secret } from '../base/secret.ts'
import { TenonError, messageOf } from '../base/errors.ts'
import { closedAmong, elsewhere } from '../postgres/fence.ts'
import { migrate, migrationsApplied } from '../postgres/migrations.ts'
import { openDatabase, type Database, type DatabaseOptions } from '../postgres/postgres.ts'
import type { Session } from '../postgres/session.ts'
import { postgresDialect } from './dialect.ts'
import { migrationsOf } from './migrations.ts'
import { ofInstallation } from './placed/installation.ts'
import { sqlStore } from './sql.ts'
import { statementsOf, type StatementName } from './statements.ts'
import type { Store } from './store.ts'
import { transactions, type Row, type Transaction, type TransactionName, type Value } from './transactions.ts'

export interface PostgresStoreOptions extends Pick<DatabaseOptions, 'clock' | 'patienceMs' | 'timeoutMs'> {
  readonly url: Secret
  /** It is one of several databases, between which tenants may move. */
  readonly isOneOfSeveral?: boolean
}

const texts = statementsOf(postgresDialect)
const migrations = migrationsOf(postgresDialect)

/** A table is written anew, while nobody may use it. */
const scrubLimits = { timeoutMs: 60 * 60_000 }

/**
 * The store in the schema `tenon` of a PostgreSQL database, which any number of nodes share. It connects with the first question, and makes or changes its tables then. While the database is
 * away all reject with `STORE_UNAVAILABLE`; `DATABASE_UNUSABLE` says that a person must change something first.
 *
 * Of what was erased no byte is left in the tables' files. The write-ahead log holds it until it is recycled, and standbys, archives and backups for as long as they are kept: there it is the
 * tenant's data key that is missing.
 */
export function postgresStore(options: PostgresStoreOptions): Store {
  return storeIn(openDatabase({ ...options, unavailable: 'STORE_UNAVAILABLE' }), options.isOneOfSeveral === true)
}

/** Whether the tables of the store are as this version makes them. Changes nothing; rejects with `DATABASE_UNUSABLE` when a newer version has changed them. */
export async function hasStore(database: Database): Promise<boolean> {
  return (await migrationsApplied(database, 'store', migrations.length)) >= migrations.length
}

/** Makes the tables where there are none. */
export function makeStore(database: Database): Promise<void> {
  return migrate(database, 'store', migrations)
}

function storeIn(database: Database, isFenced: boolean): Store {
  let readying: Promise<void> | null = null

  /** Until it has worked once, each call tries. */
  function ready(): Promise<void> {
    return (readying ??= makeStore(database).catch((error: unknown) => {
      readying = null
      throw error
    }))
  }

  async function ask<Result>(act: () => Promise<Result>): Promise<Result> {
    try {
      await ready()
      return await act()
    } catch (error) {
      throw TenonError.is(error) ? error : unexpected(database, error)
    }
  }

  const begin = transactions as Readonly<
    Record<TransactionName, (...parameters: readonly unknown[]) => Transaction<never>>
  >
  return sqlStore({
    rows: (name, ...values) => ask(() => rowsOf(database, name, values)),
    transact: (name, ...parameters) =>
      ask(() =>
        database.transaction((session) =>
          run(session, begin[name](...parameters), isFenced ? tenantsIn(parameters) : []),
        ),
      ),
    scrub: () => ask(() => database.during(scrub)),
    close: () => database.close(),
  })
}

function rowsOf<Result>(
  asked: Pick<Session, 'query'>,
  name: StatementName,
  values: readonly Value[],
): Promise<readonly Result[]> {
  return asked.query({ name: `store ${name}`, text: texts[name] }, values)
}

/** What a transaction asks first is the row that all writers hold: whoever closes a tenant holds it too, so that it is seen then. */
async function run<Result>(
  session: Session,
  transaction: Transaction<Result>,
  tenants: readonly string[],
): Promise<Result> {
  let step = transaction.next([])
  for (let isFirst = true; step.done !== true; isFirst = false) {
    const asked = step.value.map(([name, ...values]) => rowsOf<Row>(session, name, values))
    const rows = await Promise.all(asked)
    if (isFirst && tenants.length > 0)
      for (const tenant of await closedAmong(session, tenants)) throw elsewhere('STORE_UNAVAILABLE', tenant)
    step = transaction.next(rows)
  }
  return step.value
}

interface Named {
  readonly tenant: string
  readonly kind?: string
}

/** Of those for whom something is written; what is the installation's does not move with them. */
function tenantsIn(parameters: readonly unknown[]): readonly string[] {
  const tenants = (parameters as readonly (string | readonly Named[])[]).flatMap((one) =>
    typeof one === 'string'
      ? [one]
      : one.filter(({ kind = '' }) => !ofInstallation.has(kind)).map(({ tenant }) => tenant),
  )
  return [...new Set(tenants)]
}

/** Rows that were deleted or replaced stay in their pages until something else is written there; so the tables are written anew. Who cannot have them soon makes nobody else wait. */
async function scrub(session: Session): Promise<void> {
  const [before] = await session.query<{ limit: string }>("SELECT current_setting('statement_timeout') AS limit")
  await session.query("SET statement_timeout = 0; SET lock_timeout = '5s'")
  try {
    await session.query('VACUUM FULL document', [], scrubLimits)
  } finally {
    await session.query(`SET statement_timeout = '${before?.limit}'; RESET lock_timeout`)
  }
}

/** No value of ours: a row may be named in the details of an error. */
function unexpected(database: Database, error: unknown): TenonError {
  const problem = `cannot be used at the moment (${messageOf(error)})`
  return new TenonError('STORE_UNAVAILABLE', `the database ${database.name} ${problem}`)
}
