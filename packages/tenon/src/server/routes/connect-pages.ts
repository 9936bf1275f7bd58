import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseBody } from '../../trigger/body.ts'
import { isObject } from '../../definition/problem.ts'
import { TenonError } from '../../base/errors.ts'
import { guardHeaders } from '../answer.ts'
import { connectingOf } from '../connect/asking.ts'
import { closedPage, enterPage, handoverPage, refusedPage, terminalPage } from '../connect/pages.ts'
import { digestOf, readTicket } from '../connect/ticket.ts'
import { giveVisit, readVisit } from '../connect/visit-cookie.ts'
import { answerVisit, orderVisit } from '../connect/visiting.ts'
import { sendPage } from '../console/page.ts'
import type { ServerContext } from '../context.ts'
import type { Route, Routes } from '../route.ts'
import { refuseForeignSite } from '../session/site.ts'

const page = { 200: 'text/html', 303: null, 403: 'text/html' }
const bodyLimit = 65_536

/** Where a provider sends people back to. What it brought is read by a page of ours, which sends it on with the cookies of this site. */
const callback: readonly Route[] = [
  {
    method: 'GET',
    path: '/connect/callback',
    right: 'public',
    summary:
      'Where providers send people back to after a consent. It changes nothing, and shows nothing of what it is given.',
    answers: page,
    serve: (_request, reply) => sendPage(reply, 200, handoverPage),
  },
  {
    method: 'POST',
    path: '/connect/callback',
    right: 'public',
    summary: "Takes a provider's answer to a consent, from the page before.",
    answers: page,
    bodyLimit,
    async serve(request, reply, context) {
      const origin = ownOrigin(request, context)
      const answer = new URLSearchParams(textOf(request, 'answer'))
      const { consents, links } = connectingOf(context)
      const session = context.cookie.read(request, origin)
      const visit = readTicket('visit', readVisit(request, origin))
      const completion = await consents.complete(answer, {
        session: session !== null && (await context.sessions.isAlive(session)) ? digestOf(session) : null,
        visit: visit !== null && (await links.visitOf(readVisit(request, origin))) !== null ? visit.id : null,
        from: request.ip,
      })
      if (completion.outcome === 'refused') sendPage(reply, 403, refusedPage(completion.reason))
      else if (completion.starter.kind === 'visit') lead(reply, '/connect/account')
      else if (completion.starter.kind === 'token') sendPage(reply, 200, terminalPage(completion.view.state))
      else {
        const { connector, name, consent } = completion.view
        lead(
          reply,
          `/console/connections/${encodeURIComponent(connector)}/${encodeURIComponent(name)}?consent=${consent}`,
        )
      }
      return reply
    },
  },
]

/** What a product's customers see: one account, and nothing else of this server. */
const hosted: readonly Route[] = [
  {
    method: 'GET',
    path: '/connect/account',
    right: 'public',
    summary: 'The page on which somebody who came by a link connects one account.',
    answers: page,
    async serve(request, reply, context) {
      await answerVisit({ request, reply, context, origin: context.site.originOf(request) })
      return reply
    },
  },
  {
    method: 'POST',
    path: '/connect/account',
    right: 'public',
    summary: 'What they order there.',
    answers: page,
    bodyLimit,
    async serve(request, reply, context) {
      const origin = ownOrigin(request, context)
      await orderVisit({ request, reply, context, origin }, formOf(request))
      return reply
    },
  },
  {
    method: 'GET',
    path: '/connect/:token',
    right: 'public',
    summary: 'The page that a connect link opens.',
    answers: page,
    async serve(request, reply, context) {
      const { token } = request.params as { readonly token: string }
      const isOpen = await connectingOf(context).links.isOpen(token)
      sendPage(reply, isOpen ? 200 : 403, isOpen ? enterPage(token) : closedPage)
      return reply
    },
  },
  {
    method: 'POST',
    path: '/connect/:token',
    right: 'public',
    summary: 'Uses a connect link up.',
    answers: page,
    bodyLimit,
    async serve(request, reply, context) {
      const origin = ownOrigin(request, context)
      const { token } = request.params as { readonly token: string }
      const ticket = await connectingOf(context).links.enter(token, request.ip)
      if (ticket === null) sendPage(reply, 403, closedPage)
      else lead(reply.header('set-cookie', giveVisit(ticket.text, origin)), '/connect/account')
      return reply
    },
  },
]

export const routes: Routes = [...callback, ...hosted]

function ownOrigin(request: FastifyRequest, { site }: ServerContext): string {
  const origin = site.originOf(request)
  refuseForeignSite(request, origin, true)
  return origin
}

function lead(reply: FastifyReply, location: string): void {
  void reply
    .code(303)
    .headers({ ...guardHeaders, 'cache-control': 'no-store', location })
    .send()
}

function formOf(request: FastifyRequest): Readonly<Record<string, unknown>> {
  const body = parseBody(request.headers['content-type'], (request.body as Uint8Array | undefined) ?? new Uint8Array(0))
  if (!isObject(body)) throw new TenonError('INPUT_INVALID', 'the body is not a form')
  return body
}

function textOf(request: FastifyRequest, name: string): string {
  const value = formOf(request)[name]
  return typeof value === 'string' ? value : ''
}
