import { z } from 'zod'

const id = z.string().min(1).max(64)
const quantity = z.int().positive()

export const orderStatus = z.enum(['open', 'paid', 'shipped', 'delivered', 'cancelled'])

export const order = z.looseObject({
  id: z.string(),
  status: z.string(),
  customer: z.looseObject({ name: z.string(), email: z.string(), phone: z.string() }),
  address: z.looseObject({
    line1: z.string(),
    city: z.string(),
    state: z.string(),
    postal_code: z.string(),
    country: z.string(),
  }),
  lines: z.array(
    z.looseObject({
      sku: z.string(),
      name: z.string(),
      quantity: z.number(),
      /** In the currency's smallest unit. */
      unit_price: z.number(),
      weight_grams: z.number(),
    }),
  ),
  currency: z.string(),
  total: z.number(),
  created_at: z.string(),
  updated_at: z.string(),
})

export const reservation = z.looseObject({
  id: z.string(),
  order: z.string(),
  status: z.string(),
  lines: z.array(z.looseObject({ sku: z.string(), quantity: z.number() })),
})

export const stock = z.looseObject({
  sku: z.string(),
  on_hand: z.number(),
  reserved: z.number(),
  available: z.number(),
})

export const orderPage = z.looseObject({ data: z.array(order), next: z.string().nullable() })

export const account = z.looseObject({ id: z.string(), name: z.string() })

export const nothing = z.strictObject({})
export const byId = z.strictObject({ id })
export const bySku = z.strictObject({ sku: id })
export const orderQuery = z.strictObject({
  status: orderStatus.optional(),
  updated_since: z.iso.datetime({ offset: true }).optional(),
  limit: z.int().min(1).max(200).optional(),
  after: id.optional(),
})
export const orderChange = z.strictObject({ id, status: orderStatus })
export const newReservation = z.strictObject({ order: id, lines: z.array(z.object({ sku: id, quantity })).min(1) })

/** What `reserveStock` takes. */
export type NewReservation = z.input<typeof newReservation>
export type Order = z.output<typeof order>
export type Reservation = z.output<typeof reservation>
export type Stock = z.output<typeof stock>
