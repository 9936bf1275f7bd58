import { shiprocket } from '@tenon/connectors/shiprocket'
import { shop } from '@tenon/connectors/shop'
import { stripe } from '@tenon/connectors/stripe'
import { whatsapp } from '@tenon/connectors/whatsapp'
import { defineFlow } from 'tenon'
import { toConfirmation, toReservation, toShipment } from './mappings.ts'

/** A paid order makes everything happen, and a crash loses nothing: each call is a durable step. */
export const orderPaid = defineFlow('order-paid', {
  trigger: stripe.on('payment_intent.succeeded'),
  uses: { stripe, erp: shop, shiprocket, whatsapp },
  waits: { delivered: shiprocket.on('shipment.delivered') },
  key: ({ data }) => data.metadata.order_id ?? data.id, // one run at a time per order
  keyUntil: 'first-wait',

  async run({ event, step, stripe, erp, shiprocket, whatsapp }) {
    const payment = event.data
    if (payment.metadata.order_id === undefined) return 'not for an order'

    // If what follows fails for good, all of it is taken back in reverse order: the money last.
    const order = await erp.getOrder(
      { id: payment.metadata.order_id },
      { undo: () => stripe.createRefund({ payment_intent: payment.id }) },
    )
    await Promise.all([
      shiprocket.createOrder(toShipment(order), {
        undo: ({ order_id }) => shiprocket.cancelOrder({ ids: [order_id] }),
      }),
      erp.reserveStock(toReservation(order), { undo: ({ id }) => erp.releaseStock({ id }) }),
      whatsapp.sendTemplate(toConfirmation(order)),
    ])

    await step.waitFor('delivered', { match: { order: order.id }, timeout: '14d' })
    await erp.updateOrder({ id: order.id, status: 'delivered' })
    return 'delivered'
  },
})
