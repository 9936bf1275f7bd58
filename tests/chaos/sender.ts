// Sends webhooks as providers do: signed, again and again until a 2xx, sometimes twice, sometimes late. Its ledger is what was promised.
import { createHmac } from 'node:crypto'
import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random.ts'

export interface Hook {
  readonly path: string
  readonly secret: string
}

export interface Sender {
  /** Ids of events that were answered with a 2xx at least once. */
  readonly accepted: ReadonlySet<string>
  /** Status of each answer that was not a 2xx, with its number; `0` for no answer at all. */
  readonly refusals: ReadonlyMap<number, number>
  send(hook: Hook, id: string, body: string): void
  /** Events without a 2xx yet. */
  outstanding(): number
  /** No more random duplicates. */
  calm(): void
  stop(): void
}

export function signed(body: string, secret: string): Record<string, string> {
  const at = Math.floor(Date.now() / 1000)
  return { 'stripe-signature': `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}` }
}

/** `origin` is asked for at each try: a load balancer takes any node. */
export function startSender(options: { readonly origin: () => string; readonly random: Random }): Sender {
  const { origin, random } = options
  const accepted = new Set<string>()
  const refusals = new Map<number, number>()
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const outstanding = new Set<string>()
  let isStopped = false
  let isCalm = false

  async function untilAccepted(hook: Hook, id: string, body: string): Promise<void> {
    for (let tries = 0; !isStopped; tries += 1) {
      const status = await post(agent, `${origin()}${hook.path}`, body, signed(body, hook.secret))
      if (status >= 200 && status < 300) {
        accepted.add(id)
        outstanding.delete(id)
        return
      }
      refusals.set(status, (refusals.get(status) ?? 0) + 1)
      await sleep(random.between(20, Math.min(100 * 2 ** tries, 1_500)))
    }
  }

  async function duplicate(hook: Hook, id: string, body: string): Promise<void> {
    await sleep(random.between(0, 3_000))
    if (!isStopped && !isCalm) await post(agent, `${origin()}${hook.path}`, body, signed(body, hook.secret))
  }

  return {
    accepted,
    refusals,
    send(hook, id, body) {
      outstanding.add(id)
      void untilAccepted(hook, id, body)
      if (!isCalm && random.chance(0.1)) void duplicate(hook, id, body)
    },
    outstanding: () => outstanding.size,
    calm: () => {
      isCalm = true
    },
    stop() {
      isStopped = true
      agent.destroy()
    },
  }
}

/** Status of the answer, 0 when none came. */
function post(agent: Agent, url: string, body: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve) => {
    const request = httpRequest(url, {
      agent,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
    })
    request.setTimeout(5_000, () => request.destroy())
    request.on('error', () => resolve(0))
    // The status alone is the promise, whether or not the rest arrives.
    request.on('response', (answer) => {
      answer.resume()
      answer.on('error', () => undefined)
      resolve(answer.statusCode ?? 0)
    })
    request.end(body)
  })
}
