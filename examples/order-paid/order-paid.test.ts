import { testApp } from 'tenon/testing'
import { describe, expect, test } from 'vitest'
import orderApp from './app.ts'

const order = 'SO-1001'
const payment = { metadata: { order_id: order } }

describe('a paid order', () => {
  test('is booked, reserved and confirmed, waits for its parcel, and is delivered', async () => {
    await using app = await testApp(orderApp)

    await app.simulator('stripe').emit('payment_intent.succeeded', payment)
    expect(await app.run()).toMatchObject({ key: order, status: 'waiting' })

    await app.simulator('shiprocket').emit('shipment.delivered', { order })
    expect(await app.run()).toMatchObject({ status: 'completed', output: 'delivered' })
    expect(app.simulator('shop').state()['orders']).toContainEqual(
      expect.objectContaining({ id: order, status: 'delivered' }),
    )
  })

  test('is delivered by itself, for the parcel moves on as time passes', async () => {
    await using app = await testApp(orderApp)
    await app.simulator('stripe').emit('payment_intent.succeeded', payment)

    await app.advance('1m')

    expect(await app.run()).toMatchObject({ status: 'completed', output: 'delivered' })
  })

  test('a payment for something else starts nothing in the shop', async () => {
    await using app = await testApp(orderApp)

    await app.simulator('stripe').emit('payment_intent.succeeded', { metadata: {} })

    expect(await app.run()).toMatchObject({ status: 'completed', output: 'not for an order', steps: [] })
    expect(app.simulator('shop').requests()).toEqual([])
  })

  test('a webhook that comes twice is one payment', async () => {
    await using app = await testApp(orderApp)
    app.simulator('stripe').faults.set({ kind: 'duplicate', of: 'payment_intent.succeeded' })

    await app.simulator('stripe').emit('payment_intent.succeeded', payment)

    expect(app.simulator('stripe').deliveries()).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'genuine', status: 200 }),
        expect.objectContaining({ kind: 'duplicate', status: 200 }),
      ]),
    )
    expect(await app.runs()).toHaveLength(1)
  })

  test('two payments of one order go one after the other: the second finds it booked, and its money goes back', async () => {
    await using app = await testApp(orderApp)
    app.failAt('erp.getOrder', 'unavailable')
    await app.simulator('stripe').emit('payment_intent.succeeded', payment)
    await app.simulator('stripe').emit('payment_intent.succeeded', payment)
    expect(await app.runs()).toMatchObject([
      { status: 'waiting', waitsFor: expect.stringContaining('erp.getOrder') },
      { status: 'queued', waitsFor: `the run before it with key ${order}` },
    ])

    await app.advance('1m')

    const [first, second] = await app.runs()
    expect(first).toMatchObject({ status: 'completed', output: 'delivered' })
    expect(second).toMatchObject({ status: 'failed', code: 'UPSTREAM_REFUSED', undo: 'done' })
    expect(app.simulator('stripe').effects('createRefund')).toHaveLength(1)
  })
})

describe('when something fails for good', () => {
  test('everything is taken back in reverse order, the money last', async () => {
    await using app = await testApp(orderApp)
    app.failAt('whatsapp.sendTemplate', 'refused')

    await app.simulator('stripe').emit('payment_intent.succeeded', payment)

    const run = await app.run()
    expect(run).toMatchObject({ status: 'failed', code: 'UPSTREAM_REFUSED', undo: 'done' })
    const back = run.steps.filter(({ isUndo }) => isUndo).map(({ name }) => name)
    expect(back.toSorted()).toEqual([
      'undo(erp.getOrder#1)/stripe.createRefund#1',
      'undo(erp.reserveStock#1)/erp.releaseStock#1',
      'undo(shiprocket.createOrder#1)/shiprocket.cancelOrder#1',
    ])
    expect(back.at(-1)).toBe('undo(erp.getOrder#1)/stripe.createRefund#1')
    expect(app.simulator('shop').state()['reservations']).toMatchObject([{ order, status: 'released' }])
  })

  test('a parcel that does not arrive within 14 days ends it, and takes everything back', async () => {
    await using app = await testApp(orderApp)
    app.simulator('shiprocket').pause()
    await app.simulator('stripe').emit('payment_intent.succeeded', payment)

    await app.advance('13d')
    expect(await app.run()).toMatchObject({ status: 'waiting' })

    await app.advance('1d')
    expect(await app.run()).toMatchObject({ status: 'failed', code: 'TIMEOUT', undo: 'done' })
    expect(app.simulator('stripe').effects('createRefund')).toHaveLength(1)
  })

  test('a cancelled order is taken back too', async () => {
    await using app = await testApp(orderApp)
    await app.simulator('stripe').emit('payment_intent.succeeded', payment)

    await app.cancel(await app.run(), 'the customer changed their mind')

    expect(await app.run()).toMatchObject({ status: 'cancelled', undo: 'done' })
    expect(app.simulator('shiprocket').state()['orders']).toMatchObject([{ stage: 'shipment.cancelled' }])
  })

  test('what could not be taken back is tried again by hand', async () => {
    await using app = await testApp(orderApp)
    app.failAt('erp.getOrder')
    await app.simulator('stripe').emit('payment_intent.succeeded', payment)
    const failed = await app.run()
    expect(failed).toMatchObject({ status: 'failed', undo: 'none' })

    await app.retry(failed)

    expect(await app.run(failed)).toMatchObject({ status: 'waiting' })
  })
})

describe('when a provider has a bad moment', () => {
  test('WhatsApp answers 429: the message is sent a little later, once', async () => {
    await using app = await testApp(orderApp)
    app.failAt('whatsapp.sendTemplate', 'rate-limited')
    await app.simulator('stripe').emit('payment_intent.succeeded', payment)
    expect((await app.run()).step('whatsapp.sendTemplate')).toMatchObject({ state: 'waiting' })

    await app.advance('10s')

    expect((await app.run()).step('whatsapp.sendTemplate')).toMatchObject({ state: 'completed' })
    expect(app.simulator('whatsapp').requests('sendTemplate')[0]).toMatchObject({ status: 429 })
    expect(app.simulator('whatsapp').effects('sendTemplate')).toHaveLength(1)
  })

  test('the shop says when to come back, and is left alone until then', async () => {
    await using app = await testApp(orderApp)
    app.failAt('erp.reserveStock', { kind: 'rate-limited', retryAfter: '30s' })
    await app.simulator('stripe').emit('payment_intent.succeeded', payment)

    await app.advance('29s')
    expect(app.simulator('shop').requests('reserveStock')).toHaveLength(1)

    await app.advance('1s')
    expect(app.simulator('shop').requests('reserveStock')).toMatchObject([{ status: 429 }, { status: 201 }])
  })

  test('the shop loses its answer: it is asked again under the same key, and reserves once', async () => {
    await using app = await testApp(orderApp)
    app.failAt('erp.reserveStock', 'lost-answer')
    await app.simulator('stripe').emit('payment_intent.succeeded', payment)

    await app.advance('2s')

    expect((await app.run()).step('erp.reserveStock')).toMatchObject({ state: 'completed' })
    const [first, second] = app.simulator('shop').requests('reserveStock')
    expect(second?.idempotencyKey).toBe(first?.idempotencyKey)
    expect(app.simulator('shop').effects('reserveStock')).toHaveLength(1)
  })

  test('Shiprocket loses its answer: it knows no keys, so the order is looked up and not booked again', async () => {
    await using app = await testApp(orderApp)
    app.failAt('shiprocket.createOrder', 'lost-answer')
    await app.simulator('stripe').emit('payment_intent.succeeded', payment)

    await app.advance('2s')

    expect((await app.run()).step('shiprocket.createOrder')).toMatchObject({ state: 'completed' })
    expect(app.simulator('shiprocket').requests('createOrder')).toHaveLength(1)
  })

  test('WhatsApp loses its answer: nobody can know, so the run waits for a person', async () => {
    await using app = await testApp(orderApp)
    app.simulator('shiprocket').pause()
    app.failAt('whatsapp.sendTemplate', 'lost-answer')
    await app.simulator('stripe').emit('payment_intent.succeeded', payment)
    const run = await app.run()
    expect(run).toMatchObject({ status: 'parked', waitsFor: 'a decision on whatsapp.sendTemplate#1' })

    await app.decide(run, 'whatsapp.sendTemplate', 'happened', { messages: [{ id: 'wamid.1' }] })

    expect(await app.run(run)).toMatchObject({ status: 'waiting' })
    expect(app.simulator('whatsapp').effects('sendTemplate')).toHaveLength(1)
  })
})

describe('when the process is killed', () => {
  const steps = ['erp.getOrder', 'shiprocket.createOrder', 'erp.reserveStock', 'erp.updateOrder'] as const
  const crashes = steps.flatMap((step) => [[step, 'before'] as const, [step, 'after'] as const])

  test.each(crashes)('at %s, %s it took effect, nothing is lost and nothing happens twice', async (step, moment) => {
    await using app = await testApp(orderApp)
    app.crashAt(step, moment)

    await app.simulator('stripe').emit('payment_intent.succeeded', payment)
    await app.simulator('shiprocket').emit('shipment.delivered', { order })
    await app.advance('1m')

    expect(await app.run()).toMatchObject({ status: 'completed', output: 'delivered' })
    expect(app.simulator('shiprocket').effects('createOrder')).toHaveLength(1)
    expect(app.simulator('shop').effects('reserveStock')).toHaveLength(1)
    expect(app.simulator('whatsapp').effects('sendTemplate')).toHaveLength(1)
  })

  test('with a message on its way that cannot be looked up, a person says what became of it', async () => {
    await using app = await testApp(orderApp)
    app.crashAt('whatsapp.sendTemplate', 'before')
    await app.simulator('stripe').emit('payment_intent.succeeded', payment)
    const run = await app.run()
    expect(run.waitsFor).toBe('a decision on whatsapp.sendTemplate#1')

    await app.decide(run, 'whatsapp.sendTemplate', 'retry')

    expect(await app.run(run)).toMatchObject({ status: 'waiting' })
    expect(app.simulator('whatsapp').effects('sendTemplate')).toHaveLength(1)
  })

  test('while it waits, the parcel still finds its order', async () => {
    await using app = await testApp(orderApp)
    await app.simulator('stripe').emit('payment_intent.succeeded', payment)

    await app.crash()
    await app.simulator('shiprocket').emit('shipment.delivered', { order })

    expect(await app.run()).toMatchObject({ status: 'completed', output: 'delivered' })
  })
})
