import type { Duration } from '../base/duration.ts'
import type { RetryOptions } from './flow.ts'
import type { LimitsOptions } from './limits.ts'

/** Who goes first where a provider's limit is short: people and what they wait for, then syncs, then backfills. */
export type Priority = 'interactive' | 'sync' | 'backfill'

/** Retries to one upstream are held to a share of its calls, so that they never make an outage worse. */
export interface RetryBudgetOptions {
  /** Share of the calls of the last ten seconds; default 0.2. */
  readonly share?: number
  /** Retries per second that are always allowed; default 10. */
  readonly perSecond?: number
}

/** When an upstream fails, it is left alone for a while, and then asked by a few. */
export interface BreakerOptions {
  /** Share of failures that opens it; default 0.5. */
  readonly failures?: number
  /** Calls within the window below which it never opens; default 20. */
  readonly minimum?: number
  /** Default 10 s. */
  readonly window?: Duration
  /** How long it stays open before it is tried; default 5 s, doubled while the tries fail, at most a minute. */
  readonly open?: Duration
  /** Calls at once while it is tried; default 3. */
  readonly probes?: number
}

/** How many calls to an upstream are in flight; adapts to how it answers. */
export interface ConcurrencyOptions {
  /** Default 100. */
  readonly max?: number
  /** Default 1. */
  readonly min?: number
  /** False: `max` always. Default true. */
  readonly adapt?: boolean
}

/** Answers that a provider allows to be kept (RFC 9111); for one tenant and credential only. */
export interface CacheOptions {
  /** Bytes held for one connection; default 8 MiB. */
  readonly maxBytes?: number
}

/** What the pipeline does around the calls of a connector. A connector declares it, the app overrides it member by member; the defaults are safe. `false` switches a policy off. */
export interface PolicyOptions {
  /** For calls outside flows; in flows the engine is the one retry loop. */
  readonly retry?: RetryOptions | false
  readonly retryBudget?: RetryBudgetOptions | false
  readonly breaker?: BreakerOptions | false
  /** What the provider takes in a time. */
  readonly limits?: LimitsOptions | false
  readonly concurrency?: ConcurrencyOptions | false
  readonly cache?: CacheOptions | false
  /** Equal reads at the same moment are one call; default true. */
  readonly coalesce?: boolean
}

/** Several, the later over the earlier, member by member; `false` is the end of what stood below it. */
export function mergedPolicies(...layers: readonly (PolicyOptions | undefined)[]): PolicyOptions {
  const merged: Record<string, unknown> = {}
  for (const layer of layers) {
    for (const [name, options] of Object.entries(layer ?? {}) as [string, unknown][]) {
      if (options === undefined) continue
      const below = merged[name]
      merged[name] = isMembers(options) && isMembers(below) ? { ...below, ...defined(options) } : options
    }
  }
  return merged
}

function isMembers(options: unknown): options is Record<string, unknown> {
  return typeof options === 'object' && options !== null && !Array.isArray(options)
}

function defined(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
