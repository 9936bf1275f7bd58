import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { messageOf, TenonError } from '../../base/errors.ts'
import { failureOf, isBusy, isFull } from '../../sqlite/failure.ts'
import type { Methods } from '../../sqlite/thread.ts'
import { sqliteDialect } from '../dialect.ts'
import { statementsOf, type StatementName } from '../statements.ts'
import { transactions, type Row, type Transaction, type TransactionName, type Value } from '../transactions.ts'

type Rows = (statement: StatementName, values: readonly Value[]) => readonly Row[]

/** What the store's thread answers. */
export function storeMethods(db: DatabaseSync, path: string): Methods {
  const prepared = Object.fromEntries(
    Object.entries(statementsOf(sqliteDialect)).map(([name, text]) => [name, db.prepare(text)]),
  ) as Readonly<Record<StatementName, StatementSync>>
  const rows: Rows = (statement, values) => prepared[statement].all(...values)
  const begin = transactions as Readonly<
    Record<TransactionName, (...parameters: readonly unknown[]) => Transaction<unknown>>
  >
  const methods = {
    rows,
    transact: (name: TransactionName, parameters: readonly unknown[]) => run(db, rows, begin[name](...parameters)),
    scrub: () => scrub(db),
    close: () => db.close(),
  }
  return guarded(methods, path)
}

/** Says what an error of the database means. After one that is final nothing is answered any more. */
function guarded(methods: Methods, path: string): Methods {
  let stopped: TenonError | null = null
  const guard =
    (act: (...parameters: readonly unknown[]) => unknown) =>
    (...parameters: readonly unknown[]): unknown => {
      if (stopped !== null) throw stopped
      try {
        return act(...parameters)
      } catch (error) {
        if (TenonError.is(error)) throw error
        const unavailable = explain(error, path)
        // Nobody knows any more what the disk holds: who opens it anew finds out.
        if (failureOf(error) === 'final') stopped = unavailable
        throw unavailable
      }
    }
  return Object.fromEntries(Object.entries(methods).map(([name, act]) => [name, guard(act)]))
}

/** No other writer can come between. */
function run(db: DatabaseSync, rows: Rows, transaction: Transaction<unknown>): unknown {
  db.exec('BEGIN IMMEDIATE')
  try {
    let step = transaction.next([])
    while (step.done !== true) step = transaction.next(step.value.map(([name, ...values]) => rows(name, values)))
    db.exec('COMMIT')
    return step.value
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK')
  }
}

/** Deleted content is zeroed in its page (`secure_delete`), but copies of it may lie where pages were split or in the log: the file is written anew, the log emptied. */
function scrub(db: DatabaseSync): void {
  db.exec('VACUUM')
  const left = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
  if (left?.['busy'] !== 0)
    throw new TenonError(
      'STORE_UNAVAILABLE',
      'the log of the store could not be emptied: another process reads it. Try again.',
    )
}

function explain(error: unknown, path: string): TenonError {
  let problem = `cannot be used at the moment (${messageOf(error)})`
  if (isFull(error)) problem = 'is on a full disk: free some space'
  else if (isBusy(error)) problem = 'is held by another process that has been writing for 5 s'
  return new TenonError('STORE_UNAVAILABLE', `the store ${path} ${problem}`, { cause: error, details: { path } })
}
