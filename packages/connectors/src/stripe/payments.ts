import { Answer, reject, type Simulation } from 'tenon/simulator'
import { failure, found } from './dialect.ts'
import type { Charge, Customer, PaymentIntent, Refund, StripeEvent } from './objects.ts'

export const version = '2026-10-28.endive'

export const payments = (simulation: Simulation) => simulation.table<PaymentIntent>('payment_intents')
export const charges = (simulation: Simulation) => simulation.table<Charge>('charges')
export const refunds = (simulation: Simulation) => simulation.table<Refund>('refunds')
export const customers = (simulation: Simulation) => simulation.table<Customer>('customers')
export const events = (simulation: Simulation) => simulation.table<StripeEvent>('events')
export const seconds = (simulation: Simulation) => Math.floor(simulation.now() / 1000)

/** Test payment methods that a bank declines, with the code it gives. */
const declines: Readonly<Record<string, string>> = {
  pm_card_chargeDeclined: 'generic_decline',
  pm_card_chargeDeclinedInsufficientFunds: 'insufficient_funds',
  pm_card_chargeDeclinedLostCard: 'lost_card',
  pm_card_chargeDeclinedExpiredCard: 'expired_card',
}

export type NewPayment = Pick<PaymentIntent, 'amount' | 'currency'> & Partial<Record<string, unknown>>

export function newPayment(simulation: Simulation, input: NewPayment): PaymentIntent {
  const { amount, currency, customer, description, receipt_email, payment_method, metadata } =
    input as Partial<PaymentIntent>
  const id = simulation.id('pi_')
  const payment: PaymentIntent = {
    id,
    object: 'payment_intent',
    amount: amount ?? 0,
    amount_received: 0,
    currency: currency ?? '',
    status: payment_method === undefined ? 'requires_payment_method' : 'requires_confirmation',
    customer: customer ?? null,
    description: description ?? null,
    receipt_email: receipt_email ?? null,
    payment_method: payment_method ?? null,
    latest_charge: null,
    last_payment_error: null,
    cancellation_reason: null,
    client_secret: `${id}_secret_${simulation.id('')}`,
    livemode: false,
    metadata: metadata ?? {},
    created: seconds(simulation),
  }
  payments(simulation).put(id, payment)
  return payment
}

export function confirm(simulation: Simulation, payment: PaymentIntent): PaymentIntent | Answer {
  const method = payment.payment_method ?? null
  if (method === null)
    return reject(
      400,
      failure(
        'invalid_request_error',
        'payment_intent_unexpected_state',
        'A payment method is missing.',
        'payment_method',
      ),
    )
  const reason = declines[method]
  if (reason === undefined) return succeed(simulation, payment)
  const declined = decline(simulation, payment, reason)
  return new Answer(402, { error: { ...declined.last_payment_error, type: 'card_error', payment_intent: declined } })
}

export function succeed(simulation: Simulation, payment: PaymentIntent): PaymentIntent {
  const charge: Charge = {
    id: simulation.id('ch_'),
    object: 'charge',
    amount: payment.amount,
    amount_refunded: 0,
    currency: payment.currency,
    status: 'succeeded',
    refunded: false,
    payment_intent: payment.id,
    metadata: payment.metadata,
    created: seconds(simulation),
  }
  charges(simulation).put(charge.id, charge)
  const paid = {
    ...payment,
    status: 'succeeded',
    amount_received: payment.amount,
    latest_charge: charge.id,
    last_payment_error: null,
  }
  return change(simulation, 'payment_intent.succeeded', paid)
}

export function decline(simulation: Simulation, payment: PaymentIntent, decline_code: string): PaymentIntent {
  const last_payment_error = {
    type: 'card_error',
    code: 'card_declined',
    decline_code,
    message: 'Your card was declined.',
  }
  return change(simulation, 'payment_intent.payment_failed', {
    ...payment,
    status: 'requires_payment_method',
    payment_method: null,
    last_payment_error,
  })
}

export function cancel(simulation: Simulation, payment: PaymentIntent, cancellation_reason?: string): PaymentIntent {
  return change(simulation, 'payment_intent.canceled', {
    ...payment,
    status: 'canceled',
    cancellation_reason: cancellation_reason ?? null,
  })
}

function change(simulation: Simulation, type: string, payment: PaymentIntent): PaymentIntent {
  payments(simulation).put(payment.id, payment)
  publish(simulation, type, payment)
  return payment
}

interface GiveBack {
  readonly payment_intent?: string | undefined
  readonly charge?: string | undefined
  readonly amount?: number | undefined
  readonly reason?: string | undefined
  readonly metadata?: Record<string, string> | undefined
}

export function giveBack(simulation: Simulation, input: GiveBack): Refund {
  const id =
    input.charge ??
    found(
      payments(simulation).get(input.payment_intent ?? ''),
      'payment_intent',
      input.payment_intent ?? '',
      'payment_intent',
    ).latest_charge
  if (id === null || id === undefined)
    reject(
      400,
      failure(
        'invalid_request_error',
        'payment_intent_unexpected_state',
        'This payment has no successful charge to refund.',
        'payment_intent',
      ),
    )
  const charge = found(charges(simulation).get(id), 'charge', id, 'charge')
  const left = charge.amount - charge.amount_refunded
  if (left === 0)
    reject(400, failure('invalid_request_error', 'charge_already_refunded', `Charge ${id} has already been refunded.`))
  const amount = input.amount ?? left
  if (amount > left)
    reject(
      400,
      failure(
        'invalid_request_error',
        'amount_too_large',
        `The refund (${amount}) is greater than what is left of the charge (${left}).`,
        'amount',
      ),
    )
  const refund: Refund = {
    id: simulation.id('re_'),
    object: 'refund',
    amount,
    currency: charge.currency,
    status: 'succeeded',
    reason: input.reason ?? null,
    charge: charge.id,
    payment_intent: charge.payment_intent ?? null,
    metadata: input.metadata ?? {},
    created: seconds(simulation),
  }
  const amount_refunded = charge.amount_refunded + amount
  const refunded = { ...charge, amount_refunded, refunded: amount_refunded === charge.amount }
  refunds(simulation).put(refund.id, refund)
  charges(simulation).put(charge.id, refunded)
  publish(simulation, 'refund.created', refund)
  publish(simulation, 'charge.refunded', refunded)
  return refund
}

export interface NewCustomer {
  readonly email?: string | undefined
  readonly metadata?: Record<string, string> | undefined
}

export function newCustomer(simulation: Simulation, input: NewCustomer): Customer {
  const customer = {
    id: simulation.id('cus_'),
    object: 'customer',
    livemode: false,
    created: seconds(simulation),
    metadata: {},
    ...input,
  }
  customers(simulation).put(customer.id, customer)
  publish(simulation, 'customer.created', customer)
  return customer
}

export function publish(simulation: Simulation, type: string, object: Readonly<Record<string, unknown>>): void {
  const event: StripeEvent = {
    id: simulation.id('evt_'),
    object: 'event',
    api_version: version,
    type,
    created: seconds(simulation),
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    data: { object },
  }
  events(simulation).put(event.id, event)
  simulation.deliver(type, event)
}
