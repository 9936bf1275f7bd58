import type { Simulation } from 'tenon/simulator'
import { byAwb, nowIn, orderNotFound, orderOf, orders, type Order } from './orders.ts'

interface Courier {
  readonly id: number
  readonly name: string
  readonly mode: 'Surface' | 'Air'
  /** In rupees for each half kilogram. */
  readonly rate: number
  readonly days: number
  readonly cod: 0 | 1
}

/** Takes what nobody chose a courier for. */
export const usual: Courier = { id: 10, name: 'Delhivery Surface', mode: 'Surface', rate: 42, days: 4, cod: 1 }
export const couriers: readonly Courier[] = [
  usual,
  { id: 33, name: 'Xpressbees Surface', mode: 'Surface', rate: 38, days: 5, cod: 1 },
  { id: 51, name: 'Blue Dart Air', mode: 'Air', rate: 96, days: 2, cod: 0 },
]

export const courierName = (id: number | null): string =>
  couriers.find((courier) => courier.id === id)?.name ?? usual.name

interface Route {
  readonly delivery_postcode?: string | undefined
  readonly weight?: number | undefined
  readonly cod?: number | undefined
  readonly order_id?: number | undefined
  readonly mode?: 'Surface' | 'Air' | undefined
}

export function serviceability(simulation: Simulation, route: Route) {
  const order = route.order_id === undefined ? undefined : (orderOf(simulation, route.order_id) ?? orderNotFound())
  const weight = order?.given.weight ?? route.weight ?? 0.5
  const cod = order === undefined ? (route.cod ?? 0) : Number(order.given.payment_method === 'COD')
  const postcode = order?.given.billing_pincode ?? route.delivery_postcode ?? ''
  const going = isServed(postcode)
    ? couriers.filter((courier) => courier.cod >= cod && (route.mode === undefined || courier.mode === route.mode))
    : []
  // A failure that comes with status 200.
  if (going.length === 0) return { status: 404, message: 'Delivery postcode is not serviceable by any courier.' }
  const available_courier_companies = going.map((courier) => ({
    courier_company_id: courier.id,
    courier_name: courier.name,
    rate: courier.rate * Math.ceil(weight / 0.5),
    cod: courier.cod,
    is_surface: courier.mode === 'Surface',
    estimated_delivery_days: String(courier.days),
    etd: nowIn({ ...simulation, now: () => simulation.now() + courier.days * 86_400_000 }).slice(0, 10),
    rating: 4.2,
  }))
  return {
    status: 200,
    currency: 'INR',
    data: { available_courier_companies, recommended_courier_company_id: going[0]?.id ?? null },
  }
}

/** No courier goes to the pincodes of the army's post offices. */
export const isServed = (postcode: string): boolean => !postcode.startsWith('9')

export function withAwb(simulation: Simulation, order: Order, courierId: number | null = null): Order {
  const courier_id = courierId ?? order.courier_id ?? usual.id
  if (order.awb !== '' && courier_id === order.courier_id) return order
  const awb = String(simulation.number('awb', 19_041_424_751_540))
  const assigned = { ...order, awb, courier_id, awb_assigned: nowIn(simulation) }
  orders(simulation).put(String(order.id), assigned)
  byAwb(simulation).put(awb, order.id)
  return assigned
}
