import { Answer, defineSimulator, jsonOf, type LimitedRequest, type Simulation } from 'tenon/simulator'
import type { RawRequest } from 'tenon'
import * as associations from './associations.ts'
import * as batches from './batches.ts'
import { define, pipelinesOf, propertiesOf, propertyOf } from './definitions.ts'
import { conflict, invalid, notFound, refuse, refuseToken } from './dialect.ts'
import { happenings } from './happenings.ts'
import { hubspot } from './hubspot.ts'
import { detailsOf, ownersOf } from './people.ts'
import { accounts, kindNamed, portalOf, type Kind, type Portal } from './portal.ts'
import * as records from './records.ts'
import { search } from './search.ts'

const second = 1000
const minute = 60 * second
const day = 1440 * minute
const isSearch = ({ operation }: LimitedRequest): boolean => operation.startsWith('search')
const unlessSearch = (request: LimitedRequest): string | null => (isSearch(request) ? null : '')

const [most, mostInDay] = [110, 250_000]

const at = portalOf
const gone = new Answer(204, '')

/** What each kind of record can be asked; the names are those of the connector. */
const create = (kind: Kind) => (input: Parameters<typeof records.create>[2], simulation: Simulation) =>
  new Answer(201, records.create(at(simulation), kind, input))
const get = (kind: Kind) => (input: Parameters<typeof records.get>[2], simulation: Simulation) =>
  records.get(at(simulation), kind, input)
const update = (kind: Kind) => (input: Parameters<typeof records.update>[2], simulation: Simulation) =>
  records.update(at(simulation), kind, input)
const archive = (kind: Kind) => (input: { readonly id: string }, simulation: Simulation) => {
  records.archive(at(simulation), kind, input.id)
  return gone
}
const list = (kind: Kind) => (input: Parameters<typeof records.list>[2], simulation: Simulation) =>
  records.list(at(simulation), kind, input)
const find = (kind: Kind) => (input: Parameters<typeof search>[2], simulation: Simulation) =>
  search(at(simulation), kind, input)
const read = (kind: Kind) => (input: Parameters<typeof batches.read>[2], simulation: Simulation) =>
  batches.read(at(simulation), kind, input)
const upsert = (kind: Kind) => (input: Parameters<typeof batches.upsert>[2], simulation: Simulation) =>
  batches.upsert(at(simulation), kind, input)

export const hubspotSimulator = defineSimulator(hubspot, {
  credentials: {
    clientId: (random) => `app-${random(20).toLowerCase()}`,
    clientSecret: (random) => random(36),
  },
  oauth: {
    accounts,
    life: '30m',
    // Refresh tokens stay as they are.
    rotates: false,
    refuse: refuseToken,
    told: (account) => ({ hub_id: Number(account) }),
  },
  limits: [
    {
      name: 'requests',
      most,
      perMs: 10 * second,
      of: unlessSearch,
      headers: ({ left }) => ({
        'x-hubspot-ratelimit-max': String(most),
        'x-hubspot-ratelimit-remaining': String(left),
        'x-hubspot-ratelimit-interval-milliseconds': '10000',
      }),
    },
    {
      name: 'day',
      most: mostInDay,
      perMs: day,
      of: unlessSearch,
      headers: ({ left }) => ({
        'x-hubspot-ratelimit-daily': String(mostInDay),
        'x-hubspot-ratelimit-daily-remaining': String(left),
      }),
    },
    { name: 'search', most: 5, perMs: second, of: (request) => (isSearch(request) ? '' : null) },
  ],
  // Ten times within a day.
  redelivery: {
    pausesMs: [minute, 5 * minute, 15 * minute, 30 * minute, 60 * minute, ...Array.from({ length: 5 }, () => day / 6)],
    answerLimitMs: 5 * second,
  },
  headers: (_request, simulation) => ({ 'x-hubspot-correlation-id': simulation.id('') }),
  refuse,
  read: { labelAssociation: readLabels },
  samples: [
    ...Array.from({ length: 3 }, () => ({ event: 'contact.creation', input: {} })),
    ...Object.keys(happenings)
      .filter((event) => event !== 'contact.creation')
      .map((event) => ({ event, input: {} })),
  ],

  operations: {
    createContact: create('contacts'),
    createContactWithoutEmail: create('contacts'),
    getContact: get('contacts'),
    updateContact: update('contacts'),
    archiveContact: archive('contacts'),
    listContacts: list('contacts'),
    searchContacts: find('contacts'),
    readContacts: read('contacts'),
    upsertContacts: upsert('contacts'),

    createCompany: create('companies'),
    getCompany: get('companies'),
    updateCompany: update('companies'),
    archiveCompany: archive('companies'),
    listCompanies: list('companies'),
    searchCompanies: find('companies'),
    readCompanies: read('companies'),
    upsertCompanies: upsert('companies'),

    createDeal: create('deals'),
    getDeal: get('deals'),
    updateDeal: update('deals'),
    archiveDeal: archive('deals'),
    listDeals: list('deals'),
    searchDeals: find('deals'),
    readDeals: read('deals'),
    upsertDeals: upsert('deals'),

    createTicket: create('tickets'),
    getTicket: get('tickets'),
    updateTicket: update('tickets'),
    archiveTicket: archive('tickets'),
    listTickets: list('tickets'),
    searchTickets: find('tickets'),
    readTickets: read('tickets'),
    upsertTickets: upsert('tickets'),

    associate: (pair, simulation) => associations.associate(at(simulation), pair),
    labelAssociation: ({ labels, ...pair }, simulation) =>
      new Answer(201, associations.label(at(simulation), pair, labels)),
    listAssociations: (query, simulation) => associations.list(at(simulation), query),
    removeAssociations(pair, simulation) {
      associations.remove(at(simulation), pair)
      return gone
    },

    listOwners({ email, archived = false }, simulation) {
      const all = ownersOf(at(simulation)).filter((owner) => owner.archived === archived)
      return { results: all.filter((owner) => email === undefined || owner.email === email.toLowerCase()) }
    },
    getOwner: ({ id }, simulation) =>
      ownersOf(at(simulation)).find((owner) => owner.id === id) ?? notFound(simulation, `owner ${id} does not exist`),

    listProperties({ objectType }, simulation) {
      const portal = at(simulation)
      return { results: propertiesOf(portal, kindOf(portal, objectType)) }
    },
    getProperty({ objectType, name }, simulation) {
      const portal = at(simulation)
      const property = propertyOf(portal, kindOf(portal, objectType), name)
      return property ?? notFound(simulation, `Property with name ${name} could not be found`)
    },
    createProperty({ objectType, ...given }, simulation) {
      const portal = at(simulation)
      const kind = kindOf(portal, objectType)
      if (propertyOf(portal, kind, given.name) !== undefined)
        conflict(simulation, `A property named '${given.name}' already exists.`)
      const property = { description: '', hasUniqueValue: false, ...given, options: given.options ?? [] }
      define(portal, kind, property)
      return new Answer(201, property)
    },

    listPipelines: ({ objectType }) => ({ results: pipelinesOf(objectType) }),
    getAccount: (_input, simulation) => detailsOf(at(simulation)),
  },

  events: happenings,
})

function kindOf({ simulation }: Portal, objectType: string): Kind {
  return kindNamed(objectType) ?? invalid(simulation, `Unable to infer object type from: ${objectType}`)
}

/** Its body is a bare list. */
function readLabels(request: RawRequest, params: Readonly<Record<string, string>>): unknown {
  return { ...params, labels: jsonOf(request) }
}
