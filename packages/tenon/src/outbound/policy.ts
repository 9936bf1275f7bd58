import type { Clock } from '../base/clock.ts'
import type { TenonError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import type { PolicyOptions, Priority } from '../definition/policy.ts'
import type { Repeat } from '../definition/operation.ts'
import type { Budgets } from './budget/budgets.ts'
import type { Leases } from './budget/leases.ts'
import type { Others } from './others.ts'
import type { RawAnswer, SendRequest } from './outbound.ts'

/** Where in the pipeline a policy stands; the order is that of `stages`, whatever the order of files. */
export const stages = ['cache', 'coalesce', 'retry', 'retry-budget', 'breaker', 'rate', 'concurrency'] as const

export type Stage = (typeof stages)[number]

/** Who asks again later by itself, and can be told that its turn has come sooner than it was said. */
export interface Resting {
  /** The same for all calls that come back together. */
  readonly id: string
  /** May be called at any time, and in vain. */
  comeBack(): void
}

/** One call on its way through the pipeline, before it is authenticated. */
export interface PolicyCall {
  readonly tenant: string
  readonly connector: string
  readonly connection: string
  readonly operation: string
  /** `null` for a call outside flows. */
  readonly flow: string | null
  readonly priority: Priority
  readonly repeat: Repeat
  /** Number of the try of the logical call, from 1: a later one is a retry. */
  readonly attempt: number
  /** When it was first asked for, over all postponements, in milliseconds since the epoch: where turns are short, the earlier goes first. */
  readonly since: number
  /** Without what authenticates it. `timeoutMs` is what is left of the deadline when it was made. */
  readonly request: SendRequest
  /** What an answer means, in the connector's dialect: the error that it is, `null` for a success. */
  readonly errorOf: (answer: RawAnswer) => TenonError | null
  /** Milliseconds since the epoch; over all tries and all waiting. */
  readonly deadline: number
  /** When it was sent: set by the pipeline, and again by who sends it where that waits for something first. */
  sentAt: number
  /** How long it may wait inside this process for its turn; what needs longer is postponed. */
  readonly patienceMs: number
  /** `null` where nobody can be called back. */
  readonly resting: Resting | null
  readonly signal: AbortSignal | null
}

/** What became of an admitted call. */
export type PolicyEnd =
  | { readonly answer: RawAnswer; readonly error?: undefined; readonly tookMs: number }
  | { readonly answer?: undefined; readonly error: Error; readonly tookMs: number }

/** A policy at work for one connection: it either lets calls through (`admit`, `settled`) or stands around them (`around`). */
export interface Policy {
  /**
   * Returns at once where the call may go, a promise where it waits for its turn. Throws what `postponed` makes where it may not go now.
   * A wait ends at the call's deadline or when its signal aborts.
   */
  admit?(call: PolicyCall): void | Promise<void>
  /** Once for each call that was admitted, in the opposite order, also when a later policy turned it away (then with the error, whose fate is `not-sent`). `tookMs` counts from when it was sent, 0 where it was not. Never throws. */
  settled?(call: PolicyCall, end: PolicyEnd): void
  /** Stands before all that let calls through: it may answer by itself, or send a call once, several times or changed. */
  around?(call: PolicyCall, next: (call: PolicyCall) => Promise<RawAnswer>): Promise<RawAnswer>
  /** False for a call that `around` has nothing to do with, which then passes it at no cost. Default: all concern it. */
  concerns?(call: PolicyCall): boolean
}

export interface PolicyContext {
  readonly clock: Clock
  readonly random: () => number
  readonly tenant: string
  readonly connector: string
  readonly connection: string
  readonly origin: string
  readonly credentials: Readonly<Record<string, Secret>>
  /** What all connections of the process share. */
  readonly budgets: Budgets
  /** The nodes that call the same upstreams. */
  readonly others: Others
  /** Shares of what they may use together; `null` where there is one process only. */
  readonly leases: Pick<Leases, 'lend'> | null
  /** The connector's, overridden by the app's and the connection's. */
  readonly options: PolicyOptions
  /** What policies of several connections hold together, such as all that call one upstream: made at the first asking, the same for the same key. */
  readonly shared: <Value>(key: string, make: () => Value) => Value
}

/** `outbound/policies/<name>.ts` exports one as `policy`; the folder is the registry. */
export interface PolicyDefinition {
  readonly stage: Stage
  /** `null` where the options switch it off. Throws `APP_INVALID` for options that make no sense. */
  readonly open: (context: PolicyContext) => Policy | null
}
