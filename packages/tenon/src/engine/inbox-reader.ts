import type { InboxMessage, RunKey } from '../journal/journal.ts'
import type { Services } from './command.ts'
import { wholeMessage } from './entries.ts'

const none: InboxMessage[] = []

/** Reads a run's inbox while it is in memory; each message arrives once. */
export class InboxReader {
  readonly #services: Services
  readonly #run: RunKey
  #known: Set<number> | null = null
  #arrived: InboxMessage[] = none
  #isPoked = false
  #reads = 0

  constructor(services: Services, run: RunKey) {
    this.#services = services
    this.#run = run
  }

  /** Something may have come. */
  poke(): void {
    this.#isPoked = true
  }

  get isReading(): boolean {
    return this.#reads > 0
  }

  get hasMail(): boolean {
    return this.#isPoked || this.isReading || this.#arrived.length > 0
  }

  /** Reads if it was poked since the last time; calls back when what is new has arrived. */
  read(onRead: () => void): void {
    if (!this.#isPoked) return
    this.#isPoked = false
    this.#reads += 1
    const done = (messages: readonly InboxMessage[]): void => {
      this.#reads -= 1
      this.arrive(messages)
      onRead()
    }
    this.#whole().then(done, (error: unknown) => {
      this.#services.log('inbox.unreadable', { run: this.#run.run, error })
      this.#services.clock.after(1000, () => {
        this.#isPoked = true
        done([])
      })
    })
  }

  async #whole(): Promise<readonly InboxMessage[]> {
    const { journal, values } = this.#services
    const messages = await journal.inbox(this.#run)
    return Promise.all(messages.map((message) => wholeMessage(message, values)))
  }

  /** Messages as they lie in the inbox, perhaps not for the first time. */
  arrive(messages: readonly InboxMessage[]): void {
    if (messages.length === 0) return
    const known = (this.#known ??= new Set())
    const fresh = messages.filter(({ position }) => !known.has(position))
    for (const { position } of fresh) known.add(position)
    if (fresh.length > 0) this.#arrived = [...this.#arrived, ...fresh]
  }

  /** What has arrived, once. */
  take(): readonly InboxMessage[] {
    const arrived = this.#arrived
    this.#arrived = none
    return arrived
  }
}
