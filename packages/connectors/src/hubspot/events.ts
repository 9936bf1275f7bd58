import type { ReceivedEvent } from 'tenon'
import { z } from 'zod'

// Numbers there, texts everywhere else.
const id = z.union([z.number(), z.string()]).transform(String)

const base = z.looseObject({
  eventId: z.number(),
  subscriptionId: z.number(),
  /** The account in which it happened. */
  portalId: z.number(),
  appId: z.number(),
  /** Milliseconds since the epoch. */
  occurredAt: z.number(),
  subscriptionType: z.string(),
  attemptNumber: z.number(),
  changeSource: z.string().nullable().optional(),
})

export const objectEvent = base.extend({ objectId: id, changeFlag: z.string().optional() })
export const propertyEvent = base.extend({ objectId: id, propertyName: z.string(), propertyValue: z.string() })
export const associationEvent = base.extend({
  associationType: z.string(),
  fromObjectId: id,
  toObjectId: id,
  associationRemoved: z.boolean(),
  isPrimaryAssociation: z.boolean().optional(),
})

export type ObjectEvent = z.output<typeof objectEvent>
export type PropertyEvent = z.output<typeof propertyEvent>
export type AssociationEvent = z.output<typeof associationEvent>

const ofObject = {
  data: objectEvent,
  correlate: { object: (data: ObjectEvent) => data.objectId, portal: (data: ObjectEvent) => String(data.portalId) },
}
const ofProperty = {
  data: propertyEvent,
  correlate: {
    object: (data: PropertyEvent) => data.objectId,
    property: (data: PropertyEvent) => data.propertyName,
    value: (data: PropertyEvent) => data.propertyValue,
    portal: (data: PropertyEvent) => String(data.portalId),
  },
}
const ofAssociation = {
  data: associationEvent,
  correlate: {
    from: (data: AssociationEvent) => data.fromObjectId,
    to: (data: AssociationEvent) => data.toObjectId,
    portal: (data: AssociationEvent) => String(data.portalId),
  },
}

export const events = {
  'contact.creation': ofObject,
  'contact.deletion': ofObject,
  'contact.propertyChange': ofProperty,
  'contact.associationChange': ofAssociation,
  'company.creation': ofObject,
  'company.deletion': ofObject,
  'company.propertyChange': ofProperty,
  'company.associationChange': ofAssociation,
  'deal.creation': ofObject,
  'deal.deletion': ofObject,
  'deal.propertyChange': ofProperty,
  'deal.associationChange': ofAssociation,
  'ticket.creation': ofObject,
  'ticket.deletion': ofObject,
  'ticket.propertyChange': ofProperty,
  'ticket.associationChange': ofAssociation,
}

const about = id.optional()
const batch = z.array(base.extend({ objectId: about, fromObjectId: about, toObjectId: about })).min(1)

/** Up to a hundred events in one request. An eventId alone may come twice for different things. */
export function readEvents(body: unknown): readonly ReceivedEvent[] {
  return batch.parse(body).map((data) => {
    const { eventId, subscriptionId, occurredAt, subscriptionType, portalId } = data
    const { objectId, fromObjectId, toObjectId } = data
    return {
      id: [eventId, subscriptionId, occurredAt, objectId ?? `${fromObjectId}-${toObjectId}`].join('-'),
      type: subscriptionType,
      account: String(portalId),
      timeMs: occurredAt,
      data,
    }
  })
}
