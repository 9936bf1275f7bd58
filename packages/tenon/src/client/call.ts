import type { Clock } from '../base/clock.ts'
import type { TenonError } from '../base/errors.ts'
import type { Connections } from '../connection/connection.ts'
import type { Lookup } from '../definition/operation.ts'
import { fateOf, type RawAnswer } from '../outbound/outbound.ts'
import type { PolicyCall } from '../outbound/policy.ts'
import type { CallMeter } from '../telemetry/meter.ts'
import { outputOf, readAnswer, type ReadAnswer } from './answer.ts'
import type { CallAnswer, CallRequest, Client } from './client.ts'
import { exchange, type Limits } from './exchange.ts'
import { failureOf } from './failure.ts'
import { asTenonError, failed } from './failed.ts'
import { keyFor, withKey } from './idempotency.ts'
import { checkedInput, type Plan } from './plan.ts'
import { writeRequest, type Outgoing } from './request.ts'

type Try = Pick<CallRequest, 'input' | 'idempotencyKey' | 'mayHaveHappened'> & {
  readonly asked: CallRequest
  /** What was read last: a policy may have asked what the answer means. */
  read: { readonly raw: RawAnswer; readonly answer: ReadAnswer } | null
  readonly limits: Limits
  readonly meter: CallMeter
}

interface Parts {
  readonly planFor: (request: CallRequest) => Plan
  readonly used: Connections['used']
  readonly clock: Clock
  readonly meter: CallMeter
}

/** One try of an operation: input, request, credentials, exchange, answer, output. It never rejects. */
export function createCall({ planFor, used, clock, meter }: Parts): Client['call'] {
  return (request) => {
    let plan: Plan
    try {
      plan = planFor(request)
    } catch (error) {
      const refused = { outcome: 'failed', error: asTenonError(error), fate: 'not-sent', status: null } as const
      meter.callEnded(request.connector.name, request.operation, refused, 0)
      return Promise.resolve(refused)
    }
    const timeoutMs = request.timeoutMs ?? plan.timeoutMs
    const { input, idempotencyKey, mayHaveHappened, beforeLeaving = null, signal, trace } = request
    const now = clock.now()
    used?.(plan.line.connection, now)
    const limits = { clock, timeoutMs, deadline: now + timeoutMs, signal, beforeLeaving, trace }
    return tryOnce(plan, { input, idempotencyKey, mayHaveHappened, asked: request, read: null, limits, meter })
  }
}

// Promises are chained by hand here: each call of each step of each run comes this way.
function tryOnce(plan: Plan, current: Try): Promise<CallAnswer> {
  let input: unknown
  let outgoing: Outgoing
  try {
    input = checkedInput(plan, keyedInput(plan, current))
    outgoing = keyedRequest(plan, writeRequest(plan, input), current)
  } catch (error) {
    return Promise.resolve(ended(plan, current, failed(plan, error, 'not-sent')))
  }
  if (!current.mayHaveHappened || plan.repeat !== 'lookup') return send(plan, outgoing, current)
  return lookUp(plan, input, current).then(
    (earlier) => earlier ?? send(plan, outgoing, current),
    (error: unknown) => failed(plan, error, fateOf(error)),
  )
}

function send(plan: Plan, outgoing: Outgoing, current: Try): Promise<CallAnswer> {
  const { limits } = current
  const call = policyCall(plan, outgoing, current)
  return plan.line.pipeline
    .run(call, (admitted) => exchange(plan, admitted, limits))
    .then(
      (raw) => ended(plan, current, answerOf(plan, raw, current)),
      (error: unknown) => ended(plan, current, failed(plan, error, fateOf(error))),
    )
}

function policyCall(plan: Plan, { path, headers, body }: Outgoing, current: Try): PolicyCall {
  const { asked, idempotencyKey, limits } = current
  const { connection, base } = plan.line
  const { timeoutMs, deadline, signal } = limits
  const { method } = plan.operation
  const { maxAnswerBytes } = plan
  return {
    tenant: connection.tenant,
    connector: connection.connector.name,
    connection: connection.name,
    operation: plan.name,
    flow: asked.flow ?? null,
    priority: asked.priority ?? 'interactive',
    // A key that is not sent makes nothing safe.
    repeat: plan.repeat === 'keyed' && idempotencyKey === null ? 'unsafe' : plan.repeat,
    attempt: asked.attempt ?? 1,
    since: asked.since ?? deadline - timeoutMs,
    request: { origin: base.origin, method, path, headers, body, timeoutMs, maxAnswerBytes, signal },
    errorOf: (raw) => errorIn(plan, raw, current),
    deadline,
    sentAt: 0,
    patienceMs: asked.patienceMs ?? timeoutMs,
    resting: asked.resting ?? null,
    signal,
  }
}

function readOnce(raw: RawAnswer, current: Try): ReadAnswer {
  if (current.read?.raw !== raw) current.read = { raw, answer: readAnswer(raw) }
  return current.read.answer
}

/** The error that an answer is, without reading what says by its status that it is none. */
function errorIn(plan: Plan, raw: RawAnswer, current: Try): TenonError | null {
  const isUnread = plan.connector.options.failure === undefined && plan.operation.failure === undefined
  const isPlain = isUnread && raw.status >= 200 && raw.status < 300
  return isPlain ? null : failureOf(plan, readOnce(raw, current), current.limits.clock.now())
}

// A call that looked up first is counted with the time of its look-up, which is counted for itself, too.
function ended({ connector, name }: Plan, { limits, meter }: Try, answer: CallAnswer): CallAnswer {
  const { clock, deadline, timeoutMs } = limits
  meter.callEnded(connector.name, name, answer, clock.now() - (deadline - timeoutMs))
  return answer
}

function answerOf(plan: Plan, raw: RawAnswer, current: Try): CallAnswer {
  const { clock, trace } = current.limits
  trace?.answered(raw)
  try {
    const answer = readOnce(raw, current)
    const failure = failureOf(plan, answer, clock.now())
    if (failure !== null) return failed(plan, failure, fateOf(failure))
    const connection = plan.line.connection.name
    return { outcome: 'answered', output: outputOf(plan, answer), status: answer.status, connection }
  } catch (error) {
    return failed(plan, error, fateOf(error))
  }
}

function keyedInput({ idempotency }: Plan, { input, idempotencyKey }: Try): unknown {
  if (idempotency?.field === undefined || idempotencyKey === null) return input
  return withKey(input, idempotency.field, keyFor(idempotency, idempotencyKey))
}

function keyedRequest({ idempotency }: Plan, outgoing: Outgoing, { idempotencyKey }: Try): Outgoing {
  if (idempotency?.header !== undefined && idempotencyKey !== null) {
    outgoing.headers.push(idempotency.header, keyFor(idempotency, idempotencyKey))
  }
  return outgoing
}

/** The result of an earlier try that took effect after all, `null` when there was none. */
async function lookUp(plan: Plan, input: unknown, current: Try): Promise<CallAnswer | null> {
  const through = plan.lookup as Plan
  const lookup = plan.operation.lookup as Lookup
  const ask = lookup.input as (input: unknown) => unknown
  const found = lookup.found as (answer: unknown, input: unknown) => unknown
  const asked = {
    input: ask(input),
    idempotencyKey: null,
    mayHaveHappened: false,
    asked: current.asked,
    read: null,
    limits: current.limits,
    meter: current.meter,
  }
  const answer = await tryOnce(through, asked)
  if (answer.outcome === 'failed') return answer.status === 404 ? null : { ...answer, fate: 'ambiguous' }
  const output = found(answer.output, input)
  if (output === null || output === undefined) return null
  const earlier = { outcome: 'found', output, status: answer.status, connection: plan.line.connection.name } as const
  return ended(plan, current, earlier)
}
