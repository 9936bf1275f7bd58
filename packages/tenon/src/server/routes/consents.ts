import { z } from 'zod'
import { begunConsent, connection, consent } from '../answers/connection.ts'
import {
  connectingOf,
  connectionParams as params,
  redirectUriOf,
  starterOf,
  tenantOf,
  tenantQuery as query,
  whichOf,
} from '../connect/asking.ts'
import { defineRoute, type Routes } from '../route.ts'
import { baseUrl, fieldValues } from './connections.ts'

const path = '/api/v1/consents/:consent'
const consentParams = z.strictObject({ consent: z.string() })

/** Consents at a provider. Who began one ends it: nobody else finds it. */
export const routes: Routes = [
  defineRoute({
    method: 'POST',
    path: '/api/v1/connections/:connector/:name/consents',
    right: 'connections:write',
    summary: 'Begins a consent: in a browser, or by a code on another device.',
    params,
    query,
    body: z
      .strictObject({
        way: z.enum(['browser', 'device']).optional().describe("Default is the connector's usual way."),
        fields: fieldValues.optional(),
        baseUrl,
        scopes: z
          .array(z.string())
          .max(200)
          .optional()
          .describe('What is asked for; default is what the connector needs.'),
      })
      .meta({ examples: [{ way: 'browser' }] }),
    answers: { 200: begunConsent },
    handle({ body: { way, fields = {}, ...given }, ...asked }, context) {
      const { consents, accounts } = connectingOf(context)
      const which = whichOf(asked)
      const [usual] = accounts.form(which.connector).ways
      const order = { ...given, fields, way: way ?? (usual === 'device' ? usual : 'browser') }
      return consents.begin(which, { ...order, redirectUri: redirectUriOf(context) }, starterOf(asked.caller))
    },
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/look`,
    right: 'connections:write',
    summary: 'How a consent stands; asks the provider where a device is awaited.',
    params: consentParams,
    query,
    answers: { 200: consent },
    handle: ({ params: { consent: id }, query: asked, caller }, context) =>
      connectingOf(context).consents.look({ tenant: tenantOf(caller, asked), id }, starterOf(caller)),
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/confirm`,
    right: 'connections:write',
    summary: 'Takes the other account that came back.',
    params: consentParams,
    query,
    answers: { 200: connection },
    handle: ({ params: { consent: id }, query: asked, caller }, context) =>
      connectingOf(context).consents.confirm({ tenant: tenantOf(caller, asked), id }, starterOf(caller)),
  }),
]
