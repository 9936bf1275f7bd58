import { createHash } from 'node:crypto'
import { defineConnector, operation, staticToken, tokenLogin, type AnswerParts, type ProviderFailure } from 'tenon'
import { fromIndianTime } from './indian-time.ts'
import * as objects from './objects.ts'
import type { CreatedOrder, OrderList, SentOrder, TrackingUpdate } from './objects.ts'
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
  description: 'Shipping in India: orders, cancellation, tracking',
  baseUrl: 'https://apiv2.shiprocket.in',
  auth: tokenLogin(
    { email: { label: 'E-mail of the API user', secret: false }, password: { label: 'Password of the API user' } },
    {
      login: ({ email, password }) => ({ path: '/v1/external/auth/login', body: { email, password } }),
      token: (body) => (body as { token?: string } | undefined)?.token,
      life: '240h',
    },
  ),

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

interface FailureBody {
  readonly message?: unknown
  readonly status?: unknown
  readonly status_code?: unknown
  readonly errors?: Readonly<Record<string, unknown>>
  readonly tracking_data?: { readonly error?: unknown }
}

/** Some failures come with status 200: only the body tells. */
function readFailure({ status, body }: AnswerParts): ProviderFailure | null {
  const told = (typeof body === 'object' && body !== null ? body : {}) as FailureBody
  const trackingError = told.tracking_data?.error
  if (typeof trackingError === 'string' && trackingError !== '')
    return { message: trackingError, code: 'tracking', retryable: false }
  const said = Number(told.status_code ?? 0)
  const isFailure = status >= 400 || told.status === 0 || said >= 400
  if (!isFailure) return null
  const problems = Object.values(told.errors ?? {})
    .flat()
    .map(String)
  const message = [typeof told.message === 'string' ? told.message : '', ...problems]
    .filter((part) => part !== '')
    .join(' ')
  return {
    message,
    ...(said >= 100 ? { code: String(said) } : {}),
    ...(status < 400 ? { retryable: said === 429 || said >= 500 } : {}),
  }
}
