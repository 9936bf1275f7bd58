import { durationMs, type Duration } from '../base/duration.ts'
import { TenonError, messageOf } from '../base/errors.ts'
import type { RetryOptions } from '../definition/flow.ts'
import type { Repeat } from '../definition/operation.ts'

/**
 * What is known of a request that brought no good answer.
 * `not-sent`: it never left. `answered`: the provider said that it did nothing. `ambiguous`: it may have taken effect.
 */
export type Fate = 'not-sent' | 'answered' | 'ambiguous'

export interface RetryPolicy {
  readonly attempts: number
  readonly baseMs: number
  readonly capMs: number
}

export interface FailedTry {
  readonly retryable: boolean
  readonly fate: Fate
  readonly repeat: Repeat
  /** Number of the try that failed, from 1. */
  readonly attempt: number
  /** From the provider or from `RetryableError`: a floor, never cut. */
  readonly retryAfterMs: number | null
  readonly previousDelayMs: number | null
}

export type RetryDecision =
  | { readonly next: 'retry'; readonly delayMs: number }
  | { readonly next: 'fail' }
  /** It may have happened, and repeating could make it happen twice: a person decides. */
  | { readonly next: 'unknown' }

/** The one answer to "and now?" after a failed try, in flows and outside them. */
export function decideRetry(tried: FailedTry, policy: RetryPolicy, random: () => number): RetryDecision {
  if (tried.fate === 'ambiguous' && tried.repeat === 'unsafe') return { next: 'unknown' }
  if (!tried.retryable || tried.attempt >= policy.attempts) return { next: 'fail' }
  const pause = jittered(tried.previousDelayMs ?? policy.baseMs, policy, random)
  return { next: 'retry', delayMs: Math.max(pause, tried.retryAfterMs ?? 0) }
}

/**
 * Decorrelated jitter. The cap narrows what is drawn from instead of cutting what was drawn:
 * cut, most pauses would be the cap itself and all clients would come back at one moment.
 */
function jittered(previousMs: number, { baseMs, capMs }: RetryPolicy, random: () => number): number {
  const highest = Math.max(baseMs, Math.min(capMs, previousMs * 3))
  return Math.floor(baseMs + random() * (highest - baseMs))
}

const defaults: RetryPolicy = { attempts: 8, baseMs: 250, capMs: 60_000 }
const mostAttempts = 1000

/** The policy of several options, the later over the earlier, the defaults below all. Throws `APP_INVALID`. */
export function retryPolicy(...options: readonly (RetryOptions | undefined)[]): RetryPolicy {
  let merged: RetryOptions = {}
  for (const one of options) merged = { ...merged, ...withoutUndefined(one ?? {}) }
  const attempts = merged.attempts ?? defaults.attempts
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > mostAttempts) {
    throw invalid(`retry.attempts is ${String(attempts)}; expected a whole number from 1 to ${mostAttempts}`)
  }
  const baseMs = merged.base === undefined ? defaults.baseMs : positiveMs(merged.base, 'retry.base')
  if (merged.cap === undefined) return { attempts, baseMs, capMs: Math.max(defaults.capMs, baseMs) }
  const capMs = positiveMs(merged.cap, 'retry.cap')
  if (capMs < baseMs) throw invalid(`retry.cap (${merged.cap}) is shorter than retry.base (${baseMs} ms)`)
  return { attempts, baseMs, capMs }
}

function withoutUndefined(options: RetryOptions): RetryOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function positiveMs(duration: Duration, field: string): number {
  let ms: number
  try {
    ms = durationMs(duration, field)
  } catch (error) {
    throw invalid(messageOf(error))
  }
  if (ms <= 0) throw invalid(`${field} is ${duration}; expected more than nothing`)
  return ms
}

function invalid(message: string): TenonError {
  return new TenonError('APP_INVALID', message)
}

const longestRetryAfterMs = 30 * 86_400_000
const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [\w: -]+$/

/** Milliseconds that a `Retry-After` field asks for: seconds or a date (RFC 9110 §10.2.3). `null` for what is neither. At most 30 days. */
export function retryAfterMs(field: string | undefined, nowMs: number): number | null {
  const text = field?.trim() ?? ''
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), longestRetryAfterMs)
  if (!httpDate.test(text)) return null
  // All three forms are in GMT, though one of them does not say so.
  const date = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(date) ? null : Math.min(Math.max(0, date - nowMs), longestRetryAfterMs)
}
