import { TenonError } from '../../base/errors.ts'
import type { ConnectionName } from '../../connection/managed.ts'
import type { Accounts } from './accounts.ts'
import type { ConnectingParts } from './connecting.ts'
import { auditOf } from './consents.ts'
import { createDrawer, type Kept } from './kept.ts'
import { issueTicket, readTicket, type Ticket } from './ticket.ts'

/** What a connect link lets one person do, once: connect that account and nothing else. */
export interface LinkFacts {
  readonly connector: string
  readonly name: string
  readonly returnTo: string
  /** Who had it made, for the record. */
  readonly by: string
  readonly expiresAt: number
}

/** A person who came by a link. */
export interface VisitFacts extends LinkFacts {
  readonly outcome: 'connected' | 'cancelled' | null
  /** The consent that goes on. */
  readonly consent: string | null
  /** How often they have tried; a visit is no place to try out what was found elsewhere. */
  readonly tries: number
}

export type Visit = Kept<VisitFacts>

/** Connect links, for a product whose own customers connect their accounts. */
export interface Links {
  /** Rejects with `INPUT_INVALID` for an address that the app does not lead back to. */
  issue(
    which: ConnectionName,
    returnTo: string,
    by: string,
  ): Promise<{ readonly token: string; readonly expiresAt: number }>
  /** True while the link would still let someone in. It is not used up by asking. */
  isOpen(token: string): Promise<boolean>
  /** Uses the link up: `null` for one that is unknown, used or expired. */
  enter(token: string, from: string): Promise<Ticket | null>
  /** Whose cookie this is, `null` for nobody's. */
  visitOf(cookie: string | null): Promise<Visit | null>
  /** Null when it was changed at the same moment. */
  update(visit: Visit, change: Partial<VisitFacts>): Promise<Visit | null>
}

const linkMs = 15 * 60_000
export const visitMs: number = 30 * 60_000
export const mostTries = 20

export function createLinks(parts: ConnectingParts, accounts: Accounts): Links {
  const { clock, returnTo: allowed } = parts
  const links = createDrawer<LinkFacts, never>({ ...parts, kind: 'connect-link' })
  const visits = createDrawer<VisitFacts, never>({ ...parts, kind: 'connect-visit' })

  return {
    async issue(which, returnTo, by) {
      accounts.form(which.connector)
      requireReturn(returnTo, allowed)
      const ticket = issueTicket('link', which.tenant)
      const expiresAt = clock.now() + linkMs
      const facts = { connector: which.connector, name: which.name, returnTo, by, expiresAt }
      await links.add(ticket, { facts, audit: auditOf(which, by, 'connect-link.issued', 'done') })
      return { token: ticket.text, expiresAt }
    },
    async isOpen(token) {
      const place = readTicket('link', token)
      return place !== null && (await links.find(place)) !== null
    },
    async enter(token, from) {
      const place = readTicket('link', token)
      const link = place === null ? null : await links.find(place)
      if (link === null) return null
      const audit = { ...auditOf(link.facts, link.facts.by, 'connect-link.used', 'done'), from }
      // Ended at once: of two who open it at the same moment, one gets in.
      if ((await links.replace(link, { facts: { ...link.facts, expiresAt: 0 }, audit })) === null) return null
      const ticket = issueTicket('visit', link.tenant)
      const facts = { ...link.facts, expiresAt: clock.now() + visitMs, outcome: null, consent: null, tries: 0 }
      await visits.add(ticket, { facts })
      return ticket
    },
    async visitOf(cookie) {
      const place = cookie === null ? null : readTicket('visit', cookie)
      return place === null ? null : visits.find(place)
    },
    update: (visit, change) => visits.replace(visit, { facts: { ...visit.facts, ...change } }),
  }
}

function requireReturn(returnTo: string, allowed: readonly string[]): void {
  const url = URL.canParse(returnTo) ? new URL(returnTo) : null
  if (url !== null && url.username === '' && url.password === '' && allowed.includes(url.origin)) return
  const known = allowed.length === 0 ? 'it names none' : `it names ${allowed.join(', ')}`
  throw new TenonError(
    'INPUT_INVALID',
    `returnTo is not on an origin that the app leads back to (${known}); add it to the app: connect: { returnTo: ['https://…'] }`,
  )
}

/** Where the product takes over again: which connection, and what became of it; nothing else. */
export function returnUrl({ returnTo, name, outcome }: VisitFacts): string {
  const url = new URL(returnTo)
  url.searchParams.set('connection', name)
  url.searchParams.set('outcome', outcome ?? 'cancelled')
  return url.href
}
