import { TenonError } from '../../base/errors.ts'
import type { ConnectionName, ConnectionView } from '../../connection/managed.ts'
import { isObject } from '../../definition/problem.ts'
import type { AuditAction } from '../../store/actions.ts'
import type { NewAuditEntry } from '../../store/store.ts'
import type { PendingConsent } from '../../connection/auth-scheme.ts'
import type { Accounts, Given, Prepared } from './accounts.ts'
import type { ConnectingParts } from './connecting.ts'
import {
  isSameStarter,
  nameOf,
  readTokens,
  type ConsentFacts,
  type ConsentSecrets,
  type ConsentView,
  type Starter,
} from './consent-record.ts'
import { createEnding, onGround, type Ending } from './consent-ending.ts'
import { createDrawer, type Drawer, type Kept } from './kept.ts'
import { providerUrl } from './provider-url.ts'
import { issueTicket, readTicket, type TicketPlace } from './ticket.ts'

/** How a consent begins for the person. */
export interface BegunConsent extends ConsentView {
  /** Where they go. */
  readonly url: string
  /** For a device: what they type there. */
  readonly code: string | null
}

/** Why an answer of a provider was not taken at all. */
export type Refusal = 'unknown' | 'used' | 'foreign'

export type Completion =
  | { readonly outcome: 'refused'; readonly reason: Refusal }
  | { readonly outcome: 'ended'; readonly view: ConsentView; readonly starter: Starter }

/** What a browser brings with it. */
export interface Presented {
  readonly session: string | null
  readonly visit: string | null
  readonly from: string
}

export interface ConsentOrder extends Given {
  readonly way: 'browser' | 'device'
  readonly redirectUri: string
  readonly scopes?: readonly string[] | undefined
}

/** Consents at providers: in a browser, or by a code on another device. */
export interface Consents {
  begin(which: ConnectionName, order: ConsentOrder, starter: Starter): Promise<BegunConsent>
  /** Takes the query of the callback. The state is judged first: whose it is, and that it is used once (RFC 9700 §4.7). */
  complete(answer: URLSearchParams, presented: Presented): Promise<Completion>
  /** How it stands; asks the provider where a device is awaited. Rejects with `NOT_FOUND` for what somebody else began. */
  look(place: TicketPlace, starter: Starter): Promise<ConsentView>
  /** Takes the other account after all. */
  confirm(place: TicketPlace, starter: Starter): Promise<ConnectionView>
}

interface Ask {
  readonly way: 'browser' | 'device'
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly state: string
}

interface Started {
  readonly url: string
  readonly code: string | null
  readonly pending: PendingConsent
  readonly expiresAt: number
  readonly intervalMs: number | null
}

const consentMs: number = 10 * 60_000

export function createConsents(parts: ConnectingParts, accounts: Accounts): Consents {
  return new ConsentLedger(parts, accounts)
}

class ConsentLedger implements Consents {
  readonly #parts: ConnectingParts
  readonly #accounts: Accounts
  readonly #drawer: Drawer<ConsentFacts, ConsentSecrets>
  readonly #ending: Ending

  constructor(parts: ConnectingParts, accounts: Accounts) {
    this.#parts = parts
    this.#accounts = accounts
    this.#drawer = createDrawer({ ...parts, kind: 'connect-session' })
    this.#ending = createEnding(parts, accounts, this.#drawer)
  }

  async begin(
    which: ConnectionName,
    { way, redirectUri, scopes, ...given }: ConsentOrder,
    starter: Starter,
  ): Promise<BegunConsent> {
    const prepared = this.#accounts.prepare(which, given)
    const { form, fields, baseUrl } = prepared
    if (!form.ways.includes(way))
      throw new TenonError(
        'INPUT_INVALID',
        `${which.connector} cannot be connected by way of ${way}; it can by ${form.ways.join(', ')}`,
      )
    const ticket = issueTicket('state', which.tenant)
    const started = await this.#start(prepared, {
      way,
      redirectUri,
      scopes: scopes ?? usualScopes(prepared),
      state: ticket.text,
    })
    const { intervalMs, expiresAt, pending, url, code } = started
    const facts: ConsentFacts = {
      way,
      connector: which.connector,
      name: which.name,
      baseUrl,
      starter,
      state: 'pending',
      expiresAt,
      problem: null,
      accounts: null,
      ...(intervalMs !== null && { intervalMs, pollAt: this.#parts.clock.now() + intervalMs }),
    }
    const audit = auditOf(which, starter.by, 'connection.consent-begun', 'done')
    await this.#drawer.add(ticket, { facts, sealed: { fields, pending }, audit })
    return { ...viewOf(ticket.id, facts), url, code }
  }

  async complete(answer: URLSearchParams, presented: Presented): Promise<Completion> {
    const states = answer.getAll('state')
    const place = states.length === 1 ? readTicket('state', states[0]) : null
    const kept = place === null ? null : await this.#drawer.find(place)
    if (kept === null || kept.facts.way !== 'browser') return this.#refuse('unknown', null, presented)
    if (!isPresented(kept.facts.starter, presented)) return this.#refuse('foreign', kept, presented)
    if (kept.facts.state !== 'pending') return this.#refuse('used', kept, presented)
    const secrets = await this.#drawer.open(kept)
    const taken = await this.#take(kept)
    if (taken === null || secrets === null) return this.#refuse('used', kept, presented)
    const { id, facts } = await this.#ending.end(taken, secrets, ({ scheme, context }) => {
      if (scheme.browser === undefined) throw new TenonError('INTERNAL', 'the scheme has no consent any more')
      return scheme.browser.complete(context, secrets.pending ?? {}, answer)
    })
    return { outcome: 'ended', view: viewOf(id, facts), starter: facts.starter }
  }

  async look(place: TicketPlace, starter: Starter): Promise<ConsentView> {
    const kept = await this.#own(place, starter)
    const { way, state, pollAt = 0 } = kept.facts
    const isDue = way === 'device' && state === 'pending' && this.#parts.clock.now() >= pollAt
    const { id, facts } = isDue ? await this.#ending.pollDevice(kept) : kept
    return viewOf(id, facts)
  }

  async confirm(place: TicketPlace, starter: Starter): Promise<ConnectionView> {
    const kept = await this.#own(place, starter)
    const secrets = await this.#drawer.open(kept)
    if (kept.facts.state !== 'account-changed' || secrets?.tokens === undefined)
      throw new TenonError('INPUT_INVALID', 'this consent has nothing to confirm')
    const taken = await this.#take(kept)
    if (taken === null) throw new TenonError('STORE_CONFLICT', 'somebody else confirmed it at the same moment')
    const { baseUrl, accounts } = kept.facts
    const which = nameOf(place.tenant, kept.facts)
    const view = await this.#parts.managed.authorise(
      which,
      {
        fields: secrets.fields,
        baseUrl,
        tokens: readTokens(secrets.tokens),
        account: accounts?.now ?? null,
        confirmAccountChange: true,
      },
      { by: starter.by },
    )
    await this.#ending.settle(taken, { state: 'connected' })
    return view
  }

  /** Of those who come at the same moment, one takes it. */
  #take(kept: Kept<ConsentFacts>): Promise<Kept<ConsentFacts> | null> {
    return this.#drawer.replace(kept, { facts: { ...kept.facts, state: 'taken' } })
  }

  async #own(place: TicketPlace, starter: Starter): Promise<Kept<ConsentFacts>> {
    const kept = await this.#drawer.find(place)
    if (kept === null || !isSameStarter(kept.facts.starter, starter))
      throw new TenonError('NOT_FOUND', 'there is no such consent, or it has ended; begin again')
    return kept
  }

  async #refuse(reason: Refusal, kept: Kept<ConsentFacts> | null, { from }: Presented): Promise<Completion> {
    if (kept !== null) {
      const { tenant, facts } = kept
      const audit = auditOf(facts, facts.starter.by, 'connection.consent-refused', 'refused')
      const at = this.#parts.clock.now()
      await this.#parts.store.write({ changes: [], audit: [{ ...audit, tenant, at, from, details: { reason } }] })
    }
    return { outcome: 'refused', reason }
  }

  /** What the scheme says of the beginning, for a browser and for a device alike. */
  async #start(prepared: Prepared, { way, ...ask }: Ask): Promise<Started> {
    const now = this.#parts.clock.now()
    return onGround(this.#accounts, prepared, async ({ scheme: { browser, device }, context, connection }) => {
      const simulatedOrigin = connection.simulated ? new URL(prepared.baseUrl).origin : null
      const judged = (url: string): string => providerUrl(url, prepared.connector.name, simulatedOrigin)
      if (way === 'browser' && browser !== undefined) {
        const { url, pending } = await browser.begin(context, ask)
        return { url: judged(url), pending, code: null, expiresAt: now + consentMs, intervalMs: null }
      }
      if (device === undefined) throw new TenonError('INTERNAL', `${prepared.connector.name} has no consent`)
      const { url, urlComplete, code, pending, expiresAt, intervalMs } = await device.begin(context, ask)
      const endsAt = Math.min(expiresAt, now + 3 * consentMs)
      return { url: judged(urlComplete ?? url), pending, code, expiresAt: endsAt, intervalMs }
    })
  }
}

/** What a connector needs, where its scheme knows scopes. */
function usualScopes({ connector }: Prepared): readonly string[] {
  const { settings } = connector.options.auth
  return isObject(settings) && Array.isArray(settings['scopes']) ? (settings['scopes'] as readonly string[]) : []
}

function isPresented(starter: Starter, { session, visit }: Presented): boolean {
  // Who began at a terminal has no cookie in the browser: there the state alone, 256 bits shown to them only, is the proof.
  if (starter.kind === 'token') return true
  return starter.id === (starter.kind === 'session' ? session : visit)
}

function viewOf(consent: string, facts: ConsentFacts): ConsentView {
  const { way, connector, name, state, problem, accounts, expiresAt } = facts
  return { consent, way, connector, name, state, problem, accounts, expiresAt }
}

export function auditOf(
  { connector, name }: Pick<ConnectionName, 'connector' | 'name'>,
  by: string,
  action: AuditAction,
  outcome: NewAuditEntry['outcome'],
): Omit<NewAuditEntry, 'tenant' | 'at'> {
  return { by, action, subject: `${connector}/${name}`, outcome }
}
