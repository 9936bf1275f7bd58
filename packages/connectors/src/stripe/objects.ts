import { z } from 'zod'

// Answers are read loosely: what a later API version adds passes through, and a new value of an enumeration breaks nothing.

const metadata = z.record(z.string(), z.string())

const paymentError = z.looseObject({
  type: z.string().optional(),
  code: z.string().optional(),
  decline_code: z.string().optional(),
  message: z.string().optional(),
})

export const account = z.looseObject({
  id: z.string(),
  country: z.string().nullish(),
  default_currency: z.string().nullish(),
  email: z.string().nullish(),
  business_profile: z.looseObject({ name: z.string().nullish() }).nullish(),
  settings: z.looseObject({ dashboard: z.looseObject({ display_name: z.string().nullish() }).optional() }).nullish(),
})

export const paymentIntent = z.looseObject({
  id: z.string(),
  /** In the currency's smallest unit; currencies without one, such as the yen, count whole. */
  amount: z.number(),
  amount_capturable: z.number().optional(),
  amount_received: z.number().optional(),
  currency: z.string(),
  status: z.string(),
  capture_method: z.string().optional(),
  customer: z.string().nullish(),
  description: z.string().nullish(),
  receipt_email: z.string().nullish(),
  latest_charge: z.string().nullish(),
  payment_method: z.string().nullish(),
  next_action: z.looseObject({ type: z.string() }).nullish(),
  cancellation_reason: z.string().nullish(),
  canceled_at: z.number().nullish(),
  last_payment_error: paymentError.nullish(),
  livemode: z.boolean().optional(),
  metadata,
  created: z.number(),
})

export const refund = z.looseObject({
  id: z.string(),
  amount: z.number(),
  currency: z.string(),
  /** `pending`, `requires_action`, `succeeded`, `failed` or `canceled`. */
  status: z.string().nullable(),
  reason: z.string().nullish(),
  charge: z.string().nullish(),
  payment_intent: z.string().nullish(),
  failure_reason: z.string().nullish(),
  metadata: metadata.nullish(),
  created: z.number(),
})

export const charge = z.looseObject({
  id: z.string(),
  amount: z.number(),
  amount_captured: z.number().optional(),
  amount_refunded: z.number(),
  currency: z.string(),
  status: z.string(),
  paid: z.boolean().optional(),
  captured: z.boolean().optional(),
  refunded: z.boolean(),
  disputed: z.boolean().optional(),
  customer: z.string().nullish(),
  payment_intent: z.string().nullish(),
  payment_method: z.string().nullish(),
  failure_code: z.string().nullish(),
  failure_message: z.string().nullish(),
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

export const paymentMethod = z.looseObject({
  id: z.string(),
  type: z.string(),
  customer: z.string().nullish(),
  card: z.looseObject({ brand: z.string(), last4: z.string(), exp_month: z.number(), exp_year: z.number() }).optional(),
  metadata: metadata.nullish(),
  created: z.number(),
})

export const dispute = z.looseObject({
  id: z.string(),
  amount: z.number(),
  currency: z.string(),
  /** `needs_response`, `under_review`, `won` or `lost`; those of an inquiry begin with `warning_`. */
  status: z.string(),
  reason: z.string(),
  charge: z.string(),
  payment_intent: z.string().nullish(),
  evidence_details: z.looseObject({ due_by: z.number().nullish(), submission_count: z.number() }).optional(),
  metadata: metadata.nullish(),
  created: z.number(),
})

export const webhookEndpoint = z.looseObject({
  id: z.string(),
  url: z.string(),
  enabled_events: z.array(z.string()),
  status: z.string(),
  api_version: z.string().nullish(),
  description: z.string().nullish(),
  /** Only in the answer that made it. */
  secret: z.string().optional(),
  metadata: metadata.nullish(),
  created: z.number(),
})

export const event = z.looseObject({
  id: z.string(),
  object: z.literal('event'),
  type: z.string(),
  created: z.number(),
  api_version: z.string().nullish(),
  data: z.looseObject({ object: z.looseObject({}) }),
})

export const deleted = z.looseObject({ id: z.string(), deleted: z.boolean() })

export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.looseObject({ data: z.array(item), has_more: z.boolean() })

/** A search is a minute behind: what was just written may be missing. */
export const foundOf = <Item extends z.ZodType>(item: Item) =>
  z.looseObject({ data: z.array(item), has_more: z.boolean(), next_page: z.string().nullish() })

export type PaymentIntent = z.output<typeof paymentIntent>
export type Refund = z.output<typeof refund>
export type Charge = z.output<typeof charge>
export type Customer = z.output<typeof customer>
export type PaymentMethod = z.output<typeof paymentMethod>
export type Dispute = z.output<typeof dispute>
export type WebhookEndpoint = z.output<typeof webhookEndpoint>
export type StripeEvent = z.output<typeof event>
export type Account = z.output<typeof account>
