import type { HistoryEntry } from './entries.ts'

/** A run's journal, prepared for replay. */
export interface History {
  /** What is replayed, in order; void entries are left out. */
  readonly entries: readonly HistoryEntry[]
  /** Marks of `step.changed` that the run has passed. */
  readonly changed: ReadonlySet<string>
  /** Per step, how often it was retried after a definitive answer. */
  readonly generations: ReadonlyMap<string, number>
  /** Steps that were retried without knowing what became of them. */
  readonly maybe: ReadonlySet<string>
  /** Entries between these two may belong to steps that the run no longer asks for, or asks for with other inputs, since a retry took away what led to them. */
  readonly looseAfter: number
  readonly looseBefore: number
  readonly names: ReadonlySet<string>
  /** When it was last retried after it had failed: its time limit counts from then. */
  readonly retriedAt: number | null
}

export function prepareHistory(all: readonly HistoryEntry[]): History {
  const dropped = new Set<number>()
  const changed = new Set<string>()
  const generations = new Map<string, number>()
  const maybe = new Set<string>()
  const names = new Set<string>()
  let looseAfter = Number.POSITIVE_INFINITY
  let looseBefore = 0
  let retriedAt: number | null = null
  for (const entry of all) {
    if (entry.kind === 'changed') changed.add(entry.body.id)
    if (entry.step !== '') names.add(entry.step)
    if (entry.kind !== 'retried') continue
    retriedAt = entry.at
    for (const seq of entry.body.void) dropped.add(seq)
    for (const [step, generation] of Object.entries(entry.body.generations)) generations.set(step, generation)
    for (const step of entry.body.maybe) maybe.add(step)
    for (const seq of entry.body.void) {
      if (all[seq - 1]?.kind === 'end') continue
      looseAfter = Math.min(looseAfter, seq)
      looseBefore = entry.seq
    }
  }
  const entries = dropped.size === 0 ? all : all.filter((entry) => !dropped.has(entry.seq))
  return { entries, changed, generations, maybe, looseAfter, looseBefore, names, retriedAt }
}

export const emptyHistory: History = prepareHistory([])
