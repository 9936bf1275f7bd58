import type { RunKey } from '../journal/journal.ts'
import type { Membership } from '../journal/ownership.ts'
import type { Services } from './command.ts'

interface Parties {
  readonly everyMs: number
  /** Looks into the journal for what is to be done. */
  readonly look: () => Promise<unknown>
  readonly inMemory: () => readonly RunKey[]
  readonly onMail: (runs: readonly RunKey[]) => void
}

/** Time and again, mostly once a second, what other nodes wrote is looked for, whatever they said: a word that was lost costs that long, and not a run. */
export class FloorLook {
  readonly #services: Services
  readonly #membership: Membership
  readonly #parties: Parties
  #stopTimer: () => void = () => undefined
  #isStopped = false

  constructor(services: Services, membership: Membership, parties: Parties) {
    this.#services = services
    this.#membership = membership
    this.#parties = parties
  }

  start(): void {
    this.#stopTimer = this.#services.clock.after(this.#parties.everyMs, () => void this.#look())
  }

  stop(): void {
    this.#isStopped = true
    this.#stopTimer()
  }

  async #look(): Promise<void> {
    try {
      await this.#parties.look()
      this.#parties.onMail(await this.#membership.mail(this.#parties.inMemory()))
    } catch (error) {
      this.#services.log('journal.unreadable', { error })
    }
    if (!this.#isStopped) this.start()
  }
}
