import type { Fault } from '../../api/contract.ts'
import { length } from '../../words/time.ts'
import { plainWords } from '../../words/words.ts'

export interface FaultKind {
  readonly kind: string
  readonly title: string
  readonly text: string
  /** What it befalls: requests to the simulator, its webhooks, or its logins. */
  readonly on: 'request' | 'webhook' | 'tokens'
  readonly numbers: readonly ('delayMs' | 'retryAfterS')[]
}

export const faultKinds: readonly FaultKind[] = [
  {
    kind: 'error',
    title: 'It answers with an error',
    text: 'And does nothing. Trying again is safe.',
    on: 'request',
    numbers: [],
  },
  {
    kind: 'error-after',
    title: 'It answers with an error, but did it',
    text: 'The effect took place although the answer says otherwise.',
    on: 'request',
    numbers: [],
  },
  {
    kind: 'rate-limit',
    title: 'It says “too many requests”',
    text: 'And how long to wait before the next try.',
    on: 'request',
    numbers: ['retryAfterS'],
  },
  { kind: 'hang', title: 'It never answers', text: 'And does nothing.', on: 'request', numbers: [] },
  {
    kind: 'hang-after',
    title: 'It does it, but never answers',
    text: 'The hardest case: the answer is lost.',
    on: 'request',
    numbers: [],
  },
  { kind: 'reset', title: 'The connection breaks before', text: 'Nothing was done.', on: 'request', numbers: [] },
  {
    kind: 'drop',
    title: 'The connection breaks after',
    text: 'It was done, and the answer is lost.',
    on: 'request',
    numbers: [],
  },
  { kind: 'slow', title: 'It is slow', text: 'It answers, but late.', on: 'request', numbers: ['delayMs'] },
  { kind: 'duplicate', title: 'An event comes twice', text: 'Only one run may begin.', on: 'webhook', numbers: [] },
  { kind: 'late', title: 'An event comes late', text: 'By as long as you say.', on: 'webhook', numbers: ['delayMs'] },
  {
    kind: 'out-of-order',
    title: 'An event comes after the next',
    text: 'Or after as long as you say.',
    on: 'webhook',
    numbers: ['delayMs'],
  },
  {
    kind: 'forged',
    title: 'A forged event comes first',
    text: 'With a false signature. It has to be refused.',
    on: 'webhook',
    numbers: [],
  },
  {
    kind: 'revoke-tokens',
    title: 'All logins end at once',
    text: 'Tenon has to log in again by itself.',
    on: 'tokens',
    numbers: [],
  },
]

export function faultTitle({ kind }: Pick<Fault, 'kind'>): string {
  return faultKinds.find((one) => one.kind === kind)?.title ?? plainWords(kind)
}

/** `for createOrder, twice more, after 2 s`. */
export function faultDetails({ of, next, probability, delayMs, retryAfterS }: Fault): string {
  return [
    of === undefined ? '' : `for ${of}`,
    probability === undefined ? '' : `in ${Math.round(probability * 100)} % of cases`,
    next === undefined ? '' : next === 1 ? 'once' : `${next} times`,
    delayMs === undefined ? '' : `by ${length(delayMs)}`,
    retryAfterS === undefined ? '' : `wait ${retryAfterS} s`,
  ]
    .filter((text) => text !== '')
    .join(', ')
}
