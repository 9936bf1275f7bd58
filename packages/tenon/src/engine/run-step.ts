import { durationMs } from '../base/duration.ts'
import { TenonError, TimeoutError } from '../base/errors.ts'
import { encode } from '../base/json.ts'
import type { StepContext, StepOptions } from '../definition/flow.ts'
import { retryPolicy } from '../outbound/retry.ts'
import { idempotencyKeyOf } from './call-step.ts'
import type { Command, Host } from './command.ts'
import type { FlowPlan } from './plan.ts'
import { goTry, type TriedStep, type TryResult } from './try-step.ts'

type Body = (context: StepContext) => unknown

/** What makes a step of the user's own code go on. */
export function runStep(
  host: Host,
  flow: FlowPlan,
  body: Body,
  options: StepOptions<never> | undefined,
): (command: Command) => void {
  const timeoutMs = options?.timeout === undefined ? null : durationMs(options.timeout, 'timeout of the step')
  const step: TriedStep = {
    repeat: options?.repeatable === false ? 'unsafe' : 'harmless',
    policy: options?.retry === undefined ? flow.retry : retryPolicy(flow.flow.options.retry, options.retry),
    keyLifeMs: null,
    waitsForTurn: false,
    attempt: (command, _going, done) => void attemptBody(host, command, body, timeoutMs).then(done),
  }
  return (command) => goTry(host, step, command)
}

async function attemptBody(host: Host, command: Command, body: Body, timeoutMs: number | null): Promise<TryResult> {
  const limit = timeoutMs === null ? null : startLimit(host, command, timeoutMs)
  const context = new BodyContext(host, command, limit === null ? null : either(limit.signal, host.abort.signal))
  try {
    const pending = body(context)
    const value = limit === null ? await pending : await Promise.race([pending, limit.passed])
    return { encoded: encode(value, `the result of step ${command.name}`) }
  } catch (error) {
    return thrown(error)
  } finally {
    limit?.stop()
  }
}

/** What own code that throws comes to. */
export function thrown(error: unknown): TryResult {
  const known = TenonError.is(error)
  const retryable = known ? error.retryable : true
  return {
    error,
    fate: retryable ? 'ambiguous' : 'answered',
    retryable,
    retryAfterMs: known ? error.retryAfterMs : null,
  }
}

class BodyContext implements StepContext {
  readonly attempt: number
  readonly #host: Host
  readonly #command: Command
  #signal: AbortSignal | null

  constructor(host: Host, command: Command, signal: AbortSignal | null) {
    this.attempt = command.attempt
    this.#host = host
    this.#command = command
    this.#signal = signal
  }

  // Made only where they are read: most steps need neither.
  get idempotencyKey(): string {
    return idempotencyKeyOf(this.#host, this.#command)
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#host.abort.signal ?? new AbortController().signal
    return this.#signal
  }
}

function either(limit: AbortSignal, abort: AbortSignal | null): AbortSignal {
  return abort === null ? limit : AbortSignal.any([limit, abort])
}

function startLimit(
  host: Host,
  command: Command,
  timeoutMs: number,
): { signal: AbortSignal; passed: Promise<never>; stop: () => void } {
  const controller = new AbortController()
  let stop: () => void = () => undefined
  const passed = new Promise<never>((_resolve, reject) => {
    stop = host.services.clock.after(timeoutMs, () => {
      const error = new TimeoutError(`step ${command.name} took longer than ${timeoutMs} ms`)
      controller.abort(error)
      reject(error)
    })
  })
  passed.catch(() => undefined)
  return { signal: controller.signal, passed, stop }
}
