import { shiprocket } from '@tenon/connectors/shiprocket'
import { shop, type Order } from '@tenon/connectors/shop'
import { whatsapp } from '@tenon/connectors/whatsapp'
import { expect, test } from 'vitest'
import { toConfirmation, toReservation, toShipment } from './mappings.ts'

const order: Order = {
  id: 'SO-1001',
  status: 'open',
  customer: { name: 'Asha Rao', email: 'asha.rao@example.com', phone: '919800001001' },
  address: { line1: '12 Lavelle Road', city: 'Bengaluru', state: 'Karnataka', postal_code: '560001', country: 'India' },
  lines: [
    { sku: 'OAK-TRAY', name: 'Oak tray', quantity: 1, unit_price: 129_900, weight_grams: 900 },
    { sku: 'ASH-BOWL', name: 'Ash bowl', quantity: 2, unit_price: 59_900, weight_grams: 450 },
  ],
  currency: 'inr',
  total: 249_700,
  created_at: '2026-05-04T22:15:00Z',
  updated_at: '2026-05-04T22:15:00Z',
}

test('a shipment is in rupees, kilograms and Indian time', () => {
  const sent = shiprocket.options.operations.createOrder.input.parse(toShipment(order))
  expect(sent).toMatchObject({ order_id: 'SO-1001', order_date: '2026-05-05 03:45', sub_total: 2497, weight: 1.8 })
  expect(sent.order_items.map(({ units, selling_price }) => [units, selling_price])).toEqual([
    [1, 1299],
    [2, 599],
  ])
})

test('a reservation names goods and quantities only', () => {
  const sent = shop.options.operations.reserveStock.input.parse(toReservation(order))
  expect(sent).toEqual({
    order: 'SO-1001',
    lines: [
      { sku: 'OAK-TRAY', quantity: 1 },
      { sku: 'ASH-BOWL', quantity: 2 },
    ],
  })
})

test('a confirmation greets the customer by name', () => {
  const sent = whatsapp.options.operations.sendTemplate.input.parse(toConfirmation(order))
  expect(sent).toMatchObject({ to: '919800001001', recipient_type: 'individual', biz_opaque_callback_data: 'SO-1001' })
})
