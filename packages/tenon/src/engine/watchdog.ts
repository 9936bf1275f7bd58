import type { Services } from './command.ts'
import type { Execution } from './execution.ts'

const everyMs = 10_000
/** Looks in a row at which a run must be found unmoved before it is reported. */
const looks = 3

/** Reports runs whose function awaits something that is no step: nothing can bring those on, and nobody else would notice. */
export class Watchdog {
  readonly #services: Services
  readonly #inMemory: () => Iterable<Execution>
  #unmoved = new Map<string, number>()
  #stopTimer: () => void = () => undefined

  constructor(services: Services, inMemory: () => Iterable<Execution>) {
    this.#services = services
    this.#inMemory = inMemory
  }

  start(): void {
    this.#stopTimer = this.#services.clock.after(everyMs, () => {
      this.#look()
      this.start()
    })
  }

  stop(): void {
    this.#stopTimer()
  }

  #look(): void {
    const unmoved = new Map<string, number>()
    for (const execution of this.#inMemory()) {
      const awaitsNoStep = execution.isAtRest && execution.ending === null && execution.book.open.size === 0
      if (!awaitsNoStep) continue
      const { run, flow } = execution.row
      const count = (this.#unmoved.get(run) ?? 0) + 1
      unmoved.set(run, count)
      if (count !== looks) continue
      const remedy = 'put what it awaits into step.run, or wait by step.sleep or step.waitFor'
      this.#services.log('run.stuck', { run, flow, reason: 'its function awaits something that is not a step', remedy })
    }
    this.#unmoved = unmoved
  }
}
