import type { ConnectorCases } from '../cases.ts'
import type { TemplateMessage, whatsapp } from './whatsapp.ts'

const message: TemplateMessage = {
  phone_number_id: '106540352242922',
  to: '919820012345',
  template: {
    name: 'order_confirmation',
    language: { code: 'en' },
    components: [
      {
        type: 'body',
        parameters: [
          { type: 'text', text: 'Zoë' },
          { type: 'text', text: 'SO-1001' },
        ],
      },
    ],
  },
}

export const cases: ConnectorCases<typeof whatsapp> = {
  sendTemplate: { good: message, bad: { ...message, to: '+91 98200 12345' } },
  sendText: {
    good: { phone_number_id: message.phone_number_id, to: message.to, text: { body: 'It is on its way.' } },
    bad: { phone_number_id: message.phone_number_id, to: message.to, text: { body: '' } },
    // Text may only be sent to someone who wrote.
    before: [{ event: 'message.received', input: { from: message.to } }],
  },
}
