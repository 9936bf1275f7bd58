import type { Simulation, Table } from 'tenon/simulator'
import type { CrmRecord, Property } from './objects.ts'

/** The accounts of the simulated provider: what two customers connect stays apart. */
export const accounts = [
  { id: '1001', name: 'Joinery Ltd' },
  { id: '1002', name: 'Timber & Sons' },
] as const

export const kinds = ['contacts', 'companies', 'deals', 'tickets'] as const
export type Kind = (typeof kinds)[number]

const singular: Readonly<Record<Kind, string>> = {
  contacts: 'contact',
  companies: 'company',
  deals: 'deal',
  tickets: 'ticket',
}
export const nameOf = (kind: Kind): string => singular[kind]

/** `contacts` and `contact` are the same there. */
export function kindNamed(name: string): Kind | undefined {
  return kinds.find((kind) => kind === name || singular[kind] === name)
}

/** One account: what is in another is not there for it. */
export interface Portal {
  readonly id: string
  readonly simulation: Simulation
}

export function portalOf(simulation: Simulation, id: string = simulation.account ?? accounts[0].id): Portal {
  return { id, simulation }
}

/** As the API shows it, with the account that has it. */
export interface Row extends CrmRecord {
  readonly portal: string
  readonly archived: boolean
}

export interface Link {
  readonly portal: string
  readonly from: string
  readonly to: string
  readonly toKind: Kind
  readonly fromKind: Kind
  readonly category: string
  readonly typeId: number
}

export const rowsOf = ({ simulation }: Portal, kind: Kind): Table<Row> => simulation.table<Row>(kind)
export const linksOf = ({ simulation }: Portal): Table<Link> => simulation.table<Link>('associations')
/** Properties that the account defined itself, by kind and name. */
export const definedIn = ({ simulation }: Portal): Table<Property & { readonly portal: string; readonly kind: Kind }> =>
  simulation.table('properties')
/** Ids by the values that are unique. */
const holders = ({ simulation }: Portal): Table<string> => simulation.table<string>('$holders')

const place = (portal: Portal, kind: Kind, property: string, value: string): string =>
  JSON.stringify([portal.id, kind, property, value])

export const timeOf = ({ simulation }: Portal): string => new Date(simulation.now()).toISOString()

/** All of a kind in that account, the oldest first. */
export function allOf(portal: Portal, kind: Kind, archived = false): Row[] {
  return [...rowsOf(portal, kind).values()].filter((row) => row.portal === portal.id && row.archived === archived)
}

export function rowById(portal: Portal, kind: Kind, id: string, archived = false): Row | undefined {
  const row = rowsOf(portal, kind).get(id)
  return row?.portal === portal.id && row.archived === archived ? row : undefined
}

/** Who has that value of a unique property. */
export function holderOf(portal: Portal, kind: Kind, property: string, value: string): Row | undefined {
  const id = holders(portal).get(place(portal, kind, property, value))
  const row = id === undefined ? undefined : rowById(portal, kind, id)
  return row?.properties[property] === value ? row : undefined
}

/** Keeps a record, and by whom its unique values are held. */
export function keep(portal: Portal, kind: Kind, row: Row, unique: readonly string[]): Row {
  rowsOf(portal, kind).put(row.id, row)
  for (const property of unique) {
    const value = row.properties[property] ?? ''
    if (value !== '') holders(portal).put(place(portal, kind, property, value), row.id)
  }
  return row
}
