import type { Command, Host } from './command.ts'
import type { CommandBook } from './command-book.ts'
import type { Recorder } from './recorder.ts'

interface Beginning extends Host {
  readonly book: CommandBook
  readonly recorder: Recorder
  /** Takes the result of a step that is finished already; false when there is none. */
  takeLeftBehind(command: Command): boolean
}

/** Lets the steps begin that were asked for. What leaves the process waits until every earlier entry is durable; the rest is only an entry itself. */
export function beginAsked(run: Beginning): void {
  const { fresh } = run.book
  if (fresh.length === 0) return
  run.book.fresh = []
  const held: Command[] = []
  for (const command of fresh) {
    if (command.state === 'done') continue
    const leaves = command.kind === 'call' || command.kind === 'run'
    if ((leaves && run.recorder.isBusy) || run.services.isDraining()) held.push(command)
    else if (!run.takeLeftBehind(command)) command.go(command)
  }
  run.book.fresh.unshift(...held)
}
