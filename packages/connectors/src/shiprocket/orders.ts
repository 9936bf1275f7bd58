import { Answer, reject, type Refusal, type Simulation } from 'tenon/simulator'
import { indianTime } from './indian-time.ts'
import type { SentOrder } from './objects.ts'
import type { ShipmentEvent } from './status.ts'

export interface Order {
  readonly id: number
  readonly shipment_id: number
  readonly reference: string
  readonly given: SentOrder
  readonly status: string
  readonly status_code: number
  readonly stage: ShipmentEvent
  readonly awb: string
  readonly created: number
  readonly scans: readonly Readonly<Record<string, string>>[]
}

export const orders = (simulation: Simulation) => simulation.table<Order>('orders')
export const byReference = (simulation: Simulation) => simulation.table<number>('orders_by_reference')
export const byShipment = (simulation: Simulation) => simulation.table<number>('orders_by_shipment')
export const byAwb = (simulation: Simulation) => simulation.table<number>('orders_by_awb')
export const orderOf = (simulation: Simulation, id: number | undefined) => orders(simulation).get(String(id ?? ''))

export function updateOf(order: Order, date: string) {
  const [day = '', time = ''] = date.split(' ')
  return {
    awb: order.awb,
    courier_name: 'Delhivery Surface',
    current_status: order.status,
    current_status_id: order.status_code,
    shipment_status: order.status,
    shipment_status_id: order.status_code,
    current_timestamp: `${day.split('-').toReversed().join(' ')} ${time}`,
    order_id: order.reference,
    sr_order_id: order.id,
    etd: date,
    scans: order.scans,
    is_return: 0,
    channel_id: 1,
    pod_status: 'OTP Based Delivery',
    pod: 'Not Available',
  }
}

export function shown(order: Order) {
  return {
    id: order.id,
    channel_order_id: order.reference,
    customer_name: order.given.billing_customer_name,
    status: order.status,
    status_code: order.status_code,
    // Shiprocket sends numbers as text here and there.
    total: String(order.given.sub_total),
    created_at: indianTime(new Date(order.created)),
    shipments: [{ id: order.shipment_id, awb: order.awb === '' ? null : order.awb }],
  }
}

interface Query {
  readonly page?: number | undefined
  readonly per_page?: number | undefined
  readonly search?: string | undefined
  readonly filter?: string | undefined
  readonly filter_by?: string | undefined
}

export function list(simulation: Simulation, { page = 1, per_page = 15, search, filter, filter_by }: Query) {
  const statuses = filter_by === 'status' ? (filter ?? '').split(',').map(Number) : null
  const found = [...orders(simulation).values()]
    .toReversed()
    .filter(
      (order) =>
        (statuses === null || statuses.includes(order.status_code)) &&
        (search === undefined ||
          [order.reference, order.awb, order.given.billing_customer_name].some((text) => text.includes(search))),
    )
  // The best hit first, as in any search.
  found.sort((left, right) => Number(right.reference === search) - Number(left.reference === search))
  const data = found.slice((page - 1) * per_page, page * per_page).map(shown)
  const total_pages = Math.ceil(found.length / per_page)
  return {
    data,
    meta: {
      pagination: { total: found.length, count: data.length, per_page, current_page: page, total_pages, links: {} },
    },
  }
}

/** A shipment that it cannot track is answered with status 200. */
export function track(order: Order | undefined) {
  if (order === undefined || order.awb === '') {
    return {
      tracking_data: {
        track_status: 0,
        shipment_status: 0,
        error: 'Aahh! There is no activities found in our DB. Please have some patience it will be updated soon.',
      },
    }
  }
  const activities = order.scans.toReversed()
  const shipment_track = [
    { id: order.shipment_id, awb_code: order.awb, current_status: order.status, order_id: order.id },
  ]
  return {
    tracking_data: {
      track_status: 1,
      shipment_status: order.status_code,
      shipment_track,
      shipment_track_activities: activities,
      etd: null,
    },
  }
}

export function notFound(): never {
  return reject(404, { message: 'Order not found.', status_code: 404 })
}

export function refuse(refusal: Refusal): Answer {
  const told = (status: number, message: string, more = {}) =>
    new Answer(status, { message, ...more, status_code: status })
  switch (refusal.reason) {
    case 'unauthenticated':
      return refusal.login
        ? told(400, 'Invalid email and password combination')
        : told(401, refusal.given ? 'Token has expired' : 'Token not provided')
    case 'input-invalid': {
      const errors = Object.fromEntries(
        refusal.problems.map(({ field, message, kind }) => [
          field,
          [kind === 'missing' ? `The ${field} field is required.` : message],
        ]),
      )
      return told(422, 'The given data was invalid.', { errors })
    }
    case 'route-unknown':
      return told(404, 'Not Found')
    case 'method-unknown':
      return told(405, 'Method Not Allowed')
    case 'rate-limited':
      return new Answer(
        429,
        { message: 'Too Many Attempts.', status_code: 429 },
        { 'retry-after': String(refusal.retryAfterS) },
      )
    case 'body-too-large':
      return told(413, 'Payload Too Large')
    case 'body-unreadable':
      return told(400, 'Bad Request')
    default:
      return told(500, 'Server Error')
  }
}
