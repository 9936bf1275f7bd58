import { z } from 'zod'
import type { templateMessage } from './requests.ts'

// Answers are read loosely: what a later version adds passes through.

export const sentMessage = z.looseObject({
  contacts: z.array(z.looseObject({ input: z.string(), wa_id: z.string() })).optional(),
  messages: z.array(z.looseObject({ id: z.string(), message_status: z.string().optional() })).min(1),
})

export const success = z.looseObject({ success: z.boolean() })

export const uploaded = z.looseObject({ id: z.string() })

export const media = z.looseObject({
  id: z.string(),
  /** Good for five minutes, and only with the access token. */
  url: z.string(),
  mime_type: z.string(),
  sha256: z.string().optional(),
  file_size: z.number().optional(),
})

export const self = z.looseObject({ id: z.string(), name: z.string().optional() })

export const phoneNumber = z.looseObject({
  id: z.string(),
  display_phone_number: z.string().optional(),
  verified_name: z.string().optional(),
  /** `GREEN`, `YELLOW` or `RED`. */
  quality_rating: z.string().optional(),
  messaging_limit_tier: z.string().optional(),
})

export const template = z.looseObject({
  id: z.string(),
  name: z.string(),
  language: z.string(),
  /** `APPROVED`, `PENDING`, `REJECTED`, `PAUSED` or `DISABLED`. */
  status: z.string(),
  category: z.string(),
  components: z.array(z.looseObject({ type: z.string() })).optional(),
})
export const newTemplateMade = z.looseObject({ id: z.string(), status: z.string(), category: z.string() })

export const templateList = z.looseObject({
  data: z.array(template),
  paging: z
    .looseObject({
      cursors: z.looseObject({ before: z.string(), after: z.string() }).optional(),
      next: z.string().optional(),
    })
    .optional(),
})

const problem = z.looseObject({ code: z.number(), title: z.string().optional() })

export const receivedMessage = z.looseObject({
  id: z.string(),
  from: z.string(),
  timestamp: z.string(),
  /** `text`, `image`, `button`, `interactive`, `reaction`, `location`, `unsupported` and others. */
  type: z.string(),
  text: z.looseObject({ body: z.string() }).optional(),
  image: z.looseObject({ id: z.string(), mime_type: z.string().optional() }).optional(),
  button: z.looseObject({ text: z.string(), payload: z.string().optional() }).optional(),
  interactive: z.looseObject({ type: z.string() }).optional(),
  reaction: z.looseObject({ message_id: z.string(), emoji: z.string().optional() }).optional(),
  context: z.looseObject({ id: z.string().optional() }).optional(),
  errors: z.array(problem).optional(),
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
  pricing: z.looseObject({ billable: z.boolean().optional(), category: z.string().optional() }).optional(),
  errors: z.array(problem).optional(),
  phone_number_id: z.string(),
})

export const templateStatus = z.looseObject({
  message_template_id: z.union([z.string(), z.number().transform(String)]),
  message_template_name: z.string(),
  message_template_language: z.string(),
  /** `APPROVED`, `REJECTED`, `PAUSED`, `DISABLED`, `PENDING`, `FLAGGED` and others. */
  event: z.string(),
  reason: z.string().nullish(),
})

export const preference = z.looseObject({
  wa_id: z.string(),
  category: z.string(),
  /** `stop` or `resume`. */
  value: z.string(),
  timestamp: z.union([z.string(), z.number().transform(String)]),
})

export const numberQuality = z.looseObject({
  display_phone_number: z.string(),
  /** `UPGRADE`, `DOWNGRADE`, `FLAGGED`, `UNFLAGGED` and others. */
  event: z.string(),
  current_limit: z.string().optional(),
})

const identified = z.looseObject({ id: z.string(), timestamp: z.string() })

/** What several kinds of notification have in common. */
export const notification = z.looseObject({
  object: z.string(),
  entry: z.array(
    z.looseObject({
      id: z.string(),
      time: z.number().optional(),
      changes: z.array(
        z.looseObject({
          field: z.string(),
          value: z.looseObject({
            metadata: z.looseObject({ phone_number_id: z.string() }).optional(),
            messages: z.array(identified).optional(),
            statuses: z.array(identified.extend({ status: z.string() })).optional(),
            user_preferences: z.array(preference).optional(),
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
export type TemplateStatus = z.output<typeof templateStatus>
export type Preference = z.output<typeof preference>
export type NumberQuality = z.output<typeof numberQuality>
export type Template = z.output<typeof template>
