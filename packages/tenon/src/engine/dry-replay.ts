import { AsyncLocalStorage } from 'node:async_hooks'
import type { LoadedRun } from '../journal/journal.ts'
import type { Watch } from './command-book.ts'
import type { Services } from './command.ts'
import { wholeBody, type HistoryEntry } from './entries.ts'
import { Execution } from './execution.ts'
import { prepareHistory } from './history.ts'
import type { Leaving } from './leaving.ts'
import { decodeEvent } from './messages.ts'
import type { FlowPlan } from './plan.ts'

/** Longest that one replay may take: a flow that computes for longer between two steps is not waited for. */
const limitMs = 5_000

/** Whoever is told of promises that a replayed function left to nobody. */
const replaying = new AsyncLocalStorage<(reason: unknown) => void>()
let isListening = false

/** A promise that nobody catches ends the process, as it must where a run is at work; to look at a run must not. */
function listenForLeftovers(): void {
  if (isListening) return
  isListening = true
  process.on('unhandledRejection', (reason) => {
    const tell = replaying.getStore()
    if (tell !== undefined) tell(reason)
    // With a listener Node leaves everything to it.
    else if (process.listenerCount('unhandledRejection') === 1) throw reason
  })
}

/** Replays a run's journal against its code as it is now; nothing is written and nothing leaves. Resolves with how far it came. */
export async function replayDry(
  { row, input, entries }: Pick<LoadedRun, 'row' | 'input'> & { readonly entries: readonly HistoryEntry[] },
  { plan, services, watch }: { readonly plan: FlowPlan; readonly services: Services; readonly watch?: Watch },
): Promise<Leaving> {
  listenForLeftovers()
  const event = decodeEvent(await wholeBody(input, services.values))
  return new Promise((resolve) => {
    const execution = new Execution({
      row,
      epoch: 0,
      plan,
      event,
      history: prepareHistory(entries),
      inbox: [],
      services,
      isResumed: true,
      isDry: true,
      ...(watch !== undefined && { watch }),
      onLeft(leaving) {
        stopTimer()
        resolve(leaving)
      },
    })
    const stopTimer = services.clock.after(limitMs, () => execution.leave('drained'))
    replaying.run(
      (error) => services.log('replay.failed', { run: row.run, error }),
      () => execution.start(),
    )
  })
}
