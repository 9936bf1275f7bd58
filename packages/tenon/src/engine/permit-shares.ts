import type { Membership } from '../journal/ownership.ts'
import type { Services } from './command.ts'

interface Share {
  /** Of the stay in the cluster that it was given to. */
  member: string
  held: number
  fair: number
  limit: number
  /** Most that could be made use of at once since the last claim: an idle moment gives nothing back. */
  peak: number
}

interface Parties {
  readonly everyMs: number
  /** Runs of the flow in memory, and those that wait for a permit. */
  readonly used: (flow: string) => number
  readonly waiting: (flow: string) => number
  /** Permits have come. */
  readonly onMore: (flow: string, count: number) => void
}

/** Shares of the time between two claims where all is settled: where permits are missing, where too many are held, and at least, but for a flow that it has none of. */
const starving = 1 / 4
const surplus = 1 / 10
const gap = 1 / 10

/** This node's shares of permits: asked for when a flow with a limit has something to do, and given back when others wait or nothing is left to do. */
export class PermitShares {
  readonly #services: Services
  readonly #membership: Membership
  readonly #parties: Parties
  readonly #shares = new Map<string, Share>()
  #stopTimer: () => void = () => undefined
  #nextAt = Number.POSITIVE_INFINITY
  #lastAt = Number.NEGATIVE_INFINITY
  #isClaiming = false
  #isStopped = false

  constructor(services: Services, membership: Membership, parties: Parties) {
    this.#services = services
    this.#membership = membership
    this.#parties = parties
  }

  /** Whether one more run may begin beside those in memory; where not, it is asked for. */
  mayTake(flow: string, limit: number): boolean {
    let share = this.#shares.get(flow)
    if (share === undefined) this.#shares.set(flow, (share = { member: '', held: 0, fair: 0, limit, peak: 0 }))
    share.limit = limit
    const used = this.#parties.used(flow)
    share.peak = Math.max(share.peak, used + 1)
    if (used < this.#usable(flow, share)) return true
    this.#claimAt(share.member === '' ? 0 : this.#lastAt + this.#parties.everyMs * gap)
    return false
  }

  stop(): void {
    this.#isStopped = true
    this.#stopTimer()
  }

  /** Nothing that was given to an earlier stay counts, and nothing once others may have taken it. */
  #usable(flow: string, { member, held, fair, limit }: Share): number {
    const stay = this.#membership.stayFor(flow)
    if (member !== stay.member || this.#services.clock.now() >= stay.until) return 0
    return Math.min(held, fair, limit)
  }

  #claimAt(at: number): void {
    if (this.#isStopped || this.#isClaiming || this.#nextAt <= at) return
    const { clock } = this.#services
    this.#nextAt = at
    this.#stopTimer()
    this.#stopTimer = clock.after(Math.max(0, at - clock.now()), () => void this.#claim())
  }

  async #claim(): Promise<void> {
    this.#isClaiming = true
    this.#nextAt = Number.POSITIVE_INFINITY
    this.#lastAt = this.#services.clock.now()
    const asked = [...this.#shares]
    const wishes = asked.map(([flow, share]) => {
      const { member } = this.#membership.stayFor(flow)
      const used = this.#parties.used(flow)
      const wanted = Math.min(share.limit, Math.max(used + this.#parties.waiting(flow), share.peak))
      // While the claim is on its way no more is used than what is kept whatever the answer.
      const keep = share.member === member ? Math.min(share.held, Math.max(used, Math.min(share.fair, wanted))) : 0
      Object.assign(share, { held: keep, member, peak: used })
      return { flow, limit: share.limit, keep, wanted }
    })
    const { everyMs } = this.#parties
    let nextMs = everyMs
    try {
      const shares = await this.#membership.claim(wishes)
      for (const [index, [flow, share]] of asked.entries()) {
        const { held = 0, fair = 0 } = shares[index] ?? {}
        const { keep = 0, wanted = 0 } = wishes[index] ?? {}
        Object.assign(share, { held, fair })
        if (held > fair) nextMs = Math.min(nextMs, everyMs * surplus)
        else if (held < wanted) nextMs = Math.min(nextMs, everyMs * starving)
        if (held === 0 && wanted === 0) this.#shares.delete(flow)
        else if (held > keep) this.#parties.onMore(flow, held - keep)
      }
    } catch (error) {
      this.#services.log('permits.unclaimed', { error })
    }
    this.#isClaiming = false
    if (this.#shares.size > 0) this.#claimAt(this.#services.clock.now() + nextMs)
  }
}
