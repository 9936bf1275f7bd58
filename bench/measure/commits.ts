// Stands around every commit in this process, of node:sqlite and of the journal's log, in whichever thread: for tests that end a process there, and measurements
// that slow it down.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync } from 'node:sqlite'

export interface AroundCommits {
  before?(): void
  after?(): void
}

const isCommit = (sql: string) => /^\s*(commit|end)\b/i.test(sql)

export function aroundCommits(around: AroundCommits): void {
  const commit = <Result>(act: () => Result): Result => {
    around.before?.()
    const result = act()
    around.after?.()
    return result
  }
  const { fdatasyncSync } = fs
  fs.fdatasyncSync = (file) => commit(() => fdatasyncSync(file))
  syncBuiltinESMExports()
  const { exec, prepare } = DatabaseSync.prototype
  DatabaseSync.prototype.exec = function (sql) {
    return isCommit(sql) ? commit(() => exec.call(this, sql)) : exec.call(this, sql)
  }
  DatabaseSync.prototype.prepare = function (sql, ...rest) {
    const statement = prepare.call(this, sql, ...rest)
    if (isCommit(sql)) {
      const run = statement.run.bind(statement)
      statement.run = () => commit(run)
    }
    return statement
  }
}
