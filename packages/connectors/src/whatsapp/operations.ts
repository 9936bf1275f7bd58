import { randomBytes } from 'node:crypto'
import { operation, type RequestParts } from 'tenon'
import type { z } from 'zod'
import { writeMultipart } from './multipart.ts'
import * as objects from './objects.ts'
import * as requests from './requests.ts'

/** A Graph API version lives about two years. */
export const version = 'v23.0'

const messages = `/${version}/{phone_number_id}/messages`
const templates = `/${version}/{account_id}/message_templates`

// Neither keys nor a way to look up: after a lost answer a person decides whether the message is to be sent again.
const send = <Input extends z.ZodType>(description: string, input: Input) =>
  operation({
    description,
    method: 'POST',
    path: messages,
    input,
    output: objects.sentMessage,
    idempotency: false,
  })

export const operations = {
  sendTemplate: send(
    'Sends an approved template; the only kind of message that may begin a conversation',
    requests.templateMessage,
  ),
  sendText: send('Sends text to someone who wrote within the last 24 hours', requests.textMessage),
  sendMedia: send('Sends an image, a video, a sound or a document within those 24 hours', requests.mediaMessage),
  sendLocation: send('Sends a place within those 24 hours', requests.locationMessage),
  sendInteractive: send('Sends buttons or a list to choose from within those 24 hours', requests.interactiveMessage),
  sendReaction: send('Puts an emoji on a message', requests.reactionMessage),
  markAsRead: operation({
    description: 'Shows the sender of a message that it was read',
    method: 'POST',
    path: messages,
    input: requests.readReceipt,
    output: objects.success,
    repeatable: true,
  }),

  uploadMedia: operation({
    description: 'Keeps a file for thirty days, to be sent by its id',
    method: 'POST',
    path: `/${version}/{phone_number_id}/media`,
    input: requests.upload,
    output: objects.uploaded,
    request: writeUpload,
    // Two uploads of one file are two ids, and no harm.
    repeatable: true,
  }),
  getMedia: operation({
    description: 'Where a file can be fetched for the next five minutes',
    method: 'GET',
    path: `/${version}/{id}`,
    input: requests.mediaQuery,
    output: objects.media,
  }),
  deleteMedia: operation({
    method: 'DELETE',
    path: `/${version}/{id}`,
    input: requests.mediaQuery,
    output: objects.success,
  }),

  getSelf: operation({
    description: 'For whom the access token acts: a system user of the business',
    method: 'GET',
    path: `/${version}/me`,
    input: requests.nothing,
    output: objects.self,
  }),
  getPhoneNumber: operation({
    description: 'Quality and messaging limit of a number',
    method: 'GET',
    path: `/${version}/{id}`,
    input: requests.numberQuery,
    output: objects.phoneNumber,
  }),
  listTemplates: operation({
    method: 'GET',
    path: templates,
    input: requests.templateQuery,
    output: objects.templateList,
  }),
  createTemplate: operation({
    description: 'Hands a template in for review',
    method: 'POST',
    path: templates,
    input: requests.newTemplate,
    output: objects.newTemplateMade,
    // A name and a language are taken once.
    lookup: {
      operation: 'listTemplates',
      input: ({ account_id, name }: NewTemplate) => ({ account_id, name, limit: 100 }),
      found: ({ data }: TemplateList, { name, language }: NewTemplate) =>
        data.find((template) => template.name === name && template.language === language) ?? null,
    },
  }),
  deleteTemplate: operation({
    description: 'Deletes a template in all its languages',
    method: 'DELETE',
    path: templates,
    input: requests.templateName,
    output: objects.success,
  }),
  subscribeApp: operation({
    description: 'Lets the webhooks of an account come to the app of the access token',
    method: 'POST',
    path: `/${version}/{account_id}/subscribed_apps`,
    input: requests.account,
    output: objects.success,
    repeatable: true,
  }),
}

type NewTemplate = z.output<typeof requests.newTemplate>
type TemplateList = z.output<typeof objects.templateList>

function writeUpload({ phone_number_id, type, filename, data }: z.output<typeof requests.upload>): RequestParts {
  const boundary = `tenon-${randomBytes(16).toString('hex')}`
  const content = Buffer.from(data, 'base64')
  return {
    path: `/${version}/${phone_number_id}/media`,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: writeMultipart({ messaging_product: 'whatsapp', type }, { filename, type, content }, boundary),
  }
}
