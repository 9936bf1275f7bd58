import { systemClock, type Clock } from '../base/clock.ts'
import type { PolicyOptions } from '../definition/policy.ts'
import { Budgets } from './budget/budgets.ts'
import { nobody } from './others.ts'
import { failedWith } from './outbound.ts'
import type { PolicyCall, PolicyContext } from './policy.ts'

/** A read by a person, unless the test says otherwise. */
export function callOf(more: Partial<PolicyCall> = {}, clock: Clock = systemClock): PolicyCall {
  return {
    tenant: 'default',
    connector: 'shop',
    connection: 'main',
    operation: 'read',
    flow: null,
    priority: 'interactive',
    repeat: 'harmless',
    attempt: 1,
    since: clock.now(),
    request: {
      origin: 'https://shop.example',
      method: 'GET',
      path: '/orders',
      headers: [],
      body: null,
      timeoutMs: 30_000,
      maxAnswerBytes: 1_000_000,
      signal: null,
    },
    errorOf: ({ status }) =>
      status < 400 ? null : failedWith('answered', 'UPSTREAM_UNAVAILABLE', `status ${status}`, { retryable: true }),
    deadline: clock.now() + 30_000,
    sentAt: 0,
    patienceMs: 1_000,
    resting: null,
    signal: null,
    ...more,
  }
}

export function contextOf(options: PolicyOptions = {}, clock: Clock = systemClock): PolicyContext {
  const held = new Map<string, unknown>()
  return {
    clock,
    random: () => 0.5,
    tenant: 'default',
    connector: 'shop',
    connection: 'main',
    origin: 'https://shop.example',
    credentials: {},
    budgets: new Budgets({ clock }),
    others: nobody,
    leases: null,
    options,
    shared: <Value>(key: string, make: () => Value): Value => {
      if (!held.has(key)) held.set(key, make())
      return held.get(key) as Value
    },
  }
}
