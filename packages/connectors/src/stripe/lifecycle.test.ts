import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Stripe } from 'stripe'
import { startSimulator, type RunningSimulator, type SimulatorOptions } from 'tenon/simulator'
import { afterEach, expect, test } from 'vitest'
import { virtualClock, type VirtualClock } from '../../../tenon/src/testing/virtual-clock.ts'
import { stripeSimulator } from './simulator.ts'

// Driven by the official package, in virtual time.

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

interface Bench {
  readonly simulator: RunningSimulator
  readonly stripe: Stripe
  readonly clock: VirtualClock
}

async function bench(options: SimulatorOptions = {}): Promise<Bench> {
  const clock = virtualClock({ startMs: Date.UTC(2026, 4, 4) })
  const simulator = await startSimulator(stripeSimulator, { clock, ...options })
  closing.push(() => simulator.close())
  return { simulator, clock, stripe: clientOf(simulator, simulator.credentials['secretKey'] ?? '') }
}

function clientOf({ origin }: RunningSimulator, key: string, more: Stripe.StripeConfig = {}): Stripe {
  const { hostname, port } = new URL(origin)
  const local = {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  } as const
  return new Stripe(key, { ...local, ...more })
}

async function failing(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await call
  } catch (error) {
    return error as Stripe.errors.StripeError
  }
  throw new Error('the call was expected to fail')
}

const coffee = {
  amount: 4900,
  currency: 'inr',
  metadata: { order_id: 'SO-1001' },
} satisfies Stripe.PaymentIntentCreateParams
const pay = (stripe: Stripe, payment_method = 'pm_card_visa', more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  stripe.paymentIntents.create({ ...coffee, confirm: true, payment_method, ...more })
const typesOf = async (stripe: Stripe): Promise<string[]> =>
  (await stripe.events.list({ limit: 100 })).data.map(({ type }) => type).toReversed()

test('money that is set aside can be taken in part, and what is not taken in a week goes back', async () => {
  const { stripe, clock } = await bench()
  const held = await pay(stripe, 'pm_card_visa', { capture_method: 'manual' })
  expect(held).toMatchObject({ status: 'requires_capture', amount_capturable: 4900, amount_received: 0 })
  expect(await failing(stripe.refunds.create({ payment_intent: held.id }))).toMatchObject({
    code: 'payment_intent_unexpected_state',
  })
  expect(await failing(stripe.paymentIntents.capture(held.id, { amount_to_capture: 4901 }))).toMatchObject({
    code: 'amount_too_large',
  })
  expect(await stripe.paymentIntents.capture(held.id, { amount_to_capture: 4000 })).toMatchObject({
    status: 'succeeded',
    amount_received: 4000,
    amount_capturable: 0,
  })
  expect(await failing(stripe.paymentIntents.capture(held.id))).toMatchObject({
    code: 'payment_intent_unexpected_state',
  })
  expect(await stripe.refunds.create({ payment_intent: held.id })).toMatchObject({ amount: 4000 })
  const left = await pay(stripe, 'pm_card_visa', { capture_method: 'manual' })
  await clock.advance(7 * 86_400_000)
  expect(await stripe.paymentIntents.retrieve(left.id)).toMatchObject({
    status: 'canceled',
    cancellation_reason: 'automatic',
  })
  expect(await stripe.charges.retrieve(left.latest_charge as string)).toMatchObject({ captured: false, refunded: true })
  expect(await typesOf(stripe)).toEqual(
    expect.arrayContaining(['payment_intent.amount_capturable_updated', 'charge.captured', 'payment_intent.canceled']),
  )
})

test.each([
  ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
  ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
  ['pm_card_visa_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
  ['pm_card_visa_chargeDeclinedStolenCard', 'card_declined', 'stolen_card'],
  ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
  ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc'],
  ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'processing_error'],
  ['pm_card_radarBlock', 'card_declined', 'fraudulent'],
])('%s is declined with %s and %s', async (method, code, decline_code) => {
  const { stripe } = await bench()
  const error = await failing(pay(stripe, method))
  expect(error).toMatchObject({ type: 'StripeCardError', statusCode: 402, code, decline_code })
  expect(error.doc_url).toContain(code.replaceAll('_', '-'))
  const payment = await stripe.paymentIntents.retrieve(error.payment_intent?.id ?? '')
  expect(payment).toMatchObject({
    status: 'requires_payment_method',
    payment_method: null,
    last_payment_error: { code },
  })
  expect(await stripe.charges.retrieve(payment.latest_charge as string)).toMatchObject({
    status: 'failed',
    failure_code: code,
  })
  expect(await stripe.paymentIntents.confirm(payment.id, { payment_method: 'pm_card_mastercard' })).toMatchObject({
    status: 'succeeded',
  })
  expect(await typesOf(stripe)).toEqual([
    'payment_intent.created',
    'charge.failed',
    'payment_intent.payment_failed',
    'charge.succeeded',
    'payment_intent.succeeded',
  ])
})

test('a card that asks for its owner waits for them, and is declined where there is none', async () => {
  const { stripe, simulator } = await bench()
  const asked = await pay(stripe, 'pm_card_authenticationRequired')
  expect(asked).toMatchObject({ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } })
  await simulator.emit('payment_intent.succeeded', { payment_intent: asked.id })
  expect(await stripe.paymentIntents.retrieve(asked.id)).toMatchObject({ status: 'succeeded', next_action: null })
  expect(await failing(pay(stripe, 'pm_card_authenticationRequired', { off_session: true }))).toMatchObject({
    code: 'authentication_required',
  })
})

test('a bank transfer takes its time and may still fail', async () => {
  const { stripe, clock } = await bench()
  const good = await pay(stripe, 'pm_usBankAccount_success')
  const bad = await pay(stripe, 'pm_usBankAccount_insufficientFunds')
  expect([good.status, bad.status]).toEqual(['processing', 'processing'])
  expect(await failing(stripe.paymentIntents.cancel(good.id))).toMatchObject({
    code: 'payment_intent_unexpected_state',
  })
  await clock.advance(10_000)
  const after = await Promise.all([good, bad].map(({ id }) => stripe.paymentIntents.retrieve(id)))
  expect(after.map(({ status }) => status)).toEqual(['succeeded', 'requires_payment_method'])
})

test('refunds may pend and may fail, and then the money is there again', async () => {
  const { stripe, clock } = await bench()
  const pending = await stripe.refunds.create({ payment_intent: (await pay(stripe, 'pm_card_pendingRefund')).id })
  const failing_ = await stripe.refunds.create({ payment_intent: (await pay(stripe, 'pm_card_refundFail')).id })
  expect([pending.status, failing_.status]).toEqual(['pending', 'succeeded'])
  await clock.advance(10_000)
  expect(await stripe.refunds.retrieve(pending.id)).toMatchObject({ status: 'succeeded' })
  expect(await stripe.refunds.retrieve(failing_.id)).toMatchObject({
    status: 'failed',
    failure_reason: 'lost_or_stolen_card',
  })
  expect(await stripe.charges.retrieve(failing_.charge as string)).toMatchObject({
    amount_refunded: 0,
    refunded: false,
  })
  expect(await stripe.refunds.update(pending.id, { metadata: { ticket: '7' } })).toMatchObject({
    metadata: { ticket: '7' },
  })
  expect((await stripe.refunds.list({ payment_intent: pending.payment_intent as string })).data).toMatchObject([
    { id: pending.id },
  ])
})

test('a dispute is opened, answered once, and decided by its evidence', async () => {
  const { stripe, clock } = await bench()
  const paid = await pay(stripe, 'pm_card_createDispute')
  const dispute = (await stripe.disputes.list({ payment_intent: paid.id })).data[0]
  expect(dispute).toMatchObject({ status: 'needs_response', reason: 'fraudulent', amount: 4900 })
  expect(await failing(stripe.refunds.create({ payment_intent: paid.id }))).toMatchObject({ code: 'charge_disputed' })
  const id = dispute?.id ?? ''
  const kept = await stripe.disputes.update(id, { evidence: { shipping_carrier: 'Delhivery' }, submit: false })
  expect(kept.status).toBe('needs_response')
  const answered = await stripe.disputes.update(id, { evidence: { uncategorized_text: 'winning_evidence' } })
  expect(answered).toMatchObject({ status: 'under_review', evidence: { shipping_carrier: 'Delhivery' } })
  expect(await failing(stripe.disputes.close(id))).toMatchObject({ statusCode: 400 })
  await clock.advance(10_000)
  expect(await stripe.disputes.retrieve(id)).toMatchObject({ status: 'won' })
  expect(await stripe.charges.retrieve(paid.latest_charge as string)).toMatchObject({ disputed: false })
  const other = await pay(stripe, 'pm_card_createDisputeProductNotReceived')
  const lost = (await stripe.disputes.list({ payment_intent: other.id })).data[0]
  expect(lost).toMatchObject({ reason: 'product_not_received' })
  expect(await stripe.disputes.close(lost?.id ?? '')).toMatchObject({ status: 'lost' })
  expect(await typesOf(stripe)).toEqual(
    expect.arrayContaining(['charge.dispute.created', 'charge.dispute.updated', 'charge.dispute.closed']),
  )
})

test('customers and their payment methods: made, changed, attached, detached, deleted', async () => {
  const { stripe } = await bench()
  const customer = await stripe.customers.create({ email: 'asha@example.com', metadata: { crm: '7', old: 'x' } })
  expect(await stripe.customers.update(customer.id, { name: 'Asha Rao', metadata: { old: '' } })).toMatchObject({
    name: 'Asha Rao',
    email: 'asha@example.com',
    metadata: { crm: '7' },
  })
  const method = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_mastercard' } })
  expect(method).toMatchObject({ type: 'card', card: { brand: 'mastercard', last4: '4444' }, customer: null })
  await stripe.paymentMethods.attach(method.id, { customer: customer.id })
  expect(await failing(stripe.paymentMethods.attach(method.id, { customer: customer.id }))).toMatchObject({
    statusCode: 400,
  })
  expect(
    await failing(stripe.paymentMethods.attach('pm_card_chargeDeclined', { customer: customer.id })),
  ).toMatchObject({ code: 'card_declined' })
  const failsLater = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id })
  expect(await failing(pay(stripe, failsLater.id, { customer: customer.id }))).toMatchObject({ code: 'card_declined' })
  expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toHaveLength(2)
  expect(await pay(stripe, method.id, { customer: customer.id })).toMatchObject({
    status: 'succeeded',
    payment_method: method.id,
  })
  expect(await stripe.paymentMethods.detach(method.id)).toMatchObject({ customer: null })
  expect(await failing(stripe.paymentMethods.attach(method.id, { customer: customer.id }))).toMatchObject({
    statusCode: 400,
  })
  expect((await stripe.paymentIntents.list({ customer: customer.id })).data).toHaveLength(2)

  expect(await stripe.customers.del(customer.id)).toMatchObject({ deleted: true })
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ deleted: true })
  expect(await failing(stripe.customers.update(customer.id, { name: 'x' }))).toMatchObject({ code: 'resource_missing' })
  expect(await failing(pay(stripe, 'pm_card_visa', { customer: customer.id }))).toMatchObject({ param: 'customer' })
  expect((await stripe.customers.list({ email: 'asha@example.com' })).data).toEqual([])
})

test('a payment is changed while it is open, and not after', async () => {
  const { stripe } = await bench()
  const payment = await stripe.paymentIntents.create({ ...coffee, metadata: { a: '1', b: '2' } })
  expect(await stripe.paymentIntents.update(payment.id, { amount: 5000, metadata: { a: '' } })).toMatchObject({
    amount: 5000,
    metadata: { b: '2' },
  })
  await stripe.paymentIntents.confirm(payment.id, { payment_method: 'pm_card_visa' })
  expect(await failing(stripe.paymentIntents.update(payment.id, { amount: 1 }))).toMatchObject({
    code: 'payment_intent_unexpected_state',
  })
  expect(await stripe.paymentIntents.update(payment.id, { metadata: { c: '3' } })).toMatchObject({
    metadata: { b: '2', c: '3' },
  })
})

test('amounts and currencies that cannot be charged are refused', async () => {
  const { stripe } = await bench()
  expect(await failing(stripe.paymentIntents.create({ amount: 49, currency: 'inr' }))).toMatchObject({
    code: 'amount_too_small',
    param: 'amount',
  })
  expect(await failing(stripe.paymentIntents.create({ amount: 4900, currency: 'xxz' }))).toMatchObject({
    param: 'currency',
  })
  expect(await stripe.paymentIntents.create({ amount: 50, currency: 'jpy' })).toMatchObject({ amount: 50 })
})

test('a search finds by field and metadata, page by page, a minute late', async () => {
  const { stripe, clock } = await bench()
  for (const order of ['a', 'b', 'c'])
    await pay(stripe, 'pm_card_visa', { metadata: { order_id: order }, amount: 1000 })
  await stripe.paymentIntents.create({ ...coffee, metadata: { order_id: 'open "quoted"' } })
  const search = async (query: string): Promise<(string | undefined)[]> =>
    (await stripe.paymentIntents.search({ query })).data.map(({ metadata }) => metadata['order_id'])
  expect(await search('status:"succeeded"')).toEqual([])
  await clock.advance(60_000)
  expect(await search('status:"succeeded"')).toEqual(['c', 'b', 'a'])
  expect(await search('metadata["order_id"]:"b"')).toEqual(['b'])
  expect(await search('amount>1000 AND currency:"inr"')).toEqual(['open "quoted"'])
  expect(await search(String.raw`metadata['order_id']:"open \"quoted\""`)).toEqual(['open "quoted"'])
  expect(await search('-status:"succeeded" OR metadata["order_id"]:"a"')).toEqual(['open "quoted"', 'a'])
  expect(await search('-metadata["order_id"]:null AND amount<=1000')).toEqual(['c', 'b', 'a'])
  const all: string[] = []
  for await (const { id } of stripe.paymentIntents.search({ query: 'status:"succeeded"', limit: 2 })) all.push(id)
  expect(new Set(all).size).toBe(3)
  for (const query of ['status', 'colour:"red"', 'a:"b" AND c:"d" OR e:"f"', 'status:"x" nonsense', 'status:"x'])
    expect(await failing(stripe.paymentIntents.search({ query }))).toMatchObject({ statusCode: 400, param: 'query' })
  expect(await failing(stripe.paymentIntents.search({ query: 'status:"x"', page: 'nonsense' }))).toMatchObject({
    param: 'page',
  })
  expect((await stripe.charges.search({ query: 'refunded:"false"' })).data).toHaveLength(3)
})

test('events are kept for thirty days and can be listed by several types', async () => {
  const { stripe, clock } = await bench()
  await pay(stripe)
  const { data } = await stripe.events.list({ types: ['charge.*', 'payment_intent.created'] })
  expect(data.map(({ type }) => type)).toEqual(['charge.succeeded', 'payment_intent.created'])
  await clock.advance(30 * 86_400_000)
  expect((await stripe.events.list()).data).toEqual([])
  expect(await failing(stripe.events.retrieve(data[0]?.id ?? ''))).toMatchObject({ statusCode: 404 })
})

test('webhook endpoints get their events signed with a secret of their own, which is told once', async () => {
  const { stripe, simulator } = await bench()
  const received: { body: string; signature: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => (body += String(piece)))
    request.on('end', () => {
      received.push({ body, signature: String(request.headers['stripe-signature']) })
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/own`
  const endpoint = await stripe.webhookEndpoints.create({
    url,
    enabled_events: ['refund.created'],
    api_version: '2020-08-27',
  })
  expect(endpoint.secret).toMatch(/^whsec_/)
  expect(await stripe.webhookEndpoints.retrieve(endpoint.id)).not.toHaveProperty('secret')
  expect(JSON.stringify(simulator.state())).not.toContain(endpoint.secret ?? '-')
  await stripe.refunds.create({ payment_intent: (await pay(stripe)).id })
  for (let tries = 0; tries < 200 && received.length === 0; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 5))
  const at = Math.floor(Date.UTC(2026, 4, 4) / 1000)
  const [{ body, signature }] = received as [{ body: string; signature: string }]
  const event = stripe.webhooks.constructEvent(body, signature, endpoint.secret ?? '', 300, undefined, at)
  expect(event).toMatchObject({ type: 'refund.created', api_version: '2020-08-27', livemode: false })
  expect(() => stripe.webhooks.constructEvent(body, signature, 'whsec_other', 300, undefined, at)).toThrow(/signature/)

  expect(await stripe.webhookEndpoints.update(endpoint.id, { disabled: true })).toMatchObject({ status: 'disabled' })
  await stripe.refunds.create({ payment_intent: (await pay(stripe)).id })
  expect(await stripe.webhookEndpoints.del(endpoint.id)).toMatchObject({ deleted: true })
  expect((await stripe.webhookEndpoints.list()).data).toEqual([])
  expect(received).toHaveLength(1)
  expect(
    await failing(stripe.webhookEndpoints.create({ url: 'https://example.com/x', enabled_events: ['*'] })),
  ).toMatchObject({ code: 'url_invalid' })
})

test('keys of all kinds, versions and accounts are judged as Stripe does', async () => {
  const { stripe, simulator } = await bench()
  const key = simulator.credentials['secretKey'] ?? ''
  const basic = `Basic ${Buffer.from(`${key}:`).toString('base64')}`
  expect((await fetch(`${simulator.origin}/v1/customers`, { headers: { authorization: basic } })).status).toBe(200)
  const by = (other: string): Promise<Stripe.errors.StripeError> => failing(clientOf(simulator, other).customers.list())
  expect(await by('pk_test_abc')).toMatchObject({ statusCode: 401, code: 'secret_key_required' })
  expect((await by('sk_live_abc')).message).toContain('live mode')
  simulator.faults.set({ kind: 'token-expired' })
  expect(await failing(stripe.customers.list())).toMatchObject({ code: 'api_key_expired' })
  expect(await failing(stripe.customers.list({}, { stripeAccount: 'acct_1' }))).toMatchObject({
    statusCode: 403,
    code: 'account_invalid',
  })
  const versioned = await stripe.customers.list({}, { apiVersion: '2020-08-27' })
  expect(versioned.lastResponse.headers['stripe-version']).toBe('2020-08-27')
  expect(await failing(stripe.customers.list({}, { apiVersion: 'tomorrow' }))).toMatchObject({ statusCode: 400 })
  expect(await failing(stripe.customers.create({}, { idempotencyKey: 'k'.repeat(256) }))).toMatchObject({
    statusCode: 400,
  })
  const made = await stripe.customers.create({}, { idempotencyKey: 'k'.repeat(255) })
  expect(made.lastResponse.headers['idempotency-key']).toBe('k'.repeat(255))
})

test('a key is forgotten after a day', async () => {
  const { stripe, clock } = await bench()
  const make = (): Promise<Stripe.PaymentIntent> => stripe.paymentIntents.create(coffee, { idempotencyKey: 'k' })
  const first = await make()
  await clock.advance(86_400_000 - 1)
  expect((await make()).id).toBe(first.id)
  await clock.advance(1)
  expect((await make()).id).not.toBe(first.id)
})

test('25 reads and 25 writes a second are taken, as in test mode', async () => {
  const { stripe, clock } = await bench()
  const burst = async (count: number): Promise<(number | undefined)[]> => {
    const all = await Promise.allSettled(Array.from({ length: count }, () => stripe.customers.list({ limit: 1 })))
    return all.flatMap((one) =>
      one.status === 'rejected' ? [(one.reason as Stripe.errors.StripeError).statusCode] : [],
    )
  }
  expect(await burst(27)).toEqual([429, 429])
  const error = await failing(stripe.customers.list())
  expect(error).toMatchObject({
    type: 'StripeRateLimitError',
    code: 'rate_limit',
    headers: { 'stripe-rate-limited-reason': 'global-rate' },
  })
  expect(await stripe.customers.create({})).toMatchObject({ object: 'customer' })
  await clock.advance(1000)
  expect(await burst(25)).toEqual([])
})
