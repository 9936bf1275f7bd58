import type { ReceivedEvent } from 'tenon'
import * as objects from './objects.ts'

/** One request may carry several entries, each several changes, each several messages and statuses. */
export function readNotification(body: unknown): ReceivedEvent[] {
  return objects.notification
    .parse(body)
    .entry.flatMap(({ changes, time }) => changes.flatMap(({ field, value }) => eventsIn(field, value, time)))
}

type Change = ReturnType<typeof objects.notification.parse>['entry'][number]['changes'][number]['value']

function eventsIn(field: string, value: Change, timeS: number | undefined): ReceivedEvent[] {
  const at = timeS === undefined ? {} : { timeMs: timeS * 1000 }
  switch (field) {
    case 'messages':
      return messagesIn(value)
    case 'message_template_status_update': {
      const { message_template_id, event } = objects.templateStatus.parse(value)
      const id = `template:${message_template_id}:${event}:${timeS ?? ''}`
      return [{ id, type: 'template.status', data: value, ...at }]
    }
    case 'phone_number_quality_update': {
      const { display_phone_number, event } = objects.numberQuality.parse(value)
      return [
        { id: `number:${display_phone_number}:${event}:${timeS ?? ''}`, type: 'number.quality', data: value, ...at },
      ]
    }
    case 'user_preferences':
      return (value.user_preferences ?? []).map((one) => ({
        id: `preference:${one.wa_id}:${one.category}:${one.value}:${one.timestamp}`,
        type: 'recipient.preference',
        timeMs: Number(one.timestamp) * 1000,
        data: one,
      }))
    default:
      return []
  }
}

function messagesIn({ messages = [], statuses = [], metadata }: Change): ReceivedEvent[] {
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
}
