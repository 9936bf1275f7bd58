// Three nodes on a database with a synchronous standby: while events are sent without pause, one thing after another goes wrong; then everything is left to finish, and judged.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeNextVersion, type OtherVersion } from '../../upgrade/next-version.ts'
import { versionsVariable } from '../versions.ts'
import { decideUnknown } from '../decider.ts'
import { failpoints } from '../failpoints.ts'
import { judge, type Verdict } from '../judge.ts'
import { feed, finish, startOutside, type Ledger } from '../outside.ts'
import type { Fault } from '../provider.ts'
import { type Random, seeded } from '../random.ts'
import { freePort, serverIn, type RunningServer } from '../server.ts'
import { type Database, type Line, startDatabase } from './database.ts'

export interface ClusterCampaignOptions {
  /** How many things go wrong. */
  readonly kills: number
  readonly seed: number
  /** Events per second. */
  readonly rate: number
  readonly say: (text: string) => void
  /** Of all that may go wrong, this alone. */
  readonly only?: string
}

export interface ClusterReport extends Verdict {
  readonly kills: number
  readonly seed: number
  /** How often each thing went wrong. */
  readonly reached: Readonly<Record<string, number>>
  readonly faults: ReadonlyMap<Fault, number>
}

interface Node {
  readonly line: Line
  readonly port: number
  readonly start: (env: Readonly<Record<string, string>>, version: Version) => RunningServer
  /** Which one it is started with, also after it was killed. */
  version: Version
  process: RunningServer
}

/** Of the package, whose tables have the next format later, and of the app, which has one version more of a flow later. */
type Version = 'first' | 'next'

interface World extends Ledger {
  readonly options: ClusterCampaignOptions
  readonly database: Database
  readonly nodes: readonly Node[]
  readonly collapses: Set<string>
}

const nodeCount = 3
/** The lease of the app is 3 s. */
const pastLeaseMs = [3_500, 6_500] as const
const longestWaitMs = 4_000
const reachable = failpoints.filter((name) => !name.endsWith('commit'))

/** What goes wrong, and how often it is chosen. */
const wrongs: Readonly<Record<string, { readonly weight: number; act(world: World, node: Node): Promise<void> }>> = {
  kill: {
    weight: 5,
    async act(world, node) {
      await node.process.kill()
      await sleep(world.random.between(0, 5_000))
      await restart(world, node)
    },
  },
  failpoint: {
    weight: 5,
    async act(world, node) {
      const { random } = world
      await node.process.kill()
      replace(world, node, { CHAOS_FAILPOINT: `${random.pick(reachable)}:${random.between(1, 60)}` })
      await node.process.endsWithin(longestWaitMs)
      await node.process.kill()
      await restart(world, node)
    },
  },
  'kill-two': {
    weight: 1,
    async act(world, node) {
      const { nodes, random } = world
      const other = nodes[(nodes.indexOf(node) + 1) % nodes.length] ?? node
      await Promise.all([node.process.kill(), other.process.kill()])
      await sleep(random.between(0, 4_000))
      await Promise.all([restart(world, node), restart(world, other)])
    },
  },
  'stop-past-lease': {
    weight: 4,
    async act({ random }, node) {
      node.process.pause()
      await sleep(random.between(...pastLeaseMs))
      node.process.resume()
      await sleep(500)
    },
  },
  'stop-shortly': {
    weight: 1,
    async act({ random }, node) {
      node.process.pause()
      await sleep(random.between(200, 2_500))
      node.process.resume()
    },
  },
  cut: {
    weight: 3,
    async act({ random }, { line }) {
      line.cut()
      await sleep(random.between(300, 6_000))
      line.heal()
    },
  },
  blackhole: {
    weight: 3,
    async act({ random }, { line }) {
      line.blackhole()
      await sleep(random.between(300, 6_000))
      line.heal()
    },
  },
  slow: {
    weight: 1,
    async act({ random }, { line }) {
      line.delay(random.between(20, 300))
      await sleep(3_000)
      line.heal()
    },
  },
  'fail-over': {
    weight: 2,
    act: ({ database }) => database.failOver(),
  },
  upgrade: {
    weight: 2,
    act: (world, { version }) => replaceAll(world, version === 'next' ? 'first' : 'next'),
  },
  'upgrade-of-one': {
    weight: 1,
    async act(world, node) {
      await replaceBy(world, node, node.version === 'next' ? 'first' : 'next')
    },
  },
  'wrong-clock': {
    weight: 2,
    async act(world, node) {
      await node.process.terminate()
      await restart(world, node, { CHAOS_CLOCK_MS: String(world.random.between(-300_000, 300_000)) })
    },
  },
}

export async function runClusterCampaign(options: ClusterCampaignOptions): Promise<ClusterReport> {
  const { only } = options
  if (only !== undefined && !(only in wrongs))
    throw new Error(`${only} is nothing that goes wrong; there are ${Object.keys(wrongs).join(', ')}`)
  // What was begun is ended, however far it came.
  await using around = new AsyncDisposableStack()
  const world = await prepare(options, seeded(options.seed), around)
  const { nodes, provider, database } = world
  const reached: Record<string, number> = {}
  await Promise.all(nodes.map(({ process }) => process.ready()))
  await goWrongAgainAndAgain(world, reached)
  await leaveAlone(world)
  const judged = await judge({ ...world, openJournal: () => database.openJournal(), decided: world.decided.size })
  const verdict = { ...judged, problems: [...world.collapses, ...judged.problems] }
  return { ...verdict, kills: options.kills, seed: options.seed, reached, faults: provider.faults }
}

async function prepare(options: ClusterCampaignOptions, random: Random, around: AsyncDisposableStack): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-chaos-'))
  around.defer(() => rmSync(folder, { recursive: true, force: true }))
  const next = makeNextVersion()
  around.defer(() => next.remove())
  const database = await startDatabase()
  around.defer(() => database.close())
  const nodes: Node[] = []
  const outside = await startOutside(random, () => `http://127.0.0.1:${random.pick(nodes).port}`)
  const { provider, sender, token, secrets } = outside
  around.defer(() => provider.close())
  around.defer(() => sender.stop())
  const masterKey = randomBytes(32).toString('base64')
  around.defer(async () => void (await Promise.all(nodes.map(({ process }) => process.kill()))))
  for (let number = 0; number < nodeCount; number += 1) {
    const port = await freePort()
    const line = await database.newLine()
    const own = { folder: join(folder, `node-${number}`), port, origin: provider.origin, token, secrets }
    const server = serverIn(own)
    const start: Node['start'] = (env, version) =>
      server.start(
        { CHAOS_DATABASE: line.url, TENON_MASTER_KEY: masterKey, ...envOf[version], ...env },
        repositoryOf(version, next),
      )
    nodes.push({ line, port, start, version: 'first', process: start({}, 'first') })
  }
  return { ...outside, options, random, database, nodes, orders: new Map(), decided: new Set(), collapses: new Set() }
}

const envOf: Readonly<Record<Version, Readonly<Record<string, string>>>> = {
  first: {},
  next: { [versionsVariable]: '2' },
}

function repositoryOf(version: Version, next: OtherVersion): string | undefined {
  return version === 'next' ? next.folder : undefined
}

/** One by one, as a rollout does. */
async function replaceAll(world: World, version: Version): Promise<void> {
  for (const node of world.nodes) await replaceBy(world, node, version)
}

async function replaceBy(world: World, node: Node, version: Version): Promise<void> {
  await node.process.terminate()
  node.version = version
  await restart(world, node)
}

async function restart(world: World, node: Node, env: Readonly<Record<string, string>> = {}): Promise<void> {
  replace(world, node, env)
  await node.process.ready()
}

/** Looked at before it is forgotten: it may have ended by itself just before it was to be ended. */
function replace({ collapses }: World, node: Node, env: Readonly<Record<string, string>>): void {
  see(collapses, node)
  node.process = node.start(env, node.version)
}

function see(collapses: Set<string>, { process }: Node): void {
  const collapse = process.collapse()
  if (collapse !== null) collapses.add(collapse)
}

async function goWrongAgainAndAgain(world: World, reached: Record<string, number>): Promise<void> {
  const { options, random, nodes, sender, provider, collapses } = world
  const feeding = feed(world)
  for (let number = 1; number <= options.kills; number += 1) {
    const name = options.only ?? chosen(random)
    reached[name] = (reached[name] ?? 0) + 1
    await wrongs[name]?.act(world, random.pick(nodes))
    for (const node of nodes) see(collapses, node)
    if (collapses.size > 0) break
    if (number % 15 === 0) await decideSome(world)
    if (number % 5 === 0 || number === options.kills)
      options.say(
        `  ${String(number).padStart(4)} things went wrong (last: ${name})  ${feeding.count()} events sent, ${sender.outstanding()} not accepted yet, ${provider.requests()} calls seen`,
      )
    await sleep(random.between(0, 1_500))
  }
  feeding.stop()
}

function chosen(random: Random): string {
  const names = Object.entries(wrongs).flatMap(([name, { weight }]) => Array.from({ length: weight }, () => name))
  return random.pick(names)
}

/** Decisions come while runs go on, too, and from any node. */
async function decideSome({ nodes, random, provider, decided }: World): Promise<void> {
  await decideUnknown(random.pick(nodes).process, provider, decided).catch((error: unknown) => {
    // A node that has just lost the database may say so; whatever else it says is a mistake.
    if (!(error instanceof Error && error.message.includes(' answered 503'))) throw error
  })
}

async function leaveAlone(world: World): Promise<void> {
  const { nodes } = world
  for (const { line } of nodes) line.heal()
  for (const node of nodes) if (node.process.hasEnded()) await restart(world, node)
  // A run of the later version waits for a node that has it: a rollout that was begun is brought to its end.
  if (nodes.some(({ version }) => version === 'next'))
    for (const node of nodes) if (node.version !== 'next') await replaceBy(world, node, 'next')
  const [first] = nodes
  if (first === undefined) return
  await first.process.ready()
  await finish(world, first.process)
  for (const { process } of nodes) await process.terminate()
}
