import { startSimulator, type RunningSimulator, type SimulatorOptions } from 'tenon/simulator'
import { afterEach, expect, test } from 'vitest'
import { virtualClock, type VirtualClock } from '../../../tenon/src/testing/virtual-clock.ts'
import { sampleOrder } from './sample-order.ts'
import { shiprocket } from './shiprocket.ts'
import { shiprocketSimulator } from './simulator.ts'

// There is no package of the provider's own: the shapes are those that its documentation shows.

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

interface Answered {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

interface Bench {
  readonly simulator: RunningSimulator
  readonly clock: VirtualClock
  readonly updates: { current_status: string; current_status_id: number; shipment_status_id: number }[]
  login(password?: string): Promise<Answered>
  get(path: string): Promise<Answered>
  post(path: string, body: unknown): Promise<Answered>
  /** Makes an order that nothing happens to by itself; answers its numbers. */
  order(change?: object): Promise<{ order_id: number; shipment_id: number }>
}

async function bench(options: SimulatorOptions = {}): Promise<Bench> {
  const clock = virtualClock({ startMs: Date.UTC(2026, 4, 4) })
  const updates: Bench['updates'] = []
  const receive = (request: { body: Uint8Array }) => {
    updates.push(JSON.parse(Buffer.from(request.body).toString()) as Bench['updates'][number])
    return Promise.resolve({ status: 200, text: '' })
  }
  const simulator = await startSimulator(shiprocketSimulator, { clock, webhook: { receive }, ...options })
  closing.push(() => simulator.close())
  const { email, password } = simulator.credentials
  let token = ''
  let number = 0
  const ask = async (method: string, path: string, body?: unknown): Promise<Answered> => {
    const answer = await fetch(`${simulator.origin}/v1/external/${path}`, {
      method,
      headers: token === '' ? {} : { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as Answered['body'] }
  }
  const post: Bench['post'] = (path, body) => ask('POST', path, body)
  const login: Bench['login'] = async (given = password) => {
    const answer = await post('auth/login', { email, password: given })
    token = (answer.body['token'] as string | undefined) ?? token
    return answer
  }
  await login()
  return {
    simulator,
    clock,
    updates,
    login,
    get: (path) => ask('GET', path),
    post,
    async order(change = {}) {
      number += 1
      const order = { ...sampleOrder, order_id: `SO-${number}`, order_date: '2026-05-05 03:45', ...change }
      return (await post('orders/create/adhoc', order)).body as never
    },
  }
}

test('a parcel is given to a courier, labelled, fetched, manifested and tracked', async () => {
  const { order, post, get, clock, updates } = await bench()
  const { order_id, shipment_id } = await order()
  expect((await get(`courier/track/shipment/${shipment_id}`)).body).toMatchObject({
    tracking_data: { track_status: 0, error: expect.any(String) as string },
  })
  expect((await get(`courier/serviceability/?order_id=${order_id}`)).body).toMatchObject({
    data: {
      available_courier_companies: [
        { courier_company_id: 10, rate: 84 },
        { courier_company_id: 33 },
        { courier_company_id: 51, cod: 0 },
      ],
    },
  })
  const assigned = await post('courier/assign/awb', { shipment_id, courier_id: 51 })
  expect(assigned.body).toMatchObject({
    awb_assign_status: 1,
    response: { data: { courier_name: 'Blue Dart Air', order_id, freight_charges: 192 } },
  })
  const awb = (assigned.body as unknown as { response: { data: { awb_code: string } } }).response.data.awb_code
  expect(await post('courier/assign/awb', { shipment_id })).toMatchObject({ status: 400, body: { status_code: 400 } })
  const again = await post('courier/assign/awb', { shipment_id, courier_id: 33, status: 'reassign' })
  expect(again.body).toMatchObject({ response: { data: { courier_name: 'Xpressbees Surface' } } })
  expect(JSON.stringify(again.body)).not.toContain(awb)

  expect((await post('courier/generate/label', { shipment_id: [shipment_id] })).body).toMatchObject({
    label_created: 1,
    not_created: [],
  })
  expect((await post('courier/generate/pickup', { shipment_id: [shipment_id] })).body).toMatchObject({
    pickup_status: 1,
    response: { pickup_scheduled_date: '2026-05-05 05:30:00' },
  })
  expect(await post('courier/generate/pickup', { shipment_id: [shipment_id] })).toMatchObject({
    status: 400,
    body: { message: 'Already in Pickup Queue.' },
  })
  expect((await post('manifests/generate', { shipment_id: [shipment_id] })).body).toMatchObject({ status: 1 })
  await clock.advance(16_000)
  await clock.settle()
  const tracked = (await get(`courier/track/shipment/${shipment_id}`)).body as unknown as {
    tracking_data: { shipment_track: { current_status: string }[] }
  }
  expect(tracked.tracking_data.shipment_track[0]?.current_status).toBe('DELIVERED')
  // An order and its shipment are numbered differently.
  expect(
    updates.map(({ current_status, current_status_id, shipment_status_id }) => [
      current_status,
      current_status_id,
      shipment_status_id,
    ]),
  ).toEqual([
    ['READY TO SHIP', 3, 1],
    ['READY TO SHIP', 3, 1],
    ['PICKUP SCHEDULED', 4, 3],
    ['PICKED UP', 42, 42],
    ['IN TRANSIT', 20, 18],
    ['OUT FOR DELIVERY', 19, 17],
    ['DELIVERED', 7, 7],
  ])
  expect(await post('courier/assign/awb', { shipment_id })).toMatchObject({ status: 400 })
})

test('failures that come with status 200 are failures to the connector', async () => {
  const { order, post, get } = await bench()
  const far = await order({ billing_pincode: '900001' })
  const answers = [
    await get('courier/serviceability/?pickup_postcode=560001&delivery_postcode=900001&weight=1&cod=0'),
    await post('courier/assign/awb', { shipment_id: far.shipment_id }),
    await post('courier/assign/awb', { shipment_id: far.shipment_id, courier_id: 999 }),
    await get('courier/track/awb/nothing'),
  ]
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  for (const { status, body } of answers)
    expect(shiprocket.options.failure?.({ status, headers: {}, body })).toMatchObject({
      retryable: false,
      message: expect.stringMatching(/\w/) as string,
    })
  const cod = await get('courier/serviceability/?pickup_postcode=560001&delivery_postcode=400001&weight=0.4&cod=1')
  expect(JSON.stringify(cod.body)).not.toContain('Blue Dart')
  expect(shiprocket.options.failure?.({ status: 200, headers: {}, body: cod.body })).toBeNull()
})

test('nothing is labelled, fetched or manifested without a courier', async () => {
  const { order, post } = await bench()
  const { shipment_id } = await order()
  const body = { shipment_id: [shipment_id] }
  expect(await post('courier/generate/label', body)).toMatchObject({ status: 400 })
  expect(await post('courier/generate/pickup', body)).toMatchObject({ status: 400 })
  expect(await post('manifests/generate', body)).toMatchObject({ status: 400 })
  expect(await post('courier/generate/pickup', { shipment_id: [1] })).toMatchObject({ status: 404 })
  const ready = await order()
  await post('courier/assign/awb', { shipment_id: ready.shipment_id })
  expect((await post('courier/generate/label', { shipment_id: [shipment_id, ready.shipment_id] })).body).toMatchObject({
    label_created: 1,
    not_created: [shipment_id],
  })
})

test('an order names a pickup address that there is; its own id is taken for ever', async () => {
  const { order, post, get } = await bench()
  const unknown = await post('orders/create/adhoc', {
    ...sampleOrder,
    order_id: 'X',
    order_date: '2026-05-05 03:45',
    pickup_location: 'Shed',
  })
  expect(unknown).toMatchObject({
    status: 422,
    body: { message: expect.stringContaining('Pickup location') as string },
  })
  const shed = {
    pickup_location: 'Shed',
    name: 'Asha',
    email: 'a@example.com',
    phone: '9800001001',
    address: '27 Princess Street',
    city: 'Kochi',
    state: 'Kerala',
    country: 'India',
    pin_code: '682001',
  }
  expect((await post('settings/company/addpickup', shed)).body).toMatchObject({ success: true })
  expect(await post('settings/company/addpickup', shed)).toMatchObject({ status: 422 })
  expect(JSON.stringify((await get('settings/company/pickup')).body)).toContain('682001')
  const { order_id } = await order({ order_id: 'X', pickup_location: 'Shed' })
  await post('orders/cancel', { ids: [order_id] })
  expect(
    await post('orders/create/adhoc', { ...sampleOrder, order_id: 'X', order_date: '2026-05-05 03:45' }),
  ).toMatchObject({
    status: 422,
    body: { errors: { order_id: [expect.any(String)] } },
  })
  expect((await get('channels')).body).toMatchObject({ data: [{ name: 'CUSTOM' }] })
})

test('orders are listed by page, order, status, payment, day and text, with numbers as text here and there', async () => {
  const { order, get, post, clock } = await bench()
  const made: number[] = []
  for (const payment_method of ['Prepaid', 'COD', 'Prepaid']) made.push((await order({ payment_method })).order_id)
  await post('orders/cancel', { ids: [made[0]] })
  await clock.advance(2 * 86_400_000)
  made.push((await order()).order_id)
  const ids = async (query: string): Promise<number[]> =>
    ((await get(`orders?${query}`)).body['data'] as { id: number }[]).map(({ id }) => id)
  const [first, second, third, fourth] = made
  expect(await ids('')).toEqual([fourth, third, second, first])
  expect(await ids('sort=ASC&sort_by=id')).toEqual(made)
  expect(await ids('filter_by=status&filter=5,18')).toEqual([first])
  expect(await ids('filter_by=payment_method&filter=cod')).toEqual([second])
  expect(await ids('from=2026-05-04&to=2026-05-04&sort=ASC&sort_by=id')).toEqual([first, second, third])
  expect(await ids('search=SO-3')).toEqual([third])
  const page = (await get('orders?per_page=3&page=2')).body as unknown as {
    data: { total: unknown }[]
    meta: { pagination: object }
  }
  expect(page.meta.pagination).toMatchObject({
    total: 4,
    count: 1,
    per_page: 3,
    current_page: 2,
    total_pages: 2,
    links: { previous: expect.any(String) as string },
  })
  expect(page.data[0]?.total).toBe('1299')
})

test('a token ends after ten days, at once where it is revoked, and a wrong password gets none', async () => {
  const { get, login, clock, simulator } = await bench()
  await clock.advance(240 * 3_600_000 - 1)
  expect((await get('orders')).status).toBe(200)
  await clock.advance(1)
  expect(await get('orders')).toMatchObject({ status: 401, body: { message: 'Token has expired' } })
  expect(await login('wrong')).toMatchObject({ status: 400, body: { status_code: 400 } })
  expect((await login()).status).toBe(200)
  expect((await get('orders')).status).toBe(200)
  simulator.faults.set({ kind: 'token-expired', of: 'listOrders' })
  expect((await get('orders')).status).toBe(401)
  expect((await get('orders')).status).toBe(401)
  await login()
  expect((await get('orders')).status).toBe(200)
  simulator.faults.set({ kind: 'credentials-revoked' })
  expect((await get('orders')).status).toBe(401)
  expect((await login()).status).toBe(400)
  simulator.faults.clear()
  simulator.faults.set({ kind: 'maintenance', of: 'login' })
  expect((await fetch(`${simulator.origin}/v1/external/auth/login`, { method: 'POST', body: '{}' })).status).toBe(503)
})

test('a try to deliver that failed is told, and the parcel still arrives', async () => {
  const { order, simulator, clock, updates } = await bench()
  const { order_id } = await order()
  await simulator.emit('shipment.out_for_delivery', { order: order_id })
  await simulator.emit('shipment.updated', { order: order_id })
  await clock.advance(20_000)
  await clock.settle()
  expect(updates.map(({ current_status }) => current_status)).toEqual(['OUT FOR DELIVERY', 'UNDELIVERED', 'DELIVERED'])
  await simulator.emit('shipment.returning', { order: order_id })
  expect(updates).toHaveLength(3)
  await expect(simulator.emit('shipment.delivered', { order: 'nothing' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('its webhook is taken with status 200 only, at an address without its own name', async () => {
  const statuses = [202, 200]
  const { simulator, clock } = await bench({
    webhook: { receive: () => Promise.resolve({ status: statuses.shift() ?? 200, text: '' }) },
  })
  await simulator.emit('shipment.delivered', {})
  await clock.advance(10 * 60_000)
  await clock.settle()
  expect(simulator.deliveries().map(({ status, accepted }) => [status, accepted])).toEqual([
    [202, false],
    [200, true],
  ])
  expect(shiprocket.options.webhooks?.path).not.toMatch(/shiprocket|kartrocket|sr|kr/)
})
