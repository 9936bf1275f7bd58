import { createHash, randomBytes } from 'node:crypto'

/** What a ticket is for: one of another purpose is none (SEC-13). */
export type TicketPurpose = 'state' | 'link' | 'visit'

/** What a ticket leads to. */
export interface TicketPlace {
  readonly tenant: string
  /** Digest of the ticket: what is stored tells nobody the ticket. */
  readonly id: string
}

export interface Ticket extends TicketPlace {
  /** Shown once: 256 random bits, and the tenant by whose name it is looked up. */
  readonly text: string
}

const form = /^[\w-]{43}\.[\w-]{1,200}$/

export function issueTicket(purpose: TicketPurpose, tenant: string): Ticket {
  const text = `${randomBytes(32).toString('base64url')}.${Buffer.from(tenant).toString('base64url')}`
  return { text, tenant, id: digestOf(`${purpose}:${text}`) }
}

/** `null` for what does not have the form of a ticket. Whether it is one, only the store knows. */
export function readTicket(purpose: TicketPurpose, text: unknown): TicketPlace | null {
  if (typeof text !== 'string' || !form.test(text)) return null
  const tenant = Buffer.from(text.slice(44), 'base64url').toString('utf8')
  return { tenant, id: digestOf(`${purpose}:${text}`) }
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
