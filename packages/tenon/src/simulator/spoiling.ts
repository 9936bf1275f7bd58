import { Answer, type Behaviour } from './behaviour.ts'
import type { FaultOptions, RequestFaultKind } from './faults.ts'

/** An answer that is damaged on its way: its body drips in, or the connection breaks in the midst of it. */
export class Damaged {
  readonly answer: Answer
  readonly how: 'drips' | 'breaks'
  /** How long a body that drips takes. */
  readonly overMs: number

  constructor(answer: Answer, how: Damaged['how'], overMs: number) {
    this.answer = answer
    this.how = how
    this.overMs = overMs
  }
}

/** What happens to a request: an answer, a damaged one, silence, or a broken connection. */
export type Outcome = Answer | Damaged | 'silence' | 'break'

type RequestFault = FaultOptions<RequestFaultKind>

const html = { 'content-type': 'text/html' }
// Beyond what a client takes that limits answers to 10 MiB.
const oversized = 11 * 1_048_576

/** What a proxy in front of the provider says for it. */
export function proxyPage(status: number, title: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const page = `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`
  return new Answer(status, page, { ...html, ...headers })
}

/** The provider is down for a while, and says for how long. */
export function maintenance({ maintenance }: Behaviour, { retryAfterS = 120 }: RequestFault): Answer {
  const headers = { 'retry-after': String(retryAfterS) }
  return maintenance?.(retryAfterS) ?? proxyPage(503, 'Down for maintenance', headers)
}

/** What becomes of a good answer under a fault that comes after the effect. */
export function spoil(answer: Answer, fault: RequestFault | null, nowMs: number): Outcome {
  switch (fault?.kind) {
    case 'hang-after':
      return 'silence'
    case 'drop':
      return 'break'
    case 'gateway-timeout':
      return proxyPage(504, 'Gateway Time-out')
    case 'slow-body':
      return new Damaged(answer, 'drips', fault.delayMs ?? 2000)
    case 'truncated-body':
      return new Damaged(answer, 'breaks', 0)
    case 'malformed-json':
      return withBody(answer, bytesOf(answer).subarray(0, -1))
    case 'wrong-content-type':
      return withBody(answer, '<!doctype html><title>Welcome</title><p>It works!</p>', html)
    case 'oversized-body':
      return withBody(answer, Buffer.concat([bytesOf(answer), Buffer.alloc(oversized, ' ')]))
    case 'clock-skew':
      return withBody(answer, answer.body, { date: new Date(nowMs - (fault.delayMs ?? 3_600_000)).toUTCString() })
    default:
      return answer
  }
}

function withBody({ status, headers }: Answer, body: unknown, more: Readonly<Record<string, string>> = {}): Answer {
  return new Answer(status, body, { ...headers, ...more })
}

/** The body of an answer as it is sent. */
export function bytesOf({ body }: Answer): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body)
  return Buffer.from(typeof body === 'string' ? body : (JSON.stringify(body) ?? ''))
}
