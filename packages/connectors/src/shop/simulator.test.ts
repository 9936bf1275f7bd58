import { startSimulator, type RunningSimulator, type SimulatorOptions } from 'tenon/simulator'
import { afterEach, expect, test } from 'vitest'
import { virtualClock } from '../../../tenon/src/testing/virtual-clock.ts'
import { shopSimulator } from './simulator.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

type Body = Readonly<Record<string, unknown>>

async function bench(options: SimulatorOptions = {}) {
  const simulator: RunningSimulator = await startSimulator(shopSimulator, options)
  closing.push(() => simulator.close())
  const authorization = `Basic ${Buffer.from(`tenon:${simulator.credentials['password']}`).toString('base64')}`
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await fetch(`${simulator.baseUrl}/api/${path}`, {
      method,
      headers: { authorization, ...headers },
      ...sent,
    })
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Body }
  }
  return { simulator, ask }
}

test('goods are set aside all or none, for orders that are open, and given back once', async () => {
  const { ask } = await bench()
  const stockOf = async (sku: string): Promise<unknown> => (await ask('GET', `stock/${sku}`)).body['reserved']
  const wanted = { order: 'SO-1001', lines: [{ sku: 'OAK-TRAY', quantity: 2 }] }
  const made = await ask('POST', 'reservations', wanted)
  expect(made).toMatchObject({ status: 201, body: { status: 'held', order: 'SO-1001' } })
  expect(await stockOf('OAK-TRAY')).toBe(2)
  const short = { ...wanted, lines: [...wanted.lines, { sku: 'WALNUT-BOX', quantity: 1 }] }
  expect(await ask('POST', 'reservations', short)).toMatchObject({
    status: 409,
    body: { type: expect.stringMatching(/stock-short$/) as string },
  })
  expect(await stockOf('OAK-TRAY')).toBe(2)
  const id = String(made.body['id'])
  for (const _again of [1, 2])
    expect(await ask('POST', `reservations/${id}/release`)).toMatchObject({ status: 200, body: { status: 'released' } })
  expect(await stockOf('OAK-TRAY')).toBe(0)
  expect((await ask('GET', `reservations/${id}`)).body).toMatchObject({ status: 'released' })
  await ask('PATCH', 'orders/SO-1001', { status: 'cancelled' })
  expect(await ask('POST', 'reservations', wanted)).toMatchObject({
    status: 409,
    body: { type: expect.stringMatching(/order-closed$/) as string },
  })
  expect(await ask('PATCH', 'orders/SO-1001', { status: 'paid' })).toMatchObject({ status: 409 })
  expect(await ask('POST', 'reservations', { ...wanted, order: 'nothing' })).toMatchObject({ status: 404 })
})

test('orders are read page by page, and a cursor that is none is refused', async () => {
  const { ask } = await bench()
  const ids = ({ body }: { body: Body }): string[] => (body['data'] as { id: string }[]).map(({ id }) => id)
  const first = await ask('GET', 'orders?limit=2')
  expect(ids(first)).toEqual(['SO-1001', 'SO-1002'])
  const second = await ask('GET', `orders?limit=2&after=${String(first.body['next'])}`)
  expect([ids(second), second.body['next']]).toEqual([['SO-1003'], null])
  expect(await ask('GET', 'orders?after=SO-9999')).toMatchObject({
    status: 400,
    body: { type: expect.stringMatching(/cursor-unknown$/) as string },
  })
  await ask('PATCH', 'orders/SO-1002', { status: 'paid' })
  expect(ids(await ask('GET', 'orders?status=paid'))).toEqual(['SO-1002'])
})

test('a key has one effect, tells that it was replayed, and no other request may use it', async () => {
  const { ask, simulator } = await bench()
  const key = { 'idempotency-key': 'k' }
  const wanted = { order: 'SO-1001', lines: [{ sku: 'OAK-TRAY', quantity: 1 }] }
  const one = await ask('POST', 'reservations', wanted, key)
  const two = await ask('POST', 'reservations', wanted, key)
  expect([two.body, two.headers.get('idempotency-replayed')]).toEqual([one.body, 'true'])
  expect(await ask('POST', 'reservations', { ...wanted, order: 'SO-1002' }, key)).toMatchObject({
    status: 422,
    body: { type: expect.stringMatching(/key-reused$/) as string },
  })
  expect(simulator.effects()).toHaveLength(1)
})

test('the limit is told before it is reached, and with it when to come back', async () => {
  const clock = virtualClock({ startMs: 0 })
  const { ask } = await bench({ clock })
  expect((await ask('GET', 'orders')).headers.get('ratelimit')).toBe('"default";r=499;t=1')
  await Promise.all(Array.from({ length: 499 }, () => ask('GET', 'stock/OAK-TRAY')))
  const refused = await ask('GET', 'orders')
  expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('content-type')]).toEqual([
    429,
    '1',
    'application/problem+json',
  ])
  await clock.advance(1000)
  expect((await ask('GET', 'orders')).status).toBe(200)
})
