import { z } from 'zod'
import { TenonError } from '../../base/errors.ts'
import { guardHeaders } from '../answer.ts'
import { callerOf } from '../mount.ts'
import { defineRoute, type Routes } from '../route.ts'

const path = '/api/v1/session'

const session = z
  .object({
    by: z.string(),
    tenant: z.string(),
    rights: z.array(z.string()),
    expiresAt: z
      .number()
      .nullable()
      .describe('When it ends if nothing more is done, in milliseconds since the epoch; null for the token.'),
  })
  .meta({ id: 'Session', description: 'Who asks, and what they may do.' })

const name = /^[^\p{Cc}]{1,100}$/u

/** Who is signed in, and how people get in and out. */
export const routes: Routes = [
  defineRoute({
    method: 'GET',
    path,
    right: 'session',
    summary: 'Who asks, and what they may do.',
    answers: { 200: session },
    handle: ({ caller: { by, tenant, rights, expiresAt } }) => ({ by, tenant, rights: [...rights], expiresAt }),
  }),
  {
    method: 'DELETE',
    path,
    right: 'session',
    summary: 'Signs out.',
    answers: { 204: null },
    async serve(request, reply, { sessions, cookie, site, audit }) {
      const caller = callerOf(request)
      const value = caller?.session ?? null
      if (caller === undefined || value === null)
        throw new TenonError('FORBIDDEN', 'a token has no session that could end')
      await sessions.end(value)
      const { tenant, by } = caller
      await audit.record({ tenant, by, from: request.ip, action: 'session.ended', subject: by, outcome: 'done' })
      void reply
        .code(204)
        .headers({ ...guardHeaders, 'set-cookie': cookie.clear(site.originOf(request)) })
        .send()
    },
  },
  defineRoute({
    method: 'POST',
    path: '/api/v1/sign-in-links',
    right: 'sign-in-links:write',
    summary: 'A link that lets one person sign in, once, within ten minutes.',
    body: z
      .strictObject({
        by: z
          .string()
          .regex(name, { error: 'a name of at most 100 letters' })
          .optional()
          .describe('Who signs in, for the record.'),
      })
      .meta({ examples: [{ by: 'mia' }] }),
    answers: { 200: z.object({ url: z.string(), expiresAt: z.number() }) },
    async handle({ body, caller, from }, { signInLink, audit }) {
      const { tenant } = caller
      const by = body.by ?? caller.by
      await audit.record({ tenant, by: caller.by, from, action: 'sign-in.link-made', subject: by, outcome: 'done' })
      return signInLink(by)
    },
  }),
]
