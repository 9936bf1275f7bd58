import { TenonError } from 'tenon'
import { cause, type Cause, type Simulation } from 'tenon/simulator'
import { z } from 'zod'
import { charges, customers, disputes, paymentMethods, payments, refunds, publish } from './account.ts'
import { captureHeld, decline, genericDecline, releaseHeld, take } from './confirming.ts'
import { changeCustomer, deleteCustomer, makeCustomer } from './customers.ts'
import { answerDispute, endDispute, openDispute } from './disputes.ts'
import type { Charge, Dispute, PaymentIntent, Refund } from './objects.ts'
import { attach, detach, methodFor } from './payment-methods.ts'
import { cancel, change, newPayment } from './payments.ts'
import { failRefund, giveBack, succeedRefund } from './refunds.ts'

/** What somebody pays in a browser; without more, the next order of the simulated shop. */
const paid = z.strictObject({
  /** A payment that exists already: its customer goes on with it. */
  payment_intent: z.string().optional(),
  amount: z.int().positive().optional(),
  currency: z.string().length(3).default('inr'),
  description: z.string().optional(),
  receipt_email: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
})
type Paid = z.output<typeof paid>

/** Of the shop's orders, which repeat in threes. */
const totals = [189_800, 559_800, 249_700]

const visa = 'pm_card_visa'
const ended = new Set(['succeeded', 'canceled'])

const onPayment = (act: (simulation: Simulation, payment: PaymentIntent) => unknown, method = visa): Cause =>
  cause(paid, (input, simulation) => {
    const payment = paymentFor(simulation, input)
    // What was planned for it may have been overtaken.
    if (input.payment_intent !== undefined && ended.has(payment.status)) return payment
    return act(simulation, { ...payment, payment_method: methodFor(simulation, payment.payment_method ?? method).id })
  })

function paymentFor(simulation: Simulation, { payment_intent, metadata, ...input }: Paid): PaymentIntent {
  if (payment_intent !== undefined) return known(payments(simulation).get(payment_intent), 'payment')
  const number = metadata === undefined ? simulation.number('order', 1001) : null
  const amount = input.amount ?? totals[(number ?? -1) % 3] ?? 4900
  return newPayment(simulation, { ...input, amount, metadata: metadata ?? { order_id: `SO-${number}` } })
}

const onRefund = (act: (simulation: Simulation, refund: Refund) => unknown): Cause =>
  cause(z.strictObject({ refund: z.string().optional() }), ({ refund }, simulation) =>
    act(simulation, refund === undefined ? someRefund(simulation) : known(refunds(simulation).get(refund), 'refund')),
  )

const onDispute = (act: (simulation: Simulation, dispute: Dispute, status: 'won' | 'lost') => unknown): Cause =>
  cause(
    z.strictObject({ dispute: z.string().optional(), status: z.enum(['won', 'lost']).default('won') }),
    ({ dispute, status }, simulation) => {
      const meant =
        dispute === undefined ? someDispute(simulation) : known(disputes(simulation).get(dispute), 'dispute')
      return act(simulation, meant, status)
    },
  )

const onCustomer = (act: (simulation: Simulation, id: string, name: string) => unknown): Cause =>
  cause(
    z.strictObject({ customer: z.string().optional(), name: z.string().default('Asha Rao') }),
    ({ customer, name }, simulation) => act(simulation, customer ?? someCustomer(simulation), name),
  )

const refundCause = cause(
  z.strictObject({ payment_intent: z.string().optional(), amount: z.int().positive().optional() }),
  ({ payment_intent, amount }, simulation) =>
    giveBack(simulation, {
      amount,
      ...(payment_intent === undefined ? { charge: someCharge(simulation).id } : { payment_intent }),
    }),
)

/** What happens without a request of ours: customers pay, banks decide. What an event needs is made with it. */
export const causes = {
  'payment_intent.created': cause(paid, (input, simulation) => {
    const payment = paymentFor(simulation, input)
    publish(simulation, 'payment_intent.created', payment)
    return payment
  }),
  'payment_intent.requires_action': onPayment((simulation, payment) =>
    change(simulation, 'payment_intent.requires_action', {
      ...payment,
      status: 'requires_action',
      next_action: { type: 'use_stripe_sdk' },
    }),
  ),
  'payment_intent.processing': onPayment((simulation, payment) =>
    change(simulation, 'payment_intent.processing', { ...payment, status: 'processing' }),
  ),
  'payment_intent.amount_capturable_updated': onPayment((simulation, payment) =>
    take(simulation, { ...payment, capture_method: 'manual' }),
  ),
  'payment_intent.succeeded': onPayment(take),
  'payment_intent.payment_failed': onPayment(
    (simulation, payment) => decline(simulation, payment, genericDecline),
    'pm_card_chargeDeclined',
  ),
  'payment_intent.canceled': cause(
    paid.extend({ reason: z.string().default('abandoned') }),
    ({ reason, ...input }, simulation) => {
      const payment = paymentFor(simulation, input)
      if (ended.has(payment.status)) return payment
      releaseHeld(simulation, payment)
      return cancel(simulation, payment, reason)
    },
  ),
  'charge.succeeded': onPayment(take),
  'charge.failed': onPayment((simulation, payment) => decline(simulation, payment, genericDecline)),
  'charge.captured': onPayment((simulation, payment) =>
    captureHeld(
      simulation,
      payment.status === 'requires_capture' ? payment : take(simulation, { ...payment, capture_method: 'manual' }),
    ),
  ),
  'charge.refunded': refundCause,
  'charge.dispute.created': cause(
    z.strictObject({ charge: z.string().optional(), reason: z.string().default('fraudulent') }),
    ({ charge, reason }, simulation) => {
      const meant = charge === undefined ? someCharge(simulation) : known(charges(simulation).get(charge), 'charge')
      return openDispute(simulation, meant, { reason })
    },
  ),
  'charge.dispute.updated': onDispute((simulation, { id }) =>
    answerDispute(simulation, { id, evidence: { uncategorized_text: 'Delivered and signed for.' } }),
  ),
  'charge.dispute.closed': onDispute(endDispute),
  'refund.created': refundCause,
  'refund.updated': onRefund(succeedRefund),
  'refund.failed': onRefund(failRefund),
  'customer.created': cause(z.strictObject({ email: z.string().default('asha@example.com') }), (input, simulation) =>
    makeCustomer(simulation, input),
  ),
  'customer.updated': onCustomer((simulation, id, name) => changeCustomer(simulation, { id, name })),
  'customer.deleted': onCustomer(deleteCustomer),
  'payment_method.attached': onCustomer((simulation, customer) => attach(simulation, { id: visa, customer })),
  'payment_method.detached': cause(z.strictObject({ payment_method: z.string().optional() }), (input, simulation) =>
    detach(simulation, input.payment_method ?? someAttached(simulation)),
  ),
}

/** The newest charge that can be given back, else one that is made for it. */
function someCharge(simulation: Simulation): Charge {
  const open = [...charges(simulation).values()].findLast(
    ({ paid, captured, refunded, disputed }) => paid === true && captured === true && !refunded && disputed !== true,
  )
  if (open !== undefined) return open
  const payment = paymentFor(simulation, { currency: 'inr' })
  const { latest_charge } = take(simulation, { ...payment, payment_method: methodFor(simulation, visa).id })
  return known(charges(simulation).get(latest_charge ?? ''), 'charge')
}

function someRefund(simulation: Simulation): Refund {
  const made = [...refunds(simulation).values()].findLast(({ status }) => status !== 'failed')
  return made ?? giveBack(simulation, { charge: someCharge(simulation).id })
}

function someDispute(simulation: Simulation): Dispute {
  const open = [...disputes(simulation).values()].findLast(({ status }) => status === 'needs_response')
  return open ?? openDispute(simulation, someCharge(simulation))
}

function someCustomer(simulation: Simulation): string {
  const living = [...customers(simulation).values()].findLast(({ deleted }) => deleted !== true)
  return (living ?? makeCustomer(simulation, { email: 'asha@example.com' })).id
}

function someAttached(simulation: Simulation): string {
  const attached = [...paymentMethods(simulation).values()].findLast(({ customer }) => (customer ?? null) !== null)
  if (attached !== undefined) return attached.id
  const { id } = methodFor(simulation, visa)
  attach(simulation, { id, customer: someCustomer(simulation) })
  return id
}

function known<Item>(item: Item | undefined, what: string): Item {
  if (item === undefined) throw new TenonError('NOT_FOUND', `there is no such ${what}`)
  return item
}
