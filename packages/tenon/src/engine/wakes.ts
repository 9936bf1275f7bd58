import type { RunKey } from '../journal/journal.ts'
import type { Services } from './command.ts'

interface Parties {
  /** Runs that are in memory already. */
  readonly known: () => ReadonlySet<string>
  readonly onDue: (runs: readonly RunKey[]) => void
}

const againMs = 250
const moreMs = 50
const afterErrorMs = 1000
/** A clock that is set forward, or a machine that slept, is noticed at the latest after this. */
const longestMs = 600_000

/** Wakes waiting runs at their time: one timer, for the earliest in the journal. */
export class Wakes {
  readonly #services: Services
  readonly #limit: number
  readonly #parties: Parties
  #stopTimer: () => void = () => undefined
  #isStopped = false
  /** Earliest that was noted since the journal was asked. */
  #noted: number = Number.POSITIVE_INFINITY
  next: number | null = null
  /** Runs whose time has come sooner than the journal says. */
  readonly #hurried = new Set<string>()

  constructor(services: Services, limit: number, parties: Parties) {
    this.#services = services
    this.#limit = limit
    this.#parties = parties
  }

  /** A run waits until then. */
  note(at: number): void {
    this.#noted = Math.min(this.#noted, at)
    if (this.next !== null && this.next <= at) return
    this.next = at
    this.#arm(at)
  }

  /** A resting run is taken up before its time: whom it waits for called it back. */
  hurry(run: RunKey): void {
    if (this.#isStopped) return
    this.#hurried.add(run.run)
    this.#parties.onDue([run])
  }

  isHurried(run: string): boolean {
    return this.#hurried.has(run)
  }

  forgetHurry(run: string): void {
    this.#hurried.delete(run)
  }

  async look(): Promise<void> {
    if (this.#isStopped) return
    const { journal, clock, log } = this.#services
    this.#noted = Number.POSITIVE_INFINITY
    try {
      const rows = await journal.due({ now: clock.now(), limit: this.#limit, except: this.#parties.known() })
      this.#parties.onDue(rows)
      const next = await this.#nextOfOthers()
      // What was noted meanwhile may not have been in the journal yet when it answered.
      const first = Math.min(next ?? Number.POSITIVE_INFINITY, this.#noted)
      this.next = Number.isFinite(first) ? first : null
      // What is overdue still has no place in memory: it is looked at again a little later.
      const now = clock.now()
      if (this.next !== null)
        this.#arm(this.next > now ? this.next : now + (rows.length >= this.#limit ? moreMs : againMs))
    } catch (error) {
      log('journal.unreadable', { error })
      this.#arm(clock.now() + afterErrorMs)
    }
  }

  // Runs in memory may be overdue in the journal for as long as they write nothing; they are no reason to look again and again.
  async #nextOfOthers(): Promise<number | null> {
    const { journal, clock } = this.#services
    const next = await journal.nextWake()
    if (next === null || next > clock.now()) return next
    const [first] = await journal.due({ now: Number.MAX_SAFE_INTEGER, limit: 1, except: this.#parties.known() })
    return first?.wakeAt ?? null
  }

  stop(): void {
    this.#isStopped = true
    this.#stopTimer()
  }

  #arm(at: number): void {
    this.#stopTimer()
    if (this.#isStopped) return
    const { clock } = this.#services
    const delayMs = Math.min(Math.max(0, at - clock.now()), longestMs)
    this.#stopTimer = clock.after(delayMs, () => void this.look())
  }
}
