import { TenonError, messageOf } from '../base/errors.ts'
import type { Fate } from '../outbound/retry.ts'
import type { CallAnswer } from './client.ts'
import type { Plan } from './plan.ts'

export function asTenonError(thrown: unknown): TenonError {
  return TenonError.is(thrown) ? thrown : new TenonError('APP_INVALID', messageOf(thrown))
}

/** The failure of a call as it may be logged, journaled and shown: named, and without the connection's secrets. */
export function failed(plan: Plan, thrown: unknown, fate: Fate): CallAnswer {
  const found = asTenonError(thrown)
  const { redact } = plan.line.authentication
  const message = redact(found.message.startsWith(plan.what) ? found.message : `${plan.what}: ${found.message}`)
  const details = redacted(found.details, redact) as Readonly<Record<string, unknown>>
  const after = found.retryAfterMs === null ? {} : { retryAfterMs: found.retryAfterMs }
  // Made anew: a cause may hold what the message must not.
  const error = new TenonError(found.code, message, { retryable: found.retryable, details, ...after })
  const status = details['status']
  return {
    outcome: 'failed',
    error,
    fate,
    status: typeof status === 'number' ? status : null,
    connection: plan.line.connection.name,
  }
}

function redacted(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((part) => redacted(part, redact))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [redact(name), redacted(part, redact)]))
}
