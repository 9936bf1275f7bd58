import { parseJson } from '../../base/json.ts'
import type { LearntLimit, LimitAnswer, LimitsOptions } from '../../definition/limits.ts'
import type { RawAnswer } from '../outbound.ts'
import { retryAfterMs } from '../retry.ts'
import { dialects, type Dialect, type LimitFields, type ResetForm } from './dialects.ts'
import { rateLimitFields } from './rate-limit-fields.ts'

/** What an answer said of limits. `isRefusal`: it was turned away by one, and nobody else is to try at once. */
export interface Told {
  readonly limits: readonly LearntLimit[]
  readonly isRefusal: boolean
  readonly pauseMs: number | null
}

const longestMs = 30 * 86_400_000

/** How answers are read; `null` for one that says nothing, which is most of them. */
export function readerOf(learn: LimitsOptions['learn'] = 'standard'): (answer: RawAnswer, now: number) => Told | null {
  if (typeof learn !== 'function') {
    const dialect = dialects[learn]
    return (answer, now) => told(answer, dialect, readFields(answer, dialect, now), now)
  }
  return (answer, now) => {
    const own = ownWords(learn, answer, now)
    // The connector knows that this refusal concerns nobody else.
    if (own?.length === 0) return null
    return told(answer, dialects.standard, own ?? readFields(answer, dialects.standard, now), now)
  }
}

function told(answer: RawAnswer, dialect: Dialect, limits: readonly LearntLimit[], now: number): Told | null {
  const { status } = answer
  if (status < 400 && limits.length === 0) return null
  const retryMs = status < 400 ? null : retryAfterMs(headerOf(answer, 'retry-after'), now)
  const isRefusal =
    status === 429 || (retryMs !== null && (status === 503 || dialect.refusals?.includes(status) === true))
  if (!isRefusal) return limits.length === 0 ? null : { limits, isRefusal, pauseMs: null }
  // `Retry-After` comes before the reset of what is used up.
  const corrected =
    retryMs === null ? limits : limits.map((one) => (one.remaining === 0 ? { ...one, resetMs: retryMs } : one))
  return { limits: corrected, isRefusal, pauseMs: retryMs ?? longestReset(limits) }
}

/** A refusal that names a quota that is used up says when to come back. */
function longestReset(limits: readonly LearntLimit[]): number | null {
  const resets = limits.flatMap(({ remaining, resetMs }) => (remaining === 0 && resetMs !== undefined ? [resetMs] : []))
  return resets.length === 0 ? null : Math.max(...resets)
}

function ownWords(
  learn: Exclude<LimitsOptions['learn'], string | undefined>,
  answer: RawAnswer,
  now: number,
): readonly LearntLimit[] | null {
  const asked: LimitAnswer = {
    status: answer.status,
    header: (name) => headerOf(answer, name),
    json: () => jsonOf(answer),
  }
  try {
    return learn(asked, now)
  } catch {
    // It is asked about any answer, also those that a proxy made up.
    return null
  }
}

function jsonOf({ body }: RawAnswer): unknown {
  try {
    return parseJson(body.toString('utf8'))
  } catch {
    return undefined
  }
}

function headerOf({ headers }: RawAnswer, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

const nothing: readonly LearntLimit[] = []

function readFields(answer: RawAnswer, dialect: Dialect, now: number): readonly LearntLimit[] {
  const { headers } = answer
  if (dialect.isStandard === true) {
    if (headers['ratelimit'] === undefined) return nothing
    return rateLimitFields(headerOf(answer, 'ratelimit'), headerOf(answer, 'ratelimit-policy'))
  }
  const read = dialect.fields.flatMap((fields) =>
    headers[fields.remaining] === undefined ? [] : limitOf(answer, fields, now),
  )
  return dialect.used === undefined ? read : [...read, ...usedOf(answer, dialect.used)]
}

function limitOf(answer: RawAnswer, fields: LimitFields, now: number): readonly LearntLimit[] {
  const remaining = numberOf(headerOf(answer, fields.remaining))
  const quota = fields.quota === undefined ? null : numberOf(headerOf(answer, fields.quota))
  const resetMs =
    fields.reset === undefined
      ? (fields.resetMs ?? null)
      : resetForms[fields.reset[1]](headerOf(answer, fields.reset[0]) ?? '', now)
  if (remaining === null || resetMs === null) return nothing
  const within = Math.min(Math.max(0, resetMs), longestMs)
  return [{ name: fields.name, remaining: Math.floor(remaining), resetMs: within, ...(quota !== null && { quota }) }]
}

function usedOf(answer: RawAnswer, { name, field, fillsInS }: Required<Dialect>['used']): readonly LearntLimit[] {
  const [used, quota] = (headerOf(answer, field) ?? '').split('/').map(numberOf)
  if (used === undefined || used === null || quota === undefined || quota === null || quota === 0) return nothing
  return [{ name, remaining: Math.max(0, quota - used), quota, restorePerSecond: quota / fillsInS }]
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}(?:\.\d{1,9})?$/.test(text.trim()) ? Number(text) : null
}

const scaled =
  (factor: number) =>
  (text: string): number | null => {
    const value = numberOf(text)
    return value === null ? null : Math.ceil(value * factor)
  }

const resetForms: Readonly<Record<ResetForm, (text: string, now: number) => number | null>> = {
  seconds: scaled(1000),
  milliseconds: scaled(1),
  unix: (text, now) => {
    const seconds = numberOf(text)
    return seconds === null ? null : seconds * 1000 - now
  },
  date: (text, now) => {
    const at = /^[A-Z][a-z]{2}, [\w: ]+ GMT$/.test(text) ? Date.parse(text) : Number.NaN
    return Number.isNaN(at) ? null : at - now
  },
  duration: (text) => {
    if (!/^(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h|d))+$/.test(text)) return null
    let ms = 0
    for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|s|m|h|d)/g))
      ms += Number(amount) * (unitMs[unit ?? ''] ?? 0)
    return Math.ceil(ms)
  },
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
