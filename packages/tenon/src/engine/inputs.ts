import { decode } from '../base/json.ts'
import type { Services } from './command.ts'
import type { ReadRun } from './describe.ts'
import { replayDry } from './dry-replay.ts'
import type { FlowPlan } from './plan.ts'

export interface Inputs {
  readonly byStep: ReadonlyMap<string, unknown>
  /** False where the code no longer does what the journal says. */
  readonly fit: boolean
}

/** What the code as it is now gives to each step of the journal. The journal itself holds only a hash of that, by which each is known to be the one. */
export async function recomputeInputs(read: ReadRun, plan: FlowPlan | null, services: Services): Promise<Inputs> {
  const byStep = new Map<string, unknown>()
  if (plan === null || mayEndTheProcess(read)) return { byStep, fit: false }
  const hashes = hashesOf(read)
  const { how } = await replayDry(read, {
    plan,
    services,
    watch(name, { hash, input }) {
      if (input !== undefined && hashes.get(name)?.has(hash) === true) byStep.set(name, decode(input))
    },
  })
  return { byStep, fit: how === 'replayed' }
}

function hashesOf({ entries }: ReadRun): Map<string, Set<string>> {
  const hashes = new Map<string, Set<string>>()
  for (const entry of entries) {
    if (!('h' in entry.body)) continue
    const known = hashes.get(entry.step) ?? new Set()
    hashes.set(entry.step, known.add(entry.body.h))
  }
  return hashes
}

/** Who wants to know what is wrong with such a run must not end the process by that. Once resumed is any run that was in memory beside a culprit. */
function mayEndTheProcess({ row }: ReadRun): boolean {
  return row.code === 'POISONED' || row.recoveries > 1
}
