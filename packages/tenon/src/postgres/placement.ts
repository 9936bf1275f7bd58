import { createHash } from 'node:crypto'

/** On which of several databases each tenant lives: wholly on one, and there it stays until somebody moves it. */
export interface Placement {
  /** From memory, `null` for a tenant that nobody here asked for. */
  known(tenant: string): string | null
  /** Where it lives; for one that has nothing yet, where it would. Rejects with `DATABASE_UNUSABLE` for a place that this node was not given. */
  find(tenant: string): Promise<string>
  /** The same, and durable when it resolves: asked before anything is written. */
  settle(tenant: string): Promise<string>
  /** Asks again, also for one that is known, and remembers nothing: it may be moving. */
  again(tenant: string): Promise<string>
  /** Somebody said where it lives now. Rejects as `find`. */
  learn(tenant: string, place: string): void
}

/**
 * The place of a tenant among these, in whatever order they are named: with one more each tenant either stays or goes to that one (rendezvous hashing: Thaler and
 * Ravishankar, "Using name-based mappings to increase hit rates", IEEE/ACM Transactions on Networking 6(1), 1998).
 */
export function choosePlace(name: string, places: readonly string[]): string {
  const weights = places.map(
    (place) => [createHash('sha256').update(`${place}\n${name}`).digest('hex'), place] as const,
  )
  const [[, best] = ['', '']] = weights.toSorted(([a], [b]) => (a < b ? 1 : -1))
  return best
}
