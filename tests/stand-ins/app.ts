// Two accounts that only stand-ins have: one is connected by a consent, the other by its key.
import { hubspot } from '@tenon/connectors/hubspot'
import { hubspotSimulator } from '@tenon/connectors/hubspot/simulator'
import { stripe } from '@tenon/connectors/stripe'
import { stripeSimulator } from '@tenon/connectors/stripe/simulator'
import { defineApp, defineFlow, manual } from 'tenon'
import { z } from 'zod'

const look = defineFlow('look', {
  trigger: manual(z.object({})),
  uses: { crm: hubspot.connection('mine'), bank: stripe.connection('mine') },
  retry: { attempts: 1 },
  async run({ crm, bank }) {
    const { portalId } = await crm.getAccount({})
    const { object } = await bank.listCustomers({ limit: 1 })
    return { portalId, object }
  },
})

export default defineApp({
  connect: { returnTo: ['https://shop.example.com'] },
  flows: [look],
  simulators: [hubspotSimulator, stripeSimulator],
})
