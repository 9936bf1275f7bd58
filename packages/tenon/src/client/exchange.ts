import { sleep, type Clock } from '../base/clock.ts'
import type { TenonError } from '../base/errors.ts'
import { givenUp, timedOut } from '../outbound/failure.ts'
import { failedWith, type RawAnswer, type SendRequest } from '../outbound/outbound.ts'
import { following } from '../outbound/redirect.ts'
import { asTenonError } from './failed.ts'
import type { Plan } from './plan.ts'
import type { CallTrace } from './trace.ts'

/** What ends a call: its deadline, over everything that belongs to it, or whoever asked for it. */
export interface Limits {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly deadline: number
  readonly signal: AbortSignal | null
  readonly trace: CallTrace | undefined
}

/** Authenticates a request and sends it. Throws what kept it from being authenticated, where that is known at once. */
export function exchange(plan: Plan, outgoing: SendRequest, limits: Limits): Promise<RawAnswer> {
  return plan.redirects === 0 ? exchangeOnce(plan, outgoing, limits) : exchangeFollowing(plan, outgoing, limits)
}

function exchangeFollowing(plan: Plan, outgoing: SendRequest, limits: Limits): Promise<RawAnswer> {
  return following(outgoing, {
    most: plan.redirects,
    mayRepeat: plan.repeat !== 'unsafe',
    own: (request) => exchangeOnce(plan, request, limits),
    foreign(request) {
      const sent = { ...request, timeoutMs: remaining(limits) }
      limits.trace?.sent(sent, plan.line.authentication, sent.headers.length)
      return plan.line.transport.send(sent)
    },
  })
}

function exchangeOnce(plan: Plan, outgoing: SendRequest, limits: Limits): Promise<RawAnswer> {
  const { transport, authentication } = plan.line
  const ready = authenticated(plan, outgoing, limits)
  // Mostly there is nothing to wait for and nothing to try again: a promise for nothing would cost every call.
  if (!(ready instanceof Promise) && authentication.refused === undefined) {
    limits.trace?.sent(ready, authentication, outgoing.headers.length)
    return transport.send(ready)
  }
  return exchangeAgain(plan, outgoing, { limits, ready })
}

async function exchangeAgain(
  plan: Plan,
  outgoing: SendRequest,
  { limits, ready }: { readonly limits: Limits; readonly ready: SendRequest | Promise<SendRequest> },
): Promise<RawAnswer> {
  const { transport, authentication } = plan.line
  const request = await ready
  limits.trace?.sent(request, authentication, outgoing.headers.length)
  const answer = await transport.send(request)
  if (answer.status !== 401 || authentication.refused?.(request) !== true) return answer
  limits.trace?.answered(answer)
  // A 401 says that nothing was done: once more, with what the scheme has now.
  const again = await authenticated(plan, outgoing, limits)
  limits.trace?.sent(again, authentication, outgoing.headers.length)
  return transport.send(again)
}

function authenticated(plan: Plan, outgoing: SendRequest, limits: Limits): SendRequest | Promise<SendRequest> {
  const { origin, method, path, headers, body, maxAnswerBytes, signal, onLeaving } = outgoing
  const timeoutMs = remaining(limits)
  const request = { origin, method, path, headers: [...headers], body, timeoutMs, maxAnswerBytes, signal, onLeaving }
  try {
    const applying = plan.line.authentication.apply(request)
    return applying === undefined ? request : afterwards(applying, request, limits)
  } catch (error) {
    throw unsent(error)
  }
}

async function afterwards(applying: Promise<void>, request: SendRequest, limits: Limits): Promise<SendRequest> {
  try {
    await withinLimits(applying, limits)
  } catch (error) {
    throw unsent(error)
  }
  return { ...request, timeoutMs: remaining(limits) }
}

function remaining({ deadline, clock }: Limits): number {
  return deadline - clock.now()
}

/** Waits for work that others wait for too: it goes on when this call's limit is reached. */
async function withinLimits(work: Promise<void>, limits: Limits): Promise<void> {
  const { clock, signal, timeoutMs } = limits
  const end = new AbortController()
  const giveUp = (): void => end.abort()
  signal?.addEventListener('abort', giveUp, { once: true })
  if (signal?.aborted === true) giveUp()
  try {
    const limit = sleep(clock, remaining(limits), end.signal).then(() => 'limit')
    if ((await Promise.race([work, limit])) !== 'limit') return
    throw signal?.aborted === true ? givenUp('not-sent', signal.reason) : timedOut('login', timeoutMs)
  } finally {
    giveUp()
    signal?.removeEventListener('abort', giveUp)
  }
}

/** What kept the request from leaving, whatever its own fate was: a login that broke off has sent nothing of the call. */
function unsent(error: unknown): TenonError {
  const { code, message, retryable, retryAfterMs, details } = asTenonError(error)
  const after = retryAfterMs === null ? {} : { retryAfterMs }
  return failedWith('not-sent', code, message, { retryable, details, ...after })
}
