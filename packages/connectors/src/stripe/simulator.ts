import { Answer, defineSimulator, type LimitedRequest } from 'tenon/simulator'
import type { RawRequest } from 'tenon'
import {
  charges,
  customers,
  disputes,
  endpoints,
  paymentMethods,
  payments,
  publish,
  recentEvents,
  refunds,
  version,
  withMetadata,
} from './account.ts'
import { causes } from './checkout.ts'
import { captureHeld, confirm, releaseHeld } from './confirming.ts'
import { changeCustomer, deleteCustomer, makeCustomer } from './customers.ts'
import { bearerOf, failure, found, refuse } from './dialect.ts'
import { answerDispute, endDispute, openOne } from './disputes.ts'
import { changeEndpoint, deleteEndpoint, endpointOf, makeEndpoint } from './endpoints.ts'
import { pageOf } from './paging.ts'
import { attach, createMethod, detach, methodFor } from './payment-methods.ts'
import { cancel, changePayment, confirmable, newPayment, paymentOf, requireKnown, unexpectedState } from './payments.ts'
import { giveBack } from './refunds.ts'
import { searchOf } from './search.ts'
import { stripe } from './stripe.ts'

const hour = 3_600_000
/** The limits of test mode: https://docs.stripe.com/rate-limits. */
const perSecond = (of: (request: LimitedRequest) => string | null, name: string, most: number) => ({
  name,
  most,
  perMs: 1000,
  of,
})

export const stripeSimulator = defineSimulator(stripe, {
  credentials: {
    secretKey: (random) => `sk_test_${random(48)}`,
    webhookSecret: (random) => `whsec_${random(32)}`,
  },
  authorization: bearerOf,
  admit,
  idempotency: { remembers: 'every-result', replayed: { 'idempotent-replayed': 'true' } },
  limits: [
    perSecond(({ method }) => (method === 'GET' ? 'read' : 'write'), 'global-rate', 25),
    perSecond(({ operation }) => (operation.startsWith('search') ? 'search' : null), 'endpoint-rate', 20),
  ],
  // Growing pauses over three days, as in live mode.
  redelivery: {
    pausesMs: [hour / 12, hour / 2, 2 * hour, 5 * hour, 10 * hour, 12 * hour, 12 * hour, 12 * hour, 12 * hour],
  },
  headers: (request, simulation) => ({
    'request-id': simulation.id('req_'),
    'stripe-version': request.headers['stripe-version'] ?? version,
    ...echoed(request),
  }),
  refuse,
  samples: [
    ...Array.from({ length: 3 }, () => ({ event: 'payment_intent.succeeded', input: {} })),
    ...Object.keys(causes)
      .filter((event) => event !== 'payment_intent.succeeded')
      .map((event) => ({ event, input: {} })),
  ],

  operations: {
    createPaymentIntent(input, simulation) {
      requireKnown(simulation, input)
      const { payment_method: wanted } = input
      const payment_method = wanted === undefined ? undefined : methodFor(simulation, wanted).id
      const created = newPayment(simulation, { ...input, payment_method })
      publish(simulation, 'payment_intent.created', created)
      return input.confirm === true ? confirm(simulation, created, input) : created
    },
    retrievePaymentIntent: ({ id }, simulation) => paymentOf(simulation, id),
    updatePaymentIntent: (input, simulation) => changePayment(simulation, input),
    listPaymentIntents: ({ customer, ...page }, simulation) =>
      pageOf(matching(payments(simulation).values(), { customer }), page, '/v1/payment_intents'),
    searchPaymentIntents: (search, simulation) =>
      searchOf(simulation, payments(simulation).values(), {
        search,
        fields: ['amount', 'created', 'currency', 'customer', 'metadata', 'status'],
        url: '/v1/payment_intents/search',
      }),
    confirmPaymentIntent({ id, payment_method, ...input }, simulation) {
      const payment = paymentOf(simulation, id)
      if (!confirmable.includes(payment.status)) unexpectedState(payment, 'confirm')
      const paying = { ...payment, payment_method: payment_method ?? payment.payment_method }
      return confirm(simulation, paying, input)
    },
    capturePaymentIntent({ id, amount_to_capture }, simulation) {
      const payment = paymentOf(simulation, id)
      if (payment.status !== 'requires_capture') unexpectedState(payment, 'capture')
      return captureHeld(simulation, payment, amount_to_capture)
    },
    cancelPaymentIntent({ id, cancellation_reason }, simulation) {
      const payment = paymentOf(simulation, id)
      releaseHeld(simulation, payment)
      return cancel(simulation, payment, cancellation_reason)
    },

    retrieveCharge: ({ id }, simulation) => found(charges(simulation).get(id), 'charge', id, 'id'),
    listCharges: ({ customer, payment_intent, ...page }, simulation) =>
      pageOf(matching(charges(simulation).values(), { customer, payment_intent }), page, '/v1/charges'),
    searchCharges: (search, simulation) =>
      searchOf(simulation, charges(simulation).values(), {
        search,
        fields: ['amount', 'created', 'currency', 'customer', 'disputed', 'metadata', 'refunded', 'status'],
        url: '/v1/charges/search',
      }),

    createRefund: (input, simulation) => giveBack(simulation, input),
    retrieveRefund: ({ id }, simulation) => found(refunds(simulation).get(id), 'refund', id, 'refund'),
    updateRefund({ id, metadata }, simulation) {
      const refund = found(refunds(simulation).get(id), 'refund', id, 'refund')
      const changed = { ...refund, metadata: withMetadata(refund.metadata, metadata) }
      refunds(simulation).put(id, changed)
      publish(simulation, 'refund.updated', changed)
      return changed
    },
    listRefunds: ({ payment_intent, charge, ...page }, simulation) =>
      pageOf(matching(refunds(simulation).values(), { payment_intent, charge }), page, '/v1/refunds'),

    createCustomer: (input, simulation) => makeCustomer(simulation, input),
    retrieveCustomer: ({ id }, simulation) => found(customers(simulation).get(id), 'customer', id, 'id'),
    updateCustomer: (input, simulation) => changeCustomer(simulation, input),
    deleteCustomer: ({ id }, simulation) => deleteCustomer(simulation, id),
    listCustomers({ email, ...page }, simulation) {
      const living = [...customers(simulation).values()].filter(({ deleted }) => deleted !== true)
      return pageOf(matching(living, { email }), page, '/v1/customers')
    },
    searchCustomers: (search, simulation) =>
      searchOf(simulation, customers(simulation).values(), {
        search,
        fields: ['created', 'email', 'metadata', 'name', 'phone'],
        url: '/v1/customers/search',
      }),

    createPaymentMethod: (input, simulation) => createMethod(simulation, input),
    retrievePaymentMethod: ({ id }, simulation) => methodFor(simulation, id),
    listPaymentMethods: ({ customer, type, ...page }, simulation) =>
      pageOf(matching(paymentMethods(simulation).values(), { customer, type }), page, '/v1/payment_methods'),
    attachPaymentMethod: (input, simulation) => attach(simulation, input),
    detachPaymentMethod: ({ id }, simulation) => detach(simulation, id),

    retrieveDispute: ({ id }, simulation) => found(disputes(simulation).get(id), 'dispute', id, 'dispute'),
    updateDispute: (input, simulation) => answerDispute(simulation, input),
    closeDispute: ({ id }, simulation) => endDispute(simulation, openOne(simulation, id), 'lost'),
    listDisputes: ({ payment_intent, charge, ...page }, simulation) =>
      pageOf(matching(disputes(simulation).values(), { payment_intent, charge }), page, '/v1/disputes'),

    createWebhookEndpoint: (input, simulation) => makeEndpoint(simulation, input),
    retrieveWebhookEndpoint: ({ id }, simulation) => endpointOf(simulation, id),
    updateWebhookEndpoint: (input, simulation) => changeEndpoint(simulation, input),
    deleteWebhookEndpoint: ({ id }, simulation) => deleteEndpoint(simulation, id),
    listWebhookEndpoints: (page, simulation) =>
      pageOf([...endpoints(simulation).values()], page, '/v1/webhook_endpoints'),

    retrieveAccount: () => ownAccount,
    retrieveEvent: ({ id }, simulation) =>
      found(
        recentEvents(simulation).find((event) => event.id === id),
        'event',
        id,
        'id',
      ),
    listEvents({ type, types, ...page }, simulation) {
      const wanted = types ?? (type === undefined ? null : [type])
      const all = recentEvents(simulation).filter(
        (event) => wanted === null || wanted.some((one) => isOf(event.type, one)),
      )
      return pageOf(all, page, '/v1/events')
    },
  },

  events: causes,
})

/** `charge.*` is every event of a charge. */
function isOf(type: string, wanted: string): boolean {
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted
}

function matching<Item extends object>(
  all: Iterable<Item>,
  wanted: Readonly<Record<string, string | undefined>>,
): Item[] {
  const asked = Object.entries(wanted).filter(([, value]) => value !== undefined)
  return [...all].filter((item) => asked.every(([name, value]) => (item as Record<string, unknown>)[name] === value))
}

function echoed({ headers }: RawRequest): Readonly<Record<string, string>> {
  const key = headers['idempotency-key']
  return key === undefined ? {} : { 'idempotency-key': key }
}

const ownAccount = {
  id: 'acct_1TenonJoineryLtd00',
  object: 'account',
  country: 'IN',
  default_currency: 'inr',
  email: 'owner@example.com',
  business_profile: { name: 'Joinery Ltd', url: 'https://joinery.example.com' },
  settings: { dashboard: { display_name: 'Joinery', timezone: 'Asia/Kolkata' } },
  charges_enabled: true,
  payouts_enabled: true,
  details_submitted: true,
}

const longestKey = 255

function admit({ headers }: RawRequest): Answer | null {
  const told = (status: number, message: string, code?: string) =>
    new Answer(status, failure('invalid_request_error', code, message))
  const { 'stripe-version': asked, 'stripe-account': account, 'idempotency-key': key = '' } = headers
  if (asked !== undefined && !/^\d{4}-\d\d-\d\d(\.[a-z]+)?(;|$)/.test(asked))
    return told(400, `Invalid Stripe API version: ${asked.slice(0, 40)}`)
  if (account !== undefined)
    return told(
      403,
      'The provided key does not have access to that account (or that account does not exist).',
      'account_invalid',
    )
  if (key.length > longestKey)
    return told(400, `Idempotency keys may be at most ${longestKey} characters long; yours has ${key.length}.`)
  return null
}
