import { systemClock, type Clock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import type { Placement } from '../../postgres/placement.ts'
import type { Journal } from '../journal.ts'

/** One journal of several. */
export interface Place {
  /** As the placement names it. */
  readonly name: string
  readonly journal: Journal
  /** The time that its nodes live by. */
  readonly clock?: Clock
  /** What is known of runs by number is read again. */
  readonly forget?: () => void
}

/** The journals among which tenants are placed, and which of them can be reached. */
export class Places {
  readonly all: readonly Place[]
  readonly placement: Placement
  readonly #onBack: () => void
  readonly #away = new Set<Place>()
  readonly #asked = new Set<Place>()

  constructor(all: readonly Place[], placement: Placement, onBack: () => void) {
    this.all = all
    this.placement = placement
    this.#onBack = onBack
  }

  /** `null` for a tenant that nobody here asked for. */
  known(tenant: string): Place | null {
    const name = this.placement.known(tenant)
    return name === null ? null : this.#named(name)
  }

  async find(tenant: string): Promise<Place> {
    return this.known(tenant) ?? this.#named(await this.placement.find(tenant))
  }

  async settle(tenant: string): Promise<Place> {
    return this.known(tenant) ?? this.#named(await this.placement.settle(tenant))
  }

  async again(tenant: string): Promise<Place> {
    return this.#named(await this.placement.again(tenant))
  }

  #named(name: string): Place {
    const place = this.all.find((one) => one.name === name)
    if (place === undefined)
      throw new TenonError('DATABASE_UNUSABLE', `a tenant lives on ${name}, which this node was not given`)
    return place
  }

  /**
   * What all of them say, for whoever looks for work. One that is away is left out, and not waited for a second time: it is asked again meanwhile, and whoever listens is told when it is back.
   * Rejects where none can be reached.
   */
  async ask<Answer>(question: (place: Place) => Promise<Answer>): Promise<Answer[]> {
    const reachable = this.all.filter((place) => !this.#away.has(place))
    for (const place of this.#away) void this.#askAgain(place, question)
    const asked = reachable.length === 0 ? this.all : reachable
    const answers = await Promise.allSettled(asked.map(question))
    for (const [index, { status }] of answers.entries())
      if (status === 'rejected' && asked[index] !== undefined) this.#away.add(asked[index])
    const good = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    const [first] = answers
    if (good.length === 0 && first?.status === 'rejected') throw first.reason
    return good
  }

  async #askAgain(place: Place, question: (place: Place) => Promise<unknown>): Promise<void> {
    if (this.#asked.has(place)) return
    this.#asked.add(place)
    try {
      await question(place)
      this.#away.delete(place)
      this.#onBack()
    } catch {
      // Still away.
    } finally {
      this.#asked.delete(place)
    }
  }
}

/** How far the time of a place is behind that of the whole, in milliseconds. */
export function behind(place: Place, clock: Clock): number {
  return clock.now() - (place.clock ?? systemClock).now()
}
