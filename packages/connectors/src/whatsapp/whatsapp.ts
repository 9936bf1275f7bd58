import { bearer, bodyHmac, defineConnector, hubChallenge } from 'tenon'
import { readFailure } from './failure.ts'
import { limits } from './limits.ts'
import { readNotification } from './notifications.ts'
import * as objects from './objects.ts'
import type { MessageStatus, NumberQuality, Preference, ReceivedMessage, TemplateStatus } from './objects.ts'
import { operations } from './operations.ts'

export type { MessageStatus, ReceivedMessage, TemplateMessage } from './objects.ts'

export const whatsapp = defineConnector('whatsapp', {
  title: 'WhatsApp Business',
  description: 'WhatsApp Business by the Cloud API: messages, media, templates',
  baseUrl: 'https://graph.facebook.com',
  auth: bearer('accessToken', 'Access token of a system user'),
  account: {
    operation: 'getSelf',
    read: ({ id, name = id }: { readonly id: string; readonly name?: string | undefined }) => ({ id, name }),
  },
  operations,
  policies: { limits },

  events: {
    'message.received': {
      data: objects.receivedMessage,
      correlate: {
        from: (data: ReceivedMessage) => data.from,
        /** Id of the message that this one answers. */
        message: (data: ReceivedMessage) => data.context?.id ?? data.reaction?.message_id,
      },
    },
    'message.status': {
      data: objects.messageStatus,
      correlate: {
        message: (data: MessageStatus) => data.id,
        status: (data: MessageStatus) => data.status,
        callback: (data: MessageStatus) => data.biz_opaque_callback_data,
      },
    },
    'template.status': {
      data: objects.templateStatus,
      correlate: {
        template: (data: TemplateStatus) => data.message_template_name,
        status: (data: TemplateStatus) => data.event,
      },
    },
    'recipient.preference': {
      data: objects.preference,
      correlate: { recipient: (data: Preference) => data.wa_id, value: (data: Preference) => data.value },
    },
    'number.quality': {
      data: objects.numberQuality,
      correlate: { number: (data: NumberQuality) => data.display_phone_number },
    },
  },

  webhooks: {
    verify: bodyHmac({ header: 'x-hub-signature-256', field: 'appSecret', prefix: 'sha256=' }),
    fields: ['verifyToken'],
    read: readNotification,
    handshake: hubChallenge({ field: 'verifyToken' }),
  },

  failure: readFailure,
})
