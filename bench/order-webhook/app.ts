// Side C: the job as a flow, with the defaults as shipped.
import { defineApp, defineFlow } from 'tenon'
import { carrier, ledger, payments } from './connectors.ts'
import { toPayment, toShipment } from './mapping.ts'

const orderPaid = defineFlow('order-paid', {
  trigger: payments.on('payment_intent.succeeded'),
  uses: { ledger, carrier },
  async run({ event, step, ledger, carrier }) {
    const payment = await step.run('map', () => toPayment(event.id, event.data))
    const booking = await ledger.book(payment)
    await carrier.ship(toShipment(payment, booking))
  },
})

export default defineApp({
  flows: [orderPaid],
  simulators: [payments, ledger, carrier].map((connector) => ({ kind: 'simulator' as const, connector })),
})
