// One campaign: events are sent without pause while the server is ended again and again; then everything is left to finish, and judged.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { decideUnknown } from './decider.ts'
import { failpoints } from './failpoints.ts'
import { sqliteJournal } from '../../packages/tenon/src/journal/sqlite.ts'
import { judge, type Order, type Verdict } from './judge.ts'
import { feed, finish, startOutside, type Outside } from './outside.ts'
import type { Fault } from './provider.ts'
import { type Random, seeded } from './random.ts'
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

interface World extends Outside {
  readonly options: CampaignOptions
  readonly random: Random
  readonly server: ReturnType<typeof serverIn>
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
    const openJournal = () => sqliteJournal({ folder })
    const judged = await judge({ ...world, openJournal, decided: world.decided.size })
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

export function isGood({ lost, duplicated, stuck, outOfOrder, problems }: Verdict): boolean {
  return lost + duplicated + stuck + outOfOrder === 0 && problems.length === 0
}

async function prepare(options: CampaignOptions, random: Random, folder: string): Promise<World> {
  const port = await freePort()
  const outside = await startOutside(random, () => `http://127.0.0.1:${port}`)
  const { provider, token, secrets } = outside
  const server = serverIn({ folder, port, origin: provider.origin, token, secrets })
  return { ...outside, options, random, server, orders: new Map(), reached: {}, decided: new Set(), collapses: [] }
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
  await decideUnknown(process, provider, decided)
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

/** No more faults and ends: whatever was accepted has to come to its end. */
async function leaveAlone(world: World): Promise<void> {
  const process = world.server.start({})
  await process.ready()
  await finish(world, process)
  await process.terminate()
}
