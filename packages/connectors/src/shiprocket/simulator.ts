import { TenonError } from 'tenon'
import { cause, defineSimulator, reject, type Simulation } from 'tenon/simulator'
import { z } from 'zod'
import { indianTime } from './indian-time.ts'
import type { SentOrder } from './objects.ts'
import {
  byAwb,
  byReference,
  byShipment,
  list,
  notFound,
  orderOf,
  orders,
  refuse,
  shown,
  track,
  updateOf,
  type Order,
} from './orders.ts'
import { shiprocket } from './shiprocket.ts'
import { shipmentRank, type ShipmentEvent } from './status.ts'

/** What a parcel goes through by itself, with the delay after the stage before; and what only `emit` makes happen. */
const stages: Readonly<
  Record<ShipmentEvent, { status: string; id: number; activity: string; next?: ShipmentEvent; afterMs?: number }>
> = {
  'shipment.updated': { status: 'PICKUP SCHEDULED', id: 4, activity: 'Pickup scheduled' },
  'shipment.picked_up': {
    status: 'PICKED UP',
    id: 42,
    activity: 'Shipment picked up',
    next: 'shipment.in_transit',
    afterMs: 4000,
  },
  'shipment.in_transit': {
    status: 'IN TRANSIT',
    id: 20,
    activity: 'In transit to destination',
    next: 'shipment.out_for_delivery',
    afterMs: 4000,
  },
  'shipment.out_for_delivery': {
    status: 'OUT FOR DELIVERY',
    id: 19,
    activity: 'Out for delivery',
    next: 'shipment.delivered',
    afterMs: 4000,
  },
  'shipment.delivered': { status: 'DELIVERED', id: 7, activity: 'Delivered to consignee' },
  'shipment.returning': {
    status: 'RTO INITIATED',
    id: 15,
    activity: 'Return to origin initiated',
    next: 'shipment.returned',
    afterMs: 4000,
  },
  'shipment.returned': { status: 'RTO DELIVERED', id: 16, activity: 'Returned to origin' },
  'shipment.cancelled': { status: 'CANCELED', id: 5, activity: 'Shipment cancelled' },
}
const pickupAfterMs = 4000

const which = z.strictObject({
  /** Shiprocket's number of the order, or your own id of it; default is the newest one that is not finished. */
  order: z.union([z.number(), z.string()]).optional(),
})

const stageCause = (event: ShipmentEvent) =>
  cause(which, (input, simulation) => advance(simulation, input.order, event))

export const shiprocketSimulator = defineSimulator(shiprocket, {
  credentials: { email: () => 'api-user@example.com', webhookToken: (random) => random(40) },
  loggedIn: (token) => ({
    id: 1,
    first_name: 'API',
    last_name: 'USER',
    email: 'api-user@example.com',
    company_id: 1,
    token,
  }),
  refuse,
  samples: [{ event: 'shipment.delivered', input: {} }],

  operations: {
    createOrder(given, simulation) {
      if (byReference(simulation).get(given.order_id) !== undefined) {
        reject(422, {
          message: 'The given data was invalid.',
          errors: { order_id: ['Order id already exists.'] },
          status_code: 422,
        })
      }
      const order = newOrder(simulation, given)
      simulation.later('shipment.picked_up', { order: order.id }, pickupAfterMs)
      return {
        order_id: order.id,
        channel_order_id: order.reference,
        shipment_id: order.shipment_id,
        status: order.status,
        status_code: order.status_code,
        onboarding_completed_now: 0,
        awb_code: '',
        courier_company_id: '',
        courier_name: '',
      }
    },
    cancelOrder({ ids }, simulation) {
      const found = ids.map((id) => orderOf(simulation, id) ?? notFound())
      if (found.some(({ stage }) => stage !== 'shipment.cancelled' && shipmentRank(stage) > 0)) {
        reject(400, { message: 'Order cannot be cancelled: it is already shipped.', status_code: 400 })
      }
      for (const order of found) {
        if (order.stage !== 'shipment.cancelled') move(simulation, order, 'shipment.cancelled')
      }
      return { message: 'Order cancelled successfully.' }
    },
    showOrder: ({ id }, simulation) => ({ data: shown(orderOf(simulation, id) ?? notFound()) }),
    listOrders: (query, simulation) => list(simulation, query),
    trackByAwb: ({ awb }, simulation) => track(orderOf(simulation, byAwb(simulation).get(awb))),
    trackByShipment: ({ shipment_id }, simulation) =>
      track(orderOf(simulation, byShipment(simulation).get(String(shipment_id)))),
  },

  events: {
    'shipment.picked_up': stageCause('shipment.picked_up'),
    'shipment.in_transit': stageCause('shipment.in_transit'),
    'shipment.out_for_delivery': stageCause('shipment.out_for_delivery'),
    'shipment.delivered': stageCause('shipment.delivered'),
    'shipment.returning': stageCause('shipment.returning'),
    'shipment.returned': stageCause('shipment.returned'),
    'shipment.cancelled': stageCause('shipment.cancelled'),
  },
})

function newOrder(simulation: Simulation, given: SentOrder): Order {
  const order: Order = {
    id: simulation.number('order', 348_456_000),
    shipment_id: simulation.number('shipment', 347_100_000),
    reference: given.order_id,
    given,
    status: 'NEW',
    status_code: 1,
    stage: 'shipment.updated',
    awb: '',
    created: simulation.now(),
    scans: [],
  }
  orders(simulation).put(String(order.id), order)
  byReference(simulation).put(order.reference, order.id)
  byShipment(simulation).put(String(order.shipment_id), order.id)
  return order
}

/** Never backwards, and nothing after an end. Tells what the order is now. */
function advance(simulation: Simulation, wanted: number | string | undefined, stage: ShipmentEvent) {
  const order = orderToMove(simulation, wanted)
  if (order === undefined) throw new TenonError('NOT_FOUND', 'there is no such order on its way')
  const next = shipmentRank(order.stage) < shipmentRank(stage) ? move(simulation, order, stage) : order
  return { order_id: next.id, reference: next.reference, awb: next.awb, status: next.status }
}

function orderToMove(simulation: Simulation, wanted: number | string | undefined): Order | undefined {
  if (wanted === undefined) return [...orders(simulation).values()].findLast(({ stage }) => shipmentRank(stage) < 9)
  return orderOf(simulation, byReference(simulation).get(String(wanted)) ?? Number(wanted))
}

function move(simulation: Simulation, order: Order, stage: ShipmentEvent): Order {
  const { status, id, activity, next, afterMs = 0 } = stages[stage]
  const date = indianTime(new Date(simulation.now()))
  const scan = {
    date,
    status: String(id),
    activity,
    location: order.given.billing_city,
    'sr-status': String(id),
    'sr-status-label': status,
  }
  const awb = order.awb === '' ? String(simulation.number('awb', 19_041_424_751_540)) : order.awb
  const moved: Order = { ...order, status, status_code: id, stage, awb, scans: [...order.scans, scan] }
  orders(simulation).put(String(order.id), moved)
  byAwb(simulation).put(awb, order.id)
  simulation.deliver(stage, updateOf(moved, date))
  if (next !== undefined) simulation.later(next, { order: order.id }, afterMs)
  return moved
}
