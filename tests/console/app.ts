import { shiprocketSimulator } from '@tenon/connectors/shiprocket/simulator'
import { shopSimulator } from '@tenon/connectors/shop/simulator'
import { stripeSimulator } from '@tenon/connectors/stripe/simulator'
import { whatsappSimulator } from '@tenon/connectors/whatsapp/simulator'
import {
  defineApp,
  defineConnector,
  defineFlow,
  manual,
  mutualTls,
  operation,
  schedule,
  signal,
  TerminalError,
} from 'tenon'
import { z } from 'zod'
import { orderPaid } from '../../examples/order-paid/order-paid.ts'

const notify = defineFlow('notify', {
  description: 'Tells somebody something.',
  trigger: manual(z.object({ text: z.string() })),
  run: ({ event, step }) => step.run('tell', () => event.data.text),
})

/** Everything that a person can do with a run: start it by form, wait behind a key, signal, cancel, follow to its child. */
const review = defineFlow('review', {
  description: 'A person looks at a payment before it goes on.',
  trigger: manual(
    z.object({
      customer: z.string().min(1).meta({ description: 'Name or number' }),
      amount: z.number().int().min(1),
      currency: z.enum(['inr', 'usd', 'eur']),
      address: z.object({ city: z.string(), street: z.string().optional() }),
      tags: z.array(z.string()).optional(),
      urgent: z.boolean().optional(),
    }),
  ),
  waits: { approved: signal(z.object({ by: z.string() })) },
  key: ({ data }) => data.customer,
  async run({ event, step }) {
    await step.run('look-up-customer', () => ({ name: event.data.customer }), { undo: () => undefined })
    const { data } = await step.waitFor('approved', { timeout: '7d' })
    const child = await step.start(notify, { text: `approved by ${data.by}` })
    return child.result()
  },
})

/** Echoes what it is given into every place where text of a run is shown. */
const echo = defineFlow('echo', {
  trigger: manual(z.object({ text: z.string(), fail: z.boolean().optional() })),
  key: ({ data }) => data.text.slice(0, 150),
  async run({ event: { data }, step }) {
    const said = await step.run(data.text.slice(0, 100), () => ({ [data.text]: data.text, list: [data.text] }))
    if (data.fail === true) throw new TerminalError(data.text)
    return said
  },
})

const nightly = defineFlow('nightly', {
  trigger: schedule('0 3 * * *', { timeZone: 'Asia/Kolkata' }),
  run: ({ step }) => step.run('count', () => 1),
})

/** A bank that is never there: no connection goes to its address. */
const bank = defineConnector('bank', {
  baseUrl: 'https://127.0.0.1:9',
  auth: mutualTls(),
  account: { operation: 'me', read: ({ id }: { id: string }) => ({ id, name: id }) },
  operations: {
    me: operation({ method: 'GET', path: '/me', input: z.object({}), output: z.object({ id: z.string() }) }),
  },
})

const statement = defineFlow('statement', {
  trigger: manual(z.object({})),
  uses: { bank },
  run: ({ bank }) => bank.me({}),
})

export default defineApp({
  connect: {},
  flows: [orderPaid, review, notify, echo, nightly, statement],
  simulators: [stripeSimulator, shopSimulator, shiprocketSimulator, whatsappSimulator],
})
