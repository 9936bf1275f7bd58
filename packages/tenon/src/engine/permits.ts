import type { PermitShares } from './permit-shares.ts'

/** Runs in progress per flow; taken when a run comes into memory, given back when it leaves, however it leaves. */
export class Permits {
  readonly #used = new Map<string, number>()
  readonly #limitOf: (flow: string, version: number) => number

  /** Where others have a part in the flow's limit, this node's. */
  readonly #shares: PermitShares | null

  constructor(limitOf: (flow: string, version: number) => number, shares: PermitShares | null = null) {
    this.#limitOf = limitOf
    this.#shares = shares
  }

  take(flow: string, version: number): boolean {
    const used = this.used(flow)
    const limit = this.#limitOf(flow, version)
    if (used >= limit) return false
    if (this.#shares !== null && Number.isFinite(limit) && !this.#shares.mayTake(flow, limit)) return false
    this.#used.set(flow, used + 1)
    return true
  }

  used(flow: string): number {
    return this.#used.get(flow) ?? 0
  }

  give(flow: string): void {
    const used = this.used(flow) - 1
    if (used > 0) this.#used.set(flow, used)
    else this.#used.delete(flow)
  }
}
