import { sleep } from '../base/clock.ts'
import type { RunRow } from '../journal/journal.ts'
import type { Services } from './command.ts'
import type { Pauses } from './pauses.ts'

interface Parties {
  /** Runs that are in memory already. */
  readonly known: () => ReadonlySet<string>
  /** False when there is no room for it. */
  readonly take: (row: RunRow) => boolean
  readonly isStopped: () => boolean
  readonly onDone: () => void
}

const afterErrorMs = 1000

/** Fetches ready runs: the journal is the queue, what is in memory is its head. */
export class ReadyScan {
  readonly #services: Services
  readonly #pauses: Pauses
  readonly #limit: number
  readonly #parties: Parties
  #isScanning = false
  /** The journal may hold ready runs that are not in memory. */
  isNeeded: boolean = true

  constructor(services: Services, pauses: Pauses, limit: number, parties: Parties) {
    this.#services = services
    this.#pauses = pauses
    this.#limit = limit
    this.#parties = parties
  }

  async scan(): Promise<void> {
    const { known, take, isStopped, onDone } = this.#parties
    if (this.#isScanning || isStopped()) return
    this.#isScanning = true
    this.isNeeded = false
    try {
      const rows = await this.#services.journal.ready({
        limit: this.#limit,
        except: known(),
        without: this.#pauses.all(),
      })
      for (const row of rows) if (!this.#pauses.has(row) && !take(row)) this.isNeeded = true
      if (rows.length >= this.#limit) this.isNeeded = true
    } catch (error) {
      this.#services.log('journal.unreadable', { error })
      this.isNeeded = true
      // Until then it counts as looking, or whoever asks next would look again at once.
      await sleep(this.#services.clock, afterErrorMs)
    }
    this.#isScanning = false
    onDone()
  }
}
