import { Answer, reject, type Simulation } from 'tenon/simulator'
import type { z } from 'zod'
import { origins, paymentMethods, publish, seconds, withMetadata } from './account.ts'
import { livingCustomer } from './customers.ts'
import { failure, found } from './dialect.ts'
import type { PaymentMethod } from './objects.ts'
import type { attachment, newPaymentMethod } from './requests.ts'
import { cardOf, outcomeOf } from './test-cards.ts'

/** That payment method; a new one where a test payment method is named. */
export function methodFor(simulation: Simulation, id: string): PaymentMethod {
  return outcomeOf(id) === undefined
    ? found(paymentMethods(simulation).get(id), 'PaymentMethod', id, 'payment_method')
    : makeMethod(simulation, id)
}

export function createMethod(
  simulation: Simulation,
  { card: { token }, metadata }: z.output<typeof newPaymentMethod>,
): PaymentMethod {
  if (outcomeOf(token) === undefined) return found<PaymentMethod>(undefined, 'token', token, 'card[token]')
  return makeMethod(simulation, token, metadata)
}

function makeMethod(simulation: Simulation, origin: string, metadata: Record<string, string> = {}): PaymentMethod {
  const type = origin.startsWith('pm_usBankAccount') ? 'us_bank_account' : 'card'
  const method: PaymentMethod = {
    id: simulation.id('pm_'),
    object: 'payment_method',
    ...(type === 'card' ? { card: cardOf(origin) } : {}),
    created: seconds(simulation),
    customer: null,
    livemode: false,
    metadata: withMetadata({}, metadata),
    type,
  }
  paymentMethods(simulation).put(method.id, method)
  origins(simulation).put(method.id, origin)
  return method
}

export function attach(simulation: Simulation, { id, customer }: z.output<typeof attachment>): PaymentMethod | Answer {
  livingCustomer(simulation, customer, 'customer')
  const method = methodFor(simulation, id)
  if ((method.customer ?? null) !== null)
    refused('The payment method you provided has already been attached to a customer.')
  if (method['detached'] === true)
    refused('This PaymentMethod was detached from a Customer, and may not be used again.')
  const origin = origins(simulation).get(method.id) ?? ''
  const outcome = outcomeOf(origin)
  // Banks are asked at once; that one method fails only when it is charged.
  if (outcome?.kind === 'declines' && !origin.endsWith('chargeCustomerFail')) {
    const { kind: _kind, ...error } = outcome
    return new Answer(402, { error: { type: 'card_error', ...error } })
  }
  return keep(simulation, 'payment_method.attached', { ...method, customer })
}

export function detach(simulation: Simulation, id: string): PaymentMethod {
  const method = methodFor(simulation, id)
  if ((method.customer ?? null) === null)
    refused('The payment method you provided is not attached to a customer so detachment is impossible.')
  return keep(simulation, 'payment_method.detached', { ...method, customer: null, detached: true })
}

function keep(simulation: Simulation, type: string, method: PaymentMethod): PaymentMethod {
  paymentMethods(simulation).put(method.id, method)
  publish(simulation, type, method)
  return method
}

function refused(message: string): never {
  return reject(400, failure('invalid_request_error', undefined, message))
}
