import { z } from 'zod'

const phoneNumberId = z.string().regex(/^\d{5,20}$/, 'expected the id of a phone number of your account')
/** International form without plus, spaces or zeros in front. */
const recipient = z.string().regex(/^[1-9]\d{6,14}$/, 'expected an international number, digits only')

const envelope = {
  phone_number_id: phoneNumberId,
  messaging_product: z.literal('whatsapp').default('whatsapp'),
  // The live API assumes it, its own description requires it: always sent.
  recipient_type: z.literal('individual').default('individual'),
  to: recipient,
  /** Comes back in each status of the message. */
  biz_opaque_callback_data: z.string().max(512).optional(),
}

const parameter = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string().min(1).max(1024), parameter_name: z.string().optional() }),
  z.strictObject({
    type: z.literal('currency'),
    currency: z.strictObject({ fallback_value: z.string(), code: z.string().length(3), amount_1000: z.int() }),
  }),
  z.strictObject({ type: z.literal('date_time'), date_time: z.strictObject({ fallback_value: z.string() }) }),
])

export const templateMessage = z.strictObject({
  ...envelope,
  type: z.literal('template').default('template'),
  template: z.strictObject({
    name: z.string().regex(/^[a-z0-9_]{1,512}$/),
    language: z.strictObject({ code: z.string().min(2) }),
    components: z
      .array(
        z.strictObject({
          type: z.enum(['header', 'body', 'button']),
          sub_type: z.enum(['url', 'quick_reply']).optional(),
          index: z.string().optional(),
          parameters: z.array(parameter),
        }),
      )
      .optional(),
  }),
})

export const textMessage = z.strictObject({
  ...envelope,
  type: z.literal('text').default('text'),
  text: z.strictObject({ body: z.string().min(1).max(4096), preview_url: z.boolean().optional() }),
})

export const sentMessage = z.looseObject({
  contacts: z.array(z.looseObject({ input: z.string(), wa_id: z.string() })).optional(),
  messages: z.array(z.looseObject({ id: z.string(), message_status: z.string().optional() })).min(1),
})

export const receivedMessage = z.looseObject({
  id: z.string(),
  from: z.string(),
  timestamp: z.string(),
  type: z.string(),
  text: z.looseObject({ body: z.string() }).optional(),
  context: z.looseObject({ id: z.string().optional() }).optional(),
  /** Of the number that received it. */
  phone_number_id: z.string(),
})

export const messageStatus = z.looseObject({
  id: z.string(),
  /** `sent`, `delivered`, `read` or `failed`: they arrive in any order. */
  status: z.string(),
  timestamp: z.string(),
  recipient_id: z.string().optional(),
  biz_opaque_callback_data: z.string().optional(),
  errors: z.array(z.looseObject({ code: z.number(), title: z.string().optional() })).optional(),
  phone_number_id: z.string(),
})

export const notification = z.looseObject({
  object: z.string(),
  entry: z.array(
    z.looseObject({
      id: z.string(),
      changes: z.array(
        z.looseObject({
          field: z.string(),
          value: z.looseObject({
            metadata: z.looseObject({ phone_number_id: z.string() }).optional(),
            messages: z.array(z.looseObject({ id: z.string(), timestamp: z.string() })).optional(),
            statuses: z.array(z.looseObject({ id: z.string(), status: z.string(), timestamp: z.string() })).optional(),
          }),
        }),
      ),
    }),
  ),
})

/** What `sendTemplate` takes. */
export type TemplateMessage = z.input<typeof templateMessage>
export type ReceivedMessage = z.output<typeof receivedMessage>
export type MessageStatus = z.output<typeof messageStatus>
