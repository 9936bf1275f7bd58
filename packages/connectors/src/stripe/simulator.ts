import { TenonError } from 'tenon'
import { cause, defineSimulator, type Simulation } from 'tenon/simulator'
import { z } from 'zod'
import { found, refuse, unexpectedState } from './dialect.ts'
import type { PaymentIntent } from './objects.ts'
import { pageOf } from './paging.ts'
import {
  cancel,
  confirm,
  customers,
  decline,
  events,
  giveBack,
  newCustomer,
  newPayment,
  payments,
  publish,
  refunds,
  succeed,
  version,
} from './payments.ts'
import { stripe } from './stripe.ts'

/** What somebody pays in a browser; without more, the next order of the simulated shop. */
const checkout = z.strictObject({
  amount: z.int().positive().optional(),
  currency: z.string().length(3).default('inr'),
  description: z.string().optional(),
  receipt_email: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
})
/** Of the shop's orders, which repeat in threes. */
const totals = [189_800, 559_800, 249_700]

export const stripeSimulator = defineSimulator(stripe, {
  credentials: {
    secretKey: (random) => `sk_test_${random(48)}`,
    webhookSecret: (random) => `whsec_${random(32)}`,
  },
  idempotency: { remembers: 'every-result', replayed: { 'idempotent-replayed': 'true' } },
  headers: (request, simulation) => ({
    'request-id': simulation.id('req_'),
    'stripe-version': request.headers['stripe-version'] ?? version,
  }),
  refuse,
  samples: Array.from({ length: 3 }, () => ({ event: 'payment_intent.succeeded', input: {} })),

  operations: {
    createPaymentIntent(input, simulation) {
      if (input.customer !== undefined)
        found(customers(simulation).get(input.customer), 'customer', input.customer, 'customer')
      const created = newPayment(simulation, input)
      publish(simulation, 'payment_intent.created', created)
      return input.confirm === true ? confirm(simulation, created) : created
    },
    retrievePaymentIntent: ({ id }, simulation) => found(payments(simulation).get(id), 'payment_intent', id, 'intent'),
    listPaymentIntents({ customer, ...page }, simulation) {
      const all = [...payments(simulation).values()].filter(
        (payment) => customer === undefined || payment.customer === customer,
      )
      return pageOf(all, page, '/v1/payment_intents')
    },
    confirmPaymentIntent({ id, payment_method }, simulation) {
      const payment = found(payments(simulation).get(id), 'payment_intent', id, 'intent')
      if (!['requires_payment_method', 'requires_confirmation'].includes(payment.status))
        unexpectedState(payment, 'confirm')
      return confirm(simulation, { ...payment, payment_method: payment_method ?? payment.payment_method })
    },
    cancelPaymentIntent({ id, cancellation_reason }, simulation) {
      const payment = found(payments(simulation).get(id), 'payment_intent', id, 'intent')
      if (['succeeded', 'canceled'].includes(payment.status)) unexpectedState(payment, 'cancel')
      return cancel(simulation, payment, cancellation_reason)
    },
    createRefund: (input, simulation) => giveBack(simulation, input),
    retrieveRefund: ({ id }, simulation) => found(refunds(simulation).get(id), 'refund', id, 'refund'),
    createCustomer: (input, simulation) => newCustomer(simulation, input),
    retrieveCustomer: ({ id }, simulation) => found(customers(simulation).get(id), 'customer', id, 'customer'),
    retrieveEvent: ({ id }, simulation) => found(events(simulation).get(id), 'event', id, 'id'),
    listEvents({ type, ...page }, simulation) {
      const all = [...events(simulation).values()].filter((event) => type === undefined || event.type === type)
      return pageOf(all, page, '/v1/events')
    },
  },

  events: {
    'payment_intent.succeeded': cause(checkout, (input, simulation) =>
      succeed(simulation, { ...checkedOut(simulation, input), payment_method: 'pm_card_visa' }),
    ),
    'payment_intent.payment_failed': cause(checkout, (input, simulation) =>
      decline(
        simulation,
        { ...checkedOut(simulation, input), payment_method: 'pm_card_chargeDeclined' },
        'generic_decline',
      ),
    ),
    'payment_intent.canceled': cause(checkout, (input, simulation) =>
      cancel(simulation, checkedOut(simulation, input), 'abandoned'),
    ),
    'charge.refunded': cause(
      z.strictObject({ payment_intent: z.string().optional(), amount: z.int().positive().optional() }),
      (input, simulation) => {
        const paid = [...payments(simulation).values()].findLast((payment) => payment.status === 'succeeded')
        const payment_intent = input.payment_intent ?? paid?.id
        if (payment_intent === undefined) throw new TenonError('NOT_FOUND', 'there is no payment to refund')
        return giveBack(simulation, { ...input, payment_intent })
      },
    ),
    'customer.created': cause(z.strictObject({ email: z.string().default('asha@example.com') }), (input, simulation) =>
      newCustomer(simulation, input),
    ),
  },
})

function checkedOut(simulation: Simulation, { metadata, ...input }: z.output<typeof checkout>): PaymentIntent {
  const number = metadata === undefined ? simulation.number('order', 1001) : null
  const amount = input.amount ?? totals[(number ?? -1) % 3] ?? 4900
  return newPayment(simulation, { ...input, amount, metadata: metadata ?? { order_id: `SO-${number}` } })
}
