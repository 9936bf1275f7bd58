// The event of the job: what Stripe posts when a payment has succeeded, about 1 KB.
import { createHmac } from 'node:crypto'

/** Events are numbered, so that the outside ledger can count each of them in an array. */
export function eventId(index: number): string {
  return `evt_3Pbench${String(index).padStart(16, '0')}`
}

export function indexOf(id: string): number {
  return Number(id.slice(-16))
}

export function paymentSucceeded(index: number, filler = ''): string {
  const digits = String(index).padStart(16, '0')
  const created = 1_790_000_000 + (index % 86_400)
  return JSON.stringify({
    id: eventId(index),
    object: 'event',
    api_version: '2026-10-28.endive',
    created,
    data: {
      object: {
        id: `pi_3Pbench${digits}`,
        object: 'payment_intent',
        amount: 1_000 + (index % 50_000),
        amount_capturable: 0,
        amount_received: 1_000 + (index % 50_000),
        automatic_payment_methods: null,
        canceled_at: null,
        capture_method: 'automatic_async',
        client_secret: `pi_3Pbench${digits}_secret_8mRcY2vKq1WcJ0`,
        confirmation_method: 'automatic',
        created,
        currency: 'eur',
        customer: `cus_${digits}`,
        description: filler === '' ? null : filler,
        latest_charge: `ch_3Pbench${digits}`,
        livemode: false,
        metadata: { order_id: `ord_${index}` },
        payment_method: `pm_1Pbench${digits}`,
        payment_method_types: ['card'],
        receipt_email: `buyer${index}@example.com`,
        status: 'succeeded',
      },
    },
    livemode: false,
    pending_webhooks: 1,
    request: { id: `req_${digits}`, idempotency_key: `9f1c7f0e-0000-4000-8000-${digits.slice(4)}` },
    type: 'payment_intent.succeeded',
  })
}

/** What comes later for the same payment: runs of the job `parked` wait for it. */
export function chargeCaptured(index: number): string {
  const digits = String(index).padStart(16, '0')
  return JSON.stringify({
    id: `evt_3Pcaptr${digits}`,
    object: 'event',
    created: 1_790_086_400 + (index % 86_400),
    data: {
      object: { id: `ch_3Pbench${digits}`, object: 'charge', payment_intent: `pi_3Pbench${digits}`, captured: true },
    },
    type: 'charge.captured',
  })
}

/** `Stripe-Signature` as Stripe makes it, over the very bytes that are sent. */
export function signature(body: string, secret: string, atMs: number): string {
  const at = Math.floor(atMs / 1000)
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
}
