import type { AppendReceipt } from '../journal/journal.ts'
import type { Difference } from './replay.ts'

/** How a run left memory. */
export interface Leaving {
  readonly how: 'waiting' | 'parked' | 'ended' | 'diverged' | 'replayed' | 'lost' | 'drained'
  readonly wakeAt: number | null
  /** What the journal said of runs that may go on now, or have something in their inbox; `null` when its answer was lost. */
  readonly receipt: Extract<AppendReceipt, { outcome: 'written' }> | null
  readonly difference: Difference | null
}
