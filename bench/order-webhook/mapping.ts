// Step A of the job as plain functions; `bare` and the prototype use them, and Tenon's flow too.

export interface Payment {
  readonly event: string
  readonly order: string
  readonly amount: number
  readonly currency: string
  readonly customer: string
  readonly email: string
}

export interface PaymentEvent {
  readonly id: string
  readonly type: string
  readonly data: { readonly object: PaymentObject }
}

interface PaymentObject {
  readonly id: string
  readonly amount_received: number
  readonly currency: string
  readonly customer: string
  readonly receipt_email: string
  readonly metadata: { readonly order_id: string }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** Hand-written validation, the way a plain program does it. */
export function readEvent(value: unknown): PaymentEvent {
  const event = value as PaymentEvent
  const payment = event?.data?.object
  if (!isText(event?.id) || event.type !== 'payment_intent.succeeded') throw new Error('not a payment event')
  if (!isText(payment?.id) || !Number.isSafeInteger(payment.amount_received) || !isText(payment.currency))
    throw new Error('not a payment')
  if (!isText(payment.customer) || !isText(payment.receipt_email) || !isText(payment.metadata?.order_id))
    throw new Error('not an order')
  return event
}

export function toPayment(id: string, payment: PaymentObject): Payment {
  return {
    event: id,
    order: payment.metadata.order_id,
    amount: payment.amount_received,
    currency: payment.currency.toUpperCase(),
    customer: payment.customer,
    email: payment.receipt_email.toLowerCase(),
  }
}

/** The second object, which needs sink 1's answer. */
export function toShipment(
  payment: Payment,
  booking: { readonly number: number },
): { event: string; order: string; booking: number; note: string } {
  return {
    event: payment.event,
    order: payment.order,
    booking: booking.number,
    note: `paid ${payment.amount} ${payment.currency}`,
  }
}
