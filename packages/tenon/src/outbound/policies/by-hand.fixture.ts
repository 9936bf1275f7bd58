import { TenonError } from '../../base/errors.ts'
import type { PolicyOptions } from '../../definition/policy.ts'
import type { RawAnswer, SendRequest } from '../outbound.ts'
import { callOf, contextOf } from '../policy.fixture.ts'
import type { Policy, PolicyCall, PolicyDefinition } from '../policy.ts'

/** A clock that moves by hand, and what a policy is opened with. */
export function policyBench(definition: PolicyDefinition, options: PolicyOptions = {}) {
  const timers = new Set<{ at: number; callback: () => void }>()
  let now = Date.parse('2026-11-20T12:00:00Z')
  const clock = {
    now: () => now,
    after(delayMs: number, callback: () => void) {
      const timer = { at: now + delayMs, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    whenQuiet: (callback: () => void) => void setImmediate(callback),
  }
  const open = (): Policy => {
    const policy = definition.open(contextOf(options, clock))
    if (policy === null) throw new Error('it is switched off')
    return policy
  }
  const callFor = (request: Partial<SendRequest> = {}, more: Partial<PolicyCall> = {}): PolicyCall => {
    const call = callOf({ priority: 'sync', ...more }, clock)
    return { ...call, request: { ...call.request, headers: ['accept', 'application/json'], ...request } }
  }
  return {
    open,
    callOf: callFor,
    date: () => new Date(now).toUTCString(),
    get pending() {
      return timers.size
    },
    pass(ms: number) {
      now += ms
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer)
        timer.callback()
      }
    },
  }
}

export function answered(body: string, headers: RawAnswer['headers'] = {}, status = 200): RawAnswer {
  return { status, headers, body: Buffer.from(body), isComplete: true }
}

export async function errorOf(promise: Promise<unknown>): Promise<TenonError> {
  const error: unknown = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  )
  if (!TenonError.is(error)) throw new Error(`not a TenonError: ${String(error)}`)
  return error
}
