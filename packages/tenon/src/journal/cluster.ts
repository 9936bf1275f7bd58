/** What people see of the nodes that share a journal. Times are the journal's, in milliseconds since the epoch. */
export interface ClusterView {
  /** When it was looked at. */
  readonly at: number
  /** Into how many parts runs are divided. */
  readonly partitions: number
  /** Those of them that no node holds at the moment. */
  readonly unheld: number
  /** In the order in which they joined. One that gave no sign of life for a while is among them until another finds that its lease is over. */
  readonly nodes: readonly ClusterNode[]
}

export interface ClusterNode {
  /** Tells nodes of one name apart; the same for as long as the process lives. */
  readonly id: string
  readonly name: string
  readonly version: string
  /** The node that was asked. */
  readonly isThis: boolean
  /** Since when it is a member without a break. */
  readonly joinedAt: number
  /** Of the latest sign of life, and until when that counts. */
  readonly seenAt: number
  readonly heldUntil: number
  /** It gives its work to the others, and is about to end. */
  readonly isLeaving: boolean
  readonly partitions: number
  /** Runs of these partitions that may go on, and that wait for a time or at most until one; each counted up to `mostCounted`. */
  readonly ready: number
  readonly waiting: number
  /** As it said with the latest sign of life. */
  readonly figures: NodeFigures
}

export interface CommitFigures {
  readonly batches: number
  readonly writes: number
  /** Of all batches together, from asking to the answer. */
  readonly commitMs: number
}

export interface NodeFigures extends CommitFigures {
  /** The same of the last half minute. */
  readonly latest: CommitFigures
}

/** How this node stands, from its memory. */
export interface Standing {
  /** How many share the journal, as of the latest sign of life. */
  readonly nodes: number
  /** Partitions that it brings on. */
  readonly partitions: number
  /** How long ago the lease was last renewed. */
  readonly leaseAgeMs: number
  /** Partitions that it took from nodes that had ended badly. */
  readonly takenOver: number
  /** Appends that were refused, because another node had the run meanwhile. */
  readonly fenced: number
}

/** What a node says to the others: it comes once or, when a connection is lost, not at all. */
export interface Words {
  /** To all other nodes, or to one. Rejects with `JOURNAL_UNAVAILABLE`, and with `INPUT_INVALID` for more than `longestWord` bytes. */
  say(words: readonly string[], to?: string): Promise<void>
  /** Those that come from now on, with the `id` of who said them. The returned function ends it. */
  hear(listener: (word: string, from: string) => void): () => void
}

export const longestWord = 7_500
/** Of the longest window that `latest` speaks of. */
export const latestMs = 30_000
