import { TenonError } from 'tenon'
import { cause, defineSimulator, type Cause, type Simulation } from 'tenon/simulator'
import { z } from 'zod'
import { serviceability, withAwb } from './couriers.ts'
import { refuse, refused } from './dialect.ts'
import { assignAwb, label, manifest, schedulePickup } from './handover.ts'
import { newOrder } from './objects.ts'
import {
  byAwb,
  byReference,
  createOrder,
  created,
  list,
  ofShipment,
  orderNotFound,
  orderOf,
  orders,
  shown,
  type Order,
} from './orders.ts'
import { advance, move, report, stageMs, track, type Movement } from './parcel.ts'
import { addPlace, firstPlaces, listPlaces } from './places.ts'
import { sampleOrder } from './sample-order.ts'
import { shiprocket } from './shiprocket.ts'
import { shipmentRank } from './status.ts'

const which = {
  /** Shiprocket's number of the order, or your own id of it; default is the newest one that is on its way. */
  order: z.union([z.number(), z.string()]).optional(),
}
const minute = 60_000

const stageCause = (stage: Movement): Cause =>
  cause(z.strictObject(which), ({ order }, simulation) =>
    summaryOf(advance(simulation, orderToMove(simulation, order), stage)),
  )

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
  // It does not say how often it tries; a courier's next update comes soon anyway.
  redelivery: { pausesMs: [5 * minute, 15 * minute, 60 * minute] },
  refuse,
  begin: firstPlaces,

  operations: {
    createOrder(given, simulation) {
      const order = createOrder(simulation, given)
      // The rules of this account give every order to a courier by themselves.
      simulation.later('shipment.picked_up', { order: order.id }, stageMs)
      return created(order)
    },
    cancelOrder({ ids }, simulation) {
      const found = ids.map((id) => orderOf(simulation, id) ?? orderNotFound())
      if (found.some(({ stage }) => stage !== 'shipment.cancelled' && shipmentRank(stage) > 0))
        refused(400, 'Order cannot be cancelled: it is already shipped.')
      for (const order of found) {
        if (order.stage !== 'shipment.cancelled') move(simulation, order, 'shipment.cancelled')
      }
      return { message: 'Order cancelled successfully.' }
    },
    showOrder: ({ id }, simulation) => ({ data: shown(orderOf(simulation, id) ?? orderNotFound()) }),
    listOrders: (query, simulation) => list(simulation, query),
    checkServiceability: (route, simulation) => serviceability(simulation, route),
    assignAwb: (wanted, simulation) => assignAwb(simulation, wanted),
    generatePickup: ({ shipment_id }, simulation) => schedulePickup(simulation, shipment_id),
    generateManifest: ({ shipment_id }, simulation) => manifest(simulation, shipment_id),
    generateLabel: ({ shipment_id }, simulation) => label(simulation, shipment_id),
    listPickupLocations: (_input, simulation) => listPlaces(simulation),
    addPickupLocation: (place, simulation) => addPlace(simulation, place),
    listChannels: () => ({ data: [{ id: 1, name: 'CUSTOM', status: 'Active', base_channel_code: 'CS' }] }),
    trackByAwb: ({ awb }, simulation) => track(orderOf(simulation, byAwb(simulation).get(awb))),
    trackByShipment: ({ shipment_id }, simulation) => track(ofShipment(simulation, shipment_id)),
  },

  samples: [
    { event: 'shipment.picked_up', input: {} },
    { event: 'shipment.in_transit', input: {} },
    { event: 'shipment.out_for_delivery', input: {} },
    { event: 'shipment.updated', input: { status: 'UNDELIVERED', activity: 'Consignee not available' } },
    { event: 'shipment.delivered', input: {} },
    { event: 'shipment.returning', input: {} },
    { event: 'shipment.returned', input: {} },
    { event: 'shipment.cancelled', input: {} },
  ],

  events: {
    'shipment.updated': cause(
      z.strictObject({
        ...which,
        status: z.string().default('UNDELIVERED'),
        /** Of an order; 21 is a try to deliver that failed. */
        id: z.int().default(21),
        activity: z.string().default('Consignee not available'),
      }),
      ({ order, status, id, activity }, simulation) => {
        const meant = withAwb(simulation, orderToMove(simulation, order))
        return summaryOf(report(simulation, meant, { status, id, shipmentId: id, activity }))
      },
    ),
    'shipment.picked_up': stageCause('shipment.picked_up'),
    'shipment.in_transit': stageCause('shipment.in_transit'),
    'shipment.out_for_delivery': stageCause('shipment.out_for_delivery'),
    'shipment.delivered': stageCause('shipment.delivered'),
    'shipment.returning': stageCause('shipment.returning'),
    'shipment.returned': stageCause('shipment.returned'),
    'shipment.cancelled': stageCause('shipment.cancelled'),
  },
})

function summaryOf({ id, reference, awb, status }: Order) {
  return { order_id: id, reference, awb, status }
}

function orderToMove(simulation: Simulation, wanted: number | string | undefined): Order {
  if (wanted !== undefined) {
    const found = orderOf(simulation, byReference(simulation).get(String(wanted)) ?? Number(wanted))
    if (found === undefined) throw new TenonError('NOT_FOUND', `there is no order ${wanted}`)
    return found
  }
  const onItsWay = [...orders(simulation).values()].findLast(({ stage }) => shipmentRank(stage) < 8)
  return onItsWay ?? panelOrder(simulation)
}

function panelOrder(simulation: Simulation): Order {
  const order_id = `PANEL-${simulation.number('panel', 1)}`
  const order_date = new Date(simulation.now())
  return createOrder(simulation, newOrder.parse({ ...sampleOrder, order_id, order_date, pickup_location: 'Primary' }))
}
