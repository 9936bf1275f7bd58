import type { Simulation } from 'tenon/simulator'
import { courierName, withAwb } from './couriers.ts'
import { nowIn, orders, type Order } from './orders.ts'
import { shipmentRank, type ShipmentEvent } from './status.ts'

interface Report {
  readonly status: string
  /** Number of the status for an order, and for a shipment. */
  readonly id: number
  readonly shipmentId: number
  readonly activity: string
}

interface Stage extends Report {
  readonly next?: ShipmentEvent
}

export type Movement = Exclude<ShipmentEvent, 'shipment.updated'>

/** What a parcel goes through by itself, and what only `emit` makes happen. */
const stages: Readonly<Record<Movement, Stage>> = {
  'shipment.picked_up': {
    status: 'PICKED UP',
    id: 42,
    shipmentId: 42,
    activity: 'Shipment picked up',
    next: 'shipment.in_transit',
  },
  'shipment.in_transit': {
    status: 'IN TRANSIT',
    id: 20,
    shipmentId: 18,
    activity: 'In transit to destination',
    next: 'shipment.out_for_delivery',
  },
  'shipment.out_for_delivery': {
    status: 'OUT FOR DELIVERY',
    id: 19,
    shipmentId: 17,
    activity: 'Out for delivery',
    next: 'shipment.delivered',
  },
  'shipment.delivered': { status: 'DELIVERED', id: 7, shipmentId: 7, activity: 'Delivered to consignee' },
  'shipment.returning': {
    status: 'RTO INITIATED',
    id: 15,
    shipmentId: 9,
    activity: 'Return to origin initiated',
    next: 'shipment.returned',
  },
  'shipment.returned': { status: 'RTO DELIVERED', id: 16, shipmentId: 10, activity: 'Returned to origin' },
  'shipment.cancelled': { status: 'CANCELED', id: 5, shipmentId: 8, activity: 'Shipment cancelled' },
}
/** Between two stages; a parcel of this world is quick. */
export const stageMs = 4000

/** Never backwards, and nothing after an end. */
export function advance(simulation: Simulation, order: Order, stage: Movement): Order {
  return shipmentRank(order.stage) < shipmentRank(stage) ? move(simulation, order, stage) : order
}

export function move(simulation: Simulation, order: Order, stage: Movement): Order {
  const { next, ...told } = stages[stage]
  const moved = report(simulation, { ...withAwb(simulation, order), stage }, told)
  if (next !== undefined) simulation.later(next, { order: order.id }, stageMs)
  return moved
}

/** Keeps what the courier says of a parcel, and tells of it. */
export function report(simulation: Simulation, order: Order, { status, id, shipmentId, activity }: Report): Order {
  const date = nowIn(simulation)
  const scan = {
    date,
    status: String(id),
    activity,
    location: order.given.billing_city,
    'sr-status': String(shipmentId),
    'sr-status-label': status,
  }
  const told: Order = {
    ...order,
    status,
    status_code: id,
    shipment_status_code: shipmentId,
    scans: [...order.scans, scan],
  }
  orders(simulation).put(String(order.id), told)
  simulation.deliver(eventOf(told), updateOf(told, date))
  return told
}

function eventOf(order: Order): ShipmentEvent {
  const stage = order.stage === 'shipment.updated' ? undefined : stages[order.stage]
  return stage?.id === order.status_code ? order.stage : 'shipment.updated'
}

function updateOf(order: Order, date: string) {
  const [day = '', time = ''] = date.split(' ')
  return {
    awb: order.awb,
    courier_name: courierName(order.courier_id),
    current_status: order.status,
    current_status_id: order.status_code,
    shipment_status: order.status,
    shipment_status_id: order.shipment_status_code,
    current_timestamp: `${day.split('-').toReversed().join(' ')} ${time}`,
    order_id: order.reference,
    sr_order_id: order.id,
    awb_assigned_date: order.awb_assigned,
    pickup_scheduled_date: order.pickup_scheduled,
    etd: date,
    scans: order.scans,
    is_return: 0,
    channel_id: 1,
    pod_status: 'OTP Based Delivery',
    pod: 'Not Available',
  }
}

/** A shipment that it cannot track is answered with status 200. */
export function track(order: Order | undefined) {
  if (order === undefined || order.awb === '') {
    return {
      tracking_data: {
        track_status: 0,
        shipment_status: 0,
        error: 'There are no activities for this shipment yet.',
      },
    }
  }
  const shipment_track = [
    {
      id: order.shipment_id,
      awb_code: order.awb,
      courier_company_id: order.courier_id,
      current_status: order.status,
      order_id: order.id,
      pickup_date: order.pickup_scheduled,
      delivered_date: order.stage === 'shipment.delivered' ? (order.scans.at(-1)?.['date'] ?? null) : null,
      destination: order.given.billing_city,
      consignee_name: order.given.billing_customer_name,
    },
  ]
  return {
    tracking_data: {
      track_status: 1,
      shipment_status: order.shipment_status_code,
      shipment_track,
      shipment_track_activities: order.scans.toReversed(),
      track_url: `https://shiprocket.co/tracking/${order.awb}`,
      etd: null,
    },
  }
}
