import { systemClock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { DrainReport } from '../engine/engine.ts'
import type { Application } from '../server/application.ts'
import { exitCodes } from './command.ts'
import type { Terminal } from './terminal.ts'
import { count } from './words.ts'

const sameSignalMs = 2_000

/** Ends the application at SIGINT or SIGTERM, once, however often the signal comes at that moment: terminal, npm and launcher all pass it on. Resolves with the exit code when all is closed. Called before the application is up, so that no signal finds nobody. */
export function drainOnSignal(
  starting: Promise<Application>,
  options: { readonly terminal: Terminal | null; readonly limitMs: number },
): Promise<number> {
  return new Promise((resolve) => {
    let firstAt: number | null = null
    const onSignal = (signal: NodeJS.Signals): void => {
      const now = systemClock.now()
      if (firstAt === null) {
        firstAt = now
        // One that does not come up has nothing to drain; whoever started it tells why.
        void starting.then((application) => drain(application, options).then(resolve)).catch(() => undefined)
      } else if (now - firstAt > sameSignalMs) {
        // Someone means it. What was accepted is in the journal.
        options.terminal?.err('Stopped at once; the runs go on at the next start.')
        process.exit(signal === 'SIGINT' ? 130 : 143)
      }
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}

async function drain(
  application: Application,
  { terminal, limitMs }: { readonly terminal: Terminal | null; readonly limitMs: number },
): Promise<number> {
  const { inProgress } = application.engine.activity()
  terminal?.out('')
  if (inProgress > 0)
    terminal?.out(
      `Stopping: ${count(inProgress, 'run')} in progress, for at most ${limitMs / 1000} s. Again to stop at once.`,
    )
  try {
    // Not as an argument: where nobody is told, it would not be evaluated.
    const report = await application.drain(limitMs)
    terminal?.out(describeDrain(report))
    return exitCodes.good
  } catch (error) {
    terminal?.err(`Stopped, but not in good order: ${messageOf(error)}`)
    return exitCodes.failed
  }
}

/** What is left for the next start. */
export function describeDrain({ interrupted, waiting, ready }: DrainReport): string {
  const rest = [
    ...(waiting > 0 ? [count(waiting, 'run waits', 'runs wait')] : []),
    ...(ready > 0 ? [`${count(ready, 'run has', 'runs have')} work to do`] : []),
    ...(interrupted > 0 ? [`${count(interrupted, 'call was', 'calls were')} cut off`] : []),
  ]
  return rest.length === 0
    ? 'Stopped. Nothing is waiting.'
    : `Stopped. ${rest.join(', ')}: all of it goes on at the next start.`
}
