import type { Clock } from '../../base/clock.ts'
import { choosePlace } from '../../postgres/placement.ts'
import type { Membership, Ownership, OwnershipListener, Placed } from '../ownership.ts'
import type { PermitShare, PermitWish } from '../permits.ts'
import { joinedStanding, joinedView } from './cluster.ts'
import { encodeEpoch } from './epoch.ts'
import { behind, type Place, type Places } from './places.ts'

/** What this node holds of several journals, each by a lease of its own. */
export class PlacedOwnership implements Ownership {
  readonly membership: Membership | null
  readonly #places: Places
  readonly #clock: Clock
  readonly #listeners = new Set<OwnershipListener>()
  /** Of tenants that are about to go to another place nothing is taken up. */
  isResting: (tenant: string) => boolean = () => false

  constructor(places: Places, clock: Clock) {
    this.#places = places
    this.#clock = clock
    const isShared = places.all.some(({ journal }) => journal.ownership.membership !== null)
    this.membership = isShared ? this.#membership() : null
  }

  epochOf(run: Placed): number | null {
    if (this.isResting(run.tenant)) return null
    const place = this.#places.known(run.tenant)
    const epoch = place?.journal.ownership.epochOf(run) ?? null
    return place === null || epoch === null ? null : encodeEpoch(epoch, this.#places.all.indexOf(place))
  }

  orphanedBefore(run: Placed): number {
    return this.#places.known(run.tenant)?.journal.ownership.orphanedBefore(run) ?? 0
  }

  listen(listener: OwnershipListener): () => void {
    this.#listeners.add(listener)
    const ends = this.#places.all.map((place) => {
      const isHere =
        (isOf: (run: Placed) => boolean) =>
        (run: Placed): boolean =>
          this.#places.known(run.tenant) === place && isOf(run)
      return place.journal.ownership.listen({
        reached: (runs) => listener.reached(runs),
        gained: () => listener.gained(),
        lost: (isLost) => listener.lost(isHere(isLost)),
        leaving: (isLeaving) => listener.leaving(isHere(isLeaving)),
      })
    })
    return () => {
      this.#listeners.delete(listener)
      for (const end of ends) end()
    }
  }

  /** What was missed stands in the journals: one of them can be reached again, or a tenant lives elsewhere now. */
  back(): void {
    for (const listener of this.#listeners) listener.gained()
  }

  async leave(tenant: string): Promise<void> {
    const isOf = (run: Placed): boolean => run.tenant === tenant
    await Promise.all([...this.#listeners].map((listener) => listener.leaving(isOf)))
  }

  lose(tenant: string): void {
    for (const listener of this.#listeners) listener.lost((run) => run.tenant === tenant)
  }

  #membership(): Membership {
    const all = this.#places.all
    const each = (): Membership[] => all.flatMap((place) => membershipOf(place) ?? [])
    // Words need only one way. When that is closed, they are lost like others.
    const [first] = each()
    return {
      say: async (words, to) => first?.say(words, to),
      hear: (listener) => first?.hear(listener) ?? (() => undefined),
      leave: () => each().forEach((membership) => membership.leave()),
      nodes: async () => {
        const views = await this.#places.ask(async (place) => (await membershipOf(place)?.nodes()) ?? [])
        return joinedView(views.flat())
      },
      standing: () => joinedStanding(each().map((membership) => membership.standing())),
      get member() {
        return all.map((place) => membershipOf(place)?.member ?? '').join('+')
      },
      heldUntil: (tenant) => {
        const place = this.#places.known(tenant)
        return place === null ? Number.NEGATIVE_INFINITY : this.#until(place, membershipOf(place)?.heldUntil(tenant))
      },
      mail: async (among) => (await this.#places.ask(async (place) => membershipOf(place)?.mail(among) ?? [])).flat(),
      claim: (wishes) => this.#claim(wishes),
      stayFor: (flow) => {
        const place = this.#keeperOf(flow)
        const stay = place === undefined ? undefined : membershipOf(place)?.stayFor(flow)
        if (place === undefined || stay === undefined) return { member: '', until: Number.NEGATIVE_INFINITY }
        return { member: stay.member, until: this.#until(place, stay.until) }
      },
    }
  }

  #until(place: Place, until = Number.NEGATIVE_INFINITY): number {
    return until + behind(place, this.#clock)
  }

  /** A limit is the whole app's, so that one place keeps all permits of a flow; another flow's are kept elsewhere. */
  #keeperOf(flow: string): Place | undefined {
    const all = this.#places.all
    const name = choosePlace(
      flow,
      all.map((place) => place.name),
    )
    return all.find((place) => place.name === name)
  }

  async #claim(wishes: readonly PermitWish[]): Promise<readonly PermitShare[]> {
    const shares = new Map<PermitWish, PermitShare>()
    const claim = async (place: Place): Promise<void> => {
      const asked = wishes.filter(({ flow }) => this.#keeperOf(flow) === place)
      if (asked.length === 0) return
      const given = await membershipOf(place)?.claim(asked)
      for (const [index, wish] of asked.entries()) shares.set(wish, given?.[index] ?? { held: 0, fair: 0 })
    }
    const claims = await Promise.allSettled(this.#places.all.map(claim))
    const failed = claims.find((one) => one.status === 'rejected')
    if (shares.size === 0 && failed !== undefined) throw failed.reason
    // Of a place that did not answer what is kept goes on being held, for as long as the stay there lasts.
    return wishes.map((wish) => shares.get(wish) ?? { held: wish.keep, fair: wish.keep })
  }
}

function membershipOf(place: Place): Membership | null {
  return place.journal.ownership.membership
}
