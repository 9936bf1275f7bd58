import { sleep, type Clock } from '../base/clock.ts'
import { messageOf, TenonError } from '../base/errors.ts'
import { contentHash } from '../base/ids.ts'
import { parseJson } from '../base/json.ts'
import type { RawRequest } from '../definition/verifier.ts'
import type { Authentication } from './authentication.ts'
import { Answer, Rejection, type Behaviour, type Refusal, type Simulation } from './behaviour.ts'
import type { Database } from './database.ts'
import type { FaultOptions, Faults, RequestFaultKind } from './faults.ts'
import { requestHash, type Keys } from './idempotency.ts'
import { readInput, type InputResult } from './input.ts'
import type { Effect, Ledger, SeenRequest } from './ledger.ts'
import { matchRoute, type Route } from './route.ts'

export interface ExchangeContext {
  readonly behaviour: Behaviour
  readonly simulation: Simulation
  readonly routes: readonly Route[]
  readonly authentication: Authentication
  readonly keys: Keys
  readonly faults: Faults<RequestFaultKind>
  readonly database: Database
  readonly clock: Clock
  readonly requests: Ledger<SeenRequest>
  readonly log: (message: string) => void
}

/** What happens to a request: an answer, silence, or a broken connection. */
export type Outcome = Answer | 'silence' | 'break'

type Fault = FaultOptions<RequestFaultKind>
type Seen = { -readonly [Field in keyof SeenRequest]: SeenRequest[Field] }
interface Call {
  readonly route: Route
  readonly input: unknown
  readonly hash: string
  readonly key: string | null
}

const unanswered: Partial<Record<RequestFaultKind, Outcome>> = {
  hang: 'silence',
  'hang-after': 'silence',
  reset: 'break',
  drop: 'break',
}
const withoutEffect = new Set<RequestFaultKind>(['rate-limit', 'error', 'hang', 'reset'])

/** Answers one request like the provider: route, credentials, input, key, then the operation. */
export async function exchange(
  context: ExchangeContext,
  path: string,
  request: RawRequest | 'too-large',
): Promise<Outcome> {
  const raw = request === 'too-large' ? null : request
  const seen: Seen = {
    at: context.clock.now(),
    method: raw?.method ?? '',
    path,
    operation: null,
    idempotencyKey: null,
    bodyHash: raw === null || raw.body.length === 0 ? null : contentHash(raw.body),
    status: null,
    fault: null,
    replayed: false,
    effect: false,
  }
  let outcome: Outcome
  try {
    outcome = raw === null ? refuse(context, { reason: 'body-too-large' }) : await answer(context, seen, raw)
    await context.database.durable()
  } catch (error) {
    context.log(`${seen.method} ${path}: ${messageOf(error)}`)
    outcome = refuse(context, { reason: 'broken' })
  }
  seen.status = outcome instanceof Answer ? outcome.status : null
  context.requests.add(seen)
  return outcome
}

async function answer(context: ExchangeContext, seen: Seen, request: RawRequest): Promise<Outcome> {
  const { authentication } = context
  if (authentication.login !== null && request.method === 'POST' && seen.path === authentication.login.path) {
    return login(context, authentication.login, request)
  }
  const match = matchRoute(context.routes, request.method, seen.path)
  const [first] = match.routes
  if (first === undefined) {
    const reason = match.otherMethod ? 'method-unknown' : 'route-unknown'
    return refuse(context, { reason, method: request.method, path: seen.path })
  }
  seen.operation = first.operation
  const { authorization } = request.headers
  if (!authentication.accepts(authorization)) {
    return refuse(context, { reason: 'unauthenticated', given: authorization !== undefined, login: false })
  }
  const read = readable(() => readInput(match, request))
  if (read === null) return refuse(context, { reason: 'body-unreadable' })
  if ('route' in read) seen.operation = read.route.operation
  return withFault(context, { seen, request, read })
}

interface Read {
  readonly seen: Seen
  readonly request: RawRequest
  readonly read: InputResult
}

async function withFault(context: ExchangeContext, { seen, request, read }: Read): Promise<Outcome> {
  const fault = context.faults.draw(seen.operation ?? '')
  seen.fault = fault?.kind ?? null
  if (fault !== null && withoutEffect.has(fault.kind)) return failure(context, fault)
  if ('problems' in read) return refuse(context, { reason: 'input-invalid', problems: read.problems })
  return keyed(context, { seen, call: callOf(context, read, request), fault })
}

function callOf(
  context: ExchangeContext,
  { route, input }: { route: Route; input: unknown },
  request: RawRequest,
): Call {
  return { route, input, key: context.keys.keyOf(route, request, input), hash: requestHash(route.operation, input) }
}

async function keyed(
  context: ExchangeContext,
  { seen, call, fault }: { seen: Seen; call: Call; fault: Fault | null },
): Promise<Outcome> {
  const { key, hash } = call
  seen.idempotencyKey = key
  const lost = fault === null ? undefined : unanswered[fault.kind]
  const state = key === null ? 'new' : context.keys.take(key, hash)
  if (state instanceof Answer) {
    seen.replayed = true
    return (
      lost ?? new Answer(state.status, state.body, { ...state.headers, ...context.behaviour.idempotency?.replayed })
    )
  }
  if (state !== 'new') return refuse(context, { reason: state === 'busy' ? 'key-busy' : 'key-reused', key: key ?? '' })
  try {
    if (fault?.kind === 'slow') await sleep(context.clock, fault.delayMs ?? 1000)
    const result = perform(context, seen, { call, broken: fault?.kind === 'error-after' })
    // Others with this key are told to wait until the result would survive a crash.
    await context.database.durable()
    return lost ?? result
  } finally {
    if (key !== null) context.keys.release(key)
  }
}

/** Operation, ledger and key in one transaction. */
function perform(context: ExchangeContext, seen: Seen, { call, broken }: { call: Call; broken: boolean }): Answer {
  const { behaviour, database, keys, simulation } = context
  const remembersAll = behaviour.idempotency?.remembers === 'every-result'
  const remember = (answer: Answer): void => {
    if (call.key === null || (!remembersAll && answer.status >= 300)) return
    keys.remember(call.route, call.key, { hash: call.hash, answer })
  }
  try {
    return database.transaction(() => {
      const before = database.writes
      const run = behaviour.operations[call.route.operation] as (input: unknown, simulation: Simulation) => unknown
      const result = asAnswer(run(call.input, simulation))
      seen.effect = database.writes > before
      if (seen.effect) record(context, call)
      const sent = broken ? refuse(context, { reason: 'broken' }) : result
      remember(remembersAll ? sent : result)
      return sent
    })
  } catch (error) {
    seen.effect = false
    if (!(error instanceof Rejection)) throw error
    database.transaction(() => remember(error.answer))
    return error.answer
  }
}

function record({ database, clock }: ExchangeContext, call: Call): void {
  const effects = database.table<Effect>('$effects')
  const at = clock.now()
  effects.put(String(effects.size + 1), {
    at,
    operation: call.route.operation,
    idempotencyKey: call.key,
    inputHash: call.hash,
    input: call.input,
  })
}

function login(context: ExchangeContext, scheme: NonNullable<Authentication['login']>, request: RawRequest): Answer {
  const body = readable(() => parseJson(new TextDecoder('utf-8', { fatal: true }).decode(request.body)))
  if (body === null) return refuse(context, { reason: 'body-unreadable' })
  const token = scheme.issue(body)
  if (token === null) return refuse(context, { reason: 'unauthenticated', given: true, login: true })
  return new Answer(200, context.behaviour.loggedIn?.(token, context.simulation) ?? { token })
}

function failure(context: ExchangeContext, fault: Fault): Outcome {
  if (fault.kind === 'rate-limit')
    return refuse(context, { reason: 'rate-limited', retryAfterS: fault.retryAfterS ?? 1 })
  return unanswered[fault.kind] ?? refuse(context, { reason: 'broken' })
}

function refuse({ behaviour, simulation }: ExchangeContext, refusal: Refusal): Answer {
  return behaviour.refuse(refusal, simulation)
}

function asAnswer(result: unknown): Answer {
  return result instanceof Answer ? result : new Answer(200, result)
}

function readable<Result>(read: () => Result): Result | null {
  try {
    return read()
  } catch (error) {
    // TextDecoder throws a TypeError for bytes that are not UTF-8.
    if (TenonError.is(error, 'BODY_INVALID') || error instanceof TypeError) return null
    throw error
  }
}
