import type { ConnectorCases } from '../cases.ts'
import { sampleOrder } from './sample-order.ts'
import type { NewOrder, shiprocket } from './shiprocket.ts'

let number = 0
const newOrder = (): NewOrder => ({ ...sampleOrder, order_id: `SO-${(number += 1)}` })

const newPlace = () => ({
  pickup_location: `Shed ${(number += 1)}`,
  name: 'Asha',
  email: 'asha@example.com',
  phone: '9800001001',
  address: '27 Princess Street, Fort',
  city: 'Kochi',
  state: 'Kerala',
  country: 'India',
  pin_code: '682001',
})

export const cases: ConnectorCases<typeof shiprocket> = {
  createOrder: { good: newOrder, bad: { ...sampleOrder, billing_pincode: '56' } },
  showOrder: { good: (made) => ({ id: made.createOrder.order_id }), bad: { id: -1 } },
  listOrders: { good: (made) => ({ search: made.showOrder.channel_order_id, per_page: 5 }), bad: { per_page: 0 } },
  cancelOrder: { good: (made) => ({ ids: [made.createOrder.order_id] }), bad: { ids: [] }, fresh: 'createOrder' },
  checkServiceability: {
    good: { pickup_postcode: '560001', delivery_postcode: '400001', weight: 0.9, cod: 0 },
    bad: { pickup_postcode: '560001' },
  },
  assignAwb: {
    good: (made) => ({ shipment_id: made.createOrder.shipment_id, courier_id: 33 }),
    bad: { shipment_id: 'x' },
    fresh: 'createOrder',
  },
  generatePickup: {
    good: (made) => ({ shipment_id: [made.createOrder.shipment_id] }),
    bad: { shipment_id: 5 },
    fresh: 'assignAwb',
  },
  generateManifest: {
    good: (made) => ({ shipment_id: [made.createOrder.shipment_id] }),
    bad: { shipment_id: [] },
    fresh: 'assignAwb',
  },
  generateLabel: {
    good: (made) => ({ shipment_id: [made.createOrder.shipment_id] }),
    bad: { shipment_id: [] },
    fresh: 'assignAwb',
  },
  listPickupLocations: { good: {}, bad: { colour: 'red' } },
  addPickupLocation: { good: newPlace, bad: { pickup_location: 'Shed' } },
  listChannels: { good: {}, bad: { colour: 'red' } },
  trackByShipment: {
    good: (made) => ({ shipment_id: made.createOrder.shipment_id }),
    bad: { shipment_id: 0 },
    fresh: 'createOrder',
    before: [{ event: 'shipment.picked_up' }],
  },
  trackByAwb: {
    good: (made) => ({ awb: made.trackByShipment.tracking_data.shipment_track?.[0]?.awb_code ?? '' }),
    bad: { awb: '1', colour: 'red' },
  },
}
