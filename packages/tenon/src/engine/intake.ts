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
    const { clock, isDraining, isHeard, emit } = this.#services
    if (isDraining()) throw new TenonError('DRAINING', 'the engine takes nothing new while it drains')
    const room = this.#dispatcher.pace.room()
    if (room !== null) await room
    const now = clock.now()
    const { message, text } = this.#routes.messageOf(event, now)
    const receipt = await this.#deliver(message, text)
    if (receipt.outcome === 'refused') {
      throw new TenonError('JOURNAL_UNAVAILABLE', `the journal refused event ${event.id}`)
    }
    const duplicate = receipt.outcome === 'duplicate'
    const runs = duplicate ? receipt.runs : runsOf(receipt)
    if (isHeard('event.accepted'))
      emit({ name: 'event.accepted', at: now, tenant: event.tenant, type: event.type, id: event.id, runs, duplicate })
    if (receipt.outcome === 'written' && receipt.reached.length > 0) this.#dispatcher.ready(receipt.reached)
    return { duplicate, runs }
  }

  #deliver(message: EventMessage, text: string): Promise<DeliverReceipt> {
    for (const { run } of message.starts) this.#dispatcher.expect(run)
    const { gains } = this.#dispatcher
    const release = (receipt: DeliverReceipt | null): void => {
      for (const start of message.starts) this.#release(message, start, { receipt, text, gains })
    }
    return this.#services.journal.deliver(message).then(
      (receipt) => {
        release(receipt)
        return receipt
      },
      (error: unknown) => {
        release(null)
        this.#services.heard(null)
        throw error
      },
    )
  }

  #release(
    message: EventMessage,
    start: Start,
    {
      receipt,
      text,
      gains,
    }: { readonly receipt: DeliverReceipt | null; readonly text: string; readonly gains: number },
  ): void {
    const started = receipt?.outcome === 'written' ? receipt.started.find(({ run }) => run === start.run) : undefined
    // A large body is not kept in memory for a run that must wait: it is read when its turn comes.
    const isAtHand = message.values === undefined || this.#dispatcher.pace.hasRoom
    const isOurs = started?.status === 'ready' && started.elsewhere !== true
    if (isOurs && isAtHand) return this.#dispatcher.offer({ row: freshRow(message, start), input: text, gains })
    const key = { tenant: message.tenant, run: start.run }
    this.#dispatcher.unexpect(key)
    if (isOurs) this.#dispatcher.ready([key])
  }
}

function runsOf({ started, reached }: Extract<DeliverReceipt, { outcome: 'written' }>): string[] {
  const runs = started.map(({ run }) => run)
  for (const { run } of reached) runs.push(run)
  return runs
}
