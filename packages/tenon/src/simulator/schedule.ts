import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Database } from './database.ts'

export interface ScheduleContext {
  readonly database: Database
  readonly clock: Clock
  readonly pace: number
  readonly happen: (event: string, input: unknown) => unknown
  readonly log: (message: string) => void
}

interface Planned {
  readonly id: string
  readonly event: string
  readonly input: unknown
  readonly dueMs: number
}

/** What is going to happen by itself; part of the state, so that it also happens after a restart. */
export class Schedule {
  readonly #context: ScheduleContext
  readonly #timers = new Set<() => void>()
  #closed = false
  #isPaused = false
  /** What came due while it was paused. */
  #missed: Planned[] = []

  constructor(context: ScheduleContext) {
    this.#context = context
  }

  get #planned() {
    return this.#context.database.table<Planned>('$planned')
  }

  resume(): void {
    for (const planned of this.#planned.values()) this.#arm(planned)
  }

  /** Within a transaction. */
  add(planned: { id: string; event: string; input: unknown; delayMs: number }): void {
    const { id, event, input, delayMs } = planned
    const row = { id, event, input, dueMs: this.#context.clock.now() + delayMs * this.#context.pace }
    this.#planned.put(id, row)
    // Armed when the transaction is over, and only if it was not taken back.
    queueMicrotask(() => this.#planned.get(id) !== undefined && this.#arm(row))
  }

  pause(): void {
    this.#isPaused = true
  }

  /** What came due meanwhile happens now, in its order. */
  goOn(): void {
    this.#isPaused = false
    for (const planned of this.#missed.splice(0)) this.#run(planned)
  }

  close(): void {
    this.#closed = true
    for (const cancel of this.#timers) cancel()
  }

  #arm(planned: Planned): void {
    if (this.#closed) return
    const cancel = this.#context.clock.after(planned.dueMs - this.#context.clock.now(), () => {
      this.#timers.delete(cancel)
      this.#run(planned)
    })
    this.#timers.add(cancel)
  }

  #run(planned: Planned): void {
    if (this.#isPaused) return void this.#missed.push(planned)
    const { database, happen, log } = this.#context
    try {
      database.transaction(() => {
        this.#planned.delete(planned.id)
        happen(planned.event, planned.input)
      })
    } catch (error) {
      log(`${planned.event}: ${messageOf(error)}`)
      database.transaction(() => this.#planned.delete(planned.id))
    }
  }
}
