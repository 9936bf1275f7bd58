import { z } from 'zod'

// Requests are written strictly: a misspelt option is refused before anything is sent.

/** An empty value takes a key away. */
const metadata = z
  .record(z.string().max(40), z.string().max(500))
  .refine((keys) => Object.keys(keys).length <= 50, { error: 'expected at most 50 keys' })
const id = z.string().min(1)
const amount = z.int().positive().max(99_999_999)
const moment = z.int().nonnegative()
const currency = z.string().regex(/^[a-z]{3}$/, 'expected three lower-case letters')
const page = {
  limit: z.int().min(1).max(100).optional(),
  starting_after: id.optional(),
  ending_before: id.optional(),
}
const dated = {
  ...page,
  created: z.strictObject({ gt: moment, gte: moment, lt: moment, lte: moment }).partial().optional(),
}

export const nothing = z.strictObject({})
export const byId = z.strictObject({ id })
export const list = z.strictObject(page)

export const search = z.strictObject({
  /** Such as `status:"succeeded" AND metadata["order_id"]:"7"`; https://docs.stripe.com/search. */
  query: z.string().min(1),
  limit: z.int().min(1).max(100).optional(),
  /** `next_page` of the page before. */
  page: z.string().optional(),
})

const paymentDetails = {
  customer: id.optional(),
  description: z.string().max(1000).optional(),
  payment_method: id.optional(),
  payment_method_types: z.array(z.string()).optional(),
  receipt_email: z.email().optional(),
  setup_future_usage: z.enum(['off_session', 'on_session']).optional(),
  statement_descriptor_suffix: z.string().max(22).optional(),
  metadata: metadata.optional(),
}

export const newPaymentIntent = z.strictObject({
  amount,
  currency,
  ...paymentDetails,
  automatic_payment_methods: z
    .strictObject({ enabled: z.boolean(), allow_redirects: z.enum(['always', 'never']).optional() })
    .optional(),
  capture_method: z.enum(['automatic', 'automatic_async', 'manual']).optional(),
  confirm: z.boolean().optional(),
  off_session: z.boolean().optional(),
  return_url: z.url().optional(),
})

export const paymentIntentChange = z.strictObject({
  id,
  amount: amount.optional(),
  currency: currency.optional(),
  ...paymentDetails,
})

export const confirmation = z.strictObject({
  id,
  payment_method: id.optional(),
  off_session: z.boolean().optional(),
  receipt_email: z.email().optional(),
  return_url: z.url().optional(),
})

export const capture = z.strictObject({
  id,
  /** Default is all of it; what is left over is let go. */
  amount_to_capture: amount.optional(),
  metadata: metadata.optional(),
})

export const cancellation = z.strictObject({
  id,
  cancellation_reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer', 'abandoned']).optional(),
})

export const newRefund = z
  .strictObject({
    payment_intent: id.optional(),
    charge: id.optional(),
    amount: amount.optional(),
    reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
    metadata: metadata.optional(),
  })
  .refine((input) => input.payment_intent !== undefined || input.charge !== undefined, {
    error: 'expected payment_intent or charge',
    path: ['payment_intent'],
  })

export const metadataChange = z.strictObject({ id, metadata: metadata.optional() })

const customerDetails = {
  email: z.email().optional(),
  name: z.string().max(256).optional(),
  phone: z.string().max(20).optional(),
  description: z.string().max(5000).optional(),
  metadata: metadata.optional(),
}
export const newCustomer = z.strictObject(customerDetails)
export const customerChange = z.strictObject({ id, ...customerDetails })

export const newPaymentMethod = z.strictObject({
  type: z.literal('card'),
  /** A token such as `tok_visa`: card numbers themselves belong to Stripe's own forms. */
  card: z.strictObject({ token: id }),
  metadata: metadata.optional(),
})
export const attachment = z.strictObject({ id, customer: id })

export const disputeChange = z.strictObject({
  id,
  evidence: z
    .strictObject({
      uncategorized_text: z.string().max(20_000),
      product_description: z.string().max(20_000),
      customer_name: z.string(),
      customer_email_address: z.email(),
      shipping_carrier: z.string(),
      shipping_tracking_number: z.string(),
      shipping_date: z.string(),
    })
    .partial()
    .optional(),
  /** Hands it to the bank; afterwards nothing can be added. Default true. */
  submit: z.boolean().optional(),
  metadata: metadata.optional(),
})

const endpointDetails = {
  description: z.string().max(5000).optional(),
  metadata: metadata.optional(),
}
export const newWebhookEndpoint = z.strictObject({
  url: z.url(),
  enabled_events: z.array(z.string().min(1)).min(1),
  api_version: z.string().optional(),
  ...endpointDetails,
})
export const webhookEndpointChange = z.strictObject({
  id,
  url: z.url().optional(),
  enabled_events: z.array(z.string().min(1)).min(1).optional(),
  disabled: z.boolean().optional(),
  ...endpointDetails,
})

export const paymentIntentQuery = z.strictObject({ customer: id.optional(), ...dated })
export const chargeQuery = z.strictObject({ customer: id.optional(), payment_intent: id.optional(), ...dated })
export const refundQuery = z.strictObject({ payment_intent: id.optional(), charge: id.optional(), ...dated })
export const customerQuery = z.strictObject({ email: z.string().optional(), ...dated })
export const paymentMethodQuery = z.strictObject({ customer: id, type: z.string().optional(), ...page })
export const disputeQuery = z.strictObject({ payment_intent: id.optional(), charge: id.optional(), ...dated })
export const eventQuery = z.strictObject({
  type: z.string().optional(),
  types: z.array(z.string()).max(20).optional(),
  ...dated,
})
