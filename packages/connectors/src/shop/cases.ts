import type { ConnectorCases } from '../cases.ts'
import type { shop } from './shop.ts'

/** A change to what is already so changes nothing. */
const turns = (function* turns(): Generator<'shipped' | 'paid', never> {
  for (;;) {
    yield 'shipped'
    yield 'paid'
  }
})()

export const cases: ConnectorCases<typeof shop> = {
  getAccount: { good: {}, bad: { colour: 'red' } },
  getOrder: { good: { id: 'SO-1001' }, bad: { id: 'x', colour: 'red' } },
  listOrders: { good: { status: 'open', limit: 2, updated_since: '2026-01-01T00:00:00Z' }, bad: { limit: 0 } },
  updateOrder: {
    good: () => ({ id: 'SO-1002', status: turns.next().value }),
    bad: { id: 'SO-1002', status: 'lost' },
  },
  getStock: { good: { sku: 'OAK-TRAY' }, bad: { sku: 'OAK-TRAY', colour: 'red' } },
  reserveStock: {
    good: { order: 'SO-1001', lines: [{ sku: 'OAK-TRAY', quantity: 2 }] },
    bad: { order: 'SO-1001', lines: [] },
  },
  getReservation: { good: (made) => ({ id: made.reserveStock.id }), bad: { id: 'x', colour: 'red' } },
  releaseStock: {
    good: (made) => ({ id: made.reserveStock.id }),
    bad: { id: 'x', colour: 'red' },
    fresh: 'reserveStock',
  },
}
