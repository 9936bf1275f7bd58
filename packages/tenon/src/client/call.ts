import { sleep, type Clock } from '../base/clock.ts'
import { TenonError, messageOf } from '../base/errors.ts'
import type { Lookup } from '../definition/operation.ts'
import { givenUp, timedOut } from '../outbound/failure.ts'
import { failedWith, fateOf, type SendRequest } from '../outbound/outbound.ts'
import type { Fate } from '../outbound/retry.ts'
import { outputOf, readAnswer, type ReadAnswer } from './answer.ts'
import type { CallAnswer, CallRequest, Client } from './client.ts'
import { failureOf } from './failure.ts'
import { keyFor, withKey } from './idempotency.ts'
import { checkedInput, type Plan } from './plan.ts'
import { writeRequest, type Outgoing } from './request.ts'

type Try = Pick<CallRequest, 'input' | 'idempotencyKey' | 'mayHaveHappened' | 'signal'> & { readonly deadline: number; readonly timeoutMs: number }

/** One try of an operation: input, request, credentials, exchange, answer, output. It never rejects. */
export function createCall(planFor: (request: CallRequest) => Plan, clock: Clock): Client['call'] {
  async function tryOnce(plan: Plan, current: Try): Promise<CallAnswer> {
    let input: unknown
    let outgoing: Outgoing
    try {
      input = checkedInput(plan, keyedInput(plan, current))
      outgoing = writeRequest(plan, input)
    } catch (error) {
      return failed(plan, error, 'not-sent')
    }
    try {
      if (current.mayHaveHappened && plan.repeat === 'lookup') {
        const earlier = await lookUp(plan, input, current)
        if (earlier !== null) return earlier
      }
      const answer = await exchange(plan, outgoing, current)
      const failure = failureOf(plan, answer, clock.now())
      if (failure !== null) return failed(plan, failure, fateOf(failure), answer.status)
      return { outcome: 'answered', output: outputOf(plan, answer), status: answer.status }
    } catch (error) {
      return failed(plan, error, fateOf(error))
    }
  }

  async function exchange(plan: Plan, outgoing: Outgoing, current: Try): Promise<ReadAnswer> {
    const { transport, authentication } = plan.line
    const ready = authenticated(plan, outgoing, current)
    const request = ready instanceof Promise ? await ready : ready
    const answer = readAnswer(await transport.send(request))
    if (answer.status !== 401 || authentication.refused?.(request) !== true) return answer
    // A 401 says that nothing was done: once more, with what the scheme has now.
    return readAnswer(await transport.send(await authenticated(plan, outgoing, current)))
  }

  function authenticated(plan: Plan, outgoing: Outgoing, current: Try): SendRequest | Promise<SendRequest> {
    const request: SendRequest = {
      origin: plan.base.origin,
      method: plan.operation.method,
      path: outgoing.path,
      headers: [...outgoing.headers],
      body: outgoing.body,
      timeoutMs: current.deadline - clock.now(),
      maxAnswerBytes: plan.maxAnswerBytes,
      signal: current.signal,
    }
    if (plan.idempotency?.header !== undefined && current.idempotencyKey !== null) {
      request.headers.push(plan.idempotency.header, keyFor(plan.idempotency, current.idempotencyKey))
    }
    try {
      const applying = plan.line.authentication.apply(request)
      return applying === undefined ? request : afterwards(applying, request, current)
    } catch (error) {
      throw unsent(error)
    }
  }

  async function afterwards(applying: Promise<void>, request: SendRequest, current: Try): Promise<SendRequest> {
    try {
      await beforeDeadline(applying, current)
    } catch (error) {
      throw unsent(error)
    }
    return { ...request, timeoutMs: current.deadline - clock.now() }
  }

  /** The result of an earlier try that took effect after all, `null` when there was none. */
  async function lookUp(plan: Plan, input: unknown, current: Try): Promise<CallAnswer | null> {
    const { lookup: through } = plan
    const lookup = plan.operation.lookup as Lookup
    const ask = lookup.input as (input: unknown) => unknown
    const answer = await tryOnce(through as Plan, { ...current, input: ask(input), idempotencyKey: null, mayHaveHappened: false })
    if (answer.outcome === 'failed') return answer.status === 404 ? null : { ...answer, fate: 'ambiguous' }
    const output = (lookup.found as (answer: unknown, input: unknown) => unknown)(answer.output, input)
    return output === null || output === undefined ? null : { outcome: 'found', output, status: answer.status }
  }

  async function beforeDeadline(work: Promise<void>, { deadline, timeoutMs, signal }: Try): Promise<void> {
    const end = new AbortController()
    const giveUp = (): void => end.abort()
    signal?.addEventListener('abort', giveUp, { once: true })
    if (signal?.aborted === true) giveUp()
    try {
      const limit = sleep(clock, deadline - clock.now(), end.signal).then(() => 'limit')
      if ((await Promise.race([work, limit])) !== 'limit') return
      throw signal?.aborted === true ? givenUp('not-sent', signal.reason) : timedOut('login', timeoutMs)
    } finally {
      giveUp()
      signal?.removeEventListener('abort', giveUp)
    }
  }

  return (request) => {
    let plan: Plan
    try {
      plan = planFor(request)
    } catch (error) {
      return Promise.resolve({ outcome: 'failed', error: tenonError(error), fate: 'not-sent', status: null })
    }
    const timeoutMs = request.timeoutMs ?? plan.timeoutMs
    const { input, idempotencyKey, mayHaveHappened, signal } = request
    return tryOnce(plan, { input, idempotencyKey, mayHaveHappened, signal, timeoutMs, deadline: clock.now() + timeoutMs })
  }
}

function keyedInput({ idempotency }: Plan, { input, idempotencyKey }: Try): unknown {
  if (idempotency?.field === undefined || idempotencyKey === null) return input
  return withKey(input, idempotency.field, keyFor(idempotency, idempotencyKey))
}

/** What kept the request from leaving, whatever its own fate was: a login that broke off has sent nothing of the call. */
function unsent(error: unknown): TenonError {
  const { code, message, retryable, retryAfterMs, details } = tenonError(error)
  return failedWith('not-sent', code, message, { retryable, details, ...(retryAfterMs === null ? {} : { retryAfterMs }) })
}

function tenonError(error: unknown): TenonError {
  return TenonError.is(error) ? error : new TenonError('APP_INVALID', messageOf(error))
}

function failed(plan: Plan, thrown: unknown, fate: Fate, status: number | null = null): CallAnswer {
  const found = tenonError(thrown)
  const { redact } = plan.line.authentication
  const message = redact(found.message.startsWith(plan.what) ? found.message : `${plan.what}: ${found.message}`)
  const { code, retryable, retryAfterMs } = found
  const details = redacted(found.details, redact) as Record<string, unknown>
  // Made anew: a cause may hold what the message must not.
  const error = new TenonError(code, message, { retryable, details, ...(retryAfterMs === null ? {} : { retryAfterMs }) })
  return { outcome: 'failed', error, fate, status: status ?? statusOf(details) }
}

function statusOf({ status }: Readonly<Record<string, unknown>>): number | null {
  return typeof status === 'number' ? status : null
}

function redacted(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((part) => redacted(part, redact))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, redacted(part, redact)]))
}
