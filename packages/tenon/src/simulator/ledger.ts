/** One request that a simulator saw. */
export interface SeenRequest {
  readonly at: number
  readonly method: string
  readonly path: string
  /** `null` for what is no operation: unknown paths, logins. */
  readonly operation: string | null
  readonly idempotencyKey: string | null
  /** Equal for equal bodies; `null` without a body. */
  readonly bodyHash: string | null
  /** Status of the answer; `null` when none was given. */
  readonly status: number | null
  /** The fault that was played, if any. */
  readonly fault: string | null
  /** True for the stored result of an earlier request with this key. */
  readonly replayed: boolean
  /** True when it changed something. */
  readonly effect: boolean
}

/** One change that a request made. */
export interface Effect {
  readonly at: number
  readonly operation: string
  readonly idempotencyKey: string | null
  readonly inputHash: string
  readonly input: unknown
}

/** One try to deliver a webhook. */
export interface Delivery {
  readonly at: number
  readonly event: string
  readonly type: string
  /** Anything but `genuine` is a fault at work; what is `missing` was never sent. */
  readonly kind: 'genuine' | 'duplicate' | 'forged' | 'stale' | 'wrong-secret' | 'missing'
  /** Where it went; `null` for a subscriber in this process. */
  readonly url: string | null
  /** Number of the try, from 1. */
  readonly attempt: number
  /** What the subscriber answered; `null` when it did not. */
  readonly status: number | null
  readonly accepted: boolean
  /** When it comes again; `null` when it does not. */
  readonly nextAt: number | null
}

const keep = 100_000

/** The newest entries, in order of arrival. */
export class Ledger<Entry> {
  #entries: Entry[] = []

  add(entry: Entry): void {
    this.#entries.push(entry)
    if (this.#entries.length > 2 * keep) this.#entries = this.#entries.slice(-keep)
  }

  list(): readonly Entry[] {
    return this.#entries.slice(-keep)
  }
}
