import { timingSafeEqual } from 'node:crypto'
import {
  bearer,
  bodyHmac,
  defineConnector,
  operation,
  type AnswerParts,
  type ProviderFailure,
  type RawRequest,
  type ReceivedEvent,
} from 'tenon'
import * as objects from './objects.ts'
import type { MessageStatus, ReceivedMessage } from './objects.ts'

export type { MessageStatus, ReceivedMessage, TemplateMessage } from './objects.ts'

/** A Graph API version lives about two years. */
const version = 'v23.0'

export const whatsapp = defineConnector('whatsapp', {
  description: 'WhatsApp Business messages by the Cloud API',
  baseUrl: 'https://graph.facebook.com',
  auth: bearer('accessToken', 'Access token of a system user'),

  operations: {
    // Neither keys nor a way to look up: after a lost answer a person decides whether the message is to be sent again.
    sendTemplate: operation({
      description: 'Sends an approved template; the only kind of message that may begin a conversation',
      method: 'POST',
      path: `/${version}/{phone_number_id}/messages`,
      input: objects.templateMessage,
      output: objects.sentMessage,
      idempotency: false,
    }),
    sendText: operation({
      description: 'Sends text to someone who wrote within the last 24 hours',
      method: 'POST',
      path: `/${version}/{phone_number_id}/messages`,
      input: objects.textMessage,
      output: objects.sentMessage,
      idempotency: false,
    }),
  },

  events: {
    'message.received': {
      data: objects.receivedMessage,
      correlate: {
        from: (data: ReceivedMessage) => data.from,
        /** Id of the message that this one answers. */
        message: (data: ReceivedMessage) => data.context?.id,
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
  },

  webhooks: {
    verify: bodyHmac({ header: 'x-hub-signature-256', field: 'appSecret', prefix: 'sha256=' }),
    fields: ['verifyToken'],
    read: readNotification,
    handshake: answerHandshake,
  },

  failure: readFailure,
})

/** One request may carry several entries, each several changes, each several messages and statuses. */
function readNotification(body: unknown): ReceivedEvent[] {
  return objects.notification.parse(body).entry.flatMap(({ changes }) =>
    changes
      .filter(({ field }) => field === 'messages')
      .flatMap(({ value: { messages = [], statuses = [], metadata } }) => {
        const phone_number_id = metadata?.phone_number_id ?? ''
        return [
          ...messages.map((message) => ({
            id: message.id,
            type: 'message.received',
            timeMs: Number(message.timestamp) * 1000,
            data: { ...message, phone_number_id },
          })),
          ...statuses.map((status) => ({
            // A message goes through several statuses under one id.
            id: `${status.id}:${status.status}`,
            type: 'message.status',
            timeMs: Number(status.timestamp) * 1000,
            data: { ...status, phone_number_id },
          })),
        ]
      }),
  )
}

function answerHandshake({ query }: RawRequest, { verifyToken = '' }: Readonly<Record<string, string>>): string | null {
  const [given, expected] = [Buffer.from(query['hub.verify_token'] ?? ''), Buffer.from(verifyToken)]
  const isGenuine = expected.length > 0 && given.length === expected.length && timingSafeEqual(given, expected)
  return query['hub.mode'] === 'subscribe' && isGenuine ? (query['hub.challenge'] ?? null) : null
}

/** Codes after which the same message may be sent again; all others are final. */
const retryableCodes = new Set([1, 2, 4, 80_007, 130_429, 131_000, 131_016, 131_056, 133_016])
/** Pair rate: one message in six seconds to one recipient. */
const pairRate = 131_056

interface FailureBody {
  readonly error?: {
    readonly message?: string
    readonly code?: number
    readonly error_data?: { readonly details?: string }
  }
}

function readFailure({ status, body }: AnswerParts): ProviderFailure | null {
  const error = (body as FailureBody | undefined)?.error
  if (status < 400 && error === undefined) return null
  const code = error?.code
  const message = [error?.message, error?.error_data?.details].filter((part) => part !== undefined).join(': ')
  if (code === undefined) return { message }
  return {
    message,
    code: String(code),
    retryable: retryableCodes.has(code) || (status >= 500 && code < 100),
    ...(code === pairRate ? { retryAfterMs: 6000 } : {}),
  }
}
