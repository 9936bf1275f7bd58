import { TenonError } from 'tenon'
import { cause, type Cause } from 'tenon/simulator'
import { z } from 'zod'
import { associate } from './associations.ts'
import { accounts, allOf, nameOf, portalOf, rowById, type Kind, type Portal, type Row } from './portal.ts'
import { add, archive, change, requireFree } from './records.ts'
import { sound } from './values.ts'

/** In which account; default is the first. */
const portal = z.enum(accounts.map(({ id }) => id)).optional()
const properties = z.record(z.string(), z.string()).default({})
/** Default is the newest one; where there is none, one is made. */
const id = z.string().optional()

const people = [
  { firstname: 'Asha', lastname: 'Rao', company: 'Lavelle Interiors' },
  { firstname: 'Vikram', lastname: 'Shah', company: 'Horniman Books' },
  { firstname: 'Meera', lastname: 'Nair', company: 'Kochi Crafts' },
] as const

/** What people in the account write down; a new one each time. */
function usually(portal: Portal, kind: Kind): Readonly<Record<string, string>> {
  const number = portal.simulation.number(`new ${kind}`, 1)
  const { firstname, lastname, company } = people[(number - 1) % people.length] ?? people[0]
  switch (kind) {
    case 'contacts':
      return { firstname, lastname, company, email: `${firstname}.${lastname}.${number}@example.com`.toLowerCase() }
    case 'companies':
      return { name: company, domain: `${company.toLowerCase().replace(' ', '-')}-${number}.example.com` }
    case 'deals':
      return { dealname: `${company}: ${number} oak trays`, amount: String(number * 1200), dealstage: 'qualifiedtobuy' }
    default:
      return { subject: `Where is my order ${number}?`, content: `Asked by ${firstname}`, hs_ticket_priority: 'HIGH' }
  }
}

function make(portal: Portal, kind: Kind, given: Readonly<Record<string, string>>): Row {
  const values = sound(portal, kind, { ...usually(portal, kind), ...given })
  requireFree(portal, kind, values, null)
  return add(portal, kind, values)
}

function some(portal: Portal, kind: Kind, wanted: string | undefined): Row {
  if (wanted === undefined) return allOf(portal, kind).at(-1) ?? make(portal, kind, {})
  const row = rowById(portal, kind, wanted)
  if (row === undefined) throw new TenonError('NOT_FOUND', `there is no ${nameOf(kind)} ${wanted} in ${portal.id}`)
  return row
}

const usualChange: Readonly<Record<Kind, readonly [property: string, values: readonly [string, string]]>> = {
  contacts: ['lifecyclestage', ['customer', 'opportunity']],
  companies: ['industry', ['RETAIL', 'FURNITURE']],
  deals: ['dealstage', ['closedwon', 'contractsent']],
  tickets: ['hs_pipeline_stage', ['4', '3']],
}

/** People at work in the account. */
const creation = (kind: Kind) =>
  cause(z.strictObject({ portal, properties }), ({ portal: name, properties: given }, simulation) =>
    make(portalOf(simulation, name), kind, given),
  )

const deletion = (kind: Kind) =>
  cause(z.strictObject({ portal, id }), ({ portal: name, id: wanted }, simulation) => {
    const at = portalOf(simulation, name)
    const row = some(at, kind, wanted)
    archive(at, kind, row.id)
    return row
  })

const propertyChange = (kind: Kind) =>
  cause(
    z.strictObject({ portal, id, property: z.string().optional(), value: z.string().optional() }),
    ({ portal: name, id: wanted, property, value }, simulation) => {
      const at = portalOf(simulation, name)
      const row = some(at, kind, wanted)
      const [usual, [first, second]] = usualChange[kind]
      const which = property ?? usual
      const next = value ?? (row.properties[which] === first ? second : first)
      const values = sound(at, kind, { [which]: next })
      requireFree(at, kind, values, row.id)
      return change(at, kind, row, values)
    },
  )

/** What is usually beside it. */
const beside: Readonly<Record<Kind, Kind>> = {
  contacts: 'companies',
  companies: 'contacts',
  deals: 'contacts',
  tickets: 'contacts',
}

const associationChange = (kind: Kind) =>
  cause(z.strictObject({ portal, id, to: z.string().optional() }), ({ portal: name, id: wanted, to }, simulation) => {
    const at = portalOf(simulation, name)
    const other = beside[kind]
    const from = some(at, kind, wanted)
    const target = to === undefined ? make(at, other, {}) : some(at, other, to)
    return associate(at, { fromType: kind, fromId: from.id, toType: other, toId: target.id })
  })

export const happenings = {
  'contact.creation': creation('contacts'),
  'contact.deletion': deletion('contacts'),
  'contact.propertyChange': propertyChange('contacts'),
  'contact.associationChange': associationChange('contacts'),
  'company.creation': creation('companies'),
  'company.deletion': deletion('companies'),
  'company.propertyChange': propertyChange('companies'),
  'company.associationChange': associationChange('companies'),
  'deal.creation': creation('deals'),
  'deal.deletion': deletion('deals'),
  'deal.propertyChange': propertyChange('deals'),
  'deal.associationChange': associationChange('deals'),
  'ticket.creation': creation('tickets'),
  'ticket.deletion': deletion('tickets'),
  'ticket.propertyChange': propertyChange('tickets'),
  'ticket.associationChange': associationChange('tickets'),
} satisfies Readonly<Record<string, Cause>>
