/**
 * Limits of concurrency over several nodes. Each node holds a share of a flow's permits for as long as it is a member, and hands out no more than that; the
 * shares of all members together never exceed the limit. Those of a node that ends badly are free when its lease is.
 */
export interface SharedPermits {
  /**
   * Says what this member wants of some flows, all in one transaction, and hears what it has now. Idempotent: a lost answer is asked for again. A member that
   * the journal no longer knows gets 0 of all.
   */
  claim(wishes: readonly PermitWish[]): Promise<readonly PermitShare[]>
  /** Of what was claimed for that flow, nothing counts in another stay, or after that time by the clock that the engine has. */
  stayFor(flow: string): { readonly member: string; readonly until: number }
}

export interface PermitWish {
  readonly flow: string
  readonly limit: number
  /** What it goes on holding, whatever others want: never less than it has runs in progress, never more than its share. */
  readonly keep: number
  /** What it could make use of, `keep` among it; 0 gives everything back. */
  readonly wanted: number
}

export interface PermitShare {
  readonly held: number
  /** What would be fair now: who holds more lets the surplus go as its runs end, and says so by the next claim. */
  readonly fair: number
}

/** What the journal knows of one member and one flow. */
export interface PermitClaim {
  readonly member: string
  readonly held: number
  readonly wanted: number
  /** Number of the claim by which it last got more than it had, 0 for none: who waited longest comes first. */
  readonly servedAt: number
}

export interface PermitDecision {
  readonly share: PermitShare
  /** Gets more than it had: the claim has the next number. */
  readonly isServed: boolean
  /** Nothing is held and nothing wanted: the claim is forgotten. */
  readonly isOver: boolean
}

/** Decides one wish. `claims` are those of all living members for that flow. The share never takes what another holds. */
export function decideShare(wish: PermitWish, member: string, claims: readonly PermitClaim[]): PermitDecision {
  const mine = claims.find((one) => one.member === member) ?? { member, held: 0, wanted: 0, servedAt: 0 }
  const others = claims.filter((one) => one.member !== member)
  const taken = others.reduce((sum, { held }) => sum + held, 0)
  const fair = fairShare(wish.limit, { ...mine, wanted: wish.wanted }, others)
  const room = Math.max(0, wish.limit - taken)
  const held = Math.max(Math.min(wish.keep, mine.held), Math.min(room, fair))
  return { share: { held, fair }, isServed: held > mine.held, isOver: held === 0 && wish.wanted === 0 }
}

/** Permits go round among those who want more, one at a time, the longest unserved first. */
function fairShare(limit: number, mine: PermitClaim, others: readonly PermitClaim[]): number {
  const inTurn = [mine, ...others].toSorted((a, b) => a.servedAt - b.servedAt || (a.member < b.member ? -1 : 1))
  const shares = new Map<PermitClaim, number>()
  let left = limit
  let round = 0
  for (let given = -1; left > 0 && given !== 0; round += 1) {
    given = 0
    for (const claim of inTurn) {
      if (left === 0 || claim.wanted <= round) continue
      shares.set(claim, round + 1)
      left -= 1
      given += 1
    }
  }
  return shares.get(mine) ?? 0
}
