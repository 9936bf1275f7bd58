import type { Simulation } from 'tenon/simulator'
import { invalidField, refused } from './dialect.ts'
import { indianTime } from './indian-time.ts'
import type { SentOrder } from './objects.ts'
import { isPickupLocation } from './places.ts'
import type { ShipmentEvent } from './status.ts'

export interface Order {
  readonly id: number
  readonly shipment_id: number
  readonly reference: string
  readonly given: SentOrder
  /** Of the order, and of its shipment: Shiprocket numbers them differently. */
  readonly status: string
  readonly status_code: number
  readonly shipment_status_code: number
  readonly stage: ShipmentEvent
  readonly awb: string
  readonly courier_id: number | null
  readonly awb_assigned: string | null
  readonly pickup_scheduled: string | null
  readonly created: number
  readonly scans: readonly Readonly<Record<string, string>>[]
}

export const orders = (simulation: Simulation) => simulation.table<Order>('orders')
export const byReference = (simulation: Simulation) => simulation.table<number>('orders_by_reference')
export const byShipment = (simulation: Simulation) => simulation.table<number>('orders_by_shipment')
export const byAwb = (simulation: Simulation) => simulation.table<number>('orders_by_awb')
export const orderOf = (simulation: Simulation, id: number | undefined) => orders(simulation).get(String(id ?? ''))
export const ofShipment = (simulation: Simulation, id: number) =>
  orderOf(simulation, byShipment(simulation).get(String(id)))
export const nowIn = (simulation: Simulation): string => indianTime(new Date(simulation.now()))

export function createOrder(simulation: Simulation, given: SentOrder): Order {
  // Also an id whose order was cancelled stays taken.
  if (byReference(simulation).get(given.order_id) !== undefined) invalidField('order_id', 'Order id already exists.')
  if (!isPickupLocation(simulation, given.pickup_location))
    refused(422, 'Wrong Pickup location entered. Please choose one location from the data given')
  const order: Order = {
    id: simulation.number('order', 348_456_000),
    shipment_id: simulation.number('shipment', 347_100_000),
    reference: given.order_id,
    given,
    status: 'NEW',
    status_code: 1,
    shipment_status_code: 0,
    stage: 'shipment.updated',
    awb: '',
    courier_id: null,
    awb_assigned: null,
    pickup_scheduled: null,
    created: simulation.now(),
    scans: [],
  }
  orders(simulation).put(String(order.id), order)
  byReference(simulation).put(order.reference, order.id)
  byShipment(simulation).put(String(order.shipment_id), order.id)
  return order
}

/** What `createOrder` answers. */
export function created(order: Order) {
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
    payment_method: order.given.payment_method.toLowerCase(),
    created_at: indianTime(new Date(order.created)),
    shipments: [{ id: order.shipment_id, awb: order.awb === '' ? null : order.awb }],
  }
}

interface Query {
  readonly page?: number | undefined
  readonly per_page?: number | undefined
  readonly sort?: 'ASC' | 'DESC' | undefined
  readonly sort_by?: 'id' | 'status' | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly search?: string | undefined
  readonly filter?: string | undefined
  readonly filter_by?: string | undefined
}

export function list(simulation: Simulation, query: Query) {
  const { page = 1, per_page = 15 } = query
  const found = sorted(
    [...orders(simulation).values()].filter((order) => isAsked(order, query)),
    query,
  )
  const data = found.slice((page - 1) * per_page, page * per_page).map(shown)
  const total_pages = Math.ceil(found.length / per_page)
  const linkTo = (target: number): string => `/v1/external/orders?page=${target}`
  const links = {
    ...(page < total_pages ? { next: linkTo(page + 1) } : {}),
    ...(page > 1 ? { previous: linkTo(page - 1) } : {}),
  }
  return {
    data,
    meta: { pagination: { total: found.length, count: data.length, per_page, current_page: page, total_pages, links } },
  }
}

function isAsked(order: Order, { filter = '', filter_by, from, to, search }: Query): boolean {
  const day = indianTime(new Date(order.created)).slice(0, 10)
  if ((from !== undefined && day < from) || (to !== undefined && day > to)) return false
  if (search !== undefined && ![...searchable(order)].some((text) => text.includes(search))) return false
  switch (filter_by) {
    case 'status':
      return filter.split(',').map(Number).includes(order.status_code)
    case 'payment_method':
      return order.given.payment_method.toLowerCase() === filter.toLowerCase()
    case 'delivery_country':
      return order.given.billing_country.toLowerCase() === filter.toLowerCase()
    default:
      return true
  }
}

function searchable({ reference, awb, shipment_id, given }: Order): string[] {
  return [reference, awb, String(shipment_id), given.billing_customer_name]
}

function sorted(found: Order[], { sort = 'DESC', sort_by = 'id', search }: Query): Order[] {
  const value = (order: Order): number => (sort_by === 'id' ? order.id : order.status_code)
  const turn = sort === 'ASC' ? 1 : -1
  found.sort((left, right) => turn * (value(left) - value(right)))
  // The best hit first, as in any search.
  return found.toSorted((left, right) => Number(right.reference === search) - Number(left.reference === search))
}

export function orderNotFound(): never {
  return refused(404, 'Order not found.')
}
