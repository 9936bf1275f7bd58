import { createHash } from 'node:crypto'
import { defineConnector, operation, staticToken, tokenLogin } from 'tenon'
import { readFailure } from './failure.ts'
import { fromIndianTime } from './indian-time.ts'
import * as objects from './objects.ts'
import type { CreatedOrder, OrderList, PickupLocations, SentOrder, TrackingUpdate } from './objects.ts'
import { shipmentEvent } from './status.ts'

export type { CreatedOrder, NewOrder, TrackingUpdate } from './objects.ts'
export { shipmentRank, type ShipmentEvent } from './status.ts'

const update = {
  data: objects.trackingUpdate,
  correlate: {
    /** Your own id of the order, as `createOrder` was given it. */
    order: (data: TrackingUpdate) => data.order_id,
    /** Shiprocket's number of the order, as `createOrder` answered it. */
    sr_order: (data: TrackingUpdate) => data.sr_order_id ?? undefined,
    awb: (data: TrackingUpdate) => data.awb,
  },
}

export const shiprocket = defineConnector('shiprocket', {
  title: 'Shiprocket',
  // There is no sandbox: with real credentials every call acts on the live account.
  description: 'Shipping in India: orders, couriers, pickups, labels, tracking',
  baseUrl: 'https://apiv2.shiprocket.in',
  auth: tokenLogin(
    { email: { label: 'E-mail of the API user', secret: false }, password: { label: 'Password of the API user' } },
    {
      login: ({ email, password }) => ({ path: '/v1/external/auth/login', body: { email, password } }),
      token: (body) => (body as { token?: string } | undefined)?.token,
      life: '240h',
    },
  ),

  account: {
    // Nothing tells of the account itself: its pickup addresses name the company.
    operation: 'listPickupLocations',
    read({ data: { shipping_address, company_name } }: PickupLocations) {
      const name = company_name ?? 'Shiprocket'
      return { id: String(shipping_address[0]?.company_id ?? name), name }
    },
  },

  operations: {
    createOrder: operation({
      method: 'POST',
      path: '/v1/external/orders/create/adhoc',
      input: objects.newOrder,
      output: objects.createdOrder,
      // It knows no keys, but makes no second order of an `order_id`: after a lost answer the first one is found by it.
      lookup: {
        operation: 'listOrders',
        input: (order: SentOrder) => ({ search: order.order_id, per_page: 100 }),
        found: (list: OrderList, order: SentOrder) => createdIn(list, order.order_id),
      },
    }),
    cancelOrder: operation({
      description: 'Cancels orders that are not on their way yet',
      method: 'POST',
      path: '/v1/external/orders/cancel',
      input: objects.cancellation,
      output: objects.cancelled,
      repeatable: true,
    }),
    showOrder: operation({
      method: 'GET',
      path: '/v1/external/orders/show/{id}',
      input: objects.byId,
      output: objects.order,
      response: ({ body }) => (body as { data: unknown }).data,
    }),
    listOrders: operation({
      method: 'GET',
      path: '/v1/external/orders',
      input: objects.orderQuery,
      output: objects.orderList,
    }),
    checkServiceability: operation({
      description: 'Couriers that go from here to there, with their rates',
      method: 'GET',
      path: '/v1/external/courier/serviceability/',
      input: objects.serviceabilityQuery,
      output: objects.serviceability,
    }),
    assignAwb: operation({
      description: 'Gives a shipment to a courier',
      method: 'POST',
      path: '/v1/external/courier/assign/awb',
      input: objects.awbRequest,
      output: objects.assignedAwb,
      // A second number is refused: after a lost answer the first one stands with its order.
      lookup: {
        operation: 'listOrders',
        input: ({ shipment_id }: { shipment_id: number }) => ({ search: String(shipment_id), per_page: 100 }),
        found: (list: OrderList, { shipment_id }: { shipment_id: number }) => assignedIn(list, shipment_id),
      },
    }),
    generatePickup: operation({
      description: 'Asks the courier to fetch shipments',
      method: 'POST',
      path: '/v1/external/courier/generate/pickup',
      input: objects.pickupRequest,
      output: objects.pickup,
    }),
    generateManifest: operation({
      method: 'POST',
      path: '/v1/external/manifests/generate',
      input: objects.shipments,
      output: objects.manifest,
      repeatable: true,
    }),
    generateLabel: operation({
      method: 'POST',
      path: '/v1/external/courier/generate/label',
      input: objects.shipments,
      output: objects.label,
      repeatable: true,
    }),
    listPickupLocations: operation({
      method: 'GET',
      path: '/v1/external/settings/company/pickup',
      input: objects.nothing,
      output: objects.pickupLocations,
    }),
    addPickupLocation: operation({
      method: 'POST',
      path: '/v1/external/settings/company/addpickup',
      input: objects.newPickupLocation,
      output: objects.addedPickupLocation,
      // Its name is taken once.
      lookup: {
        operation: 'listPickupLocations',
        input: () => ({}),
        found: (list: PickupLocations, { pickup_location }: { pickup_location: string }) =>
          addedIn(list, pickup_location),
      },
    }),
    listChannels: operation({
      method: 'GET',
      path: '/v1/external/channels',
      input: objects.nothing,
      output: objects.channels,
    }),
    trackByAwb: operation({
      method: 'GET',
      path: '/v1/external/courier/track/awb/{awb}',
      input: objects.byAwb,
      output: objects.tracking,
    }),
    trackByShipment: operation({
      method: 'GET',
      path: '/v1/external/courier/track/shipment/{shipment_id}',
      input: objects.byShipment,
      output: objects.tracking,
    }),
  },

  events: {
    'shipment.updated': update,
    'shipment.picked_up': update,
    'shipment.in_transit': update,
    'shipment.out_for_delivery': update,
    'shipment.delivered': update,
    'shipment.returning': update,
    'shipment.returned': update,
    'shipment.cancelled': update,
  },

  webhooks: {
    // The provider refuses URLs that contain its own name or its initials.
    path: 'tracking',
    // It signs nothing: the fixed token is all there is. Its panel takes no URL with `shiprocket`, `kartrocket`, `sr` or `kr` in it.
    verify: staticToken({ header: 'x-api-key', field: 'webhookToken' }),
    status: 200,
    read(body) {
      const data = objects.trackingUpdate.parse(body)
      const timeMs = fromIndianTime(data.current_timestamp)
      const type = shipmentEvent(data.current_status_id, data.current_status)
      return [{ id: updateId(data), type, data: body, ...(timeMs === undefined ? {} : { timeMs }) }]
    },
  },

  failure: readFailure,
})

/** Updates carry no id: what they say is what they are. */
function updateId({ awb, current_status_id, current_timestamp, scans }: TrackingUpdate): string {
  const last = scans?.at(-1)
  const facts = [awb, current_status_id, current_timestamp, last?.date, last?.activity]
  return createHash('sha256').update(JSON.stringify(facts)).digest('base64url').slice(0, 32)
}

function createdIn(list: OrderList, reference: string): CreatedOrder | null {
  // A search also finds ids that only contain this one.
  const order = list.data.find((order) => order.channel_order_id === reference)
  const shipment = order?.shipments[0]
  if (order === undefined || shipment === undefined) return null
  const { id, status, status_code } = order
  return { order_id: id, shipment_id: shipment.id, status, status_code, awb_code: shipment.awb }
}

function assignedIn(list: OrderList, shipmentId: number): object | null {
  const order = list.data.find(({ shipments }) => shipments.some(({ id, awb }) => id === shipmentId && awb !== ''))
  const shipment = order?.shipments.find(({ id }) => id === shipmentId)
  if (order === undefined || shipment === undefined) return null
  const data = { awb_code: shipment.awb, courier_name: '', order_id: order.id, shipment_id: shipmentId }
  return { awb_assign_status: 1, response: { data } }
}

function addedIn({ data }: PickupLocations, name: string): object | null {
  const found = data.shipping_address.find(({ pickup_location }) => pickup_location === name)
  return found === undefined ? null : { success: true, pickup_id: found.id }
}
