import { accountId, phoneNumberId } from './account.ts'
import type { ConnectorCases } from '../cases.ts'
import type { TemplateMessage, whatsapp } from './whatsapp.ts'

const someone = { phone_number_id: phoneNumberId, to: '919820012345' }
const message: TemplateMessage = {
  ...someone,
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
const strange = { id: '12345', colour: 'red' }
// All but a template may only be sent to someone who wrote.
const heard = [{ event: 'message.received', input: { from: someone.to } }]
const photo = { type: 'image/png', filename: 'tray.png', data: Buffer.from('not really a photo').toString('base64') }

let number = 0

export const cases: ConnectorCases<typeof whatsapp> = {
  sendTemplate: { good: message, bad: { ...message, to: '+91 98200 12345' } },
  sendText: {
    good: { ...someone, text: { body: 'It is on its way.' } },
    bad: { ...someone, text: { body: '' } },
    before: heard,
  },
  uploadMedia: {
    good: { phone_number_id: phoneNumberId, ...photo },
    bad: { phone_number_id: phoneNumberId, ...photo, type: 'x' },
  },
  getMedia: { good: (made) => ({ id: made.uploadMedia.id }), bad: strange },
  sendMedia: {
    good: (made) => ({ ...someone, type: 'image', image: { id: made.uploadMedia.id, caption: 'An oak tray' } }),
    bad: { ...someone, type: 'image', image: {} },
    fresh: 'uploadMedia',
    before: heard,
  },
  deleteMedia: { good: (made) => ({ id: made.uploadMedia.id }), bad: strange, fresh: 'uploadMedia' },
  sendLocation: {
    good: { ...someone, location: { latitude: 12.97, longitude: 77.59, name: 'Workshop' } },
    bad: { ...someone, location: { latitude: 120, longitude: 77.59 } },
    before: heard,
  },
  sendInteractive: {
    good: {
      ...someone,
      interactive: {
        type: 'button',
        body: { text: 'Shall we deliver today?' },
        action: { buttons: [{ type: 'reply', reply: { id: 'yes', title: 'Yes' } }] },
      },
    },
    bad: { ...someone, interactive: { type: 'button', body: { text: 'Well?' }, action: { buttons: [] } } },
    before: heard,
  },
  sendReaction: {
    good: (_made, received) => ({ ...someone, reaction: { message_id: received.id, emoji: '👍' } }),
    bad: { ...someone, reaction: { message_id: '7', emoji: '👍' } },
    before: heard,
  },
  markAsRead: {
    good: (_made, received) => ({ phone_number_id: phoneNumberId, message_id: received.id }),
    bad: { phone_number_id: phoneNumberId, message_id: '7' },
    before: heard,
  },
  getSelf: { good: {}, bad: { colour: 'red' } },
  getPhoneNumber: { good: { id: phoneNumberId }, bad: { id: 'mine' } },
  listTemplates: { good: { account_id: accountId, limit: 2 }, bad: { account_id: accountId, limit: 0 } },
  createTemplate: {
    good: () => ({
      account_id: accountId,
      name: `delivered_${(number += 1)}`,
      language: 'en',
      category: 'UTILITY',
      components: [{ type: 'BODY', text: 'Your order {{1}} is there.' }],
    }),
    bad: { account_id: accountId, name: 'With Spaces' },
  },
  deleteTemplate: {
    good: () => ({ account_id: accountId, name: `delivered_${number}` }),
    bad: { account_id: accountId },
    fresh: 'createTemplate',
  },
  subscribeApp: { good: { account_id: accountId }, bad: { account_id: 'mine' } },
}
