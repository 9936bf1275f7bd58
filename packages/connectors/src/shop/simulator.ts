import { TenonError } from 'tenon'
import { Answer, cause, defineSimulator, reject, type Refusal, type Simulation } from 'tenon/simulator'
import { z } from 'zod'
import type { Order, Reservation, Stock } from './objects.ts'
import { orderStatus } from './objects.ts'
import { goods, numberedOrder, orderForm, sampleOrders } from './sample-orders.ts'
import { shop } from './shop.ts'

const orders = (simulation: Simulation) => simulation.table<Order>('orders')
const reservations = (simulation: Simulation) => simulation.table<Reservation>('reservations')
const stocks = (simulation: Simulation) => simulation.table<Stock>('stock')
const timestamp = (simulation: Simulation) => new Date(simulation.now()).toISOString()

const requestsPerS = 500
const second = 1000
const minute = 60 * second
const hour = 60 * minute

const newOrder = z.strictObject({ id: z.string().regex(orderForm).optional() })
const orderChange = z.strictObject({ id: z.string().default('SO-1001'), status: orderStatus.default('paid') })

export const shopSimulator = defineSimulator(shop, {
  credentials: { user: () => 'tenon', webhookSecret: (random) => `shopsec_${random(32)}` },
  idempotency: { replayed: { 'idempotency-replayed': 'true' } },
  // draft-ietf-httpapi-ratelimit-headers
  limits: [
    {
      name: 'default',
      most: requestsPerS,
      perMs: 1000,
      headers: ({ left, fullInS }) => ({
        'ratelimit-policy': `"default";q=${requestsPerS};w=1`,
        ratelimit: `"default";r=${left};t=${fullInS}`,
      }),
    },
  ],
  // As Standard Webhooks suggest: over three days.
  redelivery: {
    pausesMs: [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour],
  },
  refuse,
  samples: [
    { event: 'order.created', input: {} },
    { event: 'order.updated', input: { status: 'paid' } },
  ],
  begin(simulation) {
    for (const order of sampleOrders(timestamp(simulation))) orders(simulation).put(order.id, order)
    for (const { sku, on_hand } of goods) stocks(simulation).put(sku, { sku, on_hand, reserved: 0, available: on_hand })
  },

  operations: {
    getAccount: () => ({ id: 'shop-1', name: 'Joinery' }),
    getOrder: ({ id }, simulation) => orderOf(simulation, id) ?? missing('order', id),
    listOrders({ status, updated_since = '', limit = 50, after }, simulation) {
      const since = updated_since === '' ? 0 : Date.parse(updated_since)
      const all = [...orders(simulation).values()].filter(
        (order) => (status === undefined || order.status === status) && Date.parse(order.updated_at) >= since,
      )
      const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1
      // To begin anew without a word would read the same orders for ever.
      if (after !== undefined && start === 0)
        reject(400, problem(400, 'cursor-unknown', `there is no order ${after} in this list`))
      const data = all.slice(start, start + limit)
      return { data, next: start + limit < all.length ? (data.at(-1)?.id ?? null) : null }
    },
    updateOrder({ id, status }, simulation) {
      const order = orderOf(simulation, id) ?? missing('order', id)
      if (order.status === status) return order
      if (['delivered', 'cancelled'].includes(order.status)) {
        reject(409, problem(409, 'order-closed', `order ${id} is ${order.status} and cannot become ${status}`))
      }
      return change(simulation, order, status)
    },
    getStock: ({ sku }, simulation) => stocks(simulation).get(sku) ?? missing('stock', sku),
    reserveStock({ order, lines }, simulation) {
      const { status } = orderOf(simulation, order) ?? missing('order', order)
      if (status === 'cancelled') reject(409, problem(409, 'order-closed', `order ${order} is cancelled`))
      for (const { sku, quantity } of lines) reserve(simulation, sku, quantity)
      const reservation: Reservation = {
        id: simulation.id('rsv_'),
        order,
        status: 'held',
        lines,
        created_at: timestamp(simulation),
      }
      reservations(simulation).put(reservation.id, reservation)
      return new Answer(201, reservation)
    },
    getReservation: ({ id }, simulation) => reservations(simulation).get(id) ?? missing('reservation', id),
    releaseStock({ id }, simulation) {
      const reservation = reservations(simulation).get(id) ?? missing('reservation', id)
      if (reservation.status === 'released') return reservation
      for (const { sku, quantity } of reservation.lines) reserve(simulation, sku, -quantity)
      const released = { ...reservation, status: 'released' }
      reservations(simulation).put(id, released)
      return released
    },
  },

  events: {
    'order.created': cause(newOrder, (input, simulation) => {
      const id = input.id ?? `SO-${simulation.number('order', 2001)}`
      const order = numberedOrder(id, timestamp(simulation))
      if (order === undefined || orders(simulation).get(id) !== undefined)
        throw new TenonError('INPUT_INVALID', `there is an order ${id} already`)
      orders(simulation).put(id, order)
      publish(simulation, 'order.created', order)
      return order
    }),
    'order.updated': cause(orderChange, ({ id, status }, simulation) => {
      const order = orderOf(simulation, id)
      if (order === undefined) throw new TenonError('NOT_FOUND', `there is no order ${id}`)
      return change(simulation, order, status)
    }),
  },
})

/** A kept order, else the one that its number stands for: any payment finds its order, however many a load test makes. */
function orderOf(simulation: Simulation, id: string): Order | undefined {
  return orders(simulation).get(id) ?? numberedOrder(id, '2026-01-01T00:00:00.000Z')
}

function change(simulation: Simulation, order: Order, status: string): Order {
  const changed = { ...order, status, updated_at: timestamp(simulation) }
  orders(simulation).put(order.id, changed)
  publish(simulation, 'order.updated', changed)
  return changed
}

function reserve(simulation: Simulation, sku: string, quantity: number): void {
  const stock = stocks(simulation).get(sku) ?? missing('stock', sku)
  if (stock.available < quantity) {
    reject(409, problem(409, 'stock-short', `${sku}: ${quantity} wanted, ${stock.available} available`))
  }
  const reserved = stock.reserved + quantity
  stocks(simulation).put(sku, { ...stock, reserved, available: stock.on_hand - reserved })
}

function publish(simulation: Simulation, type: string, data: Order): void {
  simulation.deliver(type, { id: simulation.id('evt_'), type, time: timestamp(simulation), data })
}

function missing(what: string, id: string): never {
  return reject(404, problem(404, 'not-found', `there is no ${what} ${id}`))
}

function problem(status: number, type: string, detail: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    type: `https://shop.example.com/problems/${type}`,
    title: type.replaceAll('-', ' '),
    status,
    detail,
    ...more,
  }
}

type Told = readonly [status: number, type: string, detail: string, headers?: Readonly<Record<string, string>>]

/** RFC 9457 problem details. */
function refuse(refusal: Refusal): Answer {
  const [status, type, detail, headers] = refusalTold(refusal)
  const more = refusal.reason === 'input-invalid' ? { problems: refusal.problems } : {}
  return new Answer(status, problem(status, type, detail, more), {
    'content-type': 'application/problem+json',
    ...headers,
  })
}

function refusalTold(refusal: Refusal): Told {
  switch (refusal.reason) {
    case 'unauthenticated':
      return [
        401,
        'unauthenticated',
        'user and password are missing or wrong',
        { 'www-authenticate': 'Basic realm="shop"' },
      ]
    case 'input-invalid':
      return [400, 'input-invalid', refusal.problems.map(({ field, message }) => `${field}: ${message}`).join('; ')]
    case 'route-unknown':
      return [404, 'not-found', `there is nothing at ${refusal.path}`]
    case 'method-unknown':
      return [405, 'method-not-allowed', `${refusal.method} is not allowed here`]
    case 'key-reused':
      return [422, 'key-reused', 'this idempotency key came with another request before']
    case 'key-busy':
      return [409, 'key-busy', 'a request with this idempotency key is under way', { 'retry-after': '1' }]
    case 'rate-limited':
      return [429, 'rate-limited', 'too many requests', { 'retry-after': String(refusal.retryAfterS) }]
    case 'body-too-large':
      return [413, 'body-too-large', 'the body is too large']
    case 'body-unreadable':
      return [400, 'body-unreadable', 'the body is not JSON']
    default:
      return [500, 'broken', 'something went wrong']
  }
}
