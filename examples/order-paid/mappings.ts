import type { NewOrder } from '@tenon/connectors/shiprocket'
import type { NewReservation, Order } from '@tenon/connectors/shop'
import type { TemplateMessage } from '@tenon/connectors/whatsapp'

/** Your number in the Meta business account. */
const phoneNumberId = '106540352242922'

const rupees = (paise: number): number => paise / 100

export function toReservation({ id, lines }: Order): NewReservation {
  return { order: id, lines: lines.map(({ sku, quantity }) => ({ sku, quantity })) }
}

export function toShipment({ id, created_at, customer, address, lines, total }: Order): NewOrder {
  const grams = lines.reduce((sum, { quantity, weight_grams }) => sum + quantity * weight_grams, 0)
  return {
    order_id: id,
    order_date: created_at,
    pickup_location: 'Workshop',
    billing_customer_name: customer.name,
    billing_address: address.line1,
    billing_city: address.city,
    billing_state: address.state,
    billing_pincode: address.postal_code,
    billing_email: customer.email,
    billing_phone: customer.phone.slice(-10),
    order_items: lines.map(({ name, sku, quantity, unit_price }) => ({
      name,
      sku,
      units: quantity,
      selling_price: rupees(unit_price),
    })),
    payment_method: 'Prepaid',
    sub_total: rupees(total),
    length: 40,
    breadth: 30,
    height: 20,
    weight: grams / 1000,
  }
}

export function toConfirmation({ id, customer }: Order): TemplateMessage {
  return {
    phone_number_id: phoneNumberId,
    to: customer.phone,
    template: {
      name: 'order_confirmation',
      language: { code: 'en' },
      components: [
        {
          type: 'body',
          parameters: [
            { type: 'text', text: customer.name },
            { type: 'text', text: id },
          ],
        },
      ],
    },
    biz_opaque_callback_data: id,
  }
}
