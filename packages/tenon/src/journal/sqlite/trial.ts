/** Faults for tests and benches: a real disk cannot be told to fail at a given moment. */
export interface Trial {
  /** Time that each commit takes on top. */
  readonly commitDelayMs?: number
  /** Commits, counted from 1, that fail without having been made. */
  readonly failBefore?: CommitFault
  /** Commits that are made and report an error nevertheless. */
  readonly failAfter?: CommitFault
  /** Greatest size of the file, in pages: a full disk. */
  readonly mostPages?: number
}

export interface CommitFault {
  readonly commits: readonly number[]
  /** SQLite's extended result code. */
  readonly errcode: number
}

/** Commits, of the tables or of the log, with the faults that were ordered. */
export function trialCommit(trial: Trial): (commit: () => void) => void {
  const { commitDelayMs = 0, failBefore, failAfter } = trial
  if (commitDelayMs === 0 && failBefore === undefined && failAfter === undefined) return (commit) => commit()
  const clock = new Int32Array(new SharedArrayBuffer(4))
  let count = 0
  return (commit) => {
    count += 1
    if (failBefore?.commits.includes(count) === true) throw faultOf(failBefore)
    commit()
    if (commitDelayMs > 0) Atomics.wait(clock, 0, 0, commitDelayMs)
    if (failAfter?.commits.includes(count) === true) throw faultOf(failAfter)
  }
}

function faultOf({ errcode }: CommitFault): Error {
  return Object.assign(new Error(`ordered fault ${errcode}`), { code: 'ERR_SQLITE_ERROR', errcode })
}
