import { cause, defineSimulator, type LimitedRequest, type Simulation } from 'tenon/simulator'
import { z } from 'zod'
import { displayNumber, phoneNumberId, qualityOf, setQuality, someone, tell } from './account.ts'
import { refuse, requireAccount, requireNumber, usage } from './dialect.ts'
import { deleteMedia, readUpload, requireMedia, showMedia, upload } from './media.ts'
import { markRead, messageFor, prefer, receive, report, sendFree, sendPaid } from './messages.ts'
import { createTemplate, deleteTemplate, firstTemplates, judgeTemplate, listTemplates, sendable } from './templates.ts'
import { whatsapp } from './whatsapp.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const managed = new Set(['listTemplates', 'createTemplate', 'deleteTemplate', 'subscribeApp'])
const isSending = ({ operation }: LimitedRequest): boolean => operation.startsWith('send')
const recipientOf = ({ input }: LimitedRequest): string | null => (input as { to?: string } | null)?.to ?? null

const incoming = z.strictObject({
  from: z.string().default(someone),
  text: z.string().default('Thank you!'),
  type: z.enum(['text', 'image', 'button', 'interactive', 'reaction', 'location']).default('text'),
  /** Id of the message that it answers; default is the newest one to that person. */
  context: z.string().optional(),
})
const statusChange = z.strictObject({
  /** Default is the newest message. */
  id: z.string().optional(),
  status: z.enum(['sent', 'delivered', 'read', 'failed']).default('delivered'),
  code: z.int().default(131_026),
})
const judgement = z.strictObject({
  /** Default is the newest template. */
  name: z.string().optional(),
  language: z.string().default('en'),
  event: z.enum(['APPROVED', 'REJECTED', 'PAUSED', 'DISABLED', 'PENDING']).default('APPROVED'),
})
const preference = z.strictObject({
  recipient: z.string().default(someone),
  value: z.enum(['stop', 'resume']).default('stop'),
})
const quality = z.strictObject({
  event: z.enum(['UPGRADE', 'DOWNGRADE', 'FLAGGED', 'UNFLAGGED']).default('DOWNGRADE'),
  tier: z.enum(['TIER_250', 'TIER_1K', 'TIER_10K', 'TIER_100K', 'TIER_UNLIMITED']).default('TIER_1K'),
})

export const whatsappSimulator = defineSimulator(whatsapp, {
  credentials: {
    accessToken: (random) => `EAA${random(120)}`,
    appSecret: (random) => random(32),
    verifyToken: (random) => random(24),
  },
  limits: [
    { name: 'throughput', most: 80, perMs: second, of: (request) => (isSending(request) ? '' : null) },
    { name: 'pair', most: 1, perMs: 6 * second, of: (request) => (isSending(request) ? recipientOf(request) : null) },
    {
      name: 'management',
      most: 200,
      perMs: hour,
      of: ({ operation }) => (managed.has(operation) ? '' : null),
      headers: ({ left }) => usage(Math.round((200 - left) / 2)),
    },
  ],
  // Growing pauses over seven days.
  redelivery: {
    pausesMs: [
      10 * second,
      minute,
      5 * minute,
      15 * minute,
      hour,
      3 * hour,
      6 * hour,
      12 * hour,
      day,
      day,
      day,
      day,
      day,
      day,
    ],
  },
  headers: (_request, simulation) => ({ 'facebook-api-version': 'v23.0', 'x-fb-trace-id': simulation.id('') }),
  refuse,
  write: writeAscii,
  handshake: (challenge, { verifyToken = '' }) => ({
    query: { 'hub.mode': 'subscribe', 'hub.verify_token': verifyToken, 'hub.challenge': challenge },
    expect: challenge,
  }),
  begin: firstTemplates,
  read: { uploadMedia: readUpload },

  operations: {
    sendTemplate(input, simulation) {
      const { category } = sendable(simulation, input.template)
      return sendPaid(simulation, input, { content: input.template, category: category.toLowerCase() })
    },
    sendText: (input, simulation) => sendFree(simulation, input, input.text),
    sendMedia(input, simulation) {
      const content =
        'image' in input
          ? input.image
          : 'video' in input
            ? input.video
            : 'audio' in input
              ? input.audio
              : input.document
      requireMedia(simulation, input.type, content.id)
      return sendFree(simulation, input, content)
    },
    sendLocation: (input, simulation) => sendFree(simulation, input, input.location),
    sendInteractive: (input, simulation) => sendFree(simulation, input, input.interactive),
    sendReaction: (input, simulation) => sendFree(simulation, input, input.reaction),
    markAsRead({ phone_number_id, message_id }, simulation) {
      requireNumber(phone_number_id)
      return markRead(simulation, message_id)
    },
    uploadMedia: (input, simulation) => upload(simulation, input),
    // One path for all that has an id: without fields, a number is told from a file only by what is there.
    getMedia: ({ id }, simulation) =>
      id === phoneNumberId
        ? numberOf(simulation, id, ['display_phone_number', 'verified_name', 'quality_rating'])
        : showMedia(simulation, id),
    deleteMedia: ({ id }, simulation) => deleteMedia(simulation, id),
    getSelf: () => ({ id: '122100000000000', name: 'Joinery system user' }),
    getPhoneNumber: ({ id, fields }, simulation) => numberOf(simulation, id, fields.split(',')),
    listTemplates: (query, simulation) => listTemplates(simulation, query),
    createTemplate: (input, simulation) => createTemplate(simulation, input),
    deleteTemplate({ account_id, name }, simulation) {
      requireAccount(account_id)
      return deleteTemplate(simulation, name)
    },
    subscribeApp({ account_id }) {
      requireAccount(account_id)
      return { success: true }
    },
  },

  samples: [
    { event: 'message.received', input: { text: 'Where is my order?' } },
    { event: 'message.received', input: { type: 'button', text: 'Stop promotions' } },
    { event: 'message.status', input: { status: 'delivered' } },
    { event: 'message.status', input: { status: 'failed', code: 131_026 } },
    { event: 'template.status', input: { name: 'seasonal_sale', event: 'PAUSED' } },
    { event: 'recipient.preference', input: { value: 'stop' } },
    { event: 'number.quality', input: { event: 'DOWNGRADE', tier: 'TIER_1K' } },
  ],

  events: {
    'message.received': cause(incoming, (input, simulation) => receive(simulation, input)),
    'message.status': cause(statusChange, ({ id, status, code }, simulation) =>
      report(simulation, messageFor(simulation, id), status, code),
    ),
    'template.status': cause(judgement, (input, simulation) => judgeTemplate(simulation, input)),
    'recipient.preference': cause(preference, ({ recipient, value }, simulation) => {
      prefer(simulation, recipient, value)
      const timestamp = Math.floor(simulation.now() / 1000)
      const told = { wa_id: recipient, detail: `User chose ${value}`, category: 'marketing_messages', value, timestamp }
      const contacts = [{ profile: { name: 'Asha' }, wa_id: recipient }]
      tell(simulation, 'recipient.preference', {
        field: 'user_preferences',
        value: { messaging_product: 'whatsapp', contacts, user_preferences: [told] },
      })
      return told
    }),
    'number.quality': cause(quality, ({ event, tier }, simulation) => {
      setQuality(simulation, {
        quality_rating: event === 'FLAGGED' ? 'RED' : event === 'DOWNGRADE' ? 'YELLOW' : 'GREEN',
        messaging_limit_tier: tier,
      })
      const value = { display_phone_number: displayNumber, event, current_limit: tier }
      tell(simulation, 'number.quality', { field: 'phone_number_quality_update', value })
      return value
    }),
  },
})

function numberOf(simulation: Simulation, id: string, fields: readonly string[]) {
  requireNumber(id)
  const all: Readonly<Record<string, unknown>> = {
    display_phone_number: displayNumber,
    verified_name: 'Joinery',
    status: 'CONNECTED',
    ...qualityOf(simulation),
  }
  return { id, ...Object.fromEntries(fields.filter((name) => name in all).map((name) => [name, all[name]])) }
}

/** Meta writes JSON in ASCII with escaped slashes: whoever parses and writes it again before verifying fails. */
function writeAscii(body: unknown): string {
  return JSON.stringify(body)
    .replaceAll('/', '\\/')
    .replaceAll(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
