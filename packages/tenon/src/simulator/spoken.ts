import type { OperationOptions, ServedRefusal } from '../definition/operation.ts'
import { Answer, type Behaviour, type Refusal, type Simulation } from './behaviour.ts'

interface Refusing {
  readonly behaviour: Behaviour
  readonly simulation: Simulation
  /** That the request was for, where it is known. */
  readonly operation?: OperationOptions
}

/** The provider's own words for a refusal, else what the protocol of the operation has for one, else a problem (RFC 9457). */
export function answerTo(refusal: Refusal, { behaviour, simulation, operation }: Refusing): Answer {
  if (behaviour.refuse !== undefined) return behaviour.refuse(refusal, simulation)
  const { status, code, message } = meaningOf(refusal)
  const wait: Readonly<Record<string, string>> =
    refusal.reason === 'rate-limited' ? { 'retry-after': String(refusal.retryAfterS) } : {}
  if (operation?.served === undefined)
    return new Answer(
      status,
      { title: code, status, detail: message, code },
      { 'content-type': 'application/problem+json', ...wait },
    )
  const answer = operation.served.refuse({ status, code, message })
  return new Answer(answer.status, answer.body, { ...answer.headers, ...wait })
}

/** What an operation came to, in the form that its protocol has for it. */
export function answerOf({ served }: OperationOptions, result: unknown): Answer {
  if (result instanceof Answer) return result
  if (served === undefined) return new Answer(200, result)
  const { status, headers, body } = served.write(result)
  return new Answer(status, body, headers)
}

const meanings: Readonly<Record<Refusal['reason'], readonly [status: number, message: string]>> = {
  unauthenticated: [401, 'The credentials are missing or not good.'],
  'input-invalid': [400, 'The input is not as described.'],
  'body-unreadable': [400, 'The body cannot be read.'],
  'body-too-large': [413, 'The body is too large.'],
  'route-unknown': [404, 'There is nothing at this path.'],
  'method-unknown': [405, 'This path does not know the method.'],
  'key-reused': [422, 'The idempotency key was used with another input.'],
  'key-busy': [409, 'A request with this idempotency key is being worked on.'],
  'rate-limited': [429, 'Too many requests.'],
  broken: [500, 'Something broke.'],
}

function meaningOf(refusal: Refusal): ServedRefusal {
  const [status, message] = meanings[refusal.reason]
  const problems = refusal.reason === 'input-invalid' ? refusal.problems.slice(0, 5) : []
  const said = problems.map((problem) => `${problem.field}: ${problem.message}`).join('; ')
  return { status, code: refusal.reason, message: said === '' ? message : said }
}
