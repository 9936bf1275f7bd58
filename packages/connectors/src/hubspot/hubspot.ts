import { defineConnector, oauth2, requestHmac } from 'tenon'
import { events, readEvents } from './events.ts'
import { readFailure } from './failure.ts'
import { limits } from './limits.ts'
import type { Account } from './objects.ts'
import { operations } from './operations.ts'

export type { AssociationEvent, ObjectEvent, PropertyEvent } from './events.ts'
export type { Account, CrmRecord, Owner, Property } from './objects.ts'

export const hubspot = defineConnector('hubspot', {
  title: 'HubSpot',
  description: 'HubSpot CRM: contacts, companies, deals, tickets, their associations and owners',
  baseUrl: 'https://api.hubapi.com',
  auth: oauth2({
    endpoints: {
      authorisation: 'https://app.hubspot.com/oauth/authorize',
      token: 'https://api.hubapi.com/oauth/v1/token',
    },
    proof: 'secret-post',
    // Those that the app asks for at HubSpot must be the same.
    scopes: [
      'oauth',
      'crm.objects.contacts.read',
      'crm.objects.contacts.write',
      'crm.objects.companies.read',
      'crm.objects.companies.write',
      'crm.objects.deals.read',
      'crm.objects.deals.write',
      'crm.objects.owners.read',
      'crm.schemas.contacts.read',
      'crm.schemas.contacts.write',
      'tickets',
    ],
    // Beside the standard's words, or in their place.
    refusals: {
      member: 'status',
      meanings: {
        BAD_REFRESH_TOKEN: 'invalid_grant',
        BAD_AUTH_CODE: 'invalid_grant',
        BAD_CLIENT_ID: 'invalid_client',
        BAD_CLIENT_SECRET: 'invalid_client',
      },
    },
    life: '30m',
  }),
  account: {
    operation: 'getAccount',
    // HubSpot tells nobody the name of a company.
    read: ({ portalId, accountType }: Account) => ({
      id: String(portalId),
      name: `HubSpot account ${portalId} (${accountType.toLowerCase().replaceAll('_', ' ')})`,
    }),
  },
  operations,
  events,
  policies: { limits },

  webhooks: {
    // An app has one address for the events of all accounts.
    shared: true,
    // Version 3: over method, address, body and time, with the secret of the app.
    verify: requestHmac({
      header: 'x-hubspot-signature-v3',
      field: 'clientSecret',
      encoding: 'base64',
      content: '{method}{decodedUrl}{body}{timestamp}',
      timestamp: { header: 'x-hubspot-request-timestamp', unit: 'ms' },
    }),
    read: readEvents,
  },

  failure: readFailure,
})
