import { bearer, defineConnector, timestampedHmac, type AnswerParts, type ProviderFailure } from 'tenon'
import { events } from './events.ts'
import { limits } from './limits.ts'
import * as objects from './objects.ts'
import { operations } from './operations.ts'

export type { Charge, Customer, Dispute, PaymentIntent, PaymentMethod, Refund } from './objects.ts'

export const stripe = defineConnector('stripe', {
  title: 'Stripe',
  description: 'Payments: payment intents, refunds, disputes, customers, events, webhook endpoints',
  baseUrl: 'https://api.stripe.com',
  auth: bearer('secretKey', 'Secret key'),
  // A new major version may rename what we read: it is raised here, together with the schemas.
  headers: { 'stripe-version': '2026-10-28.endive' },
  account: {
    operation: 'retrieveAccount',
    read: ({ id, settings, business_profile, email }: objects.Account) => ({
      id,
      name: settings?.dashboard?.display_name ?? business_profile?.name ?? email ?? id,
    }),
  },
  idempotency: { header: 'idempotency-key', life: '24h' },
  timeout: '80s',
  policies: { limits },
  operations,
  events,

  webhooks: {
    verify: timestampedHmac({ header: 'stripe-signature', field: 'webhookSecret' }),
    read(body) {
      const { id, type, created, data } = objects.event.parse(body)
      return [{ id, type, timeMs: created * 1000, data: data.object }]
    },
  },

  failure: readFailure,
})

interface FailureBody {
  readonly error?: {
    readonly message?: string
    readonly code?: string
    readonly decline_code?: string
    readonly type?: string
  }
}

/** https://docs.stripe.com/error-handling */
function readFailure({ status, headers, body }: AnswerParts): ProviderFailure | null {
  if (status < 400) return null
  const { message = '', type, code = type, decline_code = code } = (body as FailureBody | undefined)?.error ?? {}
  const retryable = mayRetry(status, headers['stripe-should-retry'])
  return {
    message,
    ...(decline_code === undefined ? {} : { code: decline_code }),
    ...(retryable === undefined ? {} : { retryable }),
  }
}

/** The header comes first, as in Stripe's own libraries; a key in use elsewhere has its result in a moment. */
function mayRetry(status: number, shouldRetry: string | undefined): boolean | undefined {
  if (shouldRetry === 'true' || shouldRetry === 'false') return shouldRetry === 'true'
  return status === 409 ? true : undefined
}
