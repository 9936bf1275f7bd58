import type { ConnectorCases } from '../cases.ts'
import type { stripe } from './stripe.ts'

export const cases: ConnectorCases<typeof stripe> = {
  createCustomer: { good: { email: 'asha@example.com', metadata: { crm: '7' } }, bad: { email: 'nobody' } },
  retrieveCustomer: { good: (made) => ({ id: made.createCustomer.id }), bad: { id: 'x', colour: 'red' } },
  createPaymentIntent: {
    good: { amount: 4900, currency: 'inr', metadata: { order_id: 'SO-1001' } },
    bad: { amount: 49.5, currency: 'inr' },
  },
  retrievePaymentIntent: { good: (made) => ({ id: made.createPaymentIntent.id }), bad: { id: 'x', colour: 'red' } },
  listPaymentIntents: { good: { limit: 3, created: { gte: 1 } }, bad: { limit: 1000 } },
  confirmPaymentIntent: {
    good: (made) => ({ id: made.createPaymentIntent.id, payment_method: 'pm_card_visa' }),
    bad: { id: 'pi_1', colour: 'red' },
    // Another payment for each call: a second confirmation is refused.
    fresh: 'createPaymentIntent',
  },
  cancelPaymentIntent: {
    good: (made) => ({ id: made.createPaymentIntent.id, cancellation_reason: 'abandoned' }),
    bad: { id: 'pi_1', cancellation_reason: 'mood' },
    fresh: 'createPaymentIntent',
  },
  createRefund: {
    good: (made) => ({ payment_intent: made.confirmPaymentIntent.id, amount: 100 }),
    bad: { amount: 100 },
  },
  retrieveRefund: { good: (made) => ({ id: made.createRefund.id }), bad: { id: 'x', colour: 'red' } },
  listEvents: { good: { type: 'refund.created', limit: 1 }, bad: { limit: 0 } },
  retrieveEvent: { good: (made) => ({ id: made.listEvents.data[0]?.id ?? '' }), bad: { id: 'x', colour: 'red' } },
}
