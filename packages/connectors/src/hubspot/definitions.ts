import { definedIn, type Kind, type Portal } from './portal.ts'
import type { Property } from './objects.ts'

type Form = 'string' | 'number' | 'datetime' | readonly string[]

const stages = {
  deals: ['appointmentscheduled', 'qualifiedtobuy', 'presentationscheduled', 'contractsent', 'closedwon', 'closedlost'],
  tickets: ['1', '2', '3', '4'],
} as const
const stageLabels: Readonly<Record<string, string>> = {
  1: 'New',
  2: 'Waiting on contact',
  3: 'Waiting on us',
  4: 'Closed',
  appointmentscheduled: 'Appointment Scheduled',
  qualifiedtobuy: 'Qualified To Buy',
  presentationscheduled: 'Presentation Scheduled',
  contractsent: 'Contract Sent',
  closedwon: 'Closed Won',
  closedlost: 'Closed Lost',
}
const lifecycle = ['subscriber', 'lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity', 'customer']
const own: Readonly<Record<string, Form>> = {
  hs_object_id: 'number',
  createdate: 'datetime',
  hs_lastmodifieddate: 'datetime',
  hubspot_owner_id: 'string',
}
const address: Readonly<Record<string, Form>> = {
  address: 'string',
  city: 'string',
  state: 'string',
  zip: 'string',
  country: 'string',
}

const builtIn: Readonly<Record<Kind, Readonly<Record<string, Form>>>> = {
  contacts: {
    ...own,
    ...address,
    lastmodifieddate: 'datetime',
    email: 'string',
    firstname: 'string',
    lastname: 'string',
    phone: 'string',
    mobilephone: 'string',
    company: 'string',
    website: 'string',
    jobtitle: 'string',
    lifecyclestage: [...lifecycle, 'evangelist', 'other'],
    hs_lead_status: ['NEW', 'OPEN', 'IN_PROGRESS', 'CONNECTED', 'UNQUALIFIED'],
  },
  companies: {
    ...own,
    ...address,
    name: 'string',
    domain: 'string',
    phone: 'string',
    industry: 'string',
    numberofemployees: 'number',
    annualrevenue: 'number',
    lifecyclestage: lifecycle,
  },
  deals: {
    ...own,
    dealname: 'string',
    amount: 'number',
    dealstage: stages.deals,
    pipeline: ['default'],
    closedate: 'datetime',
    dealtype: ['newbusiness', 'existingbusiness'],
    description: 'string',
  },
  tickets: {
    ...own,
    subject: 'string',
    content: 'string',
    hs_pipeline: ['0'],
    hs_pipeline_stage: stages.tickets,
    hs_ticket_priority: ['LOW', 'MEDIUM', 'HIGH'],
    source_type: ['CHAT', 'EMAIL', 'FORM', 'PHONE'],
  },
}

/** Shown where nobody asked for properties. */
export const usual: Readonly<Record<Kind, readonly string[]>> = {
  contacts: ['createdate', 'email', 'firstname', 'hs_object_id', 'lastmodifieddate', 'lastname'],
  companies: ['createdate', 'domain', 'hs_lastmodifieddate', 'hs_object_id', 'name'],
  deals: [
    'amount',
    'closedate',
    'createdate',
    'dealname',
    'dealstage',
    'hs_lastmodifieddate',
    'hs_object_id',
    'pipeline',
  ],
  tickets: [
    'content',
    'createdate',
    'hs_lastmodifieddate',
    'hs_object_id',
    'hs_pipeline',
    'hs_pipeline_stage',
    'hs_ticket_priority',
    'subject',
  ],
}

/** Looked into by the words of a search. */
export const searched: Readonly<Record<Kind, readonly string[]>> = {
  contacts: ['firstname', 'lastname', 'email', 'phone', 'company', 'hs_object_id'],
  companies: ['name', 'domain', 'website', 'phone'],
  deals: ['dealname', 'pipeline', 'dealstage', 'description', 'dealtype'],
  tickets: ['subject', 'content', 'hs_pipeline_stage', 'hs_object_id'],
}

export const changedAt = (kind: Kind): string => (kind === 'contacts' ? 'lastmodifieddate' : 'hs_lastmodifieddate')

const key = (portal: Portal, kind: Kind, name: string): string => `${portal.id}/${kind}/${name}`

export function propertyOf(portal: Portal, kind: Kind, name: string): Property | undefined {
  const form = Object.hasOwn(builtIn[kind], name) ? builtIn[kind][name] : undefined
  return form === undefined ? definedIn(portal).get(key(portal, kind, name)) : described(kind, name, form)
}

export function propertiesOf(portal: Portal, kind: Kind): Property[] {
  const more = [...definedIn(portal).values()].filter((one) => one.portal === portal.id && one.kind === kind)
  return [...Object.entries(builtIn[kind]).map(([name, form]) => described(kind, name, form)), ...more]
}

export function define(portal: Portal, kind: Kind, property: Property): void {
  definedIn(portal).put(key(portal, kind, property.name), { ...property, portal: portal.id, kind })
}

/** Properties by whose values a record can be found. */
export function uniqueOf(portal: Portal, kind: Kind): string[] {
  return propertiesOf(portal, kind)
    .filter(({ hasUniqueValue }) => hasUniqueValue === true)
    .map(({ name }) => name)
}

function described(kind: Kind, name: string, form: Form): Property {
  const type = typeof form === 'string' ? form : 'enumeration'
  const fieldType = { string: 'text', number: 'number', datetime: 'date', enumeration: 'select' }[type]
  return {
    name,
    label: stageLabels[name] ?? name,
    type,
    fieldType,
    groupName: `${kind === 'companies' ? 'company' : kind.slice(0, -1)}information`,
    description: '',
    options: typeof form === 'string' ? [] : form.map((value) => ({ label: stageLabels[value] ?? value, value })),
    hasUniqueValue: kind === 'contacts' && name === 'email',
  }
}

export function pipelinesOf(kind: 'deals' | 'tickets') {
  const [id, label] = kind === 'deals' ? ['default', 'Sales Pipeline'] : ['0', 'Support Pipeline']
  const common = { archived: false, createdAt: '2024-01-01T00:00:00Z', updatedAt: '2024-01-01T00:00:00Z' }
  const all = stages[kind].map((stage, index) => ({
    ...common,
    id: stage,
    label: stageLabels[stage] ?? stage,
    displayOrder: index,
    metadata: (kind === 'deals'
      ? { isClosed: String(stage.startsWith('closed')), probability: stage === 'closedwon' ? '1.0' : '0.2' }
      : { ticketState: stage === '4' ? 'CLOSED' : 'OPEN' }) as Record<string, string>,
  }))
  return [{ ...common, id, label, displayOrder: 0, stages: all }]
}

/** The types of associations without a label, both ways: https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide */
const unlabelled: Readonly<Record<string, number>> = {
  'contacts companies': 279,
  'companies contacts': 280,
  'contacts deals': 4,
  'deals contacts': 3,
  'contacts tickets': 15,
  'tickets contacts': 16,
  'companies deals': 342,
  'deals companies': 341,
  'companies tickets': 340,
  'tickets companies': 339,
  'deals tickets': 27,
  'tickets deals': 28,
  'contacts contacts': 449,
  'companies companies': 450,
  'deals deals': 451,
  'tickets tickets': 452,
}
const primary: Readonly<Record<string, number>> = {
  'contacts companies': 1,
  'companies contacts': 2,
  'deals companies': 5,
  'companies deals': 6,
  'tickets companies': 26,
  'companies tickets': 25,
}

export const usualType = (from: Kind, to: Kind): number => unlabelled[`${from} ${to}`] ?? 0
export const isPrimary = (from: Kind, to: Kind, typeId: number): boolean => primary[`${from} ${to}`] === typeId

/** The same association, seen from the other end; `undefined` for a type that there is not between those two. */
export function otherWay(from: Kind, to: Kind, typeId: number): number | undefined {
  if (usualType(from, to) === typeId) return usualType(to, from)
  return isPrimary(from, to, typeId) ? primary[`${to} ${from}`] : undefined
}
