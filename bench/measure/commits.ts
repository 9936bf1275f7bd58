// Stands around every commit of node:sqlite in this process, in whichever thread: for tests that end a process there, and measurements that slow it down.
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
