// What a campaign runs: every kind of step, with one call of each kind that a provider can make repeatable or not.
import {
  bearer,
  defineApp,
  defineConnector,
  defineFlow,
  fromEnvironment,
  operation,
  postgres,
  timestampedHmac,
} from 'tenon'
import { z } from 'zod'
import { versionsVariable } from './versions.ts'

const baseUrl = process.env['CHAOS_PROVIDER'] ?? 'http://127.0.0.1:9'
const idempotency = { header: 'idempotency-key', life: '1d' } as const
const made = z.object({ id: z.string() })
const asked = z.object({ event: z.string(), order: z.string() })
const order = z.object({ order: z.string(), customer: z.string(), kind: z.number() })

const hook = z.object({ id: z.string(), type: z.string(), data: z.unknown() })

const webhooks = {
  verify: timestampedHmac({ header: 'stripe-signature', field: 'signingSecret' }),
  read: (body: unknown) => [hook.parse(body)],
}

export const shop = defineConnector('shop', {
  baseUrl,
  auth: bearer('token', 'Token'),
  timeout: '1s',
  webhooks,
  operations: {
    getOrder: operation({
      method: 'GET',
      path: '/orders/{id}',
      input: z.object({ id: z.string() }),
      output: z.object({ id: z.string(), lines: z.number() }),
    }),
    reserve: operation({ method: 'POST', path: '/reservations', input: asked, output: made, idempotency }),
    confirm: operation({
      method: 'POST',
      path: '/confirmations',
      input: asked.extend({ shipment: z.string() }),
      output: made,
      idempotency,
    }),
    // Neither a key nor a way to find out: a lost answer needs a person.
    notify: operation({ method: 'POST', path: '/notices', input: asked, output: made }),
  },
  events: { 'order.paid': { data: order }, 'order.noted': { data: order } },
})

export const carrier = defineConnector('carrier', {
  baseUrl,
  auth: bearer('token', 'Token'),
  timeout: '1s',
  webhooks,
  operations: {
    findShipments: operation({
      method: 'GET',
      path: '/shipments',
      input: z.object({ reference: z.string() }),
      output: z.object({ items: z.array(made) }),
    }),
    ship: operation({
      method: 'POST',
      path: '/shipments',
      input: asked,
      output: made,
      lookup: {
        operation: 'findShipments',
        input: ({ event }: { event: string }) => ({ reference: event }),
        found: ({ items }: { items: { id: string }[] }) => items[0] ?? null,
      },
    }),
  },
  events: {
    'shipment.delivered': {
      data: z.object({ shipment: z.string() }),
      correlate: { shipment: ({ shipment }: { shipment: string }) => shipment },
    },
  },
})

/** Of ten orders, one sends a notice and two sleep; all wait for their delivery. The second version asks for one step more at its beginning. */
const orderPaidOf = (version: number) =>
  defineFlow('order-paid', {
    version,
    trigger: shop.on('order.paid'),
    uses: { shop, carrier },
    waits: { delivered: carrier.on('shipment.delivered') },
    key: (event) => event.data.customer,
    keyUntil: 'first-wait',
    retry: { attempts: 60, base: '20ms', cap: '500ms' },
    async run({ event, step, shop, carrier }) {
      const { order, kind } = event.data
      if (version > 1) await step.run('look twice', () => order)
      const asked = await step.run('map', () => ({ event: event.id, order }))
      await shop.getOrder({ id: order })
      const [, shipment] = await Promise.all([
        shop.reserve(asked),
        carrier.ship(asked),
        kind === 0 ? shop.notify(asked) : null,
        kind === 1 || kind === 2 ? step.sleep('200ms') : null,
      ])
      await step.waitFor('delivered', { match: { shipment: shipment.id }, timeout: '1h' })
      const confirmed = await shop.confirm({ ...asked, shipment: shipment.id })
      return { confirmation: confirmed.id }
    },
  })

/** While an upgrade is under way some nodes have the first version alone, and others both. */
const versions = Array.from({ length: Number(process.env[versionsVariable] ?? '1') }, (_, index) => index + 1)

/** Without key and wait: its runs go through the journal's log. */
export const orderNoted = defineFlow('order-noted', {
  trigger: shop.on('order.noted'),
  uses: { shop },
  retry: { attempts: 60, base: '20ms', cap: '500ms' },
  async run({ event, step, shop }) {
    const asked = await step.run('map', () => ({ event: event.id, order: event.data.order }))
    const reservation = await shop.reserve(asked)
    const confirmed = await shop.confirm({ ...asked, shipment: reservation.id })
    return { confirmation: confirmed.id }
  },
})

/** In a cluster's campaign; short, so that a node is given up within it. */
const database =
  process.env['CHAOS_DATABASE'] !== undefined && postgres(fromEnvironment('CHAOS_DATABASE'), { lease: '3s' })

export default defineApp({
  flows: [...versions.map(orderPaidOf), orderNoted],
  ...(database !== false && { database }),
  simulators: [shop, carrier].map((connector) => ({ kind: 'simulator' as const, connector })),
})
