import type { NewOrder } from './objects.ts'

/** An order as somebody makes it in the panel. */
export const sampleOrder: NewOrder = {
  order_id: 'SO-1001',
  order_date: '2026-05-04T22:15:00Z',
  pickup_location: 'Workshop',
  billing_customer_name: 'Asha Rao',
  billing_address: '12 Lavelle Road',
  billing_city: 'Bengaluru',
  billing_pincode: '560001',
  billing_state: 'Karnataka',
  billing_email: 'asha@example.com',
  billing_phone: '9800001001',
  order_items: [{ name: 'Oak tray', sku: 'OAK-TRAY', units: 1, selling_price: 1299 }],
  payment_method: 'Prepaid',
  sub_total: 1299,
  length: 40,
  breadth: 30,
  height: 20,
  weight: 0.9,
}
