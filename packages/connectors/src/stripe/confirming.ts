import { Answer, reject, type Simulation } from 'tenon/simulator'
import { charges, origins, payments, publish, seconds } from './account.ts'
import { docUrl, failure } from './dialect.ts'
import { openDispute } from './disputes.ts'
import type { Charge, PaymentIntent } from './objects.ts'
import { methodFor } from './payment-methods.ts'
import { change } from './payments.ts'
import { outcomeOf, type CardOutcome } from './test-cards.ts'

const processingMs = 4000
/** How long money that was set aside can be taken. */
const captureWithinMs = 7 * 86_400_000

type Decline = Omit<Extract<CardOutcome, { kind: 'declines' }>, 'kind'>

/** Tries to take the money. A decline is an answer that leaves its trace. */
export function confirm(
  simulation: Simulation,
  payment: PaymentIntent,
  { off_session = false }: { off_session?: boolean | undefined } = {},
): PaymentIntent | Answer {
  const wanted = payment.payment_method ?? null
  if (wanted === null) {
    const message = 'You cannot confirm this PaymentIntent because it is missing a payment method.'
    return reject(400, failure('invalid_request_error', 'payment_intent_unexpected_state', message, 'payment_method'))
  }
  const method = methodFor(simulation, wanted)
  const paying = { ...payment, payment_method: method.id, payment_method_types: [method.type] }
  const outcome = outcomeOf(origins(simulation).get(method.id) ?? '') ?? { kind: 'succeeds' }
  switch (outcome.kind) {
    case 'declines':
      return told(decline(simulation, paying, outcome))
    case 'authenticates':
      return off_session ? told(decline(simulation, paying, authenticationRequired)) : askBank(simulation, paying)
    case 'processes':
      return process(simulation, paying, outcome.ends)
    default:
      return take(simulation, paying)
  }
}

/** The payment went through: its money is here, or set aside until it is captured. */
export function take(simulation: Simulation, payment: PaymentIntent): PaymentIntent {
  const isHeld = payment.capture_method === 'manual'
  const charge = newCharge(simulation, payment, { paid: true, captured: !isHeld })
  const base = { ...payment, latest_charge: charge.id, last_payment_error: null, next_action: null }
  publish(simulation, 'charge.succeeded', charge)
  if (isHeld) {
    simulation.later('payment_intent.canceled', { payment_intent: payment.id, reason: 'automatic' }, captureWithinMs)
    const held = { ...base, status: 'requires_capture', amount_capturable: payment.amount }
    return change(simulation, 'payment_intent.amount_capturable_updated', held)
  }
  const taken = { ...base, status: 'succeeded', amount_received: payment.amount }
  const paid = change(simulation, 'payment_intent.succeeded', taken)
  dispute(simulation, paid, charge)
  return paid
}

function dispute(simulation: Simulation, payment: PaymentIntent, charge: Charge): void {
  const outcome = outcomeOf(origins(simulation).get(payment.payment_method ?? '') ?? '')
  const after = outcome?.kind === 'succeeds' ? outcome.after : undefined
  if (after === undefined || after.startsWith('refund')) return
  openDispute(simulation, charge, after === 'inquiry' ? { isInquiry: true } : { reason: after })
}

export function decline(simulation: Simulation, payment: PaymentIntent, decline: Decline): PaymentIntent {
  const charge = newCharge(simulation, payment, { paid: false, captured: false }, decline)
  const last_payment_error = {
    type: 'card_error',
    code: decline.code,
    decline_code: decline.decline_code,
    message: decline.message,
    charge: charge.id,
    doc_url: docUrl(decline.code),
  }
  publish(simulation, 'charge.failed', charge)
  return change(simulation, 'payment_intent.payment_failed', {
    ...payment,
    status: 'requires_payment_method',
    payment_method: null,
    latest_charge: charge.id,
    next_action: null,
    last_payment_error,
  })
}

export const genericDecline: Decline = {
  code: 'card_declined',
  decline_code: 'generic_decline',
  message: 'Your card was declined.',
}
const authenticationRequired: Decline = {
  code: 'authentication_required',
  decline_code: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
}

function told(declined: PaymentIntent): Answer {
  return new Answer(402, { error: { ...declined.last_payment_error, payment_intent: declined } })
}

/** What comes of it is decided outside: by the customer, or by `emit`. */
function askBank(simulation: Simulation, payment: PaymentIntent): PaymentIntent {
  const next_action = { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } }
  const asked = { ...payment, status: 'requires_action', next_action }
  return change(simulation, 'payment_intent.requires_action', asked)
}

function process(simulation: Simulation, payment: PaymentIntent, ends: 'well' | 'badly'): PaymentIntent {
  const end = ends === 'well' ? 'payment_intent.succeeded' : 'payment_intent.payment_failed'
  simulation.later(end, { payment_intent: payment.id }, processingMs)
  return change(simulation, 'payment_intent.processing', { ...payment, status: 'processing' })
}

/** Takes money that was set aside; what is left over is let go. */
export function captureHeld(simulation: Simulation, payment: PaymentIntent, amount = payment.amount): PaymentIntent {
  const charge = charges(simulation).get(payment.latest_charge ?? '')
  const capturable = payment.amount_capturable ?? 0
  if (charge === undefined || amount > capturable) {
    const message = `The amount to capture (${amount}) is greater than what can be captured (${capturable}).`
    return reject(400, failure('invalid_request_error', 'amount_too_large', message, 'amount_to_capture'))
  }
  const captured = { ...charge, captured: true, amount_captured: amount }
  charges(simulation).put(charge.id, captured)
  publish(simulation, 'charge.captured', captured)
  const taken = { ...payment, status: 'succeeded', amount_received: amount, amount_capturable: 0 }
  const paid = change(simulation, 'payment_intent.succeeded', taken)
  dispute(simulation, paid, captured)
  return paid
}

/** Money that was set aside goes back when its payment is cancelled. */
export function releaseHeld(simulation: Simulation, payment: PaymentIntent): void {
  const charge = charges(simulation).get(payment.latest_charge ?? '')
  if (payment.status !== 'requires_capture' || charge === undefined) return
  const released = { ...charge, refunded: true, amount_refunded: charge.amount }
  charges(simulation).put(charge.id, released)
  publish(simulation, 'charge.refunded', released)
}

function newCharge(
  simulation: Simulation,
  payment: PaymentIntent,
  { paid, captured }: { paid: boolean; captured: boolean },
  declined?: Decline,
): Charge {
  const charge: Charge = {
    id: simulation.id('ch_'),
    object: 'charge',
    amount: payment.amount,
    amount_captured: captured ? payment.amount : 0,
    amount_refunded: 0,
    captured,
    created: seconds(simulation),
    currency: payment.currency,
    customer: payment.customer ?? null,
    description: payment.description ?? null,
    disputed: false,
    failure_code: declined?.code ?? null,
    failure_message: declined?.message ?? null,
    livemode: false,
    metadata: payment.metadata,
    paid,
    payment_intent: payment.id,
    payment_method: payment.payment_method ?? null,
    refunded: false,
    status: paid ? 'succeeded' : 'failed',
  }
  charges(simulation).put(charge.id, charge)
  payments(simulation).put(payment.id, { ...payment, latest_charge: charge.id })
  return charge
}
