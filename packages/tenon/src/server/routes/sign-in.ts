import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { TenonError } from '../../base/errors.ts'
import { parseBody } from '../../trigger/body.ts'
import { isObject } from '../../definition/problem.ts'
import { guardHeaders } from '../answer.ts'
import { escapeHtml, sendPage, type Page } from '../console/page.ts'
import type { ServerContext } from '../context.ts'
import type { Routes } from '../route.ts'
import { refuseForeignSite } from '../session/site.ts'

const path = '/console/sign-in'
const formOfToken = /^[\w-]{43}$/
const page = { 200: 'text/html', 403: 'text/html' }

/** How a person gets in: the link shows a page that sends its token at once, so that a preview of the link does not use it up. */
export const routes: Routes = [
  {
    method: 'GET',
    path,
    right: 'public',
    summary: 'The page that a one-time link opens.',
    query: z.object({ token: z.string().optional() }),
    answers: page,
    async serve(request, reply, context) {
      const { token } = request.query as { token?: unknown }
      if (typeof token === 'string' && formOfToken.test(token) && (await context.sessions.isOpen(token)))
        return sendPage(reply, 200, askingPage(token))
      if (await isSignedIn(request, context))
        return void reply
          .code(303)
          .headers({ ...guardHeaders, location: '/console/' })
          .send()
      return sendPage(reply, 403, closedPage)
    },
  },
  {
    method: 'POST',
    path,
    right: 'public',
    summary: 'Uses a one-time link up, and gives a session.',
    answers: { 303: null, 403: 'text/html' },
    bodyLimit: 4096,
    async serve(request, reply, { sessions, cookie, site, audit, operator: { tenant } }) {
      const origin = site.originOf(request)
      refuseForeignSite(request, origin, true)
      const token = tokenIn(request)
      const issued = token === null ? null : await sessions.signIn(token)
      if (issued === null) {
        audit.refused({ by: 'nobody', from: request.ip, code: 'UNAUTHENTICATED', right: 'sign-in' })
        return sendPage(reply, 403, closedPage)
      }
      const by = (await sessions.find(issued.value))?.by ?? 'nobody'
      await audit.record({ tenant, by, from: request.ip, action: 'sign-in.done', subject: by, outcome: 'done' })
      // Whoever signs in anew leaves the session they had: it cannot be one that someone else planted.
      const former = cookie.read(request, origin)
      if (former !== null) await sessions.end(former)
      const given = cookie.give(issued.value, origin)
      return void reply
        .code(303)
        .headers({ ...guardHeaders, 'cache-control': 'no-store', location: '/console/', 'set-cookie': given })
        .send()
    },
  },
]

function askingPage(token: string): Page {
  return {
    title: 'Signing you in',
    body: `<form method="post" action="${path}"><input type="hidden" name="token" value="${escapeHtml(token)}"><p>This takes a moment. If nothing happens, press the button.</p><button>Sign in</button></form>`,
    script: 'document.forms[0].submit()',
  }
}

const closedPage: Page = {
  title: 'This link does not let anyone in',
  body: '<p>A sign-in link works once, and for ten minutes. This one has been used, is too old, or is not whole.</p><p>Get another in a terminal, in the folder of your project:</p><p><code>npx tenon console</code></p>',
}

async function isSignedIn(request: FastifyRequest, { sessions, cookie, site }: ServerContext): Promise<boolean> {
  const value = cookie.read(request, site.originOf(request))
  return value !== null && (await sessions.isAlive(value))
}

function tokenIn(request: FastifyRequest): string | null {
  const body = parseBody(request.headers['content-type'], (request.body as Uint8Array | undefined) ?? new Uint8Array(0))
  if (!isObject(body)) throw new TenonError('INPUT_INVALID', 'the body is not a form')
  const { token } = body
  return typeof token === 'string' && formOfToken.test(token) ? token : null
}
