import { sleep, type Clock } from '../base/clock.ts'
import { messageOf, TenonError } from '../base/errors.ts'
import { contentHash } from '../base/ids.ts'
import type { RawRequest } from '../definition/verifier.ts'
import { plainly, withoutCredentials, type AuthEndpoint, type Authentication, type Verdict } from './authentication.ts'
import { Answer, Rejection, type Behaviour, type Refusal } from './behaviour.ts'
import type { Database } from './database.ts'
import { withoutEffect, type Faults, type RequestFault, type RequestFaultKind } from './faults.ts'
import { requestHash, type Keys } from './idempotency.ts'
import { readInput, type InputResult } from './input.ts'
import type { Effect, Ledger, SeenRequest } from './ledger.ts'
import type { Limits, Taken } from './limits.ts'
import { matchRoute, type Route } from './route.ts'
import type { AnsweringSimulation } from './simulation.ts'
import { answerOf, answerTo } from './spoken.ts'
import { Damaged, maintenance, proxyPage, spoil, type Outcome } from './spoiling.ts'

export interface ExchangeContext {
  readonly behaviour: Behaviour
  readonly simulation: AnsweringSimulation
  readonly routes: readonly Route[]
  readonly authentication: Authentication
  readonly keys: Keys
  /** `null` where the provider's limits are not to hold. */
  readonly limits: Limits | null
  readonly faults: Faults<RequestFaultKind>
  readonly database: Database
  readonly clock: Clock
  readonly requests: Ledger<SeenRequest>
  readonly log: (message: string) => void
  /** The operation that a request is for, once it is known. */
  readonly meant?: Route
}

type Seen = { -readonly [Field in keyof SeenRequest]: SeenRequest[Field] }
interface Call {
  readonly account: string | null
  readonly route: Route
  readonly input: unknown
  readonly hash: string
  readonly key: string | null
}

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
  if (outcome instanceof Damaged) seen.status = outcome.answer.status
  else seen.status = outcome instanceof Answer ? outcome.status : null
  context.requests.add(seen)
  return outcome
}

async function answer(general: ExchangeContext, seen: Seen, request: RawRequest): Promise<Outcome> {
  const { authentication } = general
  const endpoint = authentication.endpoints.find(
    ({ path, methods }) => path === seen.path && methods.includes(request.method),
  )
  if (endpoint !== undefined) return atEndpoint(general, endpoint, { seen, request })
  const match = matchRoute(general.routes, request, seen.path)
  const [first] = match.routes
  if (first === undefined) {
    const reason = match.otherMethod ? 'method-unknown' : 'route-unknown'
    return refuse(general, { reason, method: request.method, path: seen.path })
  }
  seen.operation = first.operation
  const context = { ...general, meant: first }
  const given = request.headers['authorization'] ?? ''
  const verdict = authentication.judge(plainly(context.behaviour, request))
  if (verdict.is !== 'good') return unauthenticated(context, given, verdict)
  const refused = context.behaviour.admit?.(request, context.simulation) ?? null
  if (refused !== null) return refused
  const read = readable(() => readInput(match, withoutCredentials(authentication, request), context.behaviour.read))
  if (read === null) return refuse(context, { reason: 'body-unreadable' })
  if ('route' in read) seen.operation = read.route.operation
  return withinLimits(context, { seen, request, read, account: verdict.account ?? null })
}

interface Read {
  readonly account: string | null
  readonly seen: Seen
  readonly request: RawRequest
  readonly read: InputResult
}

async function withinLimits(context: ExchangeContext, coming: Read): Promise<Outcome> {
  const { seen, request, read } = coming
  const input = 'route' in read ? read.input : null
  const taken = context.limits?.take({ operation: seen.operation ?? '', method: request.method, input })
  if (taken === undefined) return withFault(context, coming)
  const { exceeded, headers, giveBack } = taken
  const outcome = await (exceeded === null ? withFault(context, coming) : tooMany(context, exceeded))
  if (isTurnedAway(seen.fault)) giveBack()
  if (!(outcome instanceof Answer)) return outcome
  return new Answer(outcome.status, outcome.body, { ...headers, ...outcome.headers })
}

function tooMany(context: ExchangeContext, { retryAfterS, limit }: NonNullable<Taken['exceeded']>): Answer {
  return refuse(context, { reason: 'rate-limited', retryAfterS, limit: limit.name })
}

const isTurnedAway = (fault: string | null): boolean => fault !== null && withoutEffect.has(fault as RequestFaultKind)

async function withFault(context: ExchangeContext, { seen, request, read, account }: Read): Promise<Outcome> {
  const fault = context.faults.draw(seen.operation ?? '')
  seen.fault = fault?.kind ?? null
  if (fault !== null && withoutEffect.has(fault.kind)) return turnedAway(context, fault, request)
  if ('problems' in read) return refuse(context, { reason: 'input-invalid', problems: read.problems })
  return keyed(context, { seen, call: { ...callOf(context, read, request), account }, fault })
}

function callOf(
  context: ExchangeContext,
  { route, input }: { route: Route; input: unknown },
  request: RawRequest,
): Omit<Call, 'account'> {
  return { route, input, key: context.keys.keyOf(route, request, input), hash: requestHash(route.operation, input) }
}

async function keyed(
  context: ExchangeContext,
  { seen, call, fault }: { seen: Seen; call: Call; fault: RequestFault | null },
): Promise<Outcome> {
  const { key, hash } = call
  seen.idempotencyKey = key
  const sent = (answer: Answer): Outcome => spoil(answer, fault, context.clock.now())
  const state = key === null ? 'new' : context.keys.take(key, hash)
  if (state instanceof Answer) {
    seen.replayed = true
    return sent(new Answer(state.status, state.body, { ...state.headers, ...context.behaviour.idempotency?.replayed }))
  }
  if (state !== 'new') return refuse(context, { reason: state === 'busy' ? 'key-busy' : 'key-reused', key: key ?? '' })
  try {
    if (fault?.kind === 'slow') await sleep(context.clock, fault.delayMs ?? 1000)
    const result = perform(context, seen, { call, broken: fault?.kind === 'error-after' })
    // Others with this key are told to wait until the result would survive a crash.
    await context.database.durable()
    return sent(result)
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
      const run = behaviour.operations[call.route.operation] as (
        input: unknown,
        simulation: AnsweringSimulation,
      ) => unknown
      const result = answerOf(
        call.route.options,
        runAs(simulation, call.account, () => run(call.input, simulation)),
      )
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

/** An operation runs at once, so that nobody else's request comes between. */
function runAs<Result>(simulation: AnsweringSimulation, account: string | null, work: () => Result): Result {
  simulation.account = account
  try {
    return work()
  } finally {
    simulation.account = null
  }
}

function record({ database, clock, simulation }: ExchangeContext, call: Call): void {
  const effects = database.table<Effect>('$effects')
  const at = clock.now()
  effects.put(String(simulation.number('$effect', 1)), {
    at,
    operation: call.route.operation,
    idempotencyKey: call.key,
    inputHash: call.hash,
    input: call.input,
  })
}

async function atEndpoint(
  context: ExchangeContext,
  endpoint: AuthEndpoint,
  { seen, request }: { readonly seen: Seen; readonly request: RawRequest },
): Promise<Outcome> {
  const { name, played } = endpoint
  // Tokens end for operations; what gives new ones is not meant by that, nor by a fault for all operations.
  const isMeant = ({ kind, of }: RequestFault): boolean =>
    kind === 'credentials-revoked' || (of === name && kind !== 'token-expired')
  const fault = context.faults.draw(name, isMeant)
  seen.fault = fault?.kind ?? null
  const own = fault === null ? undefined : played?.[fault.kind]
  if (own !== undefined) return own()
  if (fault !== null && withoutEffect.has(fault.kind)) return turnedAway(context, fault, request)
  if (fault?.kind === 'slow') await sleep(context.clock, fault.delayMs ?? 1000)
  const answer = readable(() => endpoint.answer(request)) ?? refuse(context, { reason: 'body-unreadable' })
  return spoil(answer, fault, context.clock.now())
}

function unauthenticated(context: ExchangeContext, authorization: string, verdict: Verdict): Answer {
  const refusal = { reason: 'unauthenticated', given: authorization !== '', login: false, authorization } as const
  const problem = 'problem' in verdict ? { problem: verdict.problem } : {}
  return refuse(context, { ...refusal, expired: verdict.is === 'expired', ...problem })
}

/** The answer of a fault that comes before the operation. */
function turnedAway(context: ExchangeContext, fault: RequestFault, { headers }: RawRequest): Outcome {
  const authorization = headers['authorization'] ?? ''
  switch (fault.kind) {
    case 'rate-limit':
      return refuse(context, { reason: 'rate-limited', retryAfterS: fault.retryAfterS ?? 1, limit: null })
    case 'refused': {
      const problem = {
        field: 'request',
        message: 'Refused by a fault that is set in the simulator.',
        kind: 'invalid',
      } as const
      return refuse(context, { reason: 'input-invalid', problems: [problem] })
    }
    case 'bad-gateway':
      return proxyPage(502, 'Bad Gateway')
    case 'unavailable':
      return proxyPage(503, 'Service Temporarily Unavailable')
    case 'redirect':
      return proxyPage(307, 'Temporary Redirect', { location: 'https://elsewhere.example/' })
    case 'credentials-revoked':
      return unauthenticated(context, authorization, { is: 'bad' })
    case 'token-expired':
      // A new login helps; where there is none, the next request goes through.
      context.authentication.revokeTokens()
      return unauthenticated(context, authorization, { is: 'expired' })
    case 'maintenance':
      return maintenance(context.behaviour, fault)
    case 'hang':
      return 'silence'
    case 'reset':
      return 'break'
    default:
      return refuse(context, { reason: 'broken' })
  }
}

function refuse({ behaviour, simulation, meant }: ExchangeContext, refusal: Refusal): Answer {
  return answerTo(refusal, { behaviour, simulation, ...(meant !== undefined && { operation: meant.options }) })
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
