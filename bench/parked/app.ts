// The job with a wait in its middle, for measuring what waiting runs cost.
import { defineApp, defineFlow } from 'tenon'
import { carrier, ledger, payments } from '../order-webhook/connectors.ts'
import { toPayment, toShipment } from '../order-webhook/mapping.ts'

const orderPaid = defineFlow('order-paid', {
  trigger: payments.on('payment_intent.succeeded'),
  uses: { ledger, carrier },
  waits: { captured: payments.on('charge.captured') },
  async run({ event, step, ledger, carrier }) {
    const payment = await step.run('map', () => toPayment(event.id, event.data))
    const booking = await ledger.book(payment)
    await step.waitFor('captured', { match: { payment: event.data.id }, timeout: '14d' })
    await carrier.ship(toShipment(payment, booking))
  },
})

export default defineApp({
  flows: [orderPaid],
  simulators: [payments, ledger, carrier].map((connector) => ({ kind: 'simulator' as const, connector })),
})
