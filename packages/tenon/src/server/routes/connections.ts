import { z } from 'zod'
import { connectForm, connection, connectionTest, testAnswer } from '../answers/connection.ts'
import { connectingOf, connectionParams as params, tenantOf, tenantQuery as query, whichOf } from '../connect/asking.ts'
import { defineRoute, type Routes } from '../route.ts'

const path = '/api/v1/connections'

export const fieldValues: z.ZodType<Readonly<Record<string, string>>> = z
  .record(z.string(), z.string({ error: 'a text' }))
  .describe('By name; one that is left out keeps its value.')

export const baseUrl: z.ZodOptional<z.ZodURL> = z
  .url({ protocol: /^https?$/, error: 'a whole address, such as https://api.example.com' })
  .optional()
  .describe("Replaces the connector's; with another origin, secrets are given anew.")

/** The accounts that are connected. No answer holds a secret. */
export const routes: Routes = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/connectors',
    right: 'connections:read',
    summary: 'What accounts can be connected to, and what a person is asked for.',
    answers: { 200: z.object({ connectors: z.array(connectForm) }) },
    handle: (_asked, context) => ({ connectors: connectingOf(context).accounts.forms() }),
  }),
  defineRoute({
    method: 'GET',
    path,
    right: 'connections:read',
    summary: 'All accounts that are connected, and how they are.',
    query,
    answers: { 200: z.object({ connections: z.array(connection) }) },
    handle: ({ query: asked, caller }, context) => ({
      connections: connectingOf(context).accounts.list(tenantOf(caller, asked)),
    }),
  }),
  defineRoute({
    method: 'GET',
    path: `${path}/:connector/:name`,
    right: 'connections:read',
    summary: 'One account.',
    params,
    query,
    answers: { 200: connection },
    handle: (asked, context) => connectingOf(context).accounts.show(whichOf(asked)),
  }),
  defineRoute({
    method: 'PUT',
    path: `${path}/:connector/:name`,
    right: 'connections:write',
    summary: 'Connects an account by its fields, or replaces them; they are tried at the provider first.',
    params,
    query,
    body: z
      .strictObject({
        fields: fieldValues,
        baseUrl,
        confirmAccountChange: z.boolean().optional().describe('Takes another account than the one before.'),
      })
      .meta({ examples: [{ fields: { secretKey: 'sk_test_…' } }] }),
    answers: { 200: connection },
    handle({ body, ...asked }, context) {
      const { fields, baseUrl: base, confirmAccountChange = false } = body
      const given = { fields, baseUrl: base, confirmAccountChange }
      return connectingOf(context).accounts.save(whichOf(asked), given, { by: asked.caller.by })
    },
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/:connector/:name/test`,
    right: 'connections:write',
    audits: { action: 'connection.tested', subject: ['connector', 'name'], finds: ['outcome', 'code'] },
    summary: 'Tries an account: does it work, and whose is it?',
    params,
    query,
    answers: { 200: connectionTest },
    async handle(asked, context) {
      return testAnswer(await connectingOf(context).accounts.test(whichOf(asked)))
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: `${path}/:connector/:name`,
    right: 'connections:write',
    summary: 'Takes the authorisation back where the provider can, and forgets the account.',
    params,
    query,
    answers: { 200: z.object({ connector: z.string(), name: z.string() }) },
    async handle(asked, context) {
      const which = whichOf(asked)
      await connectingOf(context).accounts.remove(which, { by: asked.caller.by })
      return { connector: which.connector, name: which.name }
    },
  }),
]
