import { defineFlow } from 'tenon'
import { shop } from '../shop/shop.ts'
import { stripe } from './stripe.ts'

export const inferred = defineFlow('inferred', {
  trigger: stripe.on('payment_intent.succeeded'),
  uses: { stripe, erp: shop },
  waits: { refunded: stripe.on('refund.created') },
  key: ({ data }) => data.id satisfies string,
  async run({ event, stripe, erp, step }) {
    event.data.amount satisfies number
    event.data.metadata['order_id'] satisfies string | undefined
    const refund = await stripe.createRefund({ payment_intent: event.data.id, reason: 'duplicate' })
    refund.amount satisfies number
    const order = await erp.getOrder({ id: 'SO-1' })
    order.lines.map(({ quantity }) => quantity satisfies number)
    const waited = await step.waitFor('refunded', { match: { refund: refund.id } })
    waited.data.payment_intent satisfies string | null | undefined

    // @ts-expect-error: a reason that Stripe does not know
    await stripe.createRefund({ payment_intent: 'pi_1', reason: 'mood' })
    // @ts-expect-error: an amount is a number
    await stripe.createPaymentIntent({ amount: '49', currency: 'inr' })
    // @ts-expect-error: a misspelt option
    await stripe.createCustomer({ mail: 'asha@example.com' })
    // @ts-expect-error: not a field that a wait may match on
    await step.waitFor('refunded', { match: { amount: 5 } })
    // @ts-expect-error: no such member
    event.data.colour satisfies string
  },
})

// @ts-expect-error: no such event
stripe.on('payment_intent.lost')
