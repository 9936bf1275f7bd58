import { systemClock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Application } from '../server/application.ts'
import { makeSamples } from '../server/samples.ts'
import type { CommandInput } from './command.ts'
import { createNarrator } from './narrator.ts'
import { askForAccounts, greet, pointOut } from './welcome.ts'

export interface Presenting extends Pick<CommandInput, 'terminal' | 'environment' | 'json'> {
  /** Does not tell what happens to the runs. */
  readonly quiet: boolean
  readonly greets: boolean
}

/** Tells a person what has started and what happens to the runs. Returns how to end that. */
export async function present(application: Application, options: Presenting): Promise<() => void> {
  const { terminal, json } = options
  const narrator = createNarrator(terminal, systemClock)
  if (!options.quiet && !json) application.engine.listen(narrator.hear, narrator.wants)
  if (options.greets && json)
    terminal.out(JSON.stringify({ url: application.url, data: application.dataFolder, pid: process.pid }))
  else if (options.greets) await greet(application, options)
  return () => narrator.stop()
}

/** At the first start of all, the simulators' own examples. */
export async function showSamples(
  application: Application,
  { terminal, json }: Pick<Presenting, 'terminal' | 'json'>,
): Promise<void> {
  if (!application.isFirstStart) return
  try {
    const { made, unconnected } = await makeSamples(application)
    if (json) return
    if (unconnected.length > 0) askForAccounts(unconnected, terminal)
    if (made > 0) pointOut(application, terminal, systemClock)
  } catch (error) {
    // The samples are a courtesy; the server works without them.
    terminal.err(`The samples could not be made: ${messageOf(error)}`)
  }
}
