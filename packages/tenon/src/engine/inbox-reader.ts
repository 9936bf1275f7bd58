import type { InboxMessage, RunKey } from '../journal/journal.ts'
import type { Services } from './command.ts'
import { wholeMessage } from './entries.ts'

/** Reads a run's inbox while it is in memory; each message is taken once. */
export class InboxReader {
  readonly #services: Services
  readonly #run: RunKey
  #taken: Set<number> | null = null
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
    return this.#isPoked || this.isReading
  }

  /** Reads if it was poked since the last time; calls back with what is new. */
  read(onRead: (messages: readonly InboxMessage[]) => void): void {
    if (!this.#isPoked) return
    this.#isPoked = false
    this.#reads += 1
    const done = (messages: readonly InboxMessage[]): void => {
      this.#reads -= 1
      onRead(this.fresh(messages))
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

  fresh(messages: readonly InboxMessage[]): readonly InboxMessage[] {
    if (messages.length === 0) return messages
    const taken = (this.#taken ??= new Set())
    const fresh = messages.filter(({ position }) => !taken.has(position))
    for (const { position } of fresh) taken.add(position)
    return fresh
  }
}
