import type { Redact } from '../client/render.ts'
import type { CallTrace, Masking } from '../client/trace.ts'
import type { RunKey } from '../journal/journal.ts'
import type { RawAnswer, SendRequest } from '../outbound/outbound.ts'
import type { Command } from './command.ts'

/** Few, so that under load they are gone before the garbage collector would have to carry them along. */
const mostKept = 256
const mostBytes = 8 * 1024 * 1024
/** What one costs beside its bodies, about. */
const overhead = 2_048

/** The latest requests of all runs with their answers, as they were sent, secrets included: only references are kept, and rendered when somebody looks. */
export class Exchanges {
  readonly #slots: (SentCall | null)[] = Array.from({ length: mostKept }, () => null)
  #first = 0
  #next = 0
  #bytes = 0
  readonly now: () => number
  /** Takes out every secret that the process knows of. */
  readonly redact: Redact

  constructor(now: () => number, redact: Redact) {
    this.now = now
    this.redact = redact
  }

  /** A try of a step begins: what it sends is kept. */
  begin(key: RunKey, command: Command): SentCall {
    return new SentCall(this, { key, step: command.name, attempt: command.attempt, at: command.startedAt })
  }

  keep(sent: SentCall): void {
    if (this.#next - this.#first === mostKept) this.#drop()
    this.#slots[this.#next % mostKept] = sent
    this.#next += 1
    sent.isKept = true
    this.weigh(sent, overhead)
  }

  weigh(sent: SentCall, bytes: number): void {
    if (!sent.isKept) return
    sent.bytes += bytes
    this.#bytes += bytes
    while (this.#bytes > mostBytes) this.#drop()
  }

  #drop(): void {
    const at = this.#first % mostKept
    const oldest = this.#slots[at] ?? null
    this.#slots[at] = null
    this.#first += 1
    if (oldest === null) return
    this.#bytes -= oldest.bytes
    oldest.isKept = false
  }

  /** Those of one run, the oldest first. */
  of({ tenant, run }: RunKey): readonly SentCall[] {
    const found: SentCall[] = []
    for (let index = this.#first; index < this.#next; index += 1) {
      const sent = this.#slots[index % mostKept]
      if (sent?.key.run === run && sent.key.tenant === tenant) found.push(sent)
    }
    return found
  }
}

interface About {
  readonly key: RunKey
  readonly step: string
  readonly attempt: number
  readonly at: number
}

/** The latest request of one try, and its answer. */
export class SentCall implements CallTrace {
  readonly #exchanges: Exchanges
  readonly key: RunKey
  readonly step: string
  readonly attempt: number
  /** When the request left. */
  at: number
  request: SendRequest | null = null
  masking: Masking | null = null
  ownHeaders: number = 0
  answer: RawAnswer | null = null
  answeredAt: number | null = null
  error: Error | null = null
  bytes: number = 0
  isKept: boolean = false

  constructor(exchanges: Exchanges, { key, step, attempt, at }: About) {
    this.#exchanges = exchanges
    this.key = key
    this.step = step
    this.attempt = attempt
    this.at = at
  }

  sent(request: SendRequest, masking: Masking, ownHeaders: number): void {
    // A try that looks up first, or has to authenticate anew, sends several: the earlier one stays for itself.
    if (this.request === null) this.#exchanges.keep(this)
    else this.#setAside()
    this.request = request
    this.masking = masking
    this.ownHeaders = ownHeaders
    this.#exchanges.weigh(this, request.body?.length ?? 0)
  }

  #setAside(): void {
    const earlier = new SentCall(this.#exchanges, this)
    const { request, masking, ownHeaders, answer, answeredAt, bytes } = this
    Object.assign(earlier, { request, masking, ownHeaders, answer, answeredAt })
    this.#exchanges.keep(earlier)
    this.#exchanges.weigh(earlier, bytes)
    this.at = this.#exchanges.now()
    this.answer = null
    this.answeredAt = null
  }

  answered(answer: RawAnswer): void {
    this.answer = answer
    this.answeredAt = this.#exchanges.now()
    this.#exchanges.weigh(this, answer.body.length)
  }

  /** The text without the secrets of its connection, and without all others that are known. */
  redact(text: string): string {
    return this.#exchanges.redact(this.masking === null ? text : this.masking.redact(text))
  }
}
