import type { FastifyReply, FastifyRequest } from 'fastify'
import { TenonError } from '../../base/errors.ts'
import type { ConnectionName } from '../../connection/managed.ts'
import { guardHeaders } from '../answer.ts'
import { sendPage } from '../console/page.ts'
import type { ServerContext } from '../context.ts'
import { connectingOf, redirectUriOf } from './asking.ts'
import type { ConsentView, Starter } from './consent-record.ts'
import { mostTries, returnUrl, type Visit } from './links.ts'
import { accountPage, closedPage, confirmPage, leadingPage } from './pages.ts'
import { clearVisit, readVisit } from './visit-cookie.ts'

/** A request of somebody who came by a link. */
export interface VisitRequest {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly context: ServerContext
  readonly origin: string
}

/** Shows where the visit stands. */
export async function answerVisit(asked: VisitRequest): Promise<void> {
  const { reply, context, origin } = asked
  const { consents, links } = connectingOf(context)
  let visit = await links.visitOf(readVisit(asked.request, origin))
  if (visit === null) return sendPage(reply, 403, closedPage)
  const { consent: id, outcome } = visit.facts
  const consent = id === null || outcome !== null ? null : await lookAt(visit, id, consents)
  if (consent?.state === 'connected') visit = (await links.update(visit, { outcome: 'connected' })) ?? visit
  if (visit.facts.outcome !== null) return leave(asked, visit)
  const form = connectingOf(context).accounts.form(visit.facts.connector)
  if (consent?.state === 'account-changed' && consent.accounts !== null)
    return sendPage(reply, 200, confirmPage(form, consent.accounts))
  return showForm(asked, visit, consent?.problem?.code ?? null)
}

/** Does what the visitor ordered. */
export async function orderVisit(asked: VisitRequest, body: Readonly<Record<string, unknown>>): Promise<void> {
  const { consents, links } = connectingOf(asked.context)
  const visit = await links.visitOf(readVisit(asked.request, asked.origin))
  if (visit === null) return sendPage(asked.reply, 403, closedPage)
  const { consent, tries } = visit.facts
  if (visit.facts.outcome !== null) return goOn(asked)
  if (body['order'] === 'cancel') {
    await links.update(visit, { outcome: 'cancelled' })
    return goOn(asked)
  }
  if (body['order'] === 'confirm' && consent !== null) {
    await consents.confirm({ tenant: visit.tenant, id: consent }, starterOf(visit))
    await links.update(visit, { outcome: 'connected' })
    return goOn(asked)
  }
  if (tries >= mostTries) return showForm(asked, visit, 'RATE_LIMITED')
  const counted = await links.update(visit, { tries: tries + 1 })
  // Sent twice at once: the other one goes on.
  if (counted === null) return goOn(asked)
  try {
    await connect(asked, counted, body)
  } catch (error) {
    if (!TenonError.is(error) || error.code === 'INTERNAL') throw error
    asked.context.log.warn('connect.refused', {
      connector: visit.facts.connector,
      code: error.code,
      reason: error.message,
    })
    showForm(asked, counted, error.code)
  }
}

async function connect(asked: VisitRequest, visit: Visit, body: Readonly<Record<string, unknown>>): Promise<void> {
  const { accounts, consents, links } = connectingOf(asked.context)
  const fields = fieldsIn(body)
  const which = whichOf(visit)
  const starter = starterOf(visit)
  const form = accounts.form(which.connector)
  if (form.ways.includes('fields')) {
    await accounts.save(which, { fields, confirmAccountChange: body['confirm'] === 'yes' }, { by: starter.by })
    await links.update(visit, { outcome: 'connected' })
    return goOn(asked)
  }
  const redirectUri = redirectUriOf(asked.context)
  const { consent, url } = await consents.begin(which, { way: 'browser', fields, redirectUri }, starter)
  await links.update(visit, { consent })
  sendPage(asked.reply, 200, leadingPage('One moment', url, `Go on to ${form.title}`))
}

/** `null` for one that has ended meanwhile. */
async function lookAt(
  visit: Visit,
  id: string,
  consents: { look(place: { tenant: string; id: string }, starter: Starter): Promise<ConsentView> },
): Promise<ConsentView | null> {
  return consents.look({ tenant: visit.tenant, id }, starterOf(visit)).catch((error: unknown) => {
    if (TenonError.is(error, 'NOT_FOUND')) return null
    throw error
  })
}

function showForm({ reply, context }: VisitRequest, { facts }: Visit, problem: string | null): void {
  const form = connectingOf(context).accounts.form(facts.connector)
  sendPage(reply, problem === null ? 200 : 403, accountPage({ app: context.appName, form, problem }))
}

function leave({ reply, origin }: VisitRequest, { facts }: Visit): void {
  const title = facts.outcome === 'connected' ? 'Your account is connected' : 'Nothing was connected'
  sendPage(reply.header('set-cookie', clearVisit(origin)), 200, leadingPage(title, returnUrl(facts), 'Go back'))
}

/** After an order the browser asks anew, so that going back or loading again sends nothing twice. */
function goOn({ reply }: VisitRequest): void {
  void reply
    .code(303)
    .headers({ ...guardHeaders, 'cache-control': 'no-store', location: '/connect/account' })
    .send()
}

function whichOf({ tenant, facts: { connector, name } }: Visit): ConnectionName {
  return { tenant, connector, name }
}

function starterOf({ id, facts }: Visit): Starter {
  return { kind: 'visit', id, by: `${facts.by}, by link` }
}

function fieldsIn(body: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const given = Object.entries(body).flatMap(([name, value]) =>
    name.startsWith('field.') && typeof value === 'string' && value !== '' ? [[name.slice(6), value] as const] : [],
  )
  return Object.fromEntries(given)
}
