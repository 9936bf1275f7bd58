import { Stripe } from 'stripe'
import { startSimulator, type RunningSimulator } from 'tenon/simulator'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { shopSimulator } from '../shop/simulator.ts'
import { stripeSimulator } from './simulator.ts'
import { stripe as connector } from './stripe.ts'

let simulator: RunningSimulator
let stripe: Stripe

function clientOf({ origin }: RunningSimulator, key: string): Stripe {
  const { hostname, port } = new URL(origin)
  return new Stripe(key, {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  })
}

beforeEach(async () => {
  simulator = await startSimulator(stripeSimulator)
  stripe = clientOf(simulator, simulator.credentials['secretKey'] ?? '')
})
afterEach(() => simulator.close())

const coffee: Stripe.PaymentIntentCreateParams = { amount: 4900, currency: 'inr', metadata: { order_id: 'SO-1001' } }
const failing = async (call: Promise<unknown>): Promise<Stripe.errors.StripeError> => {
  try {
    await call
  } catch (error) {
    return error as Stripe.errors.StripeError
  }
  throw new Error('the call was expected to fail')
}

test('the official package asks whose key it is', async () => {
  expect(await stripe.accounts.retrieveCurrent()).toMatchObject({ object: 'account', country: 'IN' })
})

test('the official package creates, confirms, retrieves and lists payments', async () => {
  const created = await stripe.paymentIntents.create({ ...coffee, automatic_payment_methods: { enabled: true } })
  expect(created).toMatchObject({
    object: 'payment_intent',
    status: 'requires_payment_method',
    metadata: { order_id: 'SO-1001' },
  })
  const confirmed = await stripe.paymentIntents.confirm(created.id, { payment_method: 'pm_card_visa' })
  expect(confirmed).toMatchObject({ status: 'succeeded', amount_received: 4900 })
  expect(await stripe.paymentIntents.retrieve(created.id)).toMatchObject({ id: created.id, status: 'succeeded' })
  const second = await stripe.paymentIntents.create({ ...coffee, confirm: true, payment_method: 'pm_card_visa' })
  const listed = await stripe.paymentIntents.list({ limit: 1 })
  expect(listed).toMatchObject({ has_more: true, data: [{ id: second.id }] })
  const ids: string[] = []
  for await (const payment of stripe.paymentIntents.list({ limit: 1 })) ids.push(payment.id)
  expect(ids).toEqual([second.id, created.id])
})

test('the official package refunds in parts and is refused more than there is', async () => {
  const paid = await stripe.paymentIntents.create({ ...coffee, confirm: true, payment_method: 'pm_card_visa' })
  const part = await stripe.refunds.create({ payment_intent: paid.id, amount: 900 })
  expect(part).toMatchObject({ status: 'succeeded', amount: 900 })
  expect(await failing(stripe.refunds.create({ payment_intent: paid.id, amount: 4001 }))).toMatchObject({
    statusCode: 400,
    code: 'amount_too_large',
  })
  expect(await stripe.refunds.create({ payment_intent: paid.id })).toMatchObject({ amount: 4000 })
  expect(await failing(stripe.refunds.create({ payment_intent: paid.id }))).toMatchObject({
    code: 'charge_already_refunded',
  })
  expect(await stripe.refunds.retrieve(part.id)).toMatchObject({ id: part.id })
  const events = await stripe.events.list({ type: 'refund.created' })
  expect(events.data).toHaveLength(2)
})

test('the official package creates customers and reads events by creation time', async () => {
  const customer = await stripe.customers.create({ email: 'asha@example.com', metadata: { crm: '7' } })
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({
    email: 'asha@example.com',
    metadata: { crm: '7' },
  })
  const [event] = (await stripe.events.list({ created: { gte: customer.created } })).data
  expect(event).toMatchObject({ type: 'customer.created', data: { object: { id: customer.id } } })
  expect((await stripe.events.list({ created: { gt: customer.created + 10 } })).data).toEqual([])
})

test('a key brings back its first result, also a failure, and says so', async () => {
  const first = await stripe.paymentIntents.create(coffee, { idempotencyKey: 'k1' })
  const again = await stripe.paymentIntents.create(coffee, { idempotencyKey: 'k1' })
  expect(again.id).toBe(first.id)
  expect(again.lastResponse.headers['idempotent-replayed']).toBe('true')
  expect(first.lastResponse.headers['idempotent-replayed']).toBeUndefined()
  expect(simulator.effects()).toHaveLength(1)
  // The order of parameters does not count.
  const keyed = (metadata: Record<string, string>) => stripe.customers.create({ metadata }, { idempotencyKey: 'k0' })
  expect((await keyed({ a: '1', b: '2' })).id).toBe((await keyed({ b: '2', a: '1' })).id)

  const declined = { ...coffee, confirm: true, payment_method: 'pm_card_chargeDeclined' }
  const one = await failing(stripe.paymentIntents.create(declined, { idempotencyKey: 'k2' }))
  const two = await failing(stripe.paymentIntents.create(declined, { idempotencyKey: 'k2' }))
  expect(two.payment_intent?.id).toBe(one.payment_intent?.id)
  expect(two.headers?.['idempotent-replayed']).toBe('true')
})

test('a key with other parameters is an idempotency error', async () => {
  await stripe.paymentIntents.create(coffee, { idempotencyKey: 'k1' })
  const error = await failing(stripe.paymentIntents.create({ ...coffee, amount: 1 }, { idempotencyKey: 'k1' }))
  expect(error).toMatchObject({ statusCode: 400, type: 'StripeIdempotencyError', rawType: 'idempotency_error' })
  expect(simulator.effects()).toHaveLength(1)
})

test('a key in use is a conflict, and one effect is made', async () => {
  simulator.faults.request({ kind: 'slow', delayMs: 200 })
  const both = await Promise.allSettled(
    [1, 2].map(() => stripe.paymentIntents.create(coffee, { idempotencyKey: 'k1' })),
  )
  const refused = both.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  expect(refused).toMatchObject([{ statusCode: 409, code: 'idempotency_key_in_use' }])
  expect(simulator.effects()).toHaveLength(1)
})

test('a wrong key, no key, and a missing or unknown parameter are refused in Stripe’s words', async () => {
  expect(await failing(clientOf(simulator, 'sk_test_wrong').customers.create({}))).toMatchObject({
    statusCode: 401,
    type: 'StripeAuthenticationError',
  })
  const bare = await fetch(`${simulator.origin}/v1/customers`, { method: 'POST' })
  expect([bare.status, await bare.json()]).toMatchObject([401, { error: { type: 'invalid_request_error' } }])
  expect(await failing(stripe.paymentIntents.create({ amount: 5 } as never))).toMatchObject({
    statusCode: 400,
    code: 'parameter_missing',
    param: 'currency',
  })
  expect(await failing(stripe.paymentIntents.create({ ...coffee, colour: 'red' } as never))).toMatchObject({
    code: 'parameter_unknown',
    param: 'colour',
  })
  expect(await failing(stripe.paymentIntents.create({ ...coffee, amount: 'much' } as never))).toMatchObject({
    param: 'amount',
  })
  expect(await failing(stripe.paymentIntents.retrieve('pi_nothing'))).toMatchObject({
    statusCode: 404,
    code: 'resource_missing',
  })
  expect(simulator.effects()).toEqual([])
})

test('a declined card is a card error that carries the payment', async () => {
  const error = await failing(
    stripe.paymentIntents.create({
      ...coffee,
      confirm: true,
      payment_method: 'pm_card_chargeDeclinedInsufficientFunds',
    }),
  )
  expect(error).toMatchObject({
    statusCode: 402,
    type: 'StripeCardError',
    code: 'card_declined',
    decline_code: 'insufficient_funds',
  })
  expect(error.payment_intent).toMatchObject({ status: 'requires_payment_method' })
})

test('a payment that is finished can be neither confirmed nor cancelled', async () => {
  const paid = await stripe.paymentIntents.create({ ...coffee, confirm: true, payment_method: 'pm_card_visa' })
  expect(await failing(stripe.paymentIntents.confirm(paid.id))).toMatchObject({
    code: 'payment_intent_unexpected_state',
  })
  expect(await failing(stripe.paymentIntents.cancel(paid.id))).toMatchObject({
    code: 'payment_intent_unexpected_state',
  })
  const open = await stripe.paymentIntents.create(coffee)
  expect(await stripe.paymentIntents.cancel(open.id, { cancellation_reason: 'abandoned' })).toMatchObject({
    status: 'canceled',
  })
})

test('a rate limit tells when to come back, and the official package then succeeds by itself', async () => {
  simulator.faults.request({ kind: 'rate-limit', retryAfterS: 1 })
  expect(await failing(stripe.customers.create({}))).toMatchObject({
    statusCode: 429,
    type: 'StripeRateLimitError',
    headers: { 'retry-after': '1', 'stripe-should-retry': 'true' },
  })
  simulator.faults.request({ kind: 'rate-limit', retryAfterS: 0 })
  expect(await stripe.customers.create({}, { maxNetworkRetries: 1 })).toMatchObject({ object: 'customer' })
})

test('after a lost answer the same key finds the effect; a 500 after it stays the result', async () => {
  simulator.faults.request({ kind: 'drop' })
  const created = await stripe.paymentIntents.create(coffee, { maxNetworkRetries: 1, idempotencyKey: 'k1' })
  expect(simulator.effects()).toMatchObject([{ operation: 'createPaymentIntent', idempotencyKey: 'k1' }])
  expect(created.lastResponse.headers['idempotent-replayed']).toBe('true')

  simulator.faults.request({ kind: 'error-after' })
  expect(await failing(stripe.paymentIntents.create(coffee, { idempotencyKey: 'k2' }))).toMatchObject({
    statusCode: 500,
  })
  expect(await failing(stripe.paymentIntents.create(coffee, { idempotencyKey: 'k2' }))).toMatchObject({
    statusCode: 500,
  })
  expect(simulator.effects()).toHaveLength(2)

  simulator.faults.request({ kind: 'error' })
  expect(await failing(stripe.paymentIntents.create(coffee, { idempotencyKey: 'k3' }))).toMatchObject({
    statusCode: 500,
  })
  expect(await stripe.paymentIntents.create(coffee, { idempotencyKey: 'k3' })).toMatchObject({
    object: 'payment_intent',
  })
})

test('checkouts pay the orders of the shop one after the other, unless told otherwise', async () => {
  const orders = await startSimulator(shopSimulator)
  const authorization = `Basic ${Buffer.from(`tenon:${orders.credentials['password']}`).toString('base64')}`
  for (const { event, input } of simulator.samples.slice(0, 3)) {
    const { amount, metadata } = (await simulator.emit(event, input)) as Stripe.PaymentIntent
    const answer = await fetch(`${orders.baseUrl}/api/orders/${metadata['order_id']}`, { headers: { authorization } })
    expect(await answer.json()).toMatchObject({ total: amount })
  }
  expect(await simulator.emit('payment_intent.succeeded')).toMatchObject({ metadata: { order_id: 'SO-1004' } })
  const own = { amount: 5, metadata: {} }
  expect(await simulator.emit('payment_intent.succeeded', own)).toMatchObject({ amount: 5, metadata: {} })
  expect(Object.keys(orders.state()['orders'] ?? {})).toEqual(['SO-1001', 'SO-1002', 'SO-1003'])
  await orders.close()
})

test('our verifier agrees with the official package and with a known vector', async () => {
  const verifier = connector.options.webhooks?.verify
  const body = '{"id":"evt_test_webhook","object":"event"}'
  const secret = 'whsec_test_secret'
  const known = 't=1700000000,v1=d95c6b7477fbd7e9f90b1b0ef5f9c7ac25abca5382460e0d988c2b2a5b71b990'
  expect(verifier?.sign(body, secret, 1_700_000_000_000)).toEqual({ 'stripe-signature': known })
  const theirs = stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: 1_700_000_000 })
  expect(theirs).toContain(known)
  const verify = (header: string, nowMs: number) => () =>
    verifier?.verify(
      { method: 'POST', headers: { 'stripe-signature': header }, query: {}, body: Buffer.from(body) },
      [secret],
      nowMs,
    )
  expect(verify(theirs, 1_700_000_000_000)).not.toThrow()
  expect(verify(`t=1700000000,v1=${'0'.repeat(64)},v1=${known.slice(-64)}`, 1_700_000_000_000)).not.toThrow()
  expect(verify(theirs, 1_700_000_301_000)).toThrow(/300 s/)
  expect(verify(theirs, 1_699_999_699_000)).toThrow(/300 s/)
  expect(verify(known.replace('v1=', 'v0='), 1_700_000_000_000)).toThrow(/form/)
})
