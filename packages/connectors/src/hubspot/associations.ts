import { invalid, notFound } from './dialect.ts'
import { isPrimary, otherWay, usualType } from './definitions.ts'
import { notify } from './notifications.ts'
import { kindNamed, linksOf, nameOf, rowById, timeOf, type Kind, type Link, type Portal } from './portal.ts'

interface Spec {
  readonly associationCategory: string
  readonly associationTypeId: number
}

export interface NewAssociation {
  readonly to: { readonly id: string }
  readonly types: readonly Spec[]
}

interface Pair {
  readonly fromType: string
  readonly fromId: string
  readonly toType: string
  readonly toId: string
}

interface End {
  readonly kind: Kind
  readonly id: string
}

export function associate(portal: Portal, pair: Pair) {
  const [from, to] = endsOf(portal, pair)
  const typeId = usualType(from.kind, to.kind)
  link(portal, from, to, typeId)
  const one = (left: End, right: End, id: number) => ({
    from: { id: left.id },
    to: { id: right.id },
    associationSpec: { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: id },
  })
  const now = timeOf(portal)
  const results = [one(from, to, typeId), one(to, from, usualType(to.kind, from.kind))]
  return { status: 'COMPLETE', results, startedAt: now, completedAt: now }
}

export function label(portal: Portal, pair: Pair, labels: readonly Spec[]) {
  const [from, to] = endsOf(portal, pair)
  for (const { associationTypeId } of labels) link(portal, from, to, associationTypeId)
  return {
    fromObjectTypeId: typeIdOf(from.kind),
    fromObjectId: Number(from.id),
    toObjectTypeId: typeIdOf(to.kind),
    toObjectId: Number(to.id),
    labels: labels.flatMap((one) => (isPrimary(from.kind, to.kind, one.associationTypeId) ? ['Primary'] : [])),
  }
}

/** Of a record that was just made, to some that are there. */
export function associateNew(portal: Portal, kind: Kind, id: string, wanted: readonly NewAssociation[]): void {
  for (const { to, types } of wanted) {
    for (const { associationTypeId } of types) {
      const target = targets.find(
        (other) =>
          otherWay(kind, other, associationTypeId) !== undefined && rowById(portal, other, to.id) !== undefined,
      )
      if (target === undefined)
        invalid(portal.simulation, `Invalid association of type ${associationTypeId} to object ${to.id}`)
      link(portal, { kind, id }, { kind: target, id: to.id }, associationTypeId)
    }
  }
}

const targets: readonly Kind[] = ['contacts', 'companies', 'deals', 'tickets']

interface Query {
  readonly fromType: string
  readonly fromId: string
  readonly toType: string
  readonly limit?: number | undefined
  readonly after?: string | undefined
}

export function list(portal: Portal, { fromType, fromId, toType, limit = 500, after }: Query) {
  const from = endOf(portal, fromType, fromId)
  const links = outOf(portal, from, kindOf(portal, toType))
  const ids = [...new Set(links.map(({ to }) => to))].filter((id) => Number(id) > Number(after ?? 0))
  const page = ids.slice(0, limit)
  const results = page.map((id) => ({
    toObjectId: Number(id),
    associationTypes: links
      .filter(({ to }) => to === id)
      .map(({ category, typeId, fromKind, toKind }) => ({
        category,
        typeId,
        label: isPrimary(fromKind, toKind, typeId) ? 'Primary' : null,
      })),
  }))
  return { results, ...(ids.length > limit && { paging: { next: { after: page.at(-1) } } }) }
}

export function remove(portal: Portal, pair: Pair): void {
  const from = { kind: kindOf(portal, pair.fromType), id: pair.fromId }
  const to = { kind: kindOf(portal, pair.toType), id: pair.toId }
  unlink(portal, from, to)
}

/** By kind, as they stand beside a record. */
export function associationsOf(portal: Portal, kind: Kind, id: string, types: readonly string[]) {
  return Object.fromEntries(
    types.flatMap((type) => {
      const to = kindOf(portal, type)
      const results = outOf(portal, { kind, id }, to).map((one) => ({
        id: one.to,
        type: `${nameOf(kind)}_to_${nameOf(to)}${isPrimary(kind, to, one.typeId) ? '' : '_unlabeled'}`,
      }))
      return results.length === 0 ? [] : [[to, { results }]]
    }),
  )
}

export function dropAssociations(portal: Portal, kind: Kind, id: string): void {
  for (const link of linksFrom(portal, { kind, id })) unlink(portal, { kind, id }, { kind: link.toKind, id: link.to })
}

const keyOf = (portal: Portal, from: End, to: End, typeId: number): string =>
  [portal.id, from.kind, from.id, to.kind, to.id, typeId].join('/')

function link(portal: Portal, from: End, to: End, typeId: number): void {
  const { simulation } = portal
  const back = otherWay(from.kind, to.kind, typeId)
  if (back === undefined)
    return invalid(simulation, `Association type ${typeId} is not one from ${from.kind} to ${to.kind}`)
  const links = linksOf(portal)
  const key = keyOf(portal, from, to, typeId)
  if (links.get(key) !== undefined) return
  const common = { portal: portal.id, category: 'HUBSPOT_DEFINED' }
  links.put(key, { ...common, from: from.id, fromKind: from.kind, to: to.id, toKind: to.kind, typeId })
  links.put(keyOf(portal, to, from, back), {
    ...common,
    from: to.id,
    fromKind: to.kind,
    to: from.id,
    toKind: from.kind,
    typeId: back,
  })
  tell(portal, from, to, { typeId, removed: false })
}

function unlink(portal: Portal, from: End, to: End): void {
  const gone = [...outOf(portal, from, to.kind), ...outOf(portal, to, from.kind)].filter(
    (one) => [one.from, one.to].toSorted().join() === [from.id, to.id].toSorted().join(),
  )
  for (const one of gone)
    linksOf(portal).delete(
      keyOf(portal, { kind: one.fromKind, id: one.from }, { kind: one.toKind, id: one.to }, one.typeId),
    )
  if (gone.length > 0) tell(portal, from, to, { typeId: gone[0]?.typeId ?? 0, removed: true })
}

/** Both ends hear of it. */
function tell(portal: Portal, from: End, to: End, { typeId, removed }: { typeId: number; removed: boolean }): void {
  const one = (left: End, right: End) => ({
    kind: left.kind,
    change: 'associationChange' as const,
    told: {
      associationType: `${nameOf(left.kind)}_TO_${nameOf(right.kind)}`.toUpperCase(),
      fromObjectId: Number(left.id),
      toObjectId: Number(right.id),
      associationRemoved: removed,
      isPrimaryAssociation: isPrimary(from.kind, to.kind, typeId),
    },
  })
  notify(portal, [one(from, to), one(to, from)])
}

function linksFrom(portal: Portal, { kind, id }: End): Link[] {
  return [...linksOf(portal).values()].filter(
    (one) => one.portal === portal.id && one.fromKind === kind && one.from === id,
  )
}

function outOf(portal: Portal, from: End, toKind: Kind): Link[] {
  return linksFrom(portal, from)
    .filter((one) => one.toKind === toKind)
    .toSorted((left, right) => Number(left.to) - Number(right.to))
}

function endsOf(portal: Portal, { fromType, fromId, toType, toId }: Pair): readonly [End, End] {
  return [endOf(portal, fromType, fromId), endOf(portal, toType, toId)]
}

function endOf(portal: Portal, type: string, id: string): End {
  const kind = kindOf(portal, type)
  if (rowById(portal, kind, id) === undefined) notFound(portal.simulation, `No ${nameOf(kind)} with ID ${id} exists`)
  return { kind, id }
}

function kindOf({ simulation }: Portal, type: string): Kind {
  return kindNamed(type) ?? invalid(simulation, `Unable to infer object type from: ${type}`)
}

const typeIdOf = (kind: Kind): string => ({ contacts: '0-1', companies: '0-2', deals: '0-3', tickets: '0-5' })[kind]
