import type { Simulation } from 'tenon/simulator'
import { courierName, couriers, isServed, usual, withAwb } from './couriers.ts'
import { refused } from './dialect.ts'
import { nowIn, ofShipment, type Order } from './orders.ts'
import { report } from './parcel.ts'
import { shipmentRank } from './status.ts'

interface Wanted {
  readonly shipment_id: number
  readonly courier_id?: number | undefined
  readonly status?: 'reassign' | undefined
}

export function assignAwb(simulation: Simulation, { shipment_id, courier_id, status }: Wanted) {
  const order = shippable(simulation, shipment_id)
  if (order.awb !== '' && status !== 'reassign') refused(400, 'AWB is already assigned.')
  const courier = couriers.find(({ id }) => id === (courier_id ?? usual.id))
  if (courier === undefined || !isServed(order.given.billing_pincode)) {
    // Also this failure comes with status 200.
    const awb_assign_error =
      courier === undefined ? 'Courier is not available.' : 'Oops! Cannot assign a courier to this pincode.'
    return { awb_assign_status: 0, response: { data: { awb_assign_error } } }
  }
  const assigned = withAwb(simulation, order, courier.id)
  report(simulation, assigned, { status: 'READY TO SHIP', id: 3, shipmentId: 1, activity: 'AWB Assigned' })
  const { awb, id, given, awb_assigned } = assigned
  return {
    awb_assign_status: 1,
    response: {
      data: {
        courier_company_id: courier.id,
        awb_code: awb,
        cod: Number(given.payment_method === 'COD'),
        order_id: id,
        shipment_id,
        awb_code_status: 1,
        assigned_date_time: { date: awb_assigned, timezone_type: 3, timezone: 'Asia/Kolkata' },
        applied_weight: given.weight,
        courier_name: courier.name,
        freight_charges: courier.rate * Math.ceil(given.weight / 0.5),
      },
    },
  }
}

export function schedulePickup(simulation: Simulation, shipmentIds: readonly number[]) {
  const found = shipmentIds.map((id) => withNumber(simulation, id))
  if (found.some(({ pickup_scheduled }) => pickup_scheduled !== null)) refused(400, 'Already in Pickup Queue.')
  const pickup_scheduled = nowIn({ ...simulation, now: () => simulation.now() + 86_400_000 })
  for (const order of found) {
    const queued = { ...order, pickup_scheduled }
    report(simulation, queued, { status: 'PICKUP SCHEDULED', id: 4, shipmentId: 3, activity: 'Pickup scheduled' })
  }
  const awbs = found.map(({ awb }) => awb).join(', ')
  return {
    pickup_status: 1,
    response: {
      pickup_scheduled_date: pickup_scheduled,
      pickup_token_number: `Reference No: ${simulation.number('pickup', 194_000)}`,
      status: 3,
      data: `Pickup is confirmed by ${courierName(found[0]?.courier_id ?? null)} For AWB :- ${awbs}`,
    },
  }
}

export function manifest(simulation: Simulation, shipmentIds: readonly number[]) {
  for (const id of shipmentIds) withNumber(simulation, id)
  return { status: 1, manifest_url: fileUrl(simulation, 'manifests', shipmentIds) }
}

export function label(simulation: Simulation, shipmentIds: readonly number[]) {
  const isReady = (id: number): boolean => (ofShipment(simulation, id)?.awb ?? '') !== ''
  const ready = shipmentIds.filter(isReady)
  const not_created = shipmentIds.filter((id) => !isReady(id))
  if (ready.length === 0) refused(400, 'Label cannot be created: no AWB is assigned.', { not_created })
  return {
    label_created: 1,
    label_url: fileUrl(simulation, 'labels', ready),
    response: 'Label has been created and uploaded successfully!',
    not_created,
  }
}

function fileUrl(simulation: Simulation, kind: string, ids: readonly number[]): string {
  return `https://files.example.com/${kind}/${ids.join('-')}-${simulation.now()}.pdf`
}

function withNumber(simulation: Simulation, shipmentId: number): Order {
  const order = shippable(simulation, shipmentId)
  return order.awb === '' ? refused(400, 'AWB is not assigned yet.') : order
}

/** Neither unknown nor cancelled nor on its way already. */
function shippable(simulation: Simulation, shipmentId: number): Order {
  const order = ofShipment(simulation, shipmentId) ?? refused(404, 'Shipment not found.')
  if (shipmentRank(order.stage) > 0) refused(400, `Shipment is ${order.status.toLowerCase()} already.`)
  return order
}
