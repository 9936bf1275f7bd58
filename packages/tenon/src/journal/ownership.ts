import type { ClusterView, Standing, Words } from './cluster.ts'
import type { RunKey } from './journal.ts'
import type { SharedPermits } from './permits.ts'

/**
 * Which runs the holder of a journal may bring on. One process that holds a journal by itself owns all of them until it ends; in a cluster runs belong to partitions,
 * and a node holds a partition for a time, under an epoch. Answers are given from memory and may be old: only the epoch in an append decides.
 */
export interface Ownership {
  /**
   * The epoch under which its entries may be written now; `null` for a run of another node, and for one that is about to become another's. Each takeover has a
   * greater epoch than all before, and what is taken over at once has one epoch.
   */
  epochOf(run: Placed): number | null
  /** A run that was last written before then may have been in the hands of an owner that ended badly; 0 where none was. */
  orphanedBefore(run: Placed): number
  /** What comes about without an own write. The returned function ends it. */
  listen(listener: OwnershipListener): () => void
  /** `null` where one process holds the journal by itself. */
  readonly membership: Membership | null
}

/** What decides where a run belongs: all runs of one line belong together. */
export interface Placed extends RunKey {
  readonly flow: string
  readonly key: string | null
}

export interface OwnershipListener {
  /** Others wrote something for these runs of ours: each may be ready, or have something in its inbox. May be told twice, and may be lost. */
  reached(runs: readonly RunKey[]): void
  /** More is ours than before, told in the turn in which `epochOf` says so, or a word may have been missed: what is to be done stands in the journal. */
  gained(): void
  /** Less is ours than before: these runs must leave memory at once, with all they have in flight. */
  lost(isLost: (run: Placed) => boolean): void
  /**
   * These are wanted by another node. `epochOf` is `null` for them already, so that none is taken up any more; what is in flight is still written under its epoch.
   * Resolves when none is in memory. The journal waits for that, though not for ever: then it says `lost`.
   */
  leaving(isLeaving: (run: Placed) => boolean): Promise<void>
}

/** One node among several. Its lease is renewed by the journal; one that was lost is never renewed: the node joins anew. */
export interface Membership extends SharedPermits, Words {
  /** Name of this stay in the cluster: another one after the lease was lost. */
  readonly member: string
  /** Until then, by the clock that the engine has, nobody else can hold what this node holds of that tenant; later no call may leave. Measured from before the renewal was asked for. */
  heldUntil(tenant: string): number
  /** Of these runs, those of this node, not ended, that have something in their inbox: whoever missed the word finds them here. It costs little, and is asked once a second for what is in memory. */
  mail(among: readonly RunKey[]): Promise<readonly RunKey[]>
  /**
   * Gives all that it holds to the others, each partition as soon as none of its runs is in memory, and takes nothing any more: it is about to be closed. What is
   * in flight is still written. Its lease goes on.
   */
  leave(): void
  /** All nodes, for people. Rejects with `JOURNAL_UNAVAILABLE`. */
  nodes(): Promise<ClusterView>
  standing(): Standing
}

/** Of a journal that one process holds by itself. */
export function soleOwnership(epoch: number, orphanedBefore: number): Ownership {
  return {
    epochOf: () => epoch,
    orphanedBefore: () => orphanedBefore,
    listen: () => () => undefined,
    membership: null,
  }
}
