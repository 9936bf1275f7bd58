import { TenonError } from '../../base/errors.ts'
import type { PolicyOptions } from '../../definition/policy.ts'
import type { RawAnswer, SendRequest } from '../outbound.ts'
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
    const context = { clock, random: () => 0.5, connector: 'acme', connection: 'main', tenant: 'default', options }
    const policy = definition.open({ ...context, origin: 'https://api.example', credentials: {}, budgets: {} as never })
    if (policy === null) throw new Error('it is switched off')
    return policy
  }
  const callOf = (
    { headers = ['accept', 'application/json'], ...request }: Partial<SendRequest> = {},
    more: Partial<PolicyCall> = {},
  ): PolicyCall => ({
    tenant: 'default',
    connector: 'acme',
    connection: 'main',
    operation: 'read',
    flow: null,
    priority: 'sync',
    repeat: 'harmless',
    attempt: 1,
    since: now,
    deadline: now + 30_000,
    patienceMs: 30_000,
    signal: null,
    request: {
      origin: 'https://api.example',
      method: 'GET',
      path: '/things',
      headers,
      body: null,
      timeoutMs: 30_000,
      maxAnswerBytes: 100_000,
      signal: null,
      ...request,
    },
    ...more,
  })
  return {
    open,
    callOf,
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
