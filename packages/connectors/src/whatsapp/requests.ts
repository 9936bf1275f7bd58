import { z } from 'zod'

const phoneNumberId = z.string().regex(/^\d{5,20}$/, 'expected the id of a phone number of your account')
const accountId = z.string().regex(/^\d{5,20}$/, 'expected the id of your WhatsApp Business account')
/** International form without plus, spaces or zeros in front. */
const recipient = z.string().regex(/^[1-9]\d{6,14}$/, 'expected an international number, digits only')
const messageId = z.string().startsWith('wamid.')
const mediaId = z.string().regex(/^\d{5,20}$/, 'expected the id of uploaded media')
const product = z.literal('whatsapp').default('whatsapp')

const envelope = {
  phone_number_id: phoneNumberId,
  messaging_product: product,
  // The live API assumes it, its own description requires it: always sent.
  recipient_type: z.literal('individual').default('individual'),
  to: recipient,
  /** The message that this one answers. */
  context: z.strictObject({ message_id: messageId }).optional(),
  /** Comes back in each status of the message. */
  biz_opaque_callback_data: z.string().max(512).optional(),
}

/** Uploaded before, or at an address that Meta can read. */
const file = { id: mediaId.optional(), link: z.url().optional() }
const hasFile = (media: { id?: string | undefined; link?: string | undefined }): boolean =>
  (media.id === undefined) !== (media.link === undefined)
const oneOf = { error: 'expected either id or link' }
const caption = z.string().max(1024).optional()

const image = z.strictObject({ ...file, caption }).refine(hasFile, oneOf)
const video = image
const audio = z.strictObject(file).refine(hasFile, oneOf)
const document = z.strictObject({ ...file, caption, filename: z.string().max(240).optional() }).refine(hasFile, oneOf)

const parameter = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string().min(1).max(1024), parameter_name: z.string().optional() }),
  z.strictObject({
    type: z.literal('currency'),
    currency: z.strictObject({ fallback_value: z.string(), code: z.string().length(3), amount_1000: z.int() }),
  }),
  z.strictObject({ type: z.literal('date_time'), date_time: z.strictObject({ fallback_value: z.string() }) }),
  z.strictObject({ type: z.literal('image'), image }),
  z.strictObject({ type: z.literal('video'), video }),
  z.strictObject({ type: z.literal('document'), document }),
  z.strictObject({ type: z.literal('payload'), payload: z.string().max(256) }),
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

export const mediaMessage = z.discriminatedUnion('type', [
  z.strictObject({ ...envelope, type: z.literal('image'), image }),
  z.strictObject({ ...envelope, type: z.literal('video'), video }),
  z.strictObject({ ...envelope, type: z.literal('audio'), audio }),
  z.strictObject({ ...envelope, type: z.literal('document'), document }),
])

export const locationMessage = z.strictObject({
  ...envelope,
  type: z.literal('location').default('location'),
  location: z.strictObject({
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    name: z.string().optional(),
    address: z.string().optional(),
  }),
})

const reply = z.strictObject({ id: z.string().min(1).max(256), title: z.string().min(1).max(20) })
const row = z.strictObject({
  id: z.string().min(1).max(200),
  title: z.string().min(1).max(24),
  description: z.string().max(72).optional(),
})
const action = z.union([
  z.strictObject({
    buttons: z
      .array(z.strictObject({ type: z.literal('reply'), reply }))
      .min(1)
      .max(3),
  }),
  z.strictObject({
    button: z.string().min(1).max(20),
    sections: z
      .array(z.strictObject({ title: z.string().max(24).optional(), rows: z.array(row).min(1) }))
      .min(1)
      .max(10),
  }),
])

export const interactiveMessage = z.strictObject({
  ...envelope,
  type: z.literal('interactive').default('interactive'),
  interactive: z.strictObject({
    type: z.enum(['button', 'list']),
    header: z.strictObject({ type: z.literal('text'), text: z.string().max(60) }).optional(),
    body: z.strictObject({ text: z.string().min(1).max(1024) }),
    footer: z.strictObject({ text: z.string().max(60) }).optional(),
    action,
  }),
})

export const reactionMessage = z.strictObject({
  ...envelope,
  type: z.literal('reaction').default('reaction'),
  /** An empty emoji takes a reaction back. */
  reaction: z.strictObject({ message_id: messageId, emoji: z.string().max(16) }),
})

export const readReceipt = z.strictObject({
  phone_number_id: phoneNumberId,
  messaging_product: product,
  status: z.literal('read').default('read'),
  message_id: messageId,
  /** Shows that an answer is being written. */
  typing_indicator: z.strictObject({ type: z.literal('text') }).optional(),
})

export const upload = z.strictObject({
  phone_number_id: phoneNumberId,
  /** Such as `image/jpeg`. */
  type: z.string().regex(/^\w+\/[\w.+-]+$/),
  filename: z.string().regex(/^[^"\r\n/\\]{1,240}$/),
  data: z.base64(),
})
export const mediaQuery = z.strictObject({ id: mediaId, phone_number_id: phoneNumberId.optional() })

export const nothing = z.strictObject({})

export const numberQuery = z.strictObject({
  id: phoneNumberId,
  fields: z.string().default('id,display_phone_number,verified_name,quality_rating,messaging_limit_tier,status'),
})

export const templateQuery = z.strictObject({
  account_id: accountId,
  name: z.string().optional(),
  name_or_content: z.string().optional(),
  status: z.enum(['APPROVED', 'PENDING', 'REJECTED', 'PAUSED', 'DISABLED']).optional(),
  limit: z.int().min(1).max(1000).optional(),
  after: z.string().optional(),
  before: z.string().optional(),
})

const buttons = z.array(
  z.strictObject({ type: z.enum(['QUICK_REPLY', 'URL']), text: z.string().max(25), url: z.string().optional() }),
)
export const newTemplate = z.strictObject({
  account_id: accountId,
  name: z.string().regex(/^[a-z0-9_]{1,512}$/),
  language: z.string().min(2),
  category: z.enum(['AUTHENTICATION', 'MARKETING', 'UTILITY']),
  components: z
    .array(
      z.strictObject({
        type: z.enum(['HEADER', 'BODY', 'FOOTER', 'BUTTONS']),
        format: z.enum(['TEXT', 'IMAGE', 'VIDEO', 'DOCUMENT']).optional(),
        text: z.string().max(1024).optional(),
        example: z.looseObject({}).optional(),
        buttons: buttons.optional(),
      }),
    )
    .min(1),
})
export const templateName = z.strictObject({ account_id: accountId, name: z.string().min(1) })
export const account = z.strictObject({ account_id: accountId })
