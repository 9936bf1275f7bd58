// What a campaign has around the servers: who sends, who is called, and waiting until all is done.
import { setTimeout as sleep } from 'node:timers/promises'
import { decideUnknown } from './decider.ts'
import type { Order } from './judge.ts'
import { type Provider, startProvider } from './provider.ts'
import type { Random } from './random.ts'
import { type Sender, startSender } from './sender.ts'
import type { RunningServer } from './server.ts'

export interface Outside {
  readonly provider: Provider
  readonly sender: Sender
  readonly token: string
  readonly secrets: Readonly<Record<'shop' | 'carrier', string>>
}

/** What is sent, and what was decided, in the course of a campaign. */
export interface Ledger extends Outside {
  readonly options: { readonly rate: number; readonly seed: number; readonly say: (text: string) => void }
  readonly random: Random
  /** By event id. */
  readonly orders: Map<string, Order>
  /** `<run> <step>` of each step that was decided. */
  readonly decided: Set<string>
}

/** More unaccepted events than this would only measure the sender. */
const mostOutstanding = 300
const quietMs = 600_000
/** Whom a circuit breaker turned away comes by itself, once the node that would have called it back has ended, within two minutes for what it waited and as long again, and a minute for the breaker: nothing at all for longer means never. */
const hopelessMs = 310_000
const perCustomer = 8
const feedMs = 5

/** `origin` is where webhooks go, asked for at each try. */
export async function startOutside(random: Random, origin: () => string): Promise<Outside> {
  const secrets = { shop: `whsec_${random.next()}`, carrier: `whsec_${random.next()}` }
  const token = `token_${random.next()}`
  const sender = startSender({ origin, random })
  const provider = await startProvider({
    random,
    token,
    onShipment(shipment) {
      const id = `delivered_${shipment}`
      const body = JSON.stringify({ id, type: 'shipment.delivered', data: { shipment } })
      // Some come before the answer that names the shipment, some late.
      setTimeout(
        () => sender.send({ path: '/hooks/carrier', secret: secrets.carrier }, id, body),
        random.chance(0.2) ? 0 : random.between(5, 2_000),
      )
    },
  })
  return { provider, sender, token, secrets }
}

/** Sends order events at a steady rate until it is stopped. */
export function feed({ options, sender, secrets, orders, random }: Ledger): { count: () => number; stop: () => void } {
  let count = 0
  let due = 0
  const timer = setInterval(() => {
    due = sender.outstanding() < mostOutstanding ? due + (options.rate * feedMs) / 1000 : count
    for (; count < due; count += 1) {
      const id = `order_${options.seed}_${count}`
      const customer = `customer_${Math.floor(count / perCustomer)}`
      const data = { order: `ord_${count}`, customer, kind: random.between(0, 9) }
      const type = random.chance(0.4) ? 'order.noted' : 'order.paid'
      orders.set(id, { ...data, type })
      sender.send({ path: '/hooks/shop', secret: secrets.shop }, id, JSON.stringify({ id, type, data }))
    }
  }, feedMs)
  return { count: () => count, stop: () => clearInterval(timer) }
}

/** The world behaves from now on. Resolves when everything has ended, or when nothing moves any more. */
export async function finish({ options, provider, sender, decided }: Ledger, process: RunningServer): Promise<void> {
  provider.calm()
  sender.calm()
  const began = performance.now()
  let [movedAt, saidAt, before] = [began, began, '']
  for (let now = began; now - began < quietMs && now - movedAt < hopelessMs; now = performance.now()) {
    await decideUnknown(process, provider, decided)
    const unfinished = await unfinishedRuns(process)
    if (unfinished === 0 && sender.outstanding() === 0) break
    const state = `${unfinished} ${sender.outstanding()} ${provider.requests()}`
    if (state !== before) movedAt = performance.now()
    before = state
    if (now - saidAt > 5_000) {
      options.say(
        `  quiet for ${Math.round((now - began) / 1000)} s: ${unfinished} runs have not ended, ${sender.outstanding()} events not accepted yet`,
      )
      saidAt = now
    }
    await sleep(250)
  }
}

async function unfinishedRuns(process: RunningServer): Promise<number> {
  const { counts } = (await process.api('GET', '/status')) as { counts: Readonly<Record<string, number>> }
  return ['ready', 'queued', 'waiting', 'parked'].reduce((total, status) => total + (counts[status] ?? 0), 0)
}
