import { TenonError } from '../base/errors.ts'

interface FaultMeaning {
  /** What happens, in plain words. */
  readonly text: string
  /** The options that have a meaning for it, beside `of`, `next` and `probability`. */
  readonly takes?: readonly ('delayMs' | 'retryAfterS')[]
  /** True where it stays until it is taken back, unless `next` or `probability` say otherwise. */
  readonly stays?: boolean
}

/** Everything that can go wrong with a request: `faultChoices` says what each means. */
export type RequestFaultKind =
  | 'rate-limit'
  | 'refused'
  | 'error'
  | 'bad-gateway'
  | 'unavailable'
  | 'hang'
  | 'reset'
  | 'redirect'
  | 'credentials-revoked'
  | 'token-expired'
  | 'maintenance'
  | 'slow'
  | 'error-after'
  | 'gateway-timeout'
  | 'hang-after'
  | 'drop'
  | 'slow-body'
  | 'truncated-body'
  | 'malformed-json'
  | 'wrong-content-type'
  | 'oversized-body'
  | 'clock-skew'

/** Everything that can go wrong with a webhook. */
export type WebhookFaultKind =
  | 'duplicate'
  | 'late'
  | 'out-of-order'
  | 'forged'
  | 'stale'
  | 'wrong-secret'
  | 'burst'
  | 'missing'

export type FaultKind = RequestFaultKind | WebhookFaultKind

/** Those up to `maintenance` turn it away before it has an effect. */
const requestMeanings: Readonly<Record<RequestFaultKind, FaultMeaning>> = {
  'rate-limit': { text: '429 with the provider’s headers; no effect', takes: ['retryAfterS'] },
  refused: { text: 'refused for good, in the provider’s words; no effect' },
  error: { text: '500 in the provider’s words, before the operation; no effect' },
  'bad-gateway': { text: '502 from a proxy in between; no effect' },
  unavailable: { text: '503 from a proxy in between; no effect' },
  hang: { text: 'no answer and no effect' },
  reset: { text: 'the connection breaks before the operation; no effect' },
  redirect: { text: '307 to another host; no effect' },
  'credentials-revoked': { text: 'the credentials are refused until this is taken back; no effect', stays: true },
  'token-expired': { text: 'the token is refused as expired; a new login helps, where there is one; no effect' },
  maintenance: { text: '503 with a page that says when it is over; no effect', takes: ['retryAfterS'] },
  slow: { text: 'the operation begins after delayMs, with its key in use', takes: ['delayMs'] },
  'error-after': { text: '500 in the provider’s words, although the operation took effect' },
  'gateway-timeout': { text: '504 from a proxy in between, although the operation took effect' },
  'hang-after': { text: 'no answer, although the operation took effect' },
  drop: { text: 'the connection breaks after the operation took effect' },
  'slow-body': { text: 'took effect; the body of the answer drips in over delayMs', takes: ['delayMs'] },
  'truncated-body': { text: 'took effect; the connection breaks in the midst of the answer' },
  'malformed-json': { text: 'took effect; the answer is JSON that breaks off' },
  'wrong-content-type': { text: 'took effect; the answer is a page of HTML with a good status' },
  'oversized-body': { text: 'took effect; the answer is 11 MiB long' },
  'clock-skew': { text: 'a good answer whose Date is delayMs behind, an hour by default', takes: ['delayMs'] },
}

const webhookMeanings: Readonly<Record<WebhookFaultKind, FaultMeaning>> = {
  duplicate: { text: 'delivered twice' },
  late: { text: 'delivered delayMs later', takes: ['delayMs'] },
  'out-of-order': { text: 'delivered after the event that follows it, or after delayMs', takes: ['delayMs'] },
  forged: { text: 'a copy with a false signature comes first' },
  stale: {
    text: 'the first try is signed with a time that is delayMs old, ten minutes by default',
    takes: ['delayMs'],
  },
  'wrong-secret': { text: 'the first try is signed with another secret' },
  burst: { text: 'held for delayMs together with all others of this fault; then all come at once', takes: ['delayMs'] },
  missing: { text: 'never delivered' },
}

/** A kind of fault with its meaning, for those who offer a choice. */
export interface FaultChoice extends FaultMeaning {
  readonly kind: FaultKind
  readonly about: 'request' | 'webhook'
}

/** All faults that a simulator can play. */
export const faultChoices: readonly FaultChoice[] = [
  ...choicesOf('request', requestMeanings),
  ...choicesOf('webhook', webhookMeanings),
]

function choicesOf(about: FaultChoice['about'], meanings: Readonly<Record<string, FaultMeaning>>): FaultChoice[] {
  return Object.entries(meanings).map(([kind, meaning]) => ({ kind: kind as FaultKind, about, ...meaning }))
}

/** The faults with which a request has no effect. */
export const withoutEffect: ReadonlySet<RequestFaultKind> = new Set(
  (Object.keys(requestMeanings) as RequestFaultKind[]).slice(0, Object.keys(requestMeanings).indexOf('slow')),
)

export interface FaultOptions<Kind extends string> {
  readonly kind: Kind
  /** Operation or event type; default is all of them. */
  readonly of?: string
  /** How many times; default once, or without end where a probability is given or the fault is one that stays. */
  readonly next?: number
  /** Chance above 0 and up to 1, drawn from the simulator's `random`. */
  readonly probability?: number
  readonly delayMs?: number
  readonly retryAfterS?: number
}

export type RequestFault = FaultOptions<RequestFaultKind>
export type WebhookFault = FaultOptions<WebhookFaultKind>
export type Fault = FaultOptions<FaultKind>

/** A fault that is set, and what became of it so far. */
export interface SetFault extends Fault {
  readonly about: 'request' | 'webhook'
  /** How many times more; `null` without end. */
  readonly left: number | null
  /** How many times it was played. */
  readonly played: number
}

/** Takes the fault back. */
export type Undo = () => void

/** The faults that are set for one kind of happening. */
export class Faults<Kind extends FaultKind> {
  readonly #random: () => number
  readonly #about: FaultChoice['about']
  /** What a fault may be set for. */
  readonly known: readonly string[]
  readonly #set = new Set<{ readonly fault: FaultOptions<Kind>; left: number; played: number }>()

  /** `known` are the operations or event types that a fault may be set for. */
  constructor(about: FaultChoice['about'], known: readonly string[], random: () => number) {
    this.#about = about
    this.known = known
    this.#random = random
  }

  /** Throws `INPUT_INVALID` for what is no such fault. */
  set(fault: FaultOptions<Kind>): Undo {
    const choice = check(fault, this.#about, this.known)
    const isEndless = fault.probability !== undefined || choice.stays === true
    const entry = { fault, left: fault.next ?? (isEndless ? Number.POSITIVE_INFINITY : 1), played: 0 }
    this.#set.add(entry)
    return () => {
      this.#set.delete(entry)
    }
  }

  clear(): void {
    this.#set.clear()
  }

  list(): readonly SetFault[] {
    return [...this.#set].map(({ fault, left, played }) => ({
      about: this.#about,
      ...(fault as Fault),
      left: Number.isFinite(left) ? left : null,
      played,
    }))
  }

  /** The fault to play now for an operation or event type, counted as played. */
  draw(of: string, isMeant: (fault: FaultOptions<Kind>) => boolean = () => true): FaultOptions<Kind> | null {
    for (const entry of this.#set) {
      const { fault } = entry
      if ((fault.of !== undefined && fault.of !== of) || !isMeant(fault)) continue
      if (fault.probability !== undefined && this.#random() >= fault.probability) continue
      entry.left -= 1
      entry.played += 1
      if (entry.left <= 0) this.#set.delete(entry)
      return fault
    }
    return null
  }
}

function check(fault: FaultOptions<string>, about: FaultChoice['about'], known: readonly string[]): FaultChoice {
  const choices = faultChoices.filter((choice) => choice.about === about)
  const choice = choices.find(({ kind }) => kind === fault.kind)
  if (choice === undefined) {
    throw invalid(
      `there is no ${about} fault ${JSON.stringify(fault.kind)}; there are ${choices.map(({ kind }) => kind).join(', ')}`,
    )
  }
  const { of, next, probability } = fault
  if (of !== undefined && !known.includes(of)) {
    const noun = about === 'request' ? 'operation' : 'event'
    throw invalid(`of: there is no ${noun} ${JSON.stringify(of)}; there are ${known.join(', ') || 'none'}`)
  }
  if (next !== undefined && !(Number.isInteger(next) && next > 0))
    throw invalid(`next: expected a whole number from 1 up, found ${JSON.stringify(next)}`)
  if (probability !== undefined && !(probability > 0 && probability <= 1))
    throw invalid(`probability: expected a number above 0 and up to 1, found ${JSON.stringify(probability)}`)
  for (const name of ['delayMs', 'retryAfterS'] as const) requireAmount(choice, name, fault[name])
  return choice
}

const longest = { delayMs: 30 * 86_400_000, retryAfterS: 30 * 86_400 } as const

function requireAmount(choice: FaultChoice, name: 'delayMs' | 'retryAfterS', value: unknown): void {
  if (value === undefined) return
  if (choice.takes?.includes(name) !== true) throw invalid(`${name}: has no meaning for ${choice.kind}`)
  if (typeof value !== 'number' || !(value >= 0 && value <= longest[name]))
    throw invalid(`${name}: expected a number from 0 to ${longest[name]}, found ${JSON.stringify(value)}`)
}

function invalid(message: string): TenonError {
  return new TenonError('INPUT_INVALID', message)
}
