import type { ConnectorCases } from '../cases.ts'
import type { stripe } from './stripe.ts'

const strange = { id: 'x', colour: 'red' }
const coffee = { amount: 4900, currency: 'inr', metadata: { order_id: 'SO-1001' } }
const endpoint = { url: 'http://127.0.0.1:9/hooks/second', enabled_events: ['refund.created'] }

const disputed = [{ event: 'payment_intent.succeeded' }, { event: 'charge.dispute.created' }]

let number = 0

export const cases: ConnectorCases<typeof stripe> = {
  createCustomer: { good: { email: 'asha@example.com', metadata: { crm: '7' } }, bad: { email: 'nobody' } },
  retrieveCustomer: { good: (made) => ({ id: made.createCustomer.id }), bad: strange },
  updateCustomer: {
    // A change to what is already so would change nothing.
    good: (made) => ({ id: made.createCustomer.id, name: `Asha ${(number += 1)}`, metadata: { crm: '' } }),
    bad: { id: 'cus_1', email: 'nobody' },
    fresh: 'createCustomer',
  },
  listCustomers: { good: { email: 'asha@example.com', limit: 2 }, bad: { limit: 0 } },
  searchCustomers: { good: { query: 'email:"asha@example.com"' }, bad: { query: '' } },
  createPaymentMethod: { good: { type: 'card', card: { token: 'tok_visa' } }, bad: { type: 'cheque' } },
  retrievePaymentMethod: { good: (made) => ({ id: made.createPaymentMethod.id }), bad: strange },
  attachPaymentMethod: {
    good: (made) => ({ id: made.createPaymentMethod.id, customer: made.createCustomer.id }),
    bad: { id: 'pm_1' },
    fresh: 'createPaymentMethod',
  },
  listPaymentMethods: { good: (made) => ({ customer: made.createCustomer.id }), bad: {} },
  detachPaymentMethod: {
    good: (made) => ({ id: made.attachPaymentMethod.id }),
    bad: strange,
    fresh: 'attachPaymentMethod',
  },
  deleteCustomer: { good: (made) => ({ id: made.createCustomer.id }), bad: strange, fresh: 'createCustomer' },

  createPaymentIntent: { good: coffee, bad: { amount: 49.5, currency: 'inr' } },
  retrievePaymentIntent: { good: (made) => ({ id: made.createPaymentIntent.id }), bad: strange },
  updatePaymentIntent: {
    good: (made) => ({ id: made.createPaymentIntent.id, amount: 5000, metadata: { gift: 'yes' } }),
    bad: { id: 'pi_1', amount: -1 },
    fresh: 'createPaymentIntent',
  },
  listPaymentIntents: { good: { limit: 3, created: { gte: 1 } }, bad: { limit: 1000 } },
  searchPaymentIntents: { good: { query: 'metadata["order_id"]:"SO-1001"', limit: 5 }, bad: { query: 'x', limit: 0 } },
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
  capturePaymentIntent: {
    good: (_made, held) => ({ id: held.id, amount_to_capture: 4000 }),
    before: [{ event: 'payment_intent.amount_capturable_updated', input: { amount: 4900 } }],
    bad: { id: 'pi_1', amount_to_capture: 0 },
  },
  listCharges: { good: (made) => ({ payment_intent: made.confirmPaymentIntent.id }), bad: { limit: 0 } },
  retrieveCharge: { good: (made) => ({ id: made.listCharges.data[0]?.id ?? '' }), bad: strange },
  searchCharges: { good: { query: 'amount>1000 AND currency:"inr"' }, bad: { query: '' } },

  createRefund: {
    good: (made) => ({ payment_intent: made.confirmPaymentIntent.id, amount: 100 }),
    bad: { amount: 100 },
  },
  retrieveRefund: { good: (made) => ({ id: made.createRefund.id }), bad: strange },
  updateRefund: {
    good: (made) => ({ id: made.createRefund.id, metadata: { ticket: String((number += 1)) } }),
    bad: { id: 're_1', amount: 5 },
  },
  listRefunds: { good: (made) => ({ payment_intent: made.confirmPaymentIntent.id }), bad: { limit: 0 } },

  listDisputes: { good: { limit: 1 }, bad: { limit: 0 }, before: disputed },
  retrieveDispute: { good: (made) => ({ id: made.listDisputes.data[0]?.id ?? '' }), bad: strange },
  updateDispute: {
    good: (_made, dispute) => ({ id: dispute.id, evidence: { shipping_carrier: 'Delhivery' } }),
    bad: { id: 'du_1', evidence: { mood: 'bad' } },
    before: disputed,
  },
  closeDispute: { good: (_made, dispute) => ({ id: dispute.id }), bad: strange, before: disputed },

  createWebhookEndpoint: { good: endpoint, bad: { url: 'here' } },
  retrieveWebhookEndpoint: { good: (made) => ({ id: made.createWebhookEndpoint.id }), bad: strange },
  updateWebhookEndpoint: {
    good: (made) => ({ id: made.createWebhookEndpoint.id, description: `The ${(number += 1)}th` }),
    bad: { id: 'we_1', enabled_events: [] },
  },
  listWebhookEndpoints: { good: { limit: 2 }, bad: { limit: 0 } },
  deleteWebhookEndpoint: {
    good: (made) => ({ id: made.createWebhookEndpoint.id }),
    bad: strange,
    fresh: 'createWebhookEndpoint',
  },

  retrieveAccount: { good: {}, bad: { colour: 'red' } },
  listEvents: { good: { type: 'refund.created', limit: 1 }, bad: { limit: 0 } },
  retrieveEvent: { good: (made) => ({ id: made.listEvents.data[0]?.id ?? '' }), bad: strange },
}
