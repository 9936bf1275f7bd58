/** What a node asks of the shared allotment of one limit. */
export interface Ask {
  /** The limit's, the same in all nodes. */
  readonly key: string
  readonly requests: number
  /** 0 for a limit of what is under way at once. */
  readonly perMs: number
  /** Another one each time that a process starts. */
  readonly node: string
  /** Grows with each ask of the node: one that comes late is not heard. */
  readonly seq: number
  /** What it uses or has used in the last `perMs`: it cannot be taken from it. */
  readonly held: number
  /** What it would use. */
  readonly wanted: number
  /** How long it will count on the answer, in milliseconds from when it asks; 0 for the last ask of a node that ends. */
  readonly forMs: number
}

/** A share of a limit: so many of its requests may go from this node in any stretch of its length. */
export interface Lease {
  readonly share: number
  /** What it could have by what the others want: above it the node lets go of what it holds. */
  readonly target: number
  /** Milliseconds from when it was asked for; 0 for an ask that was not heard. */
  readonly forMs: number
  /** Another node has less than it wants. */
  readonly isAwaited: boolean
}

/** Lends shares of limits to the nodes that make calls. */
export interface Allotter {
  /** One lease for each ask, in their order; all are of one node and for one time. Rejects where the store cannot be reached: then nothing is lent, and nothing taken. */
  ask(asks: readonly Ask[]): Promise<readonly Lease[]>
}

/** What is kept of a node's share in one limit. */
interface LeaseRow {
  readonly node: string
  readonly seq: number
  readonly share: number
  readonly wanted: number
  /** By the allotter's clock, in milliseconds since the epoch. */
  readonly expiresAt: number
}

/**
 * The answer to an ask, and the row to keep for its node, by the `rows` that are kept of all nodes. Never lends more than the limit: what an expired lease was for is lent again only when
 * all that it was perhaps used for has left the stretch. `allotmentTables` says the same in the database's language.
 */
function allot(rows: readonly LeaseRow[], ask: Ask, now: number): { readonly row: LeaseRow; readonly lease: Lease } {
  const { node, seq, requests, perMs, held, wanted, forMs } = ask
  const own = rows.find((row) => row.node === node)
  const others = rows.filter((row) => row.node !== node && isKept(row, perMs, now))
  const lent = others.reduce((sum, { share }) => sum + share, 0)
  const living = others.filter(({ expiresAt }) => expiresAt > now)
  const asking = [...living, { node, wanted: requests }]
  const target = fairShare(asking, node, requests, turnOf(ask, asking.length, now))
  const isAwaited = living.some((row) => row.wanted > row.share)
  if (own !== undefined && own.seq >= seq) return { row: own, lease: { share: held, target, forMs: 0, isAwaited } }
  const share = Math.max(held, Math.min(wanted, target, requests - lent))
  return { row: { node, seq, share, wanted, expiresAt: now + forMs }, lease: { share, target, forMs, isAwaited } }
}

/** False for a row that may be forgotten. */
function isKept({ share, expiresAt }: LeaseRow, perMs: number, now: number): boolean {
  return share > 0 ? expiresAt + perMs > now : expiresAt > now
}

// Where what does not divide is much of a share, each has it in turn, for some stretches.
function turnOf({ requests, perMs }: Ask, nodes: number, now: number): number {
  return requests < 8 * nodes ? Math.floor(now / Math.max(4 * perMs, turnMs)) : 0
}

const turnMs = 5000

/** Nobody gets more than it wants; of the others nobody gets less than another. */
function fairShare(
  asking: readonly { readonly node: string; readonly wanted: number }[],
  node: string,
  requests: number,
  turn: number,
): number {
  const byNode = asking.toSorted((one, other) => (one.node < other.node ? -1 : 1))
  const turned = byNode.map((_, index) => byNode[(index + turn) % byNode.length] as (typeof byNode)[number])
  // Who wants least comes first and leaves to the rest what it does not want; of those who want the same the last have what does not divide.
  const order = turned.toSorted((one, other) => one.wanted - other.wanted)
  let left = requests
  for (const [index, one] of order.entries()) {
    const share = Math.min(one.wanted, Math.floor(left / (order.length - index)))
    if (one.node === node) return share
    left -= share
  }
  return 0
}

/** An allotment in memory, for nodes of one process. */
export function memoryAllotter(clock: { now(): number }): Allotter {
  const kept = new Map<string, readonly LeaseRow[]>()
  return {
    async ask(asks) {
      const now = clock.now()
      return asks.map((ask) => {
        const rows = kept.get(ask.key) ?? []
        const { row, lease } = allot(rows, ask, now)
        kept.set(ask.key, [...rows.filter((one) => one.node !== ask.node && isKept(one, ask.perMs, now)), row])
        return lease
      })
    },
  }
}
