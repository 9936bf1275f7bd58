import { z } from 'zod'

// Answers are read loosely: what a later API version adds passes through, and a new value of an enumeration breaks nothing.

const metadata = z.record(z.string(), z.string())

export const paymentIntent = z.looseObject({
  id: z.string(),
  /** In the currency's smallest unit. */
  amount: z.number(),
  amount_received: z.number().optional(),
  currency: z.string(),
  status: z.string(),
  customer: z.string().nullish(),
  description: z.string().nullish(),
  receipt_email: z.string().nullish(),
  latest_charge: z.string().nullish(),
  payment_method: z.string().nullish(),
  cancellation_reason: z.string().nullish(),
  last_payment_error: z
    .looseObject({ code: z.string().optional(), decline_code: z.string().optional(), message: z.string().optional() })
    .nullish(),
  metadata,
  created: z.number(),
})

export const refund = z.looseObject({
  id: z.string(),
  amount: z.number(),
  currency: z.string(),
  status: z.string().nullable(),
  reason: z.string().nullish(),
  charge: z.string().nullish(),
  payment_intent: z.string().nullish(),
  metadata: metadata.nullish(),
  created: z.number(),
})

export const charge = z.looseObject({
  id: z.string(),
  amount: z.number(),
  amount_refunded: z.number(),
  currency: z.string(),
  status: z.string(),
  refunded: z.boolean(),
  payment_intent: z.string().nullish(),
  metadata,
  created: z.number(),
})

export const customer = z.looseObject({
  id: z.string(),
  email: z.string().nullish(),
  name: z.string().nullish(),
  phone: z.string().nullish(),
  description: z.string().nullish(),
  metadata: metadata.optional(),
  deleted: z.boolean().optional(),
  created: z.number().optional(),
})

export const event = z.looseObject({
  id: z.string(),
  object: z.literal('event'),
  type: z.string(),
  created: z.number(),
  data: z.looseObject({ object: z.looseObject({}) }),
})

export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.looseObject({ data: z.array(item), has_more: z.boolean() })

export type PaymentIntent = z.output<typeof paymentIntent>
export type Refund = z.output<typeof refund>
export type Charge = z.output<typeof charge>
export type Customer = z.output<typeof customer>
export type StripeEvent = z.output<typeof event>

// Requests are written strictly: a misspelt option is refused before anything is sent.

const newMetadata = z.record(z.string().max(40), z.string().max(500))
const id = z.string().min(1)
const amount = z.int().positive().max(99_999_999)
const moment = z.int().nonnegative()
const page = {
  limit: z.int().min(1).max(100).optional(),
  starting_after: id.optional(),
  ending_before: id.optional(),
  created: z.strictObject({ gt: moment, gte: moment, lt: moment, lte: moment }).partial().optional(),
}

export const byId = z.strictObject({ id })

export const newPaymentIntent = z.strictObject({
  amount,
  currency: z.string().regex(/^[a-z]{3}$/, 'expected three lower-case letters'),
  customer: id.optional(),
  description: z.string().max(1000).optional(),
  payment_method: id.optional(),
  payment_method_types: z.array(z.string()).optional(),
  automatic_payment_methods: z
    .strictObject({ enabled: z.boolean(), allow_redirects: z.enum(['always', 'never']).optional() })
    .optional(),
  confirm: z.boolean().optional(),
  off_session: z.boolean().optional(),
  receipt_email: z.email().optional(),
  return_url: z.url().optional(),
  metadata: newMetadata.optional(),
})

export const confirmation = z.strictObject({
  id,
  payment_method: id.optional(),
  off_session: z.boolean().optional(),
  receipt_email: z.email().optional(),
  return_url: z.url().optional(),
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
    metadata: newMetadata.optional(),
  })
  .refine((input) => input.payment_intent !== undefined || input.charge !== undefined, {
    error: 'expected payment_intent or charge',
    path: ['payment_intent'],
  })

export const newCustomer = z.strictObject({
  email: z.email().optional(),
  name: z.string().max(256).optional(),
  phone: z.string().max(20).optional(),
  description: z.string().max(5000).optional(),
  metadata: newMetadata.optional(),
})

export const paymentIntentQuery = z.strictObject({ customer: id.optional(), ...page })
export const eventQuery = z.strictObject({ type: z.string().optional(), ...page })
