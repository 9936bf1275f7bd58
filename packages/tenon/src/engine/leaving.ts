import type { Difference } from './replay.ts'

/** How a run left memory. */
export interface Leaving {
  readonly how: 'waiting' | 'parked' | 'ended' | 'diverged' | 'replayed' | 'lost' | 'drained'
  readonly wakeAt: number | null
  readonly difference: Difference | null
}
