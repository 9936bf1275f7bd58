import type { SetFault } from '../../api/contract.ts'
import { length } from '../../words/time.ts'
import { capital, plainWords } from '../../words/words.ts'

const titles: Readonly<Record<string, string>> = {
  'rate-limit': 'It says “too many requests”',
  refused: 'It says no, for good',
  error: 'It answers with an error',
  'bad-gateway': 'Something in between answers “bad gateway”',
  unavailable: 'Something in between answers “unavailable”',
  hang: 'It never answers, and does nothing',
  reset: 'The connection breaks before it does anything',
  redirect: 'It points to another address',
  'credentials-revoked': 'It refuses the credentials',
  'token-expired': 'It says the login has run out',
  maintenance: 'It is down for maintenance',
  slow: 'It is slow',
  'error-after': 'It does it, but answers with an error',
  'gateway-timeout': 'It does it, but something in between gives up',
  'hang-after': 'It does it, but never answers',
  drop: 'It does it, but the connection breaks',
  'slow-body': 'It does it, but the answer drips in',
  'truncated-body': 'It does it, but the answer breaks off',
  'malformed-json': 'It does it, but the answer is garbled',
  'wrong-content-type': 'It does it, but answers with a web page',
  'oversized-body': 'It does it, but the answer is far too long',
  'clock-skew': 'Its clock is wrong',
  duplicate: 'An event comes twice',
  late: 'An event comes late',
  'out-of-order': 'An event comes after the next',
  forged: 'A forged copy comes first',
  stale: 'An event is signed with an old time',
  'wrong-secret': 'An event is signed with the wrong secret',
  burst: 'Events are held back, then come all at once',
  missing: 'An event never comes',
}

/** In words for people; a kind that is new here keeps its name. */
export function faultTitle(kind: string): string {
  return titles[kind] ?? capital(plainWords(kind))
}

/** `at createOrder, in 50 % of cases, 2 times more`. */
export function faultDetails({ of, probability, delayMs, retryAfterS, left, played }: SetFault): string {
  return [
    of === undefined ? '' : `at ${of}`,
    probability === undefined ? '' : `in ${Math.round(probability * 100)} % of cases`,
    delayMs === undefined ? '' : `by ${length(delayMs)}`,
    retryAfterS === undefined ? '' : `with a wait of ${retryAfterS} s`,
    left === null ? 'until it is cleared' : left === 1 ? 'once more' : `${left} times more`,
    played === 0 ? '' : `played ${played === 1 ? 'once' : `${played} times`} so far`,
  ]
    .filter((text) => text !== '')
    .join(', ')
}
