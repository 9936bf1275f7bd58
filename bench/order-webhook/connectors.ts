// The connectors of the measured flows: the payment provider whose events arrive, and the two sinks.
import { bearer, defineConnector, noAuth, operation, timestampedHmac } from 'tenon'
import { z } from 'zod'

const paymentIntent = z.looseObject({
  id: z.string(),
  amount_received: z.int(),
  currency: z.string().length(3),
  customer: z.string(),
  receipt_email: z.email(),
  metadata: z.looseObject({ order_id: z.string() }),
})

interface Envelope {
  readonly id: string
  readonly type: string
  readonly created: number
  readonly data: { readonly object: unknown }
}

/** As much of Stripe as the job needs: the signature scheme and one event type. */
export const payments = defineConnector('payments', {
  baseUrl: 'https://payments.example.com',
  auth: noAuth(),
  operations: {},
  webhooks: {
    verify: timestampedHmac({ header: 'stripe-signature', field: 'signingSecret' }),
    read(body) {
      const { id, type, created, data } = body as Envelope
      return [{ id, type, timeMs: created * 1000, data: data.object }]
    },
  },
  events: {
    'payment_intent.succeeded': { data: paymentIntent },
    'charge.captured': {
      data: z.looseObject({ payment_intent: z.string() }),
      correlate: { payment: ({ payment_intent }: { payment_intent: string }) => payment_intent },
    },
  },
})

const idempotency = { header: 'idempotency-key', life: '1d' } as const
const payment = z.object({
  event: z.string(),
  order: z.string(),
  amount: z.int(),
  currency: z.string(),
  customer: z.string(),
  email: z.string(),
})
const shipment = z.object({ event: z.string(), order: z.string(), booking: z.int(), note: z.string() })

/** Sink 1. */
export const ledger = defineConnector('ledger', {
  baseUrl: 'https://ledger.example.com',
  auth: bearer('token', 'Token'),
  idempotency,
  operations: {
    book: operation({
      method: 'POST',
      path: '/bookings',
      input: payment,
      output: z.object({ number: z.int(), state: z.string() }),
    }),
  },
})

/** Sink 2. */
export const carrier = defineConnector('carrier', {
  baseUrl: 'https://carrier.example.com',
  auth: bearer('token', 'Token'),
  idempotency,
  operations: {
    ship: operation({
      method: 'POST',
      path: '/shipments',
      input: shipment,
      output: z.object({ id: z.string(), state: z.string() }),
    }),
  },
})
