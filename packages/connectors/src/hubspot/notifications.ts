import type { events } from './events.ts'
import { kinds, nameOf, type Kind, type Portal } from './portal.ts'

type Change = 'creation' | 'deletion' | 'propertyChange' | 'associationChange'
const changes: readonly Change[] = ['creation', 'deletion', 'propertyChange', 'associationChange']

export interface Notice {
  readonly kind: Kind
  readonly change: Change
  readonly told: Readonly<Record<string, unknown>>
}

/** Tells the app, in one request, of what happened at once in an account. */
export function notify(portal: Portal, notices: readonly Notice[]): void {
  const { simulation } = portal
  const [first] = notices
  if (first === undefined) return
  const batch = notices.map(({ kind, change, told }) => ({
    eventId: simulation.number('event', 100_001),
    subscriptionId: 5000 + kinds.indexOf(kind) * changes.length + changes.indexOf(change),
    portalId: Number(portal.id),
    appId: 7001,
    occurredAt: simulation.now(),
    subscriptionType: typeOf(kind, change),
    attemptNumber: 0,
    // By a request of an app, or by a person.
    changeSource: simulation.account === null ? 'CRM_UI' : 'INTEGRATION',
    ...told,
  }))
  simulation.deliver(typeOf(first.kind, first.change), batch)
}

const typeOf = (kind: Kind, change: Change) => `${nameOf(kind)}.${change}` as keyof typeof events

export const made = (kind: Kind, id: string): Notice => ({
  kind,
  change: 'creation',
  told: { objectId: Number(id), changeFlag: 'NEW' },
})

export const deleted = (kind: Kind, id: string): Notice => ({
  kind,
  change: 'deletion',
  told: { objectId: Number(id), changeFlag: 'DELETED' },
})

export const changed = (kind: Kind, id: string, [propertyName, propertyValue]: readonly [string, string]): Notice => ({
  kind,
  change: 'propertyChange',
  told: { objectId: Number(id), propertyName, propertyValue },
})
