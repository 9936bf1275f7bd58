import type { RunKey } from './journal.ts'

/**
 * Which runs the holder of a journal may bring on. One process that holds a journal by itself owns all of them until it ends; in a cluster runs belong to partitions,
 * and a node holds a partition for a time, under an epoch. Answers are given from memory and may be old: only the epoch in an append decides.
 */
export interface Ownership {
  /** The epoch under which its entries may be written now; `null` for a run of another node. */
  epochOf(run: Placed): number | null
  /** A run that was last written before then may have been in the hands of an owner that ended badly; 0 where none was. */
  orphanedBefore(run: Placed): number
  /** What comes about without an own write. The returned function ends it. */
  listen(listener: OwnershipListener): () => void
}

/** What decides where a run belongs: all runs of one line belong together. */
export interface Placed extends RunKey {
  readonly flow: string
  readonly key: string | null
}

export interface OwnershipListener {
  /** Others wrote something for these runs of ours: each may be ready, or have something in its inbox. */
  reached(runs: readonly RunKey[]): void
  /** More is ours than before, or a word may have been missed: what is to be done stands in the journal. */
  gained(): void
  /** Less is ours than before: runs of others must leave memory. */
  lost(): void
}

/** Of a journal that one process holds by itself. */
export function soleOwnership(epoch: number, orphanedBefore: number): Ownership {
  return { epochOf: () => epoch, orphanedBefore: () => orphanedBefore, listen: () => () => undefined }
}
