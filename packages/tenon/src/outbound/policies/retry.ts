import { sleep, type Clock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import { fateOf, isPostponed, type RawAnswer } from '../outbound.ts'
import type { Policy, PolicyCall, PolicyDefinition } from '../policy.ts'
import { decideRetry, retryPolicy, type RetryPolicy } from '../retry.ts'

/** Tries a call outside flows again. In a flow the engine is the one retry loop: two would multiply. */
export const policy: PolicyDefinition = {
  stage: 'retry',
  open: ({ clock, random, options }) =>
    options.retry === false ? null : new Retry(retryPolicy(defaults, options.retry), clock, random),
}

/** Somebody waits for the answer. */
const defaults = { attempts: 4 }

type Next = (call: PolicyCall) => Promise<RawAnswer>

/** What a try came to: an answer or an error of the transport, and the error that either means. */
type Tried = { readonly error: Error | null } & (
  | { readonly answer: RawAnswer }
  | { readonly answer: null; readonly error: Error }
)

class Retry implements Policy {
  readonly #retry: RetryPolicy
  readonly #clock: Clock
  readonly #random: () => number

  constructor(retry: RetryPolicy, clock: Clock, random: () => number) {
    this.#retry = retry
    this.#clock = clock
    this.#random = random
  }

  concerns(call: PolicyCall): boolean {
    return call.flow === null
  }

  async around(call: PolicyCall, next: Next): Promise<RawAnswer> {
    let tried = await once(call, next)
    let previousDelayMs: number | null = null
    for (let attempt = call.attempt; ; attempt += 1) {
      const delayMs = this.#pauseAfter(tried, call, attempt, previousDelayMs)
      if (delayMs === null) return outcome(tried)
      await sleep(this.#clock, delayMs, call.signal ?? undefined)
      if (call.signal?.aborted === true) return outcome(tried)
      previousDelayMs = delayMs
      const again = await once({ ...call, attempt: attempt + 1 }, next)
      // Where a further try is not let through, the last one that was stands.
      if (isPostponed(again.error)) return outcome(tried)
      tried = again
    }
  }

  /** `null` where there is no further try. */
  #pauseAfter({ error }: Tried, call: PolicyCall, attempt: number, previousDelayMs: number | null): number | null {
    if (error === null || isPostponed(error) || !TenonError.is(error)) return null
    const decision = decideRetry(
      {
        retryable: error.retryable,
        fate: fateOf(error),
        // What would have to look first is not repeated blindly.
        repeat: call.repeat === 'lookup' ? 'unsafe' : call.repeat,
        attempt,
        retryAfterMs: error.retryAfterMs,
        previousDelayMs,
      },
      this.#retry,
      this.#random,
    )
    if (decision.next !== 'retry' || this.#clock.now() + decision.delayMs >= call.deadline) return null
    return decision.delayMs
  }
}

async function once(call: PolicyCall, next: Next): Promise<Tried> {
  try {
    const answer = await next(call)
    return { answer, error: call.errorOf(answer) }
  } catch (error) {
    return { answer: null, error: error as Error }
  }
}

function outcome(tried: Tried): RawAnswer {
  if (tried.answer === null) throw tried.error
  return tried.answer
}
