/** Something that goes wrong with a request. */
export type RequestFaultKind =
  /** 429 with the provider's headers; no effect. */
  | 'rate-limit'
  /** 500 before the operation; no effect. */
  | 'error'
  /** 500 after the operation took effect. */
  | 'error-after'
  /** No answer, no effect. */
  | 'hang'
  /** No answer, although it took effect. */
  | 'hang-after'
  /** The connection breaks before the operation. */
  | 'reset'
  /** The connection breaks after the operation took effect. */
  | 'drop'
  /** Waits `delayMs` before the operation, with its key in use. */
  | 'slow'

/** Something that goes wrong with a webhook. */
export type WebhookFaultKind =
  /** Delivered twice. */
  | 'duplicate'
  /** Delivered `delayMs` later. */
  | 'late'
  /** Delivered after the event that follows it, or after `delayMs`. */
  | 'out-of-order'
  /** A copy with a false signature comes first. */
  | 'forged'

export interface FaultOptions<Kind extends string> {
  readonly kind: Kind
  /** Operation or event type; default is all of them. */
  readonly of?: string
  /** How many times; default once, or without end where a probability is given. */
  readonly next?: number
  /** Chance from 0 to 1, drawn from the simulator's `random`. */
  readonly probability?: number
  readonly delayMs?: number
  readonly retryAfterS?: number
}

export type RequestFault = FaultOptions<RequestFaultKind>
export type WebhookFault = FaultOptions<WebhookFaultKind>

/** Takes the fault back. */
export type Undo = () => void

/** The faults that are set for one kind of happening. */
export class Faults<Kind extends string> {
  readonly #random: () => number
  readonly #set = new Set<{ readonly fault: FaultOptions<Kind>; left: number }>()

  constructor(random: () => number) {
    this.#random = random
  }

  set(fault: FaultOptions<Kind>): Undo {
    const entry = { fault, left: fault.next ?? (fault.probability === undefined ? 1 : Number.POSITIVE_INFINITY) }
    this.#set.add(entry)
    return () => {
      this.#set.delete(entry)
    }
  }

  clear(): void {
    this.#set.clear()
  }

  /** The fault to play now for an operation or event type, counted as played. */
  draw(of: string): FaultOptions<Kind> | null {
    for (const entry of this.#set) {
      const { fault } = entry
      if (fault.of !== undefined && fault.of !== of) continue
      if (fault.probability !== undefined && this.#random() >= fault.probability) continue
      entry.left -= 1
      if (entry.left <= 0) this.#set.delete(entry)
      return fault
    }
    return null
  }
}
