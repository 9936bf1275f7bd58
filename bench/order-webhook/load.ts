// The load generator: posts signed events, either a fixed number in flight or at a fixed rate, and notes when each was sent and acknowledged.
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { monotonicMs } from '../measure/clock.ts'
import { chargeCaptured, paymentSucceeded, signature } from './payload.ts'

export interface LoadRequest {
  /** Of each node; events go to them in turn. */
  readonly origins: readonly string[]
  readonly path: string
  readonly secret: string
  /** Number of the first event. */
  readonly first: number
  readonly count: number
  readonly inFlight: number
  /** Events per second; `null` sends the next one as soon as one was answered. */
  readonly rate: number | null
  /** Bytes added to each event. */
  readonly filler: number
  readonly type: 'payment_intent.succeeded' | 'charge.captured'
}

export interface LoadReport {
  readonly sentAt: Float64Array
  /** 0 where the event was not acknowledged with a 2xx. */
  readonly ackedAt: Float64Array
  readonly refused: number
}

const mostPrepared = 64 * 1024 * 1024

interface Prepared {
  readonly body: string
  readonly headers: Record<string, string>
}

function prepare(request: LoadRequest, index: number, filler: string): Prepared {
  const number = request.first + index
  const body = request.type === 'charge.captured' ? chargeCaptured(number) : paymentSucceeded(number, filler)
  return {
    body,
    headers: { 'content-type': 'application/json', 'stripe-signature': signature(body, request.secret, Date.now()) },
  }
}

/** All events in advance while they are small; large ones when they are sent. */
function prepared(request: LoadRequest): (index: number) => Prepared {
  const filler = 'x'.repeat(request.filler)
  if (request.count * (1500 + request.filler) > mostPrepared) return (index) => prepare(request, index, filler)
  const all = Array.from({ length: request.count }, (_, index) => prepare(request, index, filler))
  return (index) => all[index]!
}

async function load(request: LoadRequest): Promise<LoadReport> {
  const pools = request.origins.map((origin) => new Pool(origin, { connections: request.inFlight }))
  const events = prepared(request)
  const sentAt = new Float64Array(request.count)
  const ackedAt = new Float64Array(request.count)
  let refused = 0

  async function send(index: number): Promise<void> {
    const { body, headers } = events(index)
    sentAt[index] = monotonicMs()
    try {
      const answer = await pools[index % pools.length]!.request({ method: 'POST', path: request.path, headers, body })
      await answer.body.dump()
      if (answer.statusCode >= 200 && answer.statusCode < 300) ackedAt[index] = monotonicMs()
      else refused += 1
    } catch {
      refused += 1
    }
  }

  if (request.rate === null) await closedLoop(request, send)
  else await fixedRate(request, request.rate, send)
  await Promise.all(pools.map((pool) => pool.close()))
  return { sentAt, ackedAt, refused }
}

async function closedLoop(request: LoadRequest, send: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const lanes = Array.from({ length: request.inFlight }, async () => {
    while (next < request.count) await send(next++)
  })
  await Promise.all(lanes)
}

async function fixedRate(request: LoadRequest, rate: number, send: (index: number) => Promise<void>): Promise<void> {
  const began = monotonicMs()
  const sending: Promise<void>[] = []
  while (sending.length < request.count) {
    const due = Math.min(request.count, Math.floor(((monotonicMs() - began) / 1000) * rate) + 1)
    while (sending.length < due) sending.push(send(sending.length))
    await sleep(1)
  }
  await Promise.all(sending)
}

process.on('message', (request: LoadRequest) => {
  void load(request).then((report) => process.send?.(report))
})
process.on('disconnect', () => process.exit())
process.send?.({ kind: 'ready' })
