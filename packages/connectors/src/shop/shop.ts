import { basic, defineConnector, operation, timestampedHmac, type AnswerParts, type ProviderFailure } from 'tenon'
import { z } from 'zod'
import * as objects from './objects.ts'
import type { Order } from './objects.ts'

export type { NewReservation, Order, Reservation } from './objects.ts'

const order = {
  data: objects.order,
  correlate: { order: (data: Order) => data.id, status: (data: Order) => data.status },
}

const delivery = z.looseObject({ id: z.string(), type: z.string(), time: z.iso.datetime(), data: z.unknown() })

export const shop = defineConnector('shop', {
  description: 'Orders and stock of a shop: the model of a small ERP with a REST API',
  baseUrl: 'https://shop.example.com',
  auth: basic('user', 'password'),
  account: {
    operation: 'getAccount',
    read: ({ id, name }: { readonly id: string; readonly name: string }) => ({ id, name }),
  },
  idempotency: { header: 'idempotency-key', life: '30d' },

  operations: {
    getAccount: operation({
      description: 'Whose shop it is',
      method: 'GET',
      path: '/api/account',
      input: objects.nothing,
      output: objects.account,
    }),
    getOrder: operation({ method: 'GET', path: '/api/orders/{id}', input: objects.byId, output: objects.order }),
    listOrders: operation({ method: 'GET', path: '/api/orders', input: objects.orderQuery, output: objects.orderPage }),
    updateOrder: operation({
      method: 'PATCH',
      path: '/api/orders/{id}',
      input: objects.orderChange,
      output: objects.order,
    }),
    getStock: operation({ method: 'GET', path: '/api/stock/{sku}', input: objects.bySku, output: objects.stock }),
    reserveStock: operation({
      description: 'Sets goods aside for an order: all lines, or none',
      method: 'POST',
      path: '/api/reservations',
      input: objects.newReservation,
      output: objects.reservation,
    }),
    getReservation: operation({
      method: 'GET',
      path: '/api/reservations/{id}',
      input: objects.byId,
      output: objects.reservation,
    }),
    releaseStock: operation({
      description: 'Gives a reservation back; once released it stays so',
      method: 'POST',
      path: '/api/reservations/{id}/release',
      input: objects.byId,
      output: objects.reservation,
    }),
  },

  events: { 'order.created': order, 'order.updated': order },

  webhooks: {
    verify: timestampedHmac({ header: 'shop-signature', field: 'webhookSecret' }),
    read(body) {
      const { id, type, time, data } = delivery.parse(body)
      return [{ id, type, timeMs: Date.parse(time), data }]
    },
  },

  failure({ status, body }: AnswerParts): ProviderFailure | null {
    if (status < 400) return null
    const { title = '', detail, type } = (body ?? {}) as { title?: string; detail?: string; type?: string }
    return {
      message: detail ?? title,
      ...(type === undefined ? {} : { code: type }),
      // An earlier try is still at work: its result is there in a moment.
      ...(type?.endsWith('/key-busy') === true ? { retryable: true } : {}),
    }
  },
})
