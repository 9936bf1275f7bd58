import { sleep, type Clock } from '../base/clock.ts'
import type { TenonError } from '../base/errors.ts'
import { givenUp, timedOut } from '../outbound/failure.ts'
import { failedWith, type RawAnswer, type SendRequest } from '../outbound/outbound.ts'
import { following } from '../outbound/redirect.ts'
import type { PolicyCall } from '../outbound/policy.ts'
import { asTenonError } from './failed.ts'
import type { Plan } from './plan.ts'
import type { CallTrace } from './trace.ts'

/** What ends a call: its deadline, over everything that belongs to it, or whoever asked for it. And who sees it leave. */
export interface Limits {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly deadline: number
  readonly signal: AbortSignal | null
  /** As of the request. */
  readonly beforeLeaving: (() => void | Promise<void>) | null
  readonly trace: CallTrace | undefined
}

/** Authenticates a request and sends it. Throws what kept it from being authenticated, where that is known at once. */
export function exchange(plan: Plan, call: PolicyCall, limits: Limits): Promise<RawAnswer> {
  return plan.redirects === 0 ? exchangeOnce(plan, call.request, call, limits) : exchangeFollowing(plan, call, limits)
}

function exchangeFollowing(plan: Plan, call: PolicyCall, limits: Limits): Promise<RawAnswer> {
  return following(call.request, {
    most: plan.redirects,
    mayRepeat: plan.repeat !== 'unsafe',
    own: (request) => exchangeOnce(plan, request, call, limits),
    foreign(request) {
      const sent = { ...request, timeoutMs: remaining(limits) }
      limits.trace?.sent(sent, plan.line.authentication, sent.headers.length)
      return plan.line.transport.send(sent)
    },
  })
}

function exchangeOnce(plan: Plan, outgoing: SendRequest, call: PolicyCall, limits: Limits): Promise<RawAnswer> {
  const { transport, authentication } = plan.line
  const ready = readied(plan, outgoing, limits)
  // Mostly there is nothing to wait for and nothing to try again: a promise for nothing would cost every call.
  if (!(ready instanceof Promise) && authentication.refused === undefined) {
    limits.trace?.sent(ready, authentication, outgoing.headers.length)
    return transport.send(ready)
  }
  return exchangeAgain(plan, outgoing, call, { limits, ready })
}

async function exchangeAgain(
  plan: Plan,
  outgoing: SendRequest,
  call: PolicyCall,
  { limits, ready }: { readonly limits: Limits; readonly ready: SendRequest | Promise<SendRequest> },
): Promise<RawAnswer> {
  const { transport, authentication } = plan.line
  const request = await ready
  // What was waited for here says nothing of how fast the upstream is.
  if (outgoing === call.request) call.sentAt = limits.clock.now()
  limits.trace?.sent(request, authentication, outgoing.headers.length)
  const answer = await transport.send(request)
  if (answer.status !== 401 || authentication.refused?.(request) !== true) return answer
  limits.trace?.answered(answer)
  // A 401 says that nothing was done: once more, with what the scheme has now.
  const again = await readied(plan, outgoing, limits)
  limits.trace?.sent(again, authentication, outgoing.headers.length)
  return transport.send(again)
}

function readied(plan: Plan, outgoing: SendRequest, limits: Limits): SendRequest | Promise<SendRequest> {
  const request = authenticated(plan, outgoing, limits)
  return request instanceof Promise ? request.then((one) => mayLeave(one, limits)) : mayLeave(request, limits)
}

/** Last of all: what fails before has announced nothing. */
function mayLeave(request: SendRequest, limits: Limits): SendRequest | Promise<SendRequest> {
  const waiting = limits.beforeLeaving?.()
  return waiting === undefined ? request : afterwards(waiting, request, { limits, phase: 'record' })
}

function authenticated(plan: Plan, outgoing: SendRequest, limits: Limits): SendRequest | Promise<SendRequest> {
  const { origin, method, path, headers, body, maxAnswerBytes, signal, onLeaving } = outgoing
  const timeoutMs = remaining(limits)
  const request = { origin, method, path, headers: [...headers], body, timeoutMs, maxAnswerBytes, signal, onLeaving }
  try {
    const applying = plan.line.authentication.apply(request)
    return applying === undefined ? request : afterwards(applying, request, { limits, phase: 'login' })
  } catch (error) {
    throw unsent(error)
  }
}

interface Wait {
  readonly limits: Limits
  readonly phase: 'login' | 'record'
}

async function afterwards(work: Promise<void>, request: SendRequest, wait: Wait): Promise<SendRequest> {
  try {
    await withinLimits(work, wait)
  } catch (error) {
    throw unsent(error)
  }
  return { ...request, timeoutMs: remaining(wait.limits) }
}

function remaining({ deadline, clock }: Limits): number {
  return deadline - clock.now()
}

/** Waits for work that others wait for too: it goes on when this call's limit is reached. */
async function withinLimits(work: Promise<void>, { limits, phase }: Wait): Promise<void> {
  const { clock, signal, timeoutMs } = limits
  const end = new AbortController()
  const giveUp = (): void => end.abort()
  signal?.addEventListener('abort', giveUp, { once: true })
  if (signal?.aborted === true) giveUp()
  try {
    const limit = sleep(clock, remaining(limits), end.signal).then(() => 'limit')
    if ((await Promise.race([work, limit])) !== 'limit') return
    throw signal?.aborted === true ? givenUp('not-sent', signal.reason) : timedOut(phase, timeoutMs)
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
