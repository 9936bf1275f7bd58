import { TenonError } from '../base/errors.ts'
import type { DeliverReceipt, EventMessage, Start } from '../journal/journal.ts'
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
    const { clock, isDraining, hasListeners, emit } = this.#services
    if (isDraining()) throw new TenonError('DRAINING', 'the engine takes nothing new while it drains')
    const room = this.#dispatcher.pace.room()
    if (room !== null) await room
    const now = clock.now()
    const message = this.#routes.messageOf(event, now)
    const receipt = await this.#deliver(message)
    if (receipt.outcome === 'refused') {
      throw new TenonError('JOURNAL_UNAVAILABLE', `the journal refused event ${event.id}`)
    }
    const duplicate = receipt.outcome === 'duplicate'
    const runs = duplicate ? receipt.runs : [...receipt.started, ...receipt.reached].map(({ run }) => run)
    if (hasListeners()) emit({ name: 'event.accepted', at: now, type: event.type, id: event.id, runs, duplicate })
    if (receipt.outcome === 'written' && receipt.reached.length > 0) this.#dispatcher.ready(receipt.reached)
    return { duplicate, runs }
  }

  async #deliver(message: EventMessage): Promise<DeliverReceipt> {
    for (const { run } of message.starts) this.#dispatcher.expect(run)
    let receipt: DeliverReceipt | null = null
    try {
      receipt = await this.#services.journal.deliver(message)
      return receipt
    } finally {
      for (const start of message.starts) this.#release(message, start, receipt)
      if (receipt === null) this.#services.heard(null)
    }
  }

  #release(message: EventMessage, start: Start, receipt: DeliverReceipt | null): void {
    const key = { tenant: message.tenant, run: start.run }
    const started = receipt?.outcome === 'written' ? receipt.started.find(({ run }) => run === start.run) : undefined
    // A large body is not at hand as it is stored; the run is read like any other.
    const isFresh = started?.status === 'ready' && message.values === undefined
    if (isFresh) return this.#dispatcher.offer(freshRow(message, start), message.body)
    this.#dispatcher.unexpect(key)
    if (started?.status === 'ready') this.#dispatcher.ready([key])
  }
}
