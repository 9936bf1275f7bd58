export type ShipmentEvent =
  | 'shipment.updated'
  | 'shipment.picked_up'
  | 'shipment.in_transit'
  | 'shipment.out_for_delivery'
  | 'shipment.delivered'
  | 'shipment.returning'
  | 'shipment.returned'
  | 'shipment.cancelled'

/** Order status ids by what they mean; what is in none of them is an update. */
const idsOf: Readonly<Partial<Record<ShipmentEvent, readonly number[]>>> = {
  'shipment.picked_up': [42],
  'shipment.in_transit': [6, 20, 37, 43, 44, 51],
  'shipment.out_for_delivery': [19],
  'shipment.delivered': [7],
  'shipment.returned': [16],
  'shipment.returning': [15, 17, 36, 45, 46, 55, 85, 87],
  'shipment.cancelled': [5, 18],
}

const eventOf = new Map(
  Object.entries(idsOf).flatMap(([event, ids]) => ids.map((id) => [id, event as ShipmentEvent] as const)),
)

/** What a tracking update reports. Couriers reuse numbers: where the words are plain, they decide. */
export function shipmentEvent(statusId: number, status: string): ShipmentEvent {
  const words = status
    .trim()
    .toUpperCase()
    .replaceAll(/[-_\s]+/g, ' ')
  if (words === 'PICKED UP') return 'shipment.picked_up'
  if (words === 'OUT FOR DELIVERY') return 'shipment.out_for_delivery'
  if (words === 'DELIVERED') return 'shipment.delivered'
  if (words === 'RTO DELIVERED') return 'shipment.returned'
  return eventOf.get(statusId) ?? 'shipment.updated'
}

const ranks: Readonly<Record<ShipmentEvent, number>> = {
  'shipment.updated': 0,
  'shipment.picked_up': 1,
  'shipment.in_transit': 2,
  'shipment.out_for_delivery': 3,
  'shipment.delivered': 9,
  'shipment.returning': 8,
  'shipment.returned': 9,
  'shipment.cancelled': 9,
}

/** How far along a shipment is. Updates arrive late and out of order: take one over only where its rank is higher, and nothing after 9. */
export function shipmentRank(event: ShipmentEvent): number {
  return ranks[event]
}
