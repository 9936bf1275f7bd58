import { startSimulator } from 'tenon/simulator'
import { expect, test } from 'vitest'
import { fromIndianTime, indianTime } from './indian-time.ts'
import * as objects from './objects.ts'
import { shiprocket } from './shiprocket.ts'
import { shiprocketSimulator } from './simulator.ts'
import { shipmentEvent, shipmentRank } from './status.ts'

const { failure, webhooks } = shiprocket.options
const request = { method: 'POST', headers: {}, query: {}, body: Buffer.alloc(0) }

test('times without a zone are Indian', () => {
  expect(indianTime(new Date('2026-05-04T22:15:00Z'))).toBe('2026-05-05 03:45:00')
  expect(fromIndianTime('2026-05-05 03:45:00')).toBe(Date.parse('2026-05-04T22:15:00Z'))
  expect(fromIndianTime('05 05 2026 03:45:00')).toBe(Date.parse('2026-05-04T22:15:00Z'))
  expect(fromIndianTime('yesterday')).toBeUndefined()
  expect(fromIndianTime('45 45 2026 03:45:00')).toBeUndefined()
  const date = objects.newOrder.shape.order_date
  expect([
    date.parse('2026-05-04T22:15:00Z'),
    date.parse(new Date('2026-05-04T22:15:00Z')),
    date.parse('2026-05-05 03:45'),
  ]).toEqual(Array.from({ length: 3 }, () => '2026-05-05 03:45'))
})

test.each([
  [7, 'DELIVERED', 'shipment.delivered'],
  [7, 'Whatever', 'shipment.delivered'],
  [20, 'IN TRANSIT', 'shipment.in_transit'],
  [51, 'Picked Up', 'shipment.picked_up'],
  [17, 'OUT-FOR-DELIVERY', 'shipment.out_for_delivery'],
  [15, 'RTO INITIATED', 'shipment.returning'],
  [16, 'RTO_DELIVERED', 'shipment.returned'],
  [5, 'CANCELED', 'shipment.cancelled'],
  [9999, 'SOMETHING NEW', 'shipment.updated'],
] as const)('status %d %s is %s', (id, words, event) => {
  expect(shipmentEvent(id, words)).toBe(event)
})

test('the stages have an order, and ends come last', () => {
  const way = [
    'shipment.updated',
    'shipment.picked_up',
    'shipment.in_transit',
    'shipment.out_for_delivery',
    'shipment.delivered',
  ] as const
  const ranks = way.map(shipmentRank)
  expect(ranks).toEqual(ranks.toSorted((left, right) => left - right))
  expect(shipmentRank('shipment.returned')).toBe(shipmentRank('shipment.delivered'))
})

test.each([
  ['status 0', { status: 0, message: 'No' }, 'No'],
  ['a failing status_code', { status_code: 404, message: 'Gone' }, 'Gone'],
  ['a tracking error', { tracking_data: { error: 'Nothing yet' } }, 'Nothing yet'],
])('%s is a failure although the status is 200', (_what, body, message) => {
  expect(failure?.({ status: 200, headers: {}, body })).toMatchObject({ message, retryable: false })
})

test('a success is none, and a field’s problems are told', () => {
  expect(failure?.({ status: 200, headers: {}, body: { order_id: 1, status: 'NEW', status_code: 1 } })).toBeNull()
  expect(failure?.({ status: 200, headers: {}, body: [] })).toBeNull()
  const body = { message: 'Invalid.', errors: { billing_phone: ['Too short.'] }, status_code: 422 }
  expect(failure?.({ status: 422, headers: {}, body })).toEqual({ message: 'Invalid. Too short.', code: '422' })
  expect(failure?.({ status: 502, headers: {}, body: '<html>' })).toEqual({ message: '' })
})

test('a lost order is found by its whole id only', () => {
  const { lookup } = shiprocket.options.operations.createOrder
  const list = (...references: string[]) =>
    objects.orderList.parse({
      data: references.map((channel_order_id, index) => ({
        id: `${index}`,
        channel_order_id,
        status: 'NEW',
        status_code: 1,
        shipments: [{ id: 7, awb: null }],
      })),
    })
  const wanted = { order_id: 'SO-1' } as objects.SentOrder
  expect(lookup.found(list('SO-10', 'SO-1'), wanted)).toEqual({
    order_id: 1,
    shipment_id: 7,
    status: 'NEW',
    status_code: 1,
    awb_code: '',
  })
  expect(lookup.found(list('SO-10', 'XSO-1'), wanted)).toBeNull()
  expect(lookup.found(list(), wanted)).toBeNull()
})

test('an update is known by what it says', () => {
  const update = {
    awb: 1904,
    current_status: 'IN TRANSIT',
    current_status_id: '20',
    current_timestamp: '23 05 2026 11:43:52',
    order_id: 'SO-1',
    sr_order_id: '348456385',
  }
  const idOf = (change: object) => webhooks?.read({ ...update, ...change }, request)[0]?.id
  expect(idOf({})).toBe(idOf({ courier_name: 'Another', etd: null }))
  const others = [
    { awb: 1905 },
    { current_status_id: 6 },
    { current_timestamp: '23 05 2026 11:43:53' },
    { scans: [{ date: 'd', activity: 'a' }] },
  ]
  expect(new Set([{}, ...others].map(idOf)).size).toBe(5)
  const { correlate } = shiprocket.options.events?.['shipment.delivered'] ?? {}
  const data = objects.trackingUpdate.parse(update)
  expect([correlate?.sr_order(data), correlate?.order(data), correlate?.awb(data)]).toEqual([
    348_456_385,
    'SO-1',
    '1904',
  ])
})

test('a parcel goes its way by itself, never back, and a cancelled one not at all', async () => {
  const simulator = await startSimulator(shiprocketSimulator, { pace: 0.05 })
  const { email, password } = simulator.credentials
  const post = async (path: string, body: unknown, token = '') => {
    const answer = await fetch(simulator.origin + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  expect((await post('/v1/external/auth/login', { email, password: 'wrong' })).status).toBe(400)
  const token = String((await post('/v1/external/auth/login', { email, password })).body['token'])
  const { good } = (await import('./cases.ts')).cases.createOrder
  const order = typeof good === 'function' ? good({} as never, { id: '' }) : good
  const body = { ...order, order_date: '2026-05-05 03:45' }
  const made = await post('/v1/external/orders/create/adhoc', body, token)
  expect(made).toMatchObject({ status: 200, body: { status: 'NEW' } })
  const id = made.body['order_id']
  // An id that exists makes no second order.
  expect(await post('/v1/external/orders/create/adhoc', body, token)).toMatchObject({
    status: 422,
    body: { errors: { order_id: [expect.any(String)] } },
  })
  const other = await post('/v1/external/orders/create/adhoc', { ...body, order_id: 'other' }, token)
  const cancel = { ids: [other.body['order_id']] }
  expect((await post('/v1/external/orders/cancel', cancel, token)).status).toBe(200)
  expect((await post('/v1/external/orders/cancel', cancel, token)).status).toBe(200)

  const stageOf = (order: unknown) =>
    (simulator.state()['orders']?.[String(order)] as { stage: string } | undefined)?.stage
  for (let tries = 0; tries < 500 && stageOf(id) !== 'shipment.delivered'; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 5))
  expect([stageOf(id), stageOf(other.body['order_id'])]).toEqual(['shipment.delivered', 'shipment.cancelled'])
  expect((await post('/v1/external/orders/cancel', { ids: [id] }, token)).status).toBe(400)
  await simulator.emit('shipment.in_transit', { order: id })
  expect(stageOf(id)).toBe('shipment.delivered')

  simulator.faults.revokeTokens()
  expect((await post('/v1/external/orders/cancel', cancel, token)).status).toBe(401)
  expect(JSON.stringify(simulator.state())).not.toContain(token)
  await simulator.close()
})
