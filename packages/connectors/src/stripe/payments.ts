import { reject, type Simulation } from 'tenon/simulator'
import type { z } from 'zod'
import { customers, given, payments, publish, seconds, withMetadata } from './account.ts'
import { failure, found } from './dialect.ts'
import type { PaymentIntent } from './objects.ts'
import type { newPaymentIntent, paymentIntentChange } from './requests.ts'

type NewPayment = z.output<typeof newPaymentIntent>
type PaymentChange = z.output<typeof paymentIntentChange>

export function newPayment(simulation: Simulation, input: NewPayment): PaymentIntent {
  const { payment_method, capture_method = 'automatic_async', metadata, payment_method_types = ['card'] } = input
  const id = simulation.id('pi_')
  const payment: PaymentIntent = {
    id,
    object: 'payment_intent',
    amount: input.amount,
    amount_capturable: 0,
    amount_received: 0,
    canceled_at: null,
    cancellation_reason: null,
    capture_method,
    client_secret: `${id}_secret_${simulation.id('')}`,
    confirmation_method: 'automatic',
    created: seconds(simulation),
    currency: input.currency,
    customer: input.customer ?? null,
    description: input.description ?? null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    metadata: withMetadata({}, metadata),
    next_action: null,
    payment_method: payment_method ?? null,
    payment_method_types,
    receipt_email: input.receipt_email ?? null,
    setup_future_usage: input.setup_future_usage ?? null,
    statement_descriptor_suffix: input.statement_descriptor_suffix ?? null,
    status: payment_method === undefined ? 'requires_payment_method' : 'requires_confirmation',
  }
  payments(simulation).put(id, payment)
  return payment
}

/** States in which a payment can still be confirmed. */
export const confirmable = ['requires_payment_method', 'requires_confirmation', 'requires_action']
const open = new Set([...confirmable, 'requires_capture'])

export function changePayment(simulation: Simulation, { id, metadata, ...change }: PaymentChange): PaymentIntent {
  const payment = paymentOf(simulation, id)
  const isOpen = confirmable.includes(payment.status)
  if (!isOpen && (change.amount !== undefined || change.currency !== undefined || change.payment_method !== undefined))
    unexpectedState(payment, 'update the amount, currency or payment method of')
  const isReady = change.payment_method !== undefined && payment.status === 'requires_payment_method'
  const changed: PaymentIntent = {
    ...payment,
    ...given(change),
    status: isReady ? 'requires_confirmation' : payment.status,
    metadata: withMetadata(payment.metadata, metadata),
  }
  requireKnown(simulation, changed)
  payments(simulation).put(id, changed)
  return changed
}

export function cancel(simulation: Simulation, payment: PaymentIntent, reason: string | undefined): PaymentIntent {
  if (!open.has(payment.status)) unexpectedState(payment, 'cancel')
  return change(simulation, 'payment_intent.canceled', {
    ...payment,
    status: 'canceled',
    amount_capturable: 0,
    next_action: null,
    canceled_at: seconds(simulation),
    cancellation_reason: reason ?? null,
  })
}

/** Keeps it and tells of it. */
export function change(simulation: Simulation, type: string, payment: PaymentIntent): PaymentIntent {
  payments(simulation).put(payment.id, payment)
  publish(simulation, type, payment)
  return payment
}

export function paymentOf(simulation: Simulation, id: string): PaymentIntent {
  return found(payments(simulation).get(id), 'payment_intent', id, 'intent')
}

/** https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts; half a unit of most currencies. */
const least: Readonly<Record<string, number>> = { gbp: 30, hkd: 400, huf: 17_500, mxn: 1000, jpy: 50, krw: 500 }
const currencies = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()))

/** What the parameters name must be there, and the amount worth a charge. */
export function requireKnown(
  simulation: Simulation,
  input: Pick<PaymentIntent, 'amount' | 'currency' | 'customer'>,
): void {
  const { amount, currency, customer = null } = input
  if (!currencies.has(currency)) {
    const message = `Invalid currency: ${currency}. Stripe does not support this currency.`
    reject(400, failure('invalid_request_error', undefined, message, 'currency'))
  }
  if (amount < (least[currency] ?? 50)) {
    const message = 'The amount is below the smallest one that can be charged in this currency.'
    reject(400, failure('invalid_request_error', 'amount_too_small', message, 'amount'))
  }
  if (customer === null) return
  const known = customers(simulation).get(customer)
  found(known?.deleted === true ? undefined : known, 'customer', customer, 'customer')
}

export function unexpectedState(payment: PaymentIntent, verb: string): never {
  const message = `This PaymentIntent's status is ${payment.status}, so you cannot ${verb} it.`
  const { error } = failure('invalid_request_error', 'payment_intent_unexpected_state', message)
  return reject(400, { error: { ...error, payment_intent: payment } })
}
