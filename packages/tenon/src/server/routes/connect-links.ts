import { z } from 'zod'
import { connectingOf, tenantOf, tenantQuery as query } from '../connect/asking.ts'
import { defineRoute, type Routes } from '../route.ts'

const text = z.string().min(1, { error: 'a text that is not empty' })

/** For a product whose own customers connect their accounts. */
export const routes: Routes = [
  defineRoute({
    method: 'POST',
    path: '/api/v1/connect-links',
    right: 'connections:write',
    summary: "A link by which one of a product's customers connects one account, once, within 15 minutes.",
    query,
    body: z
      .strictObject({
        connector: text,
        name: text.optional().describe('Of the connection; default `main`.'),
        returnTo: z
          .url({ protocol: /^https?$/, error: 'a whole address' })
          .describe('Where the customer goes afterwards; its origin stands in the app, `connect.returnTo`.'),
      })
      .meta({ examples: [{ connector: 'stripe', returnTo: 'https://shop.example.com/settings' }] }),
    answers: { 200: z.object({ url: z.string(), expiresAt: z.number() }) },
    async handle({ query: asked, body: { connector, name = 'main', returnTo }, caller }, context) {
      const which = { tenant: tenantOf(caller, asked), connector, name }
      const { token, expiresAt } = await connectingOf(context).links.issue(which, returnTo, caller.by)
      return { url: `${context.publicUrl()}/connect/${token}`, expiresAt }
    },
  }),
]
