import { operation, type RequestParts } from 'tenon'
import type { z } from 'zod'
import * as objects from './objects.ts'
import * as requests from './requests.ts'

/** Versions by date stand beside these since 2026; these are the ones that HubSpot's own package speaks. */
const crm = '/crm/v3'
const linked = '/crm/v4/objects/{fromType}/{fromId}/associations'

const { record, pageOf, foundOf, batchOf, upserted } = objects

const get = (type: string) =>
  operation({ method: 'GET', path: `${crm}/objects/${type}/{id}`, input: requests.oneRecord, output: record })

// No keys, and nothing unique to look for: after a lost answer a person decides, unless it is done as an upsert.
const create = <Properties extends z.ZodType>(type: string, properties: Properties) =>
  operation({
    method: 'POST',
    path: `${crm}/objects/${type}`,
    input: requests.newRecord(properties),
    output: record,
  })

export interface Change {
  readonly id: string
  readonly idProperty?: string | undefined
  readonly properties: unknown
}

const update = <Properties extends z.ZodType>(type: string, properties: Properties) =>
  operation({
    method: 'PATCH',
    path: `${crm}/objects/${type}/{id}`,
    input: requests.recordChange(properties),
    output: record,
    // Properties are set to values: the same ones again change nothing.
    repeatable: true,
    request: ({ id, idProperty, properties: changed }: Change): RequestParts => ({
      path: `${crm}/objects/${type}/${encodeURIComponent(id)}`,
      query: { idProperty },
      body: { properties: changed },
    }),
  })

const archive = (type: string) =>
  operation({
    description: 'Puts it into the bin, from which people can bring it back for 90 days',
    method: 'DELETE',
    path: `${crm}/objects/${type}/{id}`,
    input: requests.byId,
    output: objects.archived,
    response: () => ({ archived: true }),
  })

const list = (type: string) =>
  operation({
    method: 'GET',
    path: `${crm}/objects/${type}`,
    input: requests.recordQuery,
    output: pageOf(record),
  })

const search = (type: string) =>
  operation({
    description: 'By filters or words; what was written in the last seconds may be missing',
    method: 'POST',
    path: `${crm}/objects/${type}/search`,
    input: requests.search,
    output: foundOf(record),
    repeatable: true,
  })

const read = (type: string) =>
  operation({
    description: 'Up to 100 by their ids, or by a unique property',
    method: 'POST',
    path: `${crm}/objects/${type}/batch/read`,
    input: requests.batchRead,
    output: batchOf(record),
    repeatable: true,
  })

const upsert = <Properties extends z.ZodType>(type: string, properties: Properties) =>
  operation({
    description: 'Makes or changes up to 100, found by a unique property: the write that may be repeated',
    method: 'POST',
    path: `${crm}/objects/${type}/batch/upsert`,
    input: requests.batchUpsert(properties),
    output: batchOf(upserted),
    repeatable: true,
  })

export interface NewContact {
  readonly properties: Readonly<Record<string, unknown>> & { readonly email: string }
}

export const operations = {
  createContact: operation({
    description: 'Makes a contact, whose email must be new',
    method: 'POST',
    path: `${crm}/objects/contacts`,
    input: requests.newRecord(requests.newContactProperties),
    output: record,
    lookup: {
      operation: 'getContact',
      input: ({ properties }: NewContact) => ({
        id: properties.email,
        idProperty: 'email',
        properties: Object.keys(properties),
      }),
      // With other values it was there before, and the next try is told so (409).
      found: (contact: objects.CrmRecord, { properties }: NewContact) =>
        Object.entries(properties).every(([name, value]) => isSame(name, contact.properties[name], value))
          ? contact
          : null,
    },
  }),
  createContactWithoutEmail: {
    ...create('contacts', requests.propertiesWithoutEmail),
    description: 'For people of whom no email is known; upsert them by a unique property where there is one',
  },
  getContact: get('contacts'),
  updateContact: update('contacts', requests.contactProperties),
  archiveContact: archive('contacts'),
  listContacts: list('contacts'),
  searchContacts: search('contacts'),
  readContacts: read('contacts'),
  upsertContacts: upsert('contacts', requests.contactProperties),

  createCompany: create('companies', requests.companyProperties),
  getCompany: get('companies'),
  updateCompany: update('companies', requests.companyProperties),
  archiveCompany: archive('companies'),
  listCompanies: list('companies'),
  searchCompanies: search('companies'),
  readCompanies: read('companies'),
  upsertCompanies: upsert('companies', requests.companyProperties),

  createDeal: create('deals', requests.dealProperties),
  getDeal: get('deals'),
  updateDeal: update('deals', requests.dealProperties),
  archiveDeal: archive('deals'),
  listDeals: list('deals'),
  searchDeals: search('deals'),
  readDeals: read('deals'),
  upsertDeals: upsert('deals', requests.dealProperties),

  createTicket: create('tickets', requests.ticketProperties),
  getTicket: get('tickets'),
  updateTicket: update('tickets', requests.ticketProperties),
  archiveTicket: archive('tickets'),
  listTickets: list('tickets'),
  searchTickets: search('tickets'),
  readTickets: read('tickets'),
  upsertTickets: upsert('tickets', requests.ticketProperties),

  associate: operation({
    description: 'Associates two records, without a label',
    method: 'PUT',
    path: '/crm/v4/objects/{fromType}/{fromId}/associations/default/{toType}/{toId}',
    input: requests.associationPair,
    output: objects.associated,
  }),
  labelAssociation: operation({
    description: 'Associates two records with labels, such as that of the primary company',
    method: 'PUT',
    path: `${linked}/{toType}/{toId}`,
    input: requests.associationLabels,
    output: objects.labelled,
    request: ({ fromType, fromId, toType, toId, labels }: z.output<typeof requests.associationLabels>) => ({
      path: `/crm/v4/objects/${[fromType, fromId, 'associations', toType, toId].map(encodeURIComponent).join('/')}`,
      body: labels,
    }),
  }),
  listAssociations: operation({
    method: 'GET',
    path: `${linked}/{toType}`,
    input: requests.associationQuery,
    output: pageOf(objects.association),
  }),
  removeAssociations: operation({
    description: 'Takes all associations between two records away',
    method: 'DELETE',
    path: `${linked}/{toType}/{toId}`,
    input: requests.associationPair,
    output: objects.archived,
    response: () => ({ archived: true }),
  }),

  listOwners: operation({
    description: 'The users to whom records can be assigned',
    method: 'GET',
    path: `${crm}/owners`,
    input: requests.ownerQuery,
    output: pageOf(objects.owner),
  }),
  getOwner: operation({ method: 'GET', path: `${crm}/owners/{id}`, input: requests.byId, output: objects.owner }),

  listProperties: operation({
    method: 'GET',
    path: `${crm}/properties/{objectType}`,
    input: requests.propertyQuery,
    output: objects.properties,
  }),
  getProperty: operation({
    method: 'GET',
    path: `${crm}/properties/{objectType}/{name}`,
    input: requests.oneProperty,
    output: objects.property,
  }),
  createProperty: operation({
    description: 'Defines a property, such as a unique one to upsert by',
    method: 'POST',
    path: `${crm}/properties/{objectType}`,
    input: requests.newProperty,
    output: objects.property,
    lookup: {
      operation: 'getProperty',
      input: ({ objectType, name }: z.output<typeof requests.newProperty>) => ({ objectType, name }),
      found: (property: objects.Property, { label, type, groupName }: z.output<typeof requests.newProperty>) =>
        property.label === label && property.type === type && property.groupName === groupName ? property : null,
    },
  }),

  listPipelines: operation({
    description: 'Pipelines with their stages',
    method: 'GET',
    path: `${crm}/pipelines/{objectType}`,
    input: requests.pipelineQuery,
    output: objects.pipelines,
  }),

  getAccount: operation({
    description: 'Which account (portal) this is',
    method: 'GET',
    path: '/account-info/v3/details',
    input: requests.nothing,
    output: objects.account,
  }),
}

/** HubSpot writes addresses in small letters. */
function isSame(name: string, found: string | null | undefined, given: unknown): boolean {
  const kept = found ?? ''
  return name === 'email' ? kept === String(given).toLowerCase() : kept === given
}
