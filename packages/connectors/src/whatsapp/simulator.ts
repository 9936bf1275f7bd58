import { TenonError } from 'tenon'
import { Answer, cause, defineSimulator, reject, type Refusal, type Simulation } from 'tenon/simulator'
import { z } from 'zod'
import { whatsapp } from './whatsapp.ts'

interface Template {
  readonly name: string
  readonly language: string
  readonly bodyParameters: number
}

interface Message {
  readonly id: string
  readonly phone_number_id: string
  readonly to: string
  readonly type: string
  readonly content: unknown
  readonly callback: string | undefined
  readonly statuses: readonly string[]
}

/** The number of the simulated account, and the account that it belongs to. */
const phoneNumberId = '106540352242922'
const displayNumber = '15550783881'
const accountId = '102290129340398'
const windowMs = 24 * 3_600_000

const templates = (simulation: Simulation) => simulation.table<Template>('templates')
const messages = (simulation: Simulation) => simulation.table<Message>('messages')
const lastHeard = (simulation: Simulation) => simulation.table<number>('last_heard')

const ranks: Readonly<Record<string, number>> = { sent: 1, delivered: 2, read: 3, failed: 9 }

const statusChange = z.strictObject({
  /** Default is the newest message. */
  id: z.string().optional(),
  status: z.enum(['sent', 'delivered', 'read', 'failed']).default('delivered'),
  code: z.int().default(131_026),
})
const incoming = z.strictObject({ from: z.string().default('919820012345'), text: z.string().default('Thank you!') })

export const whatsappSimulator = defineSimulator(whatsapp, {
  credentials: {
    accessToken: (random) => `EAA${random(120)}`,
    appSecret: (random) => random(32),
    verifyToken: (random) => random(24),
  },
  refuse,
  write: writeAscii,
  handshake: (challenge, { verifyToken = '' }) => ({
    query: { 'hub.mode': 'subscribe', 'hub.verify_token': verifyToken, 'hub.challenge': challenge },
    expect: challenge,
  }),
  samples: [
    { event: 'message.received', input: { text: 'Where is my order?' } },
    { event: 'message.status', input: {} },
  ],
  begin(simulation) {
    const template = { name: 'order_confirmation', language: 'en', bodyParameters: 2 }
    templates(simulation).put(`${template.name}/${template.language}`, template)
  },

  operations: {
    sendTemplate(input, simulation) {
      requireNumber(input.phone_number_id)
      const { name, language, components = [] } = input.template
      const template = templates(simulation).get(`${name}/${language.code}`)
      if (template === undefined) {
        return reject(
          404,
          failure(
            132_001,
            'Template name does not exist in the translation',
            `template name (${name}) does not exist in ${language.code}`,
          ),
        )
      }
      const given = components.filter(({ type }) => type === 'body').flatMap(({ parameters }) => parameters).length
      if (given !== template.bodyParameters) {
        const details = `body: number of localizable_params (${given}) does not match the expected number of params (${template.bodyParameters})`
        return reject(
          400,
          failure(132_000, 'Number of parameters does not match the expected number of params', details),
        )
      }
      return send(simulation, input, input.template)
    },
    sendText(input, simulation) {
      requireNumber(input.phone_number_id)
      if (simulation.now() - (lastHeard(simulation).get(input.to) ?? 0) > windowMs) {
        return reject(
          400,
          failure(131_047, 'Re-engagement message', 'More than 24 hours have passed since the recipient last replied.'),
        )
      }
      return send(simulation, input, input.text)
    },
  },

  events: {
    'message.received': cause(incoming, ({ from, text }, simulation) => {
      lastHeard(simulation).put(from, simulation.now())
      const id = messageId(simulation)
      const message = { from, id, timestamp: seconds(simulation), type: 'text', text: { body: text } }
      simulation.deliver(
        'message.received',
        notificationOf({ contacts: [{ profile: { name: 'Asha' }, wa_id: from }], messages: [message] }),
      )
      return { id }
    }),
    'message.status': cause(statusChange, (input, simulation) => {
      const message =
        input.id === undefined ? [...messages(simulation).values()].at(-1) : messages(simulation).get(input.id)
      if (message === undefined && input.id !== undefined) throw new TenonError('NOT_FOUND', 'there is no such message')
      return report(simulation, message ?? phoneMessage(simulation), input)
    }),
  },
})

/** A message that somebody sends from the account's own phone. */
function phoneMessage(simulation: Simulation): Message {
  const id = messageId(simulation)
  const content = { body: 'Hello' }
  return {
    id,
    phone_number_id: phoneNumberId,
    to: '919820012345',
    type: 'text',
    content,
    callback: undefined,
    statuses: [],
  }
}

interface Outgoing {
  readonly phone_number_id: string
  readonly to: string
  readonly type: string
  readonly biz_opaque_callback_data?: string | undefined
}

function send(
  simulation: Simulation,
  { phone_number_id, to, type, biz_opaque_callback_data }: Outgoing,
  content: unknown,
) {
  const id = messageId(simulation)
  messages(simulation).put(id, {
    id,
    phone_number_id,
    to,
    type,
    content,
    callback: biz_opaque_callback_data,
    statuses: [],
  })
  simulation.later('message.status', { id, status: 'sent' }, 500)
  simulation.later('message.status', { id, status: 'delivered' }, 1500)
  simulation.later('message.status', { id, status: 'read' }, 5000)
  return {
    messaging_product: 'whatsapp',
    contacts: [{ input: to, wa_id: to }],
    messages: [{ id, message_status: 'accepted' }],
  }
}

function report(simulation: Simulation, message: Message, { status, code }: z.output<typeof statusChange>) {
  const highest = Math.max(0, ...message.statuses.map((known) => ranks[known] ?? 0))
  if ((ranks[status] ?? 0) <= highest) return { id: message.id, status: message.statuses.at(-1) }
  messages(simulation).put(message.id, { ...message, statuses: [...message.statuses, status] })
  const callback = message.callback === undefined ? {} : { biz_opaque_callback_data: message.callback }
  const errors = status === 'failed' ? { errors: [{ code, title: 'Message undeliverable' }] } : {}
  const told = {
    id: message.id,
    status,
    timestamp: seconds(simulation),
    recipient_id: message.to,
    ...callback,
    ...errors,
  }
  simulation.deliver('message.status', notificationOf({ statuses: [told] }))
  return { id: message.id, status }
}

function messageId(simulation: Simulation): string {
  return `wamid.${Buffer.from(simulation.id('')).toString('base64')}`
}

function seconds(simulation: Simulation): string {
  return String(Math.floor(simulation.now() / 1000))
}

function notificationOf(value: Readonly<Record<string, unknown>>) {
  const metadata = { display_phone_number: displayNumber, phone_number_id: phoneNumberId }
  const change = { field: 'messages', value: { messaging_product: 'whatsapp', metadata, ...value } }
  return { object: 'whatsapp_business_account', entry: [{ id: accountId, changes: [change] }] }
}

/** Meta writes JSON in ASCII with escaped slashes: whoever parses and writes it again before verifying fails. */
function writeAscii(body: unknown): string {
  return JSON.stringify(body)
    .replaceAll('/', '\\/')
    .replaceAll(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function requireNumber(given: string): void {
  if (given === phoneNumberId) return
  reject(
    400,
    failure(
      100,
      `Unsupported post request. Object with ID '${given}' does not exist`,
      'The phone number does not belong to this account.',
    ),
  )
}

function failure(code: number, message: string, details?: string) {
  const error_data = details === undefined ? {} : { error_data: { messaging_product: 'whatsapp', details } }
  return {
    error: {
      message: `(#${code}) ${message}`,
      type: 'OAuthException',
      code,
      ...error_data,
      fbtrace_id: 'AbCdEfGhIjKlMnOpQrStUv',
    },
  }
}

function refuse(refusal: Refusal): Answer {
  switch (refusal.reason) {
    case 'unauthenticated':
      return new Answer(
        401,
        failure(
          190,
          refusal.given ? 'Invalid OAuth access token.' : 'An access token is required to request this resource.',
        ),
      )
    case 'input-invalid': {
      const details = refusal.problems.map(({ field, message }) => `${field}: ${message}`).join('; ')
      const missing = refusal.problems.find(({ kind }) => kind === 'missing')
      return missing === undefined
        ? new Answer(400, failure(131_009, 'Parameter value is not valid', details))
        : new Answer(400, failure(131_008, 'Required parameter is missing', `${missing.field} is missing`))
    }
    case 'route-unknown':
      return new Answer(404, failure(2500, `Unknown path components: ${refusal.path}`))
    case 'method-unknown':
      return new Answer(400, failure(100, `Unsupported ${refusal.method.toLowerCase()} request.`))
    case 'rate-limited':
      return new Answer(
        429,
        failure(
          130_429,
          'Rate limit hit',
          'Message failed to send because there were too many messages sent from this phone number in a short period of time.',
        ),
      )
    case 'body-too-large':
    case 'body-unreadable':
      return new Answer(400, failure(100, 'Invalid parameter', 'The body could not be read.'))
    default:
      return new Answer(
        500,
        failure(131_000, 'Something went wrong', 'Message failed to send due to an unknown error.'),
      )
  }
}
