import type { Command, Host } from './command.ts'
import type { CommandBook } from './command-book.ts'
import type { Ending } from './ending.ts'
import type { Recorder } from './recorder.ts'
import { isUnsettled } from './rest.ts'
import type { Undoing } from './undoing.ts'

interface Beginning extends Host {
  readonly book: CommandBook
  readonly recorder: Recorder
  readonly ending: Ending | null
  readonly undoing: Undoing
  /** What leaves the process is left to whoever takes the run up next. */
  readonly isLeaving: boolean
  /** Takes the result of a step that is finished already; false when there is none. */
  takeLeftBehind(command: Command): boolean
}

/** Lets the steps begin that were asked for. What leaves the process waits until every earlier entry is durable; the rest is only an entry itself. */
export function beginAsked(run: Beginning): void {
  const { fresh } = run.book
  if (fresh.length === 0) return
  run.book.fresh = []
  const held: Command[] = []
  const isGivenUp = run.ending !== null && run.ending.how !== 'completed' && !run.undoing.isActive
  for (const command of fresh) {
    if (command.state === 'done') continue
    const leaves = command.kind === 'call' || command.kind === 'run' || command.kind === 'child'
    // A run that has failed begins nothing new, but learns what became of what may have been sent.
    if (isGivenUp && !isUnsettled(command)) run.book.close(command)
    else if ((leaves && run.recorder.isBusy) || run.isLeaving) held.push(command)
    else if (!run.takeLeftBehind(command)) command.go(command)
  }
  run.book.fresh.unshift(...held)
}
