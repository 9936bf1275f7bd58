// One campaign: events are sent without pause while the server is ended again and again; then everything is left to finish, and judged.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { decideUnknown } from './decider.ts'
import { failpoints } from './failpoints.ts'
import { judge, type Order, type Verdict } from './judge.ts'
import { type Fault, type Provider, startProvider } from './provider.ts'
import { type Random, seeded } from './random.ts'
import { type Sender, startSender } from './sender.ts'
import { freePort, type RunningServer, serverIn } from './server.ts'

export interface CampaignOptions {
  readonly kills: number
  readonly seed: number
  /** `kill`: SIGKILL at random moments and at failpoints. `restart`: SIGTERM, as a rolling restart does. */
  readonly manner: 'kill' | 'restart'
  /** Events per second. */
  readonly rate: number
  readonly say: (text: string) => void
}

export interface CampaignReport extends Verdict {
  readonly kills: number
  readonly seed: number
  /** Times that the process ended itself at each failpoint. */
  readonly reached: Readonly<Record<string, number>>
  readonly faults: ReadonlyMap<Fault, number>
}

/** For a failpoint to be reached, the start included. */
const longestWaitMs = 4_000
/** More unaccepted events than this would only measure the sender. */
const mostOutstanding = 300
const quietMs = 180_000
/** Retries pause for a second at most, and a circuit breaker stays open for a minute at most: nothing at all for longer means never. */
const hopelessMs = 75_000
const perCustomer = 8
const feedMs = 5

interface World {
  readonly options: CampaignOptions
  readonly random: Random
  readonly provider: Provider
  readonly sender: Sender
  readonly server: ReturnType<typeof serverIn>
  readonly secrets: Readonly<Record<'shop' | 'carrier', string>>
  /** By event id. */
  readonly orders: Map<string, Order>
  readonly reached: Record<string, number>
  /** `<run> <step>` of each step that was decided. */
  readonly decided: Set<string>
  readonly collapses: string[]
}

export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const random = seeded(options.seed)
  const folder = mkdtempSync(join(tmpdir(), 'tenon-chaos-'))
  const world = await prepare(options, random, folder)
  try {
    await endAgainAndAgain(world)
    await leaveAlone(world)
    const judged = await judge({ ...world, folder, decided: world.decided.size })
    const verdict = { ...judged, problems: [...world.collapses, ...judged.problems] }
    if (isGood(verdict)) rmSync(folder, { recursive: true, force: true })
    else options.say(`the data folder is kept: ${folder}`)
    return {
      ...verdict,
      kills: options.kills,
      seed: options.seed,
      reached: world.reached,
      faults: world.provider.faults,
    }
  } finally {
    world.sender.stop()
    world.server.kill()
    await world.provider.close()
  }
}

export function isGood({ lost, duplicated, stuck, problems }: Verdict): boolean {
  return lost === 0 && duplicated === 0 && stuck === 0 && problems.length === 0
}

async function prepare(options: CampaignOptions, random: Random, folder: string): Promise<World> {
  const port = await freePort()
  const secrets = { shop: `whsec_${random.next()}`, carrier: `whsec_${random.next()}` }
  const token = `token_${random.next()}`
  const sender = startSender({ origin: `http://127.0.0.1:${port}`, random })
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
  const server = serverIn({ folder, port, origin: provider.origin, token, secrets })
  return {
    options,
    random,
    provider,
    sender,
    server,
    secrets,
    orders: new Map(),
    reached: {},
    decided: new Set(),
    collapses: [],
  }
}

async function endAgainAndAgain(world: World): Promise<void> {
  const { options, server } = world
  const feeding = feed(world)
  for (let number = 1; number <= options.kills; number += 1) {
    const manner = plan(world, number)
    const process = server.start(
      manner.failpoint === null ? {} : { CHAOS_FAILPOINT: `${manner.failpoint}:${manner.count}` },
    )
    if (number % 15 === 0 && manner.failpoint === null) await decideSome(world, process)
    const how = await endOnce(world, process, manner)
    const collapse = process.collapse()
    if (collapse !== null) world.collapses.push(collapse)
    if (number % 10 === 0 || number === options.kills) {
      options.say(
        `  ${String(number).padStart(4)} ended (last: ${how})  ${feeding.count()} events sent, ${world.sender.outstanding()} not accepted yet, ${world.provider.requests()} calls seen`,
      )
    }
  }
  feeding.stop()
}

/** Decisions come while runs go on, too. */
async function decideSome({ provider, decided }: World, process: RunningServer): Promise<void> {
  await process.ready()
  for (const step of await decideUnknown(process, provider.effects)) decided.add(step)
}

interface Manner {
  readonly failpoint: string | null
  readonly count: number
  readonly afterMs: number
  readonly duringStart: boolean
}

/** Every failpoint in turn, and random moments between; some while the process is still starting. */
function plan({ random, options }: World, number: number): Manner {
  const failpoint =
    options.manner === 'kill' && number % 2 === 0 ? (failpoints[(number / 2) % failpoints.length] ?? null) : null
  return {
    failpoint,
    count: random.between(1, random.chance(0.3) ? 3 : 60),
    afterMs: random.between(20, 1_200),
    duringStart: random.chance(0.12),
  }
}

async function endOnce({ options, reached }: World, process: RunningServer, manner: Manner): Promise<string> {
  if (options.manner === 'restart') {
    await process.ready()
    await sleep(manner.afterMs)
    await process.terminate()
    return 'SIGTERM'
  }
  if (manner.failpoint !== null) {
    if (await process.endsWithin(longestWaitMs)) {
      reached[manner.failpoint] = (reached[manner.failpoint] ?? 0) + 1
      return manner.failpoint
    }
    await process.kill()
    return 'failpoint not reached'
  }
  if (!manner.duringStart) await process.ready()
  await sleep(manner.duringStart ? manner.afterMs / 4 : manner.afterMs)
  await process.kill()
  return manner.duringStart ? 'during start' : 'random moment'
}

/** Sends order events at a steady rate until it is stopped. */
function feed({ options, sender, secrets, orders, random }: World): { count: () => number; stop: () => void } {
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

/** No more faults and ends: whatever was accepted has to come to its end. */
async function leaveAlone({ options, provider, sender, server, decided }: World): Promise<void> {
  provider.calm()
  sender.calm()
  const process = server.start({})
  await process.ready()
  const began = performance.now()
  let [movedAt, saidAt, before] = [began, began, '']
  for (let now = began; now - began < quietMs && now - movedAt < hopelessMs; now = performance.now()) {
    for (const step of await decideUnknown(process, provider.effects)) decided.add(step)
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
  await process.terminate()
}

async function unfinishedRuns(process: RunningServer): Promise<number> {
  const { counts } = (await process.api('GET', '/status')) as { counts: Readonly<Record<string, number>> }
  return ['ready', 'queued', 'waiting', 'parked'].reduce((total, status) => total + (counts[status] ?? 0), 0)
}
