import type { LimitDialect } from '../../definition/limits.ts'

/** How a field says when a quota is whole again. */
export type ResetForm = 'seconds' | 'milliseconds' | 'unix' | 'date' | 'duration'

/** The fields of one limit, in lower case. */
export interface LimitFields {
  readonly name: string
  readonly remaining: string
  readonly quota?: string
  readonly reset?: readonly [field: string, form: ResetForm]
  /** Where no field says it. */
  readonly resetMs?: number
}

export interface Dialect {
  readonly fields: readonly LimitFields[]
  /** One field that says how much of how much is used, such as `39/40`; a whole bucket comes back in `fillsInS`. */
  readonly used?: { readonly name: string; readonly field: string; readonly fillsInS: number }
  /** Reads `RateLimit` and `RateLimit-Policy` too. */
  readonly isStandard?: true
  /** Statuses beside 429 and 503 that with `Retry-After` say that a limit is reached. */
  readonly refusals?: readonly number[]
}

const minute = 60_000
// Nothing says when a day of theirs begins: it is asked again after an hour.
const hour = 3_600_000

/** The providers' own ways of telling of their limits. */
export const dialects: Readonly<Record<LimitDialect, Dialect>> = {
  // draft-ietf-httpapi-ratelimit-headers-11
  standard: { fields: [], isStandard: true },
  duffel: {
    fields: [
      {
        name: 'requests',
        remaining: 'ratelimit-remaining',
        quota: 'ratelimit-limit',
        reset: ['ratelimit-reset', 'date'],
      },
    ],
  },
  github: {
    fields: [
      {
        name: 'requests',
        remaining: 'x-ratelimit-remaining',
        quota: 'x-ratelimit-limit',
        reset: ['x-ratelimit-reset', 'unix'],
      },
    ],
    refusals: [403],
  },
  hubspot: {
    fields: [
      {
        name: 'requests',
        remaining: 'x-hubspot-ratelimit-remaining',
        quota: 'x-hubspot-ratelimit-max',
        reset: ['x-hubspot-ratelimit-interval-milliseconds', 'milliseconds'],
      },
      {
        name: 'day',
        remaining: 'x-hubspot-ratelimit-daily-remaining',
        quota: 'x-hubspot-ratelimit-daily',
        resetMs: hour,
      },
    ],
  },
  openai: {
    fields: [
      {
        name: 'requests',
        remaining: 'x-ratelimit-remaining-requests',
        quota: 'x-ratelimit-limit-requests',
        reset: ['x-ratelimit-reset-requests', 'duration'],
      },
      {
        name: 'tokens',
        remaining: 'x-ratelimit-remaining-tokens',
        quota: 'x-ratelimit-limit-tokens',
        reset: ['x-ratelimit-reset-tokens', 'duration'],
      },
    ],
  },
  shopify: { fields: [], used: { name: 'requests', field: 'x-shopify-shop-api-call-limit', fillsInS: 20 } },
  twitter: {
    fields: [
      {
        name: 'requests',
        remaining: 'x-rate-limit-remaining',
        quota: 'x-rate-limit-limit',
        reset: ['x-rate-limit-reset', 'unix'],
      },
    ],
  },
  xero: {
    fields: [
      { name: 'minute', remaining: 'x-minlimit-remaining', resetMs: minute },
      { name: 'app-minute', remaining: 'x-appminlimit-remaining', resetMs: minute },
      { name: 'day', remaining: 'x-daylimit-remaining', resetMs: hour },
    ],
  },
  zendesk: {
    fields: [
      {
        name: 'requests',
        remaining: 'ratelimit-remaining',
        quota: 'ratelimit-limit',
        reset: ['ratelimit-reset', 'seconds'],
      },
      { name: 'minute', remaining: 'x-rate-limit-remaining', quota: 'x-rate-limit', resetMs: minute },
    ],
  },
}
