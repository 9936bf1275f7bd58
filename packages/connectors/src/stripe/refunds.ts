import { reject, type Simulation } from 'tenon/simulator'
import { charges, origins, payments, publish, refunds, seconds, withMetadata } from './account.ts'
import { failure, found } from './dialect.ts'
import type { Charge, Refund } from './objects.ts'
import { outcomeOf } from './test-cards.ts'

const settlesAfterMs = 4000

export interface GiveBack {
  readonly payment_intent?: string | undefined
  readonly charge?: string | undefined
  readonly amount?: number | undefined
  readonly reason?: string | undefined
  readonly metadata?: Record<string, string> | undefined
}

export function giveBack(simulation: Simulation, input: GiveBack): Refund {
  const charge = chargeFor(simulation, input)
  const left = (charge.amount_captured ?? charge.amount) - charge.amount_refunded
  if (left <= 0) refused('charge_already_refunded', `Charge ${charge.id} has already been refunded.`)
  if (charge.disputed === true)
    refused('charge_disputed', `Charge ${charge.id} has been charged back; it cannot be refunded.`)
  const amount = input.amount ?? left
  if (amount > left)
    refused(
      'amount_too_large',
      `The refund (${amount}) is greater than what is left of the charge (${left}).`,
      'amount',
    )
  const refund: Refund = {
    id: simulation.id('re_'),
    object: 'refund',
    amount,
    currency: charge.currency,
    status: pends(simulation, charge) ? 'pending' : 'succeeded',
    reason: input.reason ?? null,
    charge: charge.id,
    payment_intent: charge.payment_intent ?? null,
    metadata: withMetadata({}, input.metadata),
    created: seconds(simulation),
  }
  const refunded = withRefunded(charge, charge.amount_refunded + amount)
  refunds(simulation).put(refund.id, refund)
  charges(simulation).put(charge.id, refunded)
  publish(simulation, 'refund.created', refund)
  publish(simulation, 'charge.refunded', refunded)
  settle(simulation, charge, refund)
  return refund
}

/** The bank took it, after all. */
export function succeedRefund(simulation: Simulation, refund: Refund): Refund {
  const settled = { ...refund, status: 'succeeded' }
  refunds(simulation).put(refund.id, settled)
  publish(simulation, 'refund.updated', settled)
  return settled
}

/** The bank could not take it: the money is back in the account. */
export function failRefund(simulation: Simulation, refund: Refund): Refund {
  if (refund.status === 'failed') return refund
  const failed = { ...refund, status: 'failed', failure_reason: 'lost_or_stolen_card' }
  refunds(simulation).put(refund.id, failed)
  const charge = charges(simulation).get(refund.charge ?? '')
  if (charge !== undefined)
    charges(simulation).put(charge.id, withRefunded(charge, charge.amount_refunded - refund.amount))
  publish(simulation, 'refund.failed', failed)
  return failed
}

function chargeFor(simulation: Simulation, { payment_intent = '', charge }: GiveBack): Charge {
  if (charge !== undefined) return paid(found(charges(simulation).get(charge), 'charge', charge, 'charge'))
  const payment = found(payments(simulation).get(payment_intent), 'payment_intent', payment_intent, 'payment_intent')
  return paid(charges(simulation).get(payment.latest_charge ?? ''))
}

function paid(charge: Charge | undefined): Charge {
  const isPaid = charge !== undefined && charge.paid !== false && charge.captured !== false
  const message = 'This PaymentIntent does not have a successful charge to refund.'
  return isPaid ? charge : refused('payment_intent_unexpected_state', message, 'payment_intent')
}

function pends(simulation: Simulation, charge: Charge): boolean {
  return aftermathOf(simulation, charge) === 'refund-pends'
}

function settle(simulation: Simulation, charge: Charge, refund: Refund): void {
  const after = aftermathOf(simulation, charge)
  if (after === 'refund-pends') simulation.later('refund.updated', { refund: refund.id }, settlesAfterMs)
  if (after === 'refund-fails') simulation.later('refund.failed', { refund: refund.id }, settlesAfterMs)
}

function aftermathOf(simulation: Simulation, { payment_method }: Charge): string | undefined {
  const outcome = outcomeOf(origins(simulation).get(payment_method ?? '') ?? '')
  return outcome?.kind === 'succeeds' ? outcome.after : undefined
}

function withRefunded(charge: Charge, amount_refunded: number): Charge {
  return { ...charge, amount_refunded, refunded: amount_refunded >= (charge.amount_captured ?? charge.amount) }
}

function refused(code: string, message: string, param?: string): never {
  return reject(400, failure('invalid_request_error', code, message, param))
}
