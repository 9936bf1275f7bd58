/** What a node asks of the shared allotment of one limit. */
export interface Ask {
  /** The limit's, the same in all nodes. */
  readonly key: string
  readonly requests: number
  readonly perMs: number
  /** Another one each time that a process starts. */
  readonly node: string
  /** Grows with each ask of the node: one that comes late is not heard. */
  readonly seq: number
  /** What it uses or has used in the last `perMs`: it cannot be taken from it. */
  readonly held: number
  /** What it would use. */
  readonly wanted: number
}

/** A share of a limit: so many of its requests may go from this node in any stretch of its length. */
export interface Lease {
  readonly share: number
  /** What it could have by what the others want: above it the node lets go of what it holds. */
  readonly target: number
  /** Milliseconds from when it was asked for. */
  readonly forMs: number
}

/** Lends shares of limits to the nodes that make calls. A store implements it by `allot`, in one transaction for all that a node asks. */
export interface Allotter {
  /** One lease for each ask, in their order. Rejects where the store cannot be reached: then nothing is lent, and nothing taken. */
  ask(asks: readonly Ask[]): Promise<readonly Lease[]>
}

/** What is kept of a node's share in one limit. */
export interface LeaseRow {
  readonly node: string
  readonly seq: number
  readonly share: number
  readonly wanted: number
  /** By the allotter's clock, in milliseconds since the epoch. */
  readonly expiresAt: number
}

const leaseMs = 5000

/**
 * The answer to an ask, and the row to keep for its node, by the `rows` that are kept of all nodes. Never lends more than the limit: what an expired lease was for is lent again only when
 * all that it was perhaps used for has left the stretch.
 */
function allot(rows: readonly LeaseRow[], ask: Ask, now: number): { readonly row: LeaseRow; readonly lease: Lease } {
  const { node, seq, requests, perMs, held, wanted } = ask
  const own = rows.find((row) => row.node === node)
  const others = rows.filter((row) => row.node !== node && isKept(row, perMs, now))
  const lent = others.reduce((sum, { share }) => sum + share, 0)
  const asking = [...others.filter(({ expiresAt }) => expiresAt > now), { node, wanted: requests }]
  const target = fairShare(asking, node, requests, turnOf(perMs, now))
  if (own !== undefined && own.seq >= seq) return { row: own, lease: { share: held, target, forMs: 0 } }
  const share = Math.max(held, Math.min(wanted, target, requests - lent))
  return { row: { node, seq, share, wanted, expiresAt: now + leaseMs }, lease: { share, target, forMs: leaseMs } }
}

/** False for a row that may be forgotten. */
function isKept({ share, expiresAt }: LeaseRow, perMs: number, now: number): boolean {
  return share > 0 ? expiresAt + perMs > now : expiresAt > now
}

// Where there are fewer requests than nodes, each has them for some stretches in turn.
const turnOf = (perMs: number, now: number): number => Math.floor(now / Math.max(4 * perMs, leaseMs))

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

/** An allotment in memory, for nodes of one process. No store implements one yet: nodes of several processes each take a whole limit. */
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
