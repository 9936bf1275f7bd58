import type { Clock } from '../base/clock.ts'
import { durationMs, type Duration } from '../base/duration.ts'
import type { Journal } from '../journal/journal.ts'
import type { Services } from './command.ts'

const sliceRows = 500
const betweenSlicesMs = 100
const betweenRoundsMs = 10 * 60_000
const place = { tenant: 'default', run: 'retention', flow: 'retention', key: null }

/** Forgets ended runs, old events and dedupe keys, a small slice at a time. */
export class Retention {
  readonly #parts: { journal: Journal; clock: Clock; retention: Duration | undefined; log: Services['log'] }
  #stopTimer: () => void = () => undefined
  #isStopped = false

  constructor(parts: { journal: Journal; clock: Clock; retention: Duration | undefined; log: Services['log'] }) {
    this.#parts = parts
  }

  start(): void {
    this.#next(betweenRoundsMs)
  }

  stop(): void {
    this.#isStopped = true
    this.#stopTimer()
  }

  #next(delayMs: number): void {
    if (this.#isStopped) return
    this.#stopTimer = this.#parts.clock.after(delayMs, () => void this.#slice())
  }

  async #slice(): Promise<void> {
    const { journal, clock, retention, log } = this.#parts
    // One node does it for all.
    if (journal.ownership.epochOf(place) === null) return this.#next(betweenRoundsMs)
    const now = clock.now()
    try {
      const hasMore = await journal.prune({
        now,
        endedBefore: now - durationMs(retention ?? '30d', 'retention of the app'),
        limit: sliceRows,
      })
      this.#next(hasMore ? betweenSlicesMs : betweenRoundsMs)
    } catch (error) {
      log('retention.failed', { error })
      this.#next(betweenRoundsMs)
    }
  }
}
