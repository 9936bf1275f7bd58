import { TenonError } from 'tenon'
import type { Simulation } from 'tenon/simulator'
import { displayNumber, notify, nowS, phoneNumberId, qualityOf, someone } from './account.ts'
import { refused, requireNumber, titleOf } from './dialect.ts'

export interface Message {
  readonly id: string
  readonly phone_number_id: string
  readonly to: string
  readonly type: string
  readonly category: string
  readonly content: unknown
  readonly callback: string | undefined
  readonly statuses: readonly string[]
}

const windowMs = 24 * 3_600_000
const perDay: Readonly<Record<string, number>> = { TIER_250: 250, TIER_1K: 1000, TIER_10K: 10_000, TIER_100K: 100_000 }

const messages = (simulation: Simulation) => simulation.table<Message>('messages')
const received = (simulation: Simulation) => simulation.table<object>('received')
/** When somebody last wrote to us, and when we last began to write to somebody. */
const lastHeard = (simulation: Simulation) => simulation.table<number>('last_heard')
const reached = (simulation: Simulation) => simulation.table<number>('reached')
const stopped = (simulation: Simulation) => simulation.table<boolean>('marketing_stopped')

export const messageId = (simulation: Simulation): string =>
  `wamid.${Buffer.from(simulation.id('')).toString('base64').replaceAll('=', '')}`

export interface Outgoing {
  readonly phone_number_id: string
  readonly to: string
  readonly type: string
  readonly context?: { readonly message_id: string } | undefined
  readonly biz_opaque_callback_data?: string | undefined
}

/** Anything but a template: only to someone who wrote in the last day. */
export function sendFree(simulation: Simulation, message: Outgoing, content: unknown) {
  requireNumber(message.phone_number_id)
  if (!isOpen(simulation, message.to))
    refused(131_047, 'More than 24 hours have passed since the recipient last replied.')
  return send(simulation, message, { content, category: 'service' })
}

/** In or out of the window; out of it, it counts among the people that may be reached in a day. */
export function sendPaid(simulation: Simulation, message: Outgoing, sent: { content: unknown; category: string }) {
  requireNumber(message.phone_number_id)
  if (!isOpen(simulation, message.to)) reach(simulation, message.to)
  return send(simulation, message, sent)
}

function isOpen(simulation: Simulation, to: string): boolean {
  return simulation.now() - (lastHeard(simulation).get(to) ?? Number.NEGATIVE_INFINITY) <= windowMs
}

function reach(simulation: Simulation, to: string): void {
  const since = simulation.now() - windowMs
  const most = perDay[qualityOf(simulation).messaging_limit_tier] ?? Number.POSITIVE_INFINITY
  const known = reached(simulation)
  if (Number.isFinite(most) && (known.get(to) ?? 0) <= since) {
    const count = [...known.values()].filter((at) => at > since).length
    if (count >= most) refused(131_048, `No more than ${most} people may be written to in 24 hours.`)
  }
  known.put(to, simulation.now())
}

function send(
  simulation: Simulation,
  message: Outgoing,
  { content, category }: { content: unknown; category: string },
) {
  const { phone_number_id, to, type, biz_opaque_callback_data: callback } = message
  if (to === displayNumber) refused(131_021, 'The sender and the recipient are the same number.')
  const id = messageId(simulation)
  messages(simulation).put(id, { id, phone_number_id, to, type, category, content, callback, statuses: [] })
  goOn(simulation, { id, to, code: fateOf(simulation, to, category) })
  return {
    messaging_product: 'whatsapp',
    contacts: [{ input: to, wa_id: to }],
    messages: [{ id, message_status: 'accepted' }],
  }
}

/** What a phone number of this world makes of its messages: one that ends in 31026 cannot be reached. */
const fates: Readonly<Record<string, number>> = {
  '30472': 130_472,
  '31026': 131_026,
  '31042': 131_042,
  '31049': 131_049,
}

function fateOf(simulation: Simulation, to: string, category: string): number | null {
  if (category === 'marketing' && stopped(simulation).get(to) === true) return 131_050
  return fates[to.slice(-5)] ?? null
}

function goOn(simulation: Simulation, { id, code }: { id: string; to: string; code: number | null }): void {
  const later = (status: string, delayMs: number): void =>
    simulation.later('message.status', { id, status, ...(code === null ? {} : { code }) }, delayMs)
  if (code !== null) return later('failed', 500)
  later('sent', 500)
  later('delivered', 1500)
  later('read', 5000)
}

const ranks: Readonly<Record<string, number>> = { sent: 1, delivered: 2, read: 3, failed: 9 }

/** Never backwards, and nothing after a failure. */
export function report(simulation: Simulation, message: Message, status: string, code: number) {
  const highest = Math.max(0, ...message.statuses.map((known) => ranks[known] ?? 0))
  if ((ranks[status] ?? 0) <= highest) return { id: message.id, status: message.statuses.at(-1) }
  messages(simulation).put(message.id, { ...message, statuses: [...message.statuses, status] })
  const title = titleOf(code)
  const errors = [{ code, title, message: title, error_data: { details: `${title}.` } }]
  const told = {
    id: message.id,
    status,
    timestamp: String(nowS(simulation)),
    recipient_id: message.to,
    ...(message.callback === undefined ? {} : { biz_opaque_callback_data: message.callback }),
    ...(status === 'failed' ? { errors } : { pricing: priceOf(message) }),
  }
  notify(simulation, 'message.status', { statuses: [told] })
  return { id: message.id, status }
}

function priceOf({ category }: Message) {
  return { billable: category !== 'service', pricing_model: 'PMP', category }
}

/** The message of that id, or the newest; where there is none, one that somebody sends from the account's own phone. */
export function messageFor(simulation: Simulation, id: string | undefined): Message {
  const found = id === undefined ? [...messages(simulation).values()].at(-1) : messages(simulation).get(id)
  if (found !== undefined) return found
  if (id !== undefined) throw new TenonError('NOT_FOUND', `there is no message ${id}`)
  return {
    id: messageId(simulation),
    phone_number_id: phoneNumberId,
    to: someone,
    type: 'text',
    category: 'service',
    content: { body: 'Hello' },
    callback: undefined,
    statuses: [],
  }
}

export interface Incoming {
  readonly from: string
  readonly text: string
  readonly type: 'text' | 'image' | 'button' | 'interactive' | 'reaction' | 'location'
  readonly context?: string | undefined
}

/** Somebody writes: for a day they may be written to freely. */
export function receive(simulation: Simulation, { from, text, type, context }: Incoming) {
  lastHeard(simulation).put(from, simulation.now())
  const id = messageId(simulation)
  const answered = context ?? [...messages(simulation).values()].findLast(({ to }) => to === from)?.id
  const message = {
    from,
    id,
    timestamp: String(nowS(simulation)),
    type,
    ...contentOf(type, text, answered ?? id),
    ...(answered === undefined || type === 'reaction' ? {} : { context: { from: displayNumber, id: answered } }),
  }
  received(simulation).put(id, message)
  notify(simulation, 'message.received', {
    contacts: [{ profile: { name: 'Asha' }, wa_id: from }],
    messages: [message],
  })
  return { id }
}

function contentOf(type: Incoming['type'], text: string, answered: string): object {
  switch (type) {
    case 'image':
      return { image: { id: '1234567890', mime_type: 'image/jpeg', sha256: 'x', caption: text } }
    case 'button':
      return { button: { text, payload: text } }
    case 'interactive':
      return { interactive: { type: 'button_reply', button_reply: { id: text, title: text } } }
    case 'reaction':
      return { reaction: { message_id: answered, emoji: '👍' } }
    case 'location':
      return { location: { latitude: 12.9716, longitude: 77.5946, name: text } }
    default:
      return { text: { body: text } }
  }
}

export function markRead(simulation: Simulation, id: string) {
  if (received(simulation).get(id) === undefined) refused(131_009, `message_id: there is no received message ${id}`)
  return { success: true }
}

/** Somebody no longer wants marketing, or wants it again. */
export function prefer(simulation: Simulation, waId: string, value: 'stop' | 'resume'): void {
  if (value === 'stop') stopped(simulation).put(waId, true)
  else stopped(simulation).delete(waId)
}
