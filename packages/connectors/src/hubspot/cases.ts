import type { ConnectorCases } from '../cases.ts'
import type { hubspot } from './hubspot.ts'

const strange = { id: '101', colour: 'red' }
const noLimit = { limit: 0 }
const noFilter = { filterGroups: [{ filters: [] }] }
const nothingToRead = { inputs: [] }

let number = 0
const next = (): number => (number += 1)
const email = (): string => `asha.${next()}@example.com`

export const cases: ConnectorCases<typeof hubspot> = {
  createContact: {
    good: () => ({ properties: { email: email(), firstname: 'Asha', lifecyclestage: 'lead' } }),
    bad: { properties: { email: '' } },
  },
  createContactWithoutEmail: { good: { properties: { firstname: 'Asha', phone: '+91 98' } }, bad: { properties: {} } },
  getContact: {
    good: (made) => ({
      id: made.createContact.id,
      properties: ['email', 'lifecyclestage'],
      associations: ['companies'],
    }),
    bad: strange,
  },
  updateContact: {
    good: (made) => ({ id: made.createContact.id, properties: { jobtitle: `Joiner ${next()}` } }),
    bad: { id: '101', properties: {} },
  },
  archiveContact: { good: (made) => ({ id: made.createContact.id }), bad: strange, fresh: 'createContact' },
  listContacts: { good: { limit: 2, properties: ['email'] }, bad: noLimit },
  searchContacts: {
    good: { filterGroups: [{ filters: [{ propertyName: 'email', operator: 'HAS_PROPERTY' }] }], limit: 5 },
    bad: noFilter,
  },
  readContacts: { good: { inputs: [{ id: '999999' }], properties: ['email'] }, bad: nothingToRead },
  upsertContacts: {
    good: () => ({ inputs: [{ id: email(), idProperty: 'email', properties: { firstname: 'Zoë' } }] }),
    bad: nothingToRead,
  },

  createCompany: { good: { properties: { name: 'Joinery', domain: 'joinery.example.com' } }, bad: { properties: {} } },
  getCompany: { good: (made) => ({ id: made.createCompany.id }), bad: strange },
  updateCompany: {
    good: (made) => ({ id: made.createCompany.id, properties: { city: `Kochi ${next()}` } }),
    bad: { id: '101', properties: {} },
  },
  archiveCompany: { good: (made) => ({ id: made.createCompany.id }), bad: strange, fresh: 'createCompany' },
  listCompanies: { good: { limit: 2 }, bad: noLimit },
  searchCompanies: { good: { query: 'joinery' }, bad: noFilter },
  readCompanies: { good: { inputs: [{ id: '999999' }] }, bad: nothingToRead },
  upsertCompanies: {
    good: (made) => ({
      inputs: [{ id: made.createCompany.id, idProperty: 'hs_object_id', properties: { city: `Pune ${next()}` } }],
    }),
    bad: nothingToRead,
    fresh: 'createCompany',
  },

  createDeal: {
    good: { properties: { dealname: 'Oak trays', amount: '1200', dealstage: 'qualifiedtobuy' } },
    bad: { properties: {} },
  },
  getDeal: { good: (made) => ({ id: made.createDeal.id }), bad: strange },
  updateDeal: {
    good: (made) => ({ id: made.createDeal.id, properties: { amount: String(1200 + next()) } }),
    bad: { id: '101', properties: {} },
  },
  archiveDeal: { good: (made) => ({ id: made.createDeal.id }), bad: strange, fresh: 'createDeal' },
  listDeals: { good: { limit: 2 }, bad: noLimit },
  searchDeals: { good: { sorts: [{ propertyName: 'amount', direction: 'DESCENDING' }] }, bad: noFilter },
  readDeals: { good: { inputs: [{ id: '999999' }] }, bad: nothingToRead },
  upsertDeals: {
    good: (made) => ({
      inputs: [{ id: made.createDeal.id, idProperty: 'hs_object_id', properties: { amount: String(next()) } }],
    }),
    bad: nothingToRead,
    fresh: 'createDeal',
  },

  createTicket: { good: { properties: { subject: 'Where is it?', hs_pipeline_stage: '1' } }, bad: { properties: {} } },
  getTicket: { good: (made) => ({ id: made.createTicket.id }), bad: strange },
  updateTicket: {
    good: (made) => ({ id: made.createTicket.id, properties: { content: `Asked ${next()} times` } }),
    bad: { id: '101', properties: {} },
  },
  archiveTicket: { good: (made) => ({ id: made.createTicket.id }), bad: strange, fresh: 'createTicket' },
  listTickets: { good: { limit: 2 }, bad: noLimit },
  searchTickets: { good: { query: 'where' }, bad: noFilter },
  readTickets: { good: { inputs: [{ id: '999999' }] }, bad: nothingToRead },
  upsertTickets: {
    good: (made) => ({
      inputs: [{ id: made.createTicket.id, idProperty: 'hs_object_id', properties: { content: `${next()}` } }],
    }),
    bad: nothingToRead,
    fresh: 'createTicket',
  },

  associate: {
    good: (made) => ({
      fromType: 'deals',
      fromId: made.createDeal.id,
      toType: 'tickets',
      toId: made.createTicket.id,
    }),
    bad: { fromType: 'deals', fromId: '1', toType: 'tickets', toId: '1', colour: 'red' },
    fresh: 'createDeal',
  },
  labelAssociation: {
    good: (made) => ({
      fromType: 'tickets',
      fromId: made.createTicket.id,
      toType: 'deals',
      toId: made.createDeal.id,
      labels: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 28 }],
    }),
    bad: { fromType: 'tickets', fromId: '1', toType: 'deals', toId: '1', labels: [] },
    fresh: 'createTicket',
  },
  listAssociations: {
    good: (made) => ({ fromType: 'tickets', fromId: made.createTicket.id, toType: 'deals', limit: 5 }),
    bad: { fromType: 'tickets', fromId: '1', toType: 'deals', limit: 0 },
  },
  removeAssociations: {
    good: (made) => ({
      fromType: 'tickets',
      fromId: made.createTicket.id,
      toType: 'deals',
      toId: made.createDeal.id,
    }),
    bad: { fromType: 'tickets', fromId: '1', toType: 'deals', toId: '1', colour: 'red' },
  },

  listOwners: { good: { limit: 5 }, bad: noLimit },
  getOwner: { good: (made) => ({ id: made.listOwners.results[0]?.id ?? '' }), bad: strange },
  listProperties: { good: { objectType: 'contacts' }, bad: { objectType: 'contacts', colour: 'red' } },
  getProperty: {
    good: { objectType: 'contacts', name: 'lifecyclestage' },
    bad: { objectType: 'contacts', name: 'lifecyclestage', colour: 'red' },
  },
  createProperty: {
    good: () => ({
      objectType: 'deals',
      name: `order_number_${next()}`,
      label: 'Order number',
      type: 'string',
      fieldType: 'text',
      groupName: 'dealinformation',
      hasUniqueValue: true,
    }),
    bad: { objectType: 'deals', name: 'Order Number' },
  },
  listPipelines: { good: { objectType: 'deals' }, bad: { objectType: 'deals', colour: 'red' } },
  getAccount: { good: {}, bad: { colour: 'red' } },
}
