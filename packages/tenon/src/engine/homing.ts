import type { Ownership } from '../journal/ownership.ts'
import type { FlowPlan } from './plan.ts'

export interface HomingOptions {
  readonly ownership: Ownership
  readonly newId: (nowMs: number) => string
  /** False where so many runs of that flow wait for their turn that others had better share the work. */
  readonly hasRoomFor: (flow: string) => boolean
}

/** As many nodes as can find a place of their own nearly always; a place that is not found costs a word to another node. */
const mostTries = 32

/**
 * Ids of new runs. An id decides where a run without a key belongs. Where several nodes share the journal, one is taken that makes the run this node's own: no other needs to hear of it, and what it was started with
 * is at hand. Where too many wait for their turn it is left to chance. Runs with a key belong to their line.
 */
export function newRunIds({ ownership, newId, hasRoomFor }: HomingOptions) {
  return (tenant: string, { name: flow, flow: { options } }: FlowPlan, nowMs: number): string => {
    let run = newId(nowMs)
    if (ownership.membership === null || options.key !== undefined || !hasRoomFor(flow)) return run
    for (let tries = 1; tries < mostTries; tries += 1) {
      if (ownership.epochOf({ tenant, run, flow, key: null }) !== null) return run
      run = newId(nowMs)
    }
    return run
  }
}
