import type { Clock } from '../../base/clock.ts'
import { Rolling } from '../budget/usage.ts'
import { isPostponed, postponed } from '../outbound.ts'
import type { Policy, PolicyCall, PolicyDefinition, PolicyEnd } from '../policy.ts'

/** Later tries to one upstream, of all its connections and flows, are held to a share of the first ones: an outage is not made worse by those who wait for its end. */
export const policy: PolicyDefinition = {
  stage: 'retry-budget',
  open({ clock, random, origin, shared, options: { retryBudget = {} } }) {
    if (retryBudget === false) return null
    const { share = 0.2, perSecond = 10 } = retryBudget
    const spent = shared(`retry-budget ${origin}`, () => new Spent())
    return new RetryBudget({ share, perSecond, spent, clock, random })
  },
}

const windowMs = 10_000
const longestPauseMs = 300_000

/** Calls to one upstream lately. */
class Spent {
  readonly first: Rolling = new Rolling(windowMs)
  readonly again: Rolling = new Rolling(windowMs)
  readonly postponed: Rolling = new Rolling(windowMs)
}

interface Parts {
  readonly share: number
  readonly perSecond: number
  readonly spent: Spent
  readonly clock: Clock
  readonly random: () => number
}

class RetryBudget implements Policy {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  admit(call: PolicyCall): void {
    const { share, perSecond, spent, clock } = this.#parts
    const now = clock.now()
    if (call.attempt === 1) return spent.first.add(1, now)
    const allowed = share * spent.first.sum(now) + (perSecond * windowMs) / 1000
    if (spent.again.sum(now) + 1 > allowed) throw this.#postpone(call, allowed, now)
    spent.again.add(1, now)
  }

  settled({ attempt }: PolicyCall, { error }: PolicyEnd): void {
    if (!isPostponed(error)) return
    const { spent, clock } = this.#parts
    // It never came to the upstream.
    const series = attempt === 1 ? spent.first : spent.again
    series.add(-1, clock.now())
  }

  /** Those who were turned away come back one after the other, as far as that can be foreseen. */
  #postpone({ connector, operation, request, attempt }: PolicyCall, allowed: number, now: number): Error {
    const { spent, random } = this.#parts
    const ahead = spent.postponed.sum(now)
    spent.postponed.add(1, now)
    const turnMs = Math.min(longestPauseMs, 1_000 + (ahead / Math.max(1, allowed)) * windowMs)
    return postponed(
      'RATE_LIMITED',
      `${connector}.${operation}: try ${attempt} waits, for the tries to ${request.origin} that come after a failure have used up their share`,
      turnMs * (1 + 0.5 * random()),
    )
  }
}
