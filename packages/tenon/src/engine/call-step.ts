import { durationMs } from '../base/duration.ts'
import { TenonError } from '../base/errors.ts'
import { contentHash } from '../base/ids.ts'
import { decode, encode } from '../base/json.ts'
import type { CallOptions } from '../definition/flow.ts'
import type { Priority } from '../definition/policy.ts'
import type { CallAnswer, CallRequest } from '../client/client.ts'
import { isPostponed } from '../outbound/outbound.ts'
import { retryPolicy } from '../outbound/retry.ts'
import type { Command, Host } from './command.ts'
import { excerptOf } from './excerpt.ts'
import type { SentCall } from './exchanges.ts'
import type { CallPlan, FlowPlan } from './plan.ts'
import { goTry, type Going, type TriedStep, type TryResult } from './try-step.ts'

/** The key by which a provider recognises a repeated request of this step; the run's id makes it unique everywhere. */
export function idempotencyKeyOf({ row, replayer }: Host, command: Command): string {
  return contentHash(`${row.run}\n${command.name}\n${replayer.generationOf(command)}`)
}

/** A step that waits for its turn for longer leaves memory meanwhile. */
const patienceMs = 1_000

export interface Call {
  readonly plan: CallPlan
  /** Its input, as it was when the step was asked for. */
  readonly encoded: string
  readonly options: CallOptions | undefined
  /** Connection that the run's event came by. */
  readonly connection: string | null
}

/** What makes a call of a connector go on. */
export function callStep(host: Host, flow: FlowPlan, call: Call): (command: Command) => void {
  const { plan, options } = call
  const timeoutMs = options?.timeout === undefined ? null : durationMs(options.timeout, `timeout of ${plan.base}`)
  const priority = flow.flow.options.priority ?? 'interactive'
  const step: TriedStep = {
    repeat: plan.repeat,
    policy: options?.retry === undefined ? flow.retry : retryPolicy(flow.flow.options.retry, options.retry),
    keyLifeMs: plan.keyLifeMs,
    waitsForTurn: true,
    attempt(command, going, done) {
      const trace = host.services.exchanges.begin(host.row, command)
      const request = requestOf(host, call, { ...going, command, timeoutMs, priority, trace })
      host.services.client.call(request).then(
        (answer) => done(resultOf(host, plan, command, { answer, trace })),
        (error: unknown) => done(defect(error)),
      )
    },
  }
  return (command) => goTry(host, step, command)
}

function requestOf(
  host: Host,
  { plan, encoded, options, connection }: Call,
  {
    command,
    repeat,
    beforeLeaving,
    timeoutMs,
    priority,
    trace,
  }: Going & {
    readonly command: Command
    readonly timeoutMs: number | null
    readonly priority: Priority
    readonly trace: SentCall
  },
): CallRequest {
  const { alias, connector } = plan.client
  return {
    tenant: host.row.tenant,
    connector,
    connection: plan.client.connection ?? host.book.connectionOf(alias) ?? connection ?? '',
    operation: plan.operation,
    input: decode(encoded),
    idempotencyKey: repeat === 'keyed' ? (options?.idempotencyKey ?? idempotencyKeyOf(host, command)) : null,
    mayHaveHappened: command.mayHaveHappened,
    beforeLeaving,
    timeoutMs,
    signal: host.abort.signal,
    flow: host.row.flow,
    priority,
    attempt: command.attempt,
    since: command.askedAt,
    patienceMs,
    resting: host.services.restingOf(host.row),
    trace,
  }
}

function resultOf(
  host: Host,
  plan: CallPlan,
  command: Command,
  { answer, trace }: { readonly answer: CallAnswer; readonly trace: SentCall },
): TryResult {
  host.book.madeBy(command, answer.connection)
  if (answer.outcome !== 'failed') {
    try {
      return { encoded: encode(answer.output, `the output of ${plan.base}`) }
    } catch (error) {
      return defect(error)
    }
  }
  const { error, fate } = answer
  trace.error = error
  const { retryable, retryAfterMs } = error
  return { error, fate, retryable, retryAfterMs, isPostponed: isPostponed(error), excerpt: excerptOf(trace) }
}

/** The client answers failures; what it throws is a defect, and the request may have left. */
function defect(error: unknown): TryResult {
  return {
    error: error instanceof TenonError ? error : new TenonError('STEP_FAILED', String(error), { cause: error }),
    fate: 'ambiguous',
    retryable: false,
    retryAfterMs: null,
  }
}
