import type { LoadedRun, RunKey, RunRow } from '../journal/journal.ts'
import type { Services } from './command.ts'
import { standBy, type Pauses } from './pauses.ts'
import type { Permits } from './permits.ts'
import { mayGoOn, prepareRun, type Prepared } from './prepare.ts'
import type { Queued } from './run-queue.ts'
import type { Suspects } from './suspects.ts'
import type { Wakes } from './wakes.ts'

interface Parties {
  readonly pauses: Pauses
  readonly permits: Permits
  readonly suspects: Suspects
  readonly gains: () => number
  readonly isStopped: () => boolean
  readonly begin: (item: Queued, prepared: Prepared) => void
  /** It is not in memory any more. */
  readonly release: (item: Queued) => void
  /** Its flow is at its limit: the place that it had in memory is free for runs of others. */
  readonly setAside: (item: Queued) => void
  readonly ready: (runs: readonly RunKey[]) => void
  readonly wakes: Pick<Wakes, 'note' | 'isHurried' | 'forgetHurry'>
}

/** Reads runs from the journal and lets those begin that may: own ones, with something to do, of a flow that is neither paused nor at its limit. */
export class TakingUp {
  readonly #services: Services
  readonly #parties: Parties
  /** Versions that only other nodes have, each told of once. */
  readonly #newer = new Set<string>()

  constructor(services: Services, parties: Parties) {
    this.#services = services
    this.#parties = parties
  }

  async load(items: readonly Queued[]): Promise<void> {
    const gains = this.#parties.gains()
    let loaded: readonly (LoadedRun | null)[]
    try {
      loaded = await this.#services.journal.load(items)
    } catch (error) {
      // Perhaps it is what one tenant's database said, and the others have theirs.
      const tenants = new Set(items.map(({ tenant }) => tenant))
      if (tenants.size === 1) for (const item of items) this.#putOff(item, error)
      else for (const one of tenants) void this.load(items.filter(({ tenant }) => tenant === one))
      return
    }
    for (const [index, item] of items.entries()) {
      this.#resume(item, loaded[index] ?? null, gains).catch((error: unknown) => this.#putOff(item, error))
    }
  }

  // Each by itself: what is wrong with one run's journal is no reason to take others out of memory.
  #putOff(item: Queued, error: unknown): void {
    this.#services.log('run.unreadable', { run: item.run, error })
    this.#parties.release(item)
    this.#services.clock.after(1000, () => this.#parties.ready([item]))
  }

  async #resume(item: Queued, loaded: LoadedRun | null, gains: number): Promise<void> {
    const { pauses, release, wakes } = this.#parties
    const { ownership } = this.#services.journal
    const epoch = loaded === null || this.#isForNewer(loaded.row) ? null : ownership.epochOf(loaded.row)
    if (loaded === null || epoch === null) {
      wakes.forgetHurry(item.run)
      return release(item)
    }
    const { row } = loaded
    // Perhaps it became ours after it was read, and its last owner wrote more in between.
    if (gains !== this.#parties.gains()) return this.#readAgain(item)
    if (!mayGoOn(loaded, this.#services.clock.now(), wakes.isHurried(row.run))) {
      wakes.forgetHurry(row.run)
      if (row.status === 'waiting' && row.wakeAt !== null) wakes.note(row.wakeAt)
      return release(item)
    }
    if (pauses.has(row)) return this.#keepBack(item, row, epoch)
    if (this.#hasPermit(item, row)) await this.#prepare(item, loaded, epoch)
  }

  async #prepare(item: Queued, loaded: LoadedRun, epoch: number): Promise<void> {
    const { pauses, suspects, wakes, release, isStopped, begin } = this.#parties
    const { row } = loaded
    if (!(await suspects.admit(loaded, epoch))) return release(item)
    const prepared = await prepareRun(loaded, epoch, this.#services)
    if (prepared === null || isStopped()) return release(item)
    if (pauses.has(row)) return this.#keepBack(item, prepared.row, epoch)
    if (this.#services.journal.ownership.epochOf(row) !== epoch) return this.#readAgain(item)
    wakes.forgetHurry(row.run)
    begin(item, prepared)
  }

  #hasPermit(item: Queued, { flow, version, status }: RunRow): boolean {
    if (item.flow !== undefined) return true
    if (this.#parties.permits.take(flow, version)) {
      Object.assign(item, { flow, version })
      return true
    }
    this.#parties.setAside({ ...item, flow, version, isResting: status !== 'ready' })
    return false
  }

  // While a newer app is rolled out, its runs wait for a node that has it.
  #isForNewer({ flow, version, run }: RunRow): boolean {
    const { journal, planOf, log } = this.#services
    if (journal.ownership.membership === null || planOf(flow, version) !== null) return false
    if (version <= (planOf(flow)?.version ?? 0)) return false
    const name = `${flow} version ${version}`
    if (!this.#newer.has(name))
      log('run.newer', { run, flow, reason: `this node does not have ${name}: its runs wait for one that has` })
    this.#newer.add(name)
    return true
  }

  #readAgain(item: Queued): void {
    this.#parties.release(item)
    this.#parties.ready([item])
  }

  async #keepBack(item: Queued, row: RunRow, epoch: number): Promise<void> {
    if (row.status !== 'ready') await standBy(row, epoch, this.#services)
    this.#parties.release(item)
    // Perhaps resumed meanwhile, and looked for too early.
    if (!this.#parties.pauses.has(row)) this.#parties.ready([row])
  }
}
