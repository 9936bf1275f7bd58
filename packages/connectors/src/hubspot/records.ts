import { conflict, invalid, notFound } from './dialect.ts'
import { changedAt, propertyOf, uniqueOf, usual } from './definitions.ts'
import { associationsOf, associateNew, dropAssociations, type NewAssociation } from './associations.ts'
import { changed, deleted, made, notify } from './notifications.ts'
import { allOf, holderOf, keep, nameOf, rowById, timeOf, type Kind, type Portal, type Row } from './portal.ts'
import type { CrmRecord } from './objects.ts'
import { sound } from './values.ts'

type Values = Readonly<Record<string, string>>

interface Given {
  readonly properties: unknown
  readonly associations?: readonly NewAssociation[] | undefined
}

export function create(portal: Portal, kind: Kind, given: Given): CrmRecord {
  const values = sound(portal, kind, given.properties)
  requireFree(portal, kind, values, null)
  const row = add(portal, kind, values)
  associateNew(portal, kind, row.id, given.associations ?? [])
  return shown(row, Object.keys(row.properties))
}

export interface Which {
  readonly id: string
  readonly idProperty?: string | undefined
}

interface Shown {
  readonly properties?: readonly string[] | undefined
  readonly associations?: readonly string[] | undefined
}

export function get(portal: Portal, kind: Kind, asked: Which & Shown & { readonly archived?: boolean | undefined }) {
  const row = asked.archived === true ? rowById(portal, kind, asked.id, true) : find(portal, kind, asked)
  if (row === undefined) return notFound(portal.simulation)
  return withAssociations(portal, kind, row, asked)
}

export function update(
  portal: Portal,
  kind: Kind,
  { properties, ...which }: Which & { properties: unknown },
): CrmRecord {
  const row = find(portal, kind, which) ?? notFound(portal.simulation)
  const values = sound(portal, kind, properties)
  requireFree(portal, kind, values, row.id)
  const after = change(portal, kind, row, values)
  return shown(after, [...Object.keys(values), ...usual[kind]])
}

/** Also what is not there is answered well. */
export function archive(portal: Portal, kind: Kind, id: string): void {
  const row = rowById(portal, kind, id)
  if (row === undefined) return
  keep(portal, kind, { ...row, archived: true, archivedAt: timeOf(portal), updatedAt: timeOf(portal) }, [])
  dropAssociations(portal, kind, id)
  notify(portal, [deleted(kind, id)])
}

interface Query extends Shown {
  readonly limit?: number | undefined
  readonly after?: string | undefined
  readonly archived?: boolean | undefined
}

export function list(portal: Portal, kind: Kind, { limit = 10, after, archived, ...show }: Query) {
  const all = allOf(portal, kind, archived).filter(({ id }) => Number(id) > Number(after ?? 0))
  const results = all.slice(0, limit).map((row) => withAssociations(portal, kind, row, show))
  const last = results.at(-1)
  return { results, ...(all.length > limit && last !== undefined && { paging: { next: { after: last.id } } }) }
}

/** The one that has that id, or that value of a unique property. */
export function find(portal: Portal, kind: Kind, { id, idProperty }: Which): Row | undefined {
  if (idProperty === undefined || idProperty === 'hs_object_id') return rowById(portal, kind, id)
  if (!uniqueOf(portal, kind).includes(idProperty))
    invalid(portal.simulation, `Property ${idProperty} of ${nameOf(kind)} is not a unique identifier`)
  return holderOf(portal, kind, idProperty, idProperty === 'email' ? id.toLowerCase() : id)
}

/** Values are sound, and nobody else has those that are unique. */
export function add(portal: Portal, kind: Kind, values: Values): Row {
  const { simulation } = portal
  const id = String(simulation.number('record', 101))
  const now = timeOf(portal)
  const properties = {
    ...(kind === 'tickets' && { hs_pipeline: '0', hs_pipeline_stage: '1' }),
    ...(kind === 'deals' && { pipeline: 'default' }),
    ...(kind === 'contacts' && { lifecyclestage: 'lead' }),
    ...values,
    hs_object_id: id,
    createdate: now,
    [changedAt(kind)]: now,
  }
  const row: Row = { id, portal: portal.id, properties, createdAt: now, updatedAt: now, archived: false }
  keep(portal, kind, row, uniqueOf(portal, kind))
  notify(portal, [made(kind, id), ...Object.entries(values).map((value) => changed(kind, id, value))])
  return row
}

export function change(portal: Portal, kind: Kind, row: Row, values: Values): Row {
  const differing = Object.entries(values).filter(([name, value]) => (row.properties[name] ?? '') !== value)
  if (differing.length === 0) return row
  const now = timeOf(portal)
  const properties = { ...row.properties, ...Object.fromEntries(differing), [changedAt(kind)]: now }
  const after = keep(portal, kind, { ...row, properties, updatedAt: now }, uniqueOf(portal, kind))
  notify(
    portal,
    differing.map((value) => changed(kind, row.id, value)),
  )
  return after
}

export function requireFree(portal: Portal, kind: Kind, values: Values, id: string | null): void {
  for (const property of uniqueOf(portal, kind)) {
    const holder = values[property] === undefined ? undefined : holderOf(portal, kind, property, values[property])
    if (holder === undefined || holder.id === id) continue
    const what = `${nameOf(kind).charAt(0).toUpperCase()}${nameOf(kind).slice(1)}`
    conflict(portal.simulation, `${what} already exists. Existing ID: ${holder.id}`)
  }
}

export function shown(row: Row, names: readonly string[]): CrmRecord {
  const { portal: _portal, properties, ...rest } = row
  const chosen = [...new Set(names)].map((name) => [name, textOf(properties[name])])
  return { ...rest, properties: Object.fromEntries(chosen) as Record<string, string | null> }
}

/** What was asked for, with the three that every answer has. */
export function shownAs(kind: Kind, row: Row, names: readonly string[] | undefined): CrmRecord {
  const always = ['hs_object_id', 'createdate', changedAt(kind)]
  return shown(row, names === undefined ? usual[kind] : [...names, ...always])
}

/** A value that was taken away is none. */
const textOf = (value: string | null | undefined): string | null => (value === undefined || value === '' ? null : value)

function withAssociations(portal: Portal, kind: Kind, row: Row, { properties, associations = [] }: Shown): CrmRecord {
  const known = properties?.filter((name) => propertyOf(portal, kind, name) !== undefined)
  const record = shownAs(kind, row, known)
  if (associations.length === 0) return record
  return { ...record, associations: associationsOf(portal, kind, row.id, associations) }
}
