import { Secret } from '../../base/secret.ts'
import type { LimitsOptions } from '../../definition/limits.ts'
import type { Priority } from '../../definition/policy.ts'
import { virtualClock, type VirtualClock } from '../../testing/virtual-clock.ts'
import { nobody } from '../others.ts'
import { isPostponed, type RawAnswer } from '../outbound.ts'
import { policy } from '../policies/rate.ts'
import type { Policy, PolicyCall } from '../policy.ts'
import { Budgets } from './budgets.ts'

export interface Asked {
  readonly tenant: string
  readonly connection: string
  readonly operation: string
  readonly method: string
  readonly flow: string | null
  readonly priority: Priority
  readonly patienceMs: number
  readonly since: number
  readonly deadline: number
  readonly signal: AbortSignal | null
}

export interface Granted {
  readonly tenant: string
  readonly priority: Priority
  readonly askedAt: number
  readonly at: number
  /** Times that it was sent away before. */
  readonly postponed: number
}

/** Connections of one connector under limits, and callers that come back when they were told to, as runs do. */
export class RateWorld {
  readonly clock: VirtualClock = virtualClock({ startMs: 1_000_000 })
  readonly budgets: Budgets = new Budgets({ clock: this.clock })
  readonly granted: Granted[] = []
  readonly #limits: LimitsOptions
  readonly #policies = new Map<string, Policy>()

  constructor(limits: LimitsOptions) {
    this.#limits = limits
  }

  policyOf(tenant: string, connection = 'main', limits: LimitsOptions = this.#limits): Policy {
    const key = `${tenant}/${connection}`
    let known = this.#policies.get(key)
    if (known === undefined) {
      known = policy.open({
        clock: this.clock,
        random: () => 0.5,
        tenant,
        connector: 'shop',
        connection,
        origin: 'https://shop.example',
        credentials: { key: new Secret(`key_${connection}`) },
        budgets: this.budgets,
        others: nobody,
        leases: null,
        options: { limits },
        shared: (_key, make) => make(),
      }) as Policy
      this.#policies.set(key, known)
    }
    return known
  }

  call(asked: Partial<Asked> = {}): PolicyCall {
    const now = this.clock.now()
    const { method = 'GET', deadline = now + 60_000, ...rest } = asked
    const signal = asked.signal ?? null
    return {
      tenant: 'a',
      connector: 'shop',
      connection: 'main',
      operation: 'list',
      flow: 'orders',
      priority: 'interactive',
      repeat: 'harmless',
      attempt: 1,
      since: now,
      patienceMs: 1000,
      resting: null,
      ...rest,
      deadline,
      sentAt: 0,
      signal,
      errorOf: () => null,
      request: {
        origin: 'https://shop.example',
        method,
        path: '/',
        headers: [],
        body: null,
        timeoutMs: deadline - now,
        maxAnswerBytes: 1000,
        signal,
      },
    }
  }

  /** Asks for a turn until it has one. The answer follows at once. */
  async turn(asked: Partial<Asked> = {}): Promise<void> {
    const askedAt = this.clock.now()
    for (let postponed = 0; ; postponed += 1) {
      const call = this.call({ since: askedAt, ...asked })
      const policy = this.policyOf(call.tenant, call.connection)
      try {
        await policy.admit?.(call)
        const { tenant, priority } = call
        this.granted.push({ tenant, priority, askedAt, at: this.clock.now(), postponed })
        policy.settled?.(call, { answer: answer(200), tookMs: 0 })
        return
      } catch (error) {
        if (!isPostponed(error)) throw error
        const { promise, resolve } = Promise.withResolvers<void>()
        this.clock.after((error as { retryAfterMs: number }).retryAfterMs, resolve)
        await promise
      }
    }
  }

  /** Lets callers ask at their times, and time pass until the last has had its turn; at most `limitMs`. */
  async all(callers: readonly (Partial<Asked> & { readonly at: number })[], limitMs: number): Promise<void> {
    let left = callers.length
    for (const { at, ...asked } of callers) this.clock.after(at, () => void this.turn(asked).then(() => (left -= 1)))
    for (let passed = 0; left > 0 && passed < limitMs; passed += 500) await this.clock.advance(500)
  }
}

export function answer(status: number, headers: Readonly<Record<string, string>> = {}, body = ''): RawAnswer {
  return { status, headers, body: Buffer.from(body), isComplete: true }
}

/** 1 where all have the same, 1/n where one has all. */
export function jain(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0)
  const squares = values.reduce((total, value) => total + value * value, 0)
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares)
}

/** The most that falls into any stretch of `windowMs`. */
export function mostWithin(times: readonly number[], windowMs: number): number {
  const sorted = times.toSorted((one, other) => one - other)
  let most = 0
  let from = 0
  for (let to = 0; to < sorted.length; to += 1) {
    while ((sorted[to] ?? 0) - (sorted[from] ?? 0) >= windowMs) from += 1
    most = Math.max(most, to - from + 1)
  }
  return most
}
