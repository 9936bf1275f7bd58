import { bearer, defineConnector, operation, timestampedHmac, type AnswerParts, type ProviderFailure } from 'tenon'
import * as objects from './objects.ts'
import type { Charge, Customer, PaymentIntent, Refund } from './objects.ts'

export type { Charge, Customer, PaymentIntent, Refund } from './objects.ts'

const payment = {
  payment: (data: PaymentIntent) => data.id,
  order: (data: PaymentIntent) => data.metadata['order_id'],
}
const refund = {
  refund: (data: Refund) => data.id,
  payment: (data: Refund) => data.payment_intent ?? undefined,
}

export const stripe = defineConnector('stripe', {
  description: 'Payments: payment intents, refunds, customers, events',
  baseUrl: 'https://api.stripe.com',
  auth: bearer('secretKey', 'Secret key'),
  // A new major version may rename what we read: it is raised here, together with the schemas.
  headers: { 'stripe-version': '2026-10-28.endive' },
  idempotency: { header: 'idempotency-key', life: '24h' },
  timeout: '80s',

  operations: {
    createPaymentIntent: operation({
      method: 'POST',
      path: '/v1/payment_intents',
      body: 'form',
      input: objects.newPaymentIntent,
      output: objects.paymentIntent,
    }),
    retrievePaymentIntent: operation({
      method: 'GET',
      path: '/v1/payment_intents/{id}',
      input: objects.byId,
      output: objects.paymentIntent,
    }),
    listPaymentIntents: operation({
      method: 'GET',
      path: '/v1/payment_intents',
      body: 'form',
      input: objects.paymentIntentQuery,
      output: objects.listOf(objects.paymentIntent),
    }),
    confirmPaymentIntent: operation({
      method: 'POST',
      path: '/v1/payment_intents/{id}/confirm',
      body: 'form',
      input: objects.confirmation,
      output: objects.paymentIntent,
    }),
    cancelPaymentIntent: operation({
      method: 'POST',
      path: '/v1/payment_intents/{id}/cancel',
      body: 'form',
      input: objects.cancellation,
      output: objects.paymentIntent,
    }),
    createRefund: operation({
      description: 'Gives back a payment, all of it where no amount is given',
      method: 'POST',
      path: '/v1/refunds',
      body: 'form',
      input: objects.newRefund,
      output: objects.refund,
    }),
    retrieveRefund: operation({
      method: 'GET',
      path: '/v1/refunds/{id}',
      input: objects.byId,
      output: objects.refund,
    }),
    createCustomer: operation({
      method: 'POST',
      path: '/v1/customers',
      body: 'form',
      input: objects.newCustomer,
      output: objects.customer,
    }),
    retrieveCustomer: operation({
      method: 'GET',
      path: '/v1/customers/{id}',
      input: objects.byId,
      output: objects.customer,
    }),
    retrieveEvent: operation({
      method: 'GET',
      path: '/v1/events/{id}',
      input: objects.byId,
      output: objects.event,
    }),
    listEvents: operation({
      description: 'Events of the last 30 days, the newest first',
      method: 'GET',
      path: '/v1/events',
      body: 'form',
      input: objects.eventQuery,
      output: objects.listOf(objects.event),
    }),
  },

  events: {
    'payment_intent.created': { data: objects.paymentIntent, correlate: payment },
    'payment_intent.succeeded': { data: objects.paymentIntent, correlate: payment },
    'payment_intent.payment_failed': { data: objects.paymentIntent, correlate: payment },
    'payment_intent.canceled': { data: objects.paymentIntent, correlate: payment },
    'charge.refunded': {
      data: objects.charge,
      correlate: {
        charge: (data: Charge) => data.id,
        payment: (data: Charge) => data.payment_intent ?? undefined,
        order: (data: Charge) => data.metadata['order_id'],
      },
    },
    'refund.created': { data: objects.refund, correlate: refund },
    'refund.updated': { data: objects.refund, correlate: refund },
    'refund.failed': { data: objects.refund, correlate: refund },
    'customer.created': { data: objects.customer, correlate: { customer: (data: Customer) => data.id } },
  },

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
