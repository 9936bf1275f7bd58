import type { Clock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import { givenUp, timedOut } from '../failure.ts'
import { fateOf, type RawAnswer } from '../outbound.ts'
import type { Policy, PolicyCall, PolicyDefinition } from '../policy.ts'

/** Equal reads at the same moment are one call; each waits no longer than it wants to. */
export const policy: PolicyDefinition = {
  stage: 'coalesce',
  open: ({ clock, options }) => (options.coalesce === false ? null : new Coalesce(clock)),
}

type Next = (call: PolicyCall) => Promise<RawAnswer>

interface Leader {
  readonly call: PolicyCall
  readonly answer: Promise<RawAnswer>
}

/** A call that only reads: nothing is changed by it, and it is not known to have an effect. */
export function isRead({ request, repeat }: PolicyCall): boolean {
  return (request.method === 'GET' || request.method === 'HEAD') && repeat === 'harmless' && request.body === null
}

class Coalesce implements Policy {
  readonly #clock: Clock
  /** By path; calls of one path that are not equal go by themselves. */
  readonly #leaders = new Map<string, Leader>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  around(call: PolicyCall, next: Next): Promise<RawAnswer> {
    if (!isRead(call)) return this.#change(call, next)
    const { path } = call.request
    const leader = this.#leaders.get(path)
    if (leader !== undefined) return isEqual(leader.call, call) ? this.#follow(leader, call, next) : next(call)
    const answer = next(call)
    const own = { call, answer }
    this.#leaders.set(path, own)
    const end = (): void => {
      if (this.#leaders.get(path) === own) this.#leaders.delete(path)
    }
    answer.then(end, end)
    return answer
  }

  /** Who asks after a change must not get the answer to what was asked before it. */
  #change(call: PolicyCall, next: Next): Promise<RawAnswer> {
    const forget = (): void => this.#leaders.clear()
    const answer = next(call)
    answer.then(forget, forget)
    return answer
  }

  async #follow(leader: Leader, call: PolicyCall, next: Next): Promise<RawAnswer> {
    try {
      return await this.#withinLimits(leader.answer, call)
    } catch (error) {
      if (error instanceof OwnEnd) throw error.cause
      if (!isOnlyTheLeaders(error, leader.call, call)) throw error
      return await this.around(remaining(call, this.#clock.now()), next)
    }
  }

  #withinLimits(answer: Promise<RawAnswer>, { signal, deadline, request }: PolicyCall): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const abort = (): void => end(() => reject(new OwnEnd(givenUp('ambiguous', signal?.reason))))
      const cancel = this.#clock.after(deadline - this.#clock.now(), () =>
        end(() => reject(new OwnEnd(timedOut('headers', request.timeoutMs)))),
      )
      const end = (settle: () => void): void => {
        cancel()
        signal?.removeEventListener('abort', abort)
        settle()
      }
      if (signal?.aborted === true) return abort()
      signal?.addEventListener('abort', abort, { once: true })
      answer.then(
        (raw) => end(() => resolve(raw)),
        (error: Error) => end(() => reject(error)),
      )
    })
  }
}

/** What ended the waiting of one who follows, as against what ended the call. */
class OwnEnd extends Error {
  override readonly cause: TenonError

  constructor(cause: TenonError) {
    super(cause.message)
    this.cause = cause
  }
}

/** The leader's caller gave it up, or wanted to wait for less long: no reason for others to fail. */
function isOnlyTheLeaders(error: unknown, leader: PolicyCall, call: PolicyCall): boolean {
  if (leader.signal?.aborted === true && leader.signal !== call.signal) return true
  return TenonError.is(error, 'TIMEOUT') && leader.deadline < call.deadline && fateOf(error) !== 'answered'
}

function remaining(call: PolicyCall, now: number): PolicyCall {
  return { ...call, request: { ...call.request, timeoutMs: call.deadline - now } }
}

/** Of one priority, too: who is in a hurry does not wait for the turn of who is not. */
function isEqual(leader: PolicyCall, call: PolicyCall): boolean {
  const [one, other] = [leader.request, call.request]
  if (leader.priority !== call.priority) return false
  if (one.method !== other.method || one.headers.length !== other.headers.length) return false
  return one.headers.every((part, index) => part === other.headers[index])
}
