import * as objects from './objects.ts'
import type { Charge, Customer, Dispute, PaymentIntent, PaymentMethod, Refund } from './objects.ts'

const payment = {
  data: objects.paymentIntent,
  correlate: {
    payment: (data: PaymentIntent) => data.id,
    order: (data: PaymentIntent) => data.metadata['order_id'],
  },
}
const charge = {
  data: objects.charge,
  correlate: {
    charge: (data: Charge) => data.id,
    payment: (data: Charge) => data.payment_intent ?? undefined,
    order: (data: Charge) => data.metadata['order_id'],
  },
}
const refund = {
  data: objects.refund,
  correlate: {
    refund: (data: Refund) => data.id,
    payment: (data: Refund) => data.payment_intent ?? undefined,
  },
}
const dispute = {
  data: objects.dispute,
  correlate: {
    dispute: (data: Dispute) => data.id,
    charge: (data: Dispute) => data.charge,
    payment: (data: Dispute) => data.payment_intent ?? undefined,
  },
}
const customer = { data: objects.customer, correlate: { customer: (data: Customer) => data.id } }
const paymentMethod = {
  data: objects.paymentMethod,
  correlate: {
    payment_method: (data: PaymentMethod) => data.id,
    customer: (data: PaymentMethod) => data.customer ?? undefined,
  },
}

export const events = {
  'payment_intent.created': payment,
  'payment_intent.requires_action': payment,
  'payment_intent.processing': payment,
  'payment_intent.amount_capturable_updated': payment,
  'payment_intent.succeeded': payment,
  'payment_intent.payment_failed': payment,
  'payment_intent.canceled': payment,
  'charge.succeeded': charge,
  'charge.failed': charge,
  'charge.captured': charge,
  'charge.refunded': charge,
  'charge.dispute.created': dispute,
  'charge.dispute.updated': dispute,
  'charge.dispute.closed': dispute,
  'refund.created': refund,
  'refund.updated': refund,
  'refund.failed': refund,
  'customer.created': customer,
  'customer.updated': customer,
  'customer.deleted': customer,
  'payment_method.attached': paymentMethod,
  'payment_method.detached': paymentMethod,
}
