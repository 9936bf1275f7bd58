import type { Duration } from '../base/duration.ts'
import type { Method } from './operation.ts'

/** How many requests a provider takes in a time. */
export interface LimitOptions {
  /** Stands in statistics; unique within the connector. */
  readonly name: string
  /** Requests at most in any stretch of `per`; points, where `costs` says what an operation costs. */
  readonly requests: number
  readonly per: Duration
  /** Whom the provider counts: an account by itself (default), or the app with all its accounts and tenants together. */
  readonly scope?: 'account' | 'app'
  /** The operations that it counts; default is all. */
  readonly operations?: readonly string[]
  /** The methods that it counts, such as `['GET']` where reads have a limit of their own; default is all. */
  readonly methods?: readonly Method[]
  /** What an operation costs, by its name; default 1. */
  readonly costs?: Readonly<Record<string, number>>
  /** Requests that may go at one moment after a pause; default is a twentieth of `requests`. All go evenly after that. */
  readonly burst?: number
  /** Only for accounts whose credential begins so, such as live and test keys. */
  readonly when?: { readonly field: string; readonly startsWith: readonly string[] }
}

/** An answer, as far as it tells of limits. */
export interface LimitAnswer {
  readonly status: number
  /** By its name in lower case; a repeated one is joined with commas. */
  readonly header: (name: string) => string | undefined
  /** The body read as JSON, once it is asked for; `undefined` where it is none. */
  readonly json: () => unknown
}

/** What an answer says of a limit. */
export interface LearntLimit {
  /** Tells several limits of one account apart. */
  readonly name: string
  /** Requests that may still go before `resetMs` is over. */
  readonly remaining?: number
  /** Requests that may go in a whole window. */
  readonly quota?: number
  /** From now until the quota is whole again. */
  readonly resetMs?: number
  /** For a bucket that fills evenly: how many requests come back in a second, in place of a reset. */
  readonly restorePerSecond?: number
  /** Nothing may go for so long. */
  readonly pauseMs?: number
  /** What it holds for: what the limits of that operation count together (default), or the whole account. */
  readonly scope?: 'operation' | 'account'
}

/** The well-known forms in which answers tell of limits; `outbound/budget/dialects.ts` says how each is read. */
export type LimitDialect =
  | 'standard'
  | 'duffel'
  | 'github'
  | 'hubspot'
  | 'openai'
  | 'shopify'
  | 'twitter'
  | 'xero'
  | 'zendesk'

/** A provider's limits, and how its answers tell of them. */
export interface LimitsOptions {
  readonly declared?: readonly LimitOptions[]
  /** Credential field that names the account that is counted, where several connections may use one; default: each connection is one. */
  readonly account?: string
  /**
   * How answers are read; default `standard`: `RateLimit`, `RateLimit-Policy` and `Retry-After`. A function gives `null` for an answer that says nothing,
   * and an empty list for a refusal that is not to hold others up. What is learnt only ever narrows what is declared.
   */
  readonly learn?: LimitDialect | ((answer: LimitAnswer, nowMs: number) => readonly LearntLimit[] | null)
}

/** Requests of a limit that may go at one moment. */
export function burstOf({ requests, burst, costs = {} }: LimitOptions): number {
  return burst ?? Math.min(requests, Math.max(1, Math.floor(requests / 20), ...Object.values(costs)))
}

interface CostedAnswer {
  readonly extensions?: {
    readonly cost?: {
      readonly throttleStatus?: {
        readonly maximumAvailable?: unknown
        readonly currentlyAvailable?: unknown
        readonly restoreRate?: unknown
      }
    }
  }
}

/** What Shopify's GraphQL tells in `extensions.cost.throttleStatus` of a body; `null` where it tells nothing. For a connector's own `learn`. */
export function graphqlCost(body: unknown): readonly LearntLimit[] | null {
  const told = (body as CostedAnswer | null | undefined)?.extensions?.cost?.throttleStatus
  const { maximumAvailable: quota, currentlyAvailable: remaining, restoreRate: restorePerSecond } = told ?? {}
  if (!isAmount(quota) || !isAmount(remaining) || !isAmount(restorePerSecond)) return null
  return [{ name: 'cost', quota, remaining, restorePerSecond }]
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
