import { TenonError } from '../base/errors.ts'
import type { EventMessage, Start } from '../journal/journal.ts'
import type { Services } from './command.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { AcceptedEvent, AcceptReceipt } from './engine.ts'
import { freshRow } from './fresh-row.ts'
import type { Routes } from './routes.ts'

/** Takes events in: one append with all they start and reach, then on to the dispatcher. */
export class Intake {
  readonly #services: Services
  readonly #routes: Routes
  readonly #dispatcher: Dispatcher

  constructor(services: Services, routes: Routes, dispatcher: Dispatcher) {
    this.#services = services
    this.#routes = routes
    this.#dispatcher = dispatcher
  }

  async accept(event: AcceptedEvent): Promise<AcceptReceipt> {
    const { journal, clock, isDraining, hasListeners, emit } = this.#services
    if (isDraining()) throw new TenonError('DRAINING', 'the engine takes nothing new while it drains')
    const now = clock.now()
    const message = this.#routes.messageOf(event, now)
    const receipt = await journal.deliver(message)
    if (receipt.outcome === 'refused') {
      throw new TenonError('JOURNAL_UNAVAILABLE', `the journal refused event ${event.id}`)
    }
    const duplicate = receipt.outcome === 'duplicate'
    const runs = duplicate ? receipt.runs : [...receipt.started, ...receipt.reached].map(({ run }) => run)
    if (hasListeners()) emit({ name: 'event.accepted', at: now, type: event.type, id: event.id, runs, duplicate })
    if (receipt.outcome === 'written') {
      for (const [index, { status }] of receipt.started.entries()) {
        if (status === 'ready') this.#offer(message, message.starts[index])
      }
      if (receipt.reached.length > 0) this.#dispatcher.ready(receipt.reached)
    }
    return { duplicate, runs }
  }

  #offer(message: EventMessage, start: Start | undefined): void {
    if (start === undefined) return
    // A large body is not at hand as it is stored; the run is read like any other.
    if (message.values !== undefined) this.#dispatcher.ready([{ tenant: message.tenant, run: start.run }])
    else this.#dispatcher.offer(freshRow(message, start), message.body)
  }
}
