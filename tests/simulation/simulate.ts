import type { Client } from '../../packages/tenon/src/client/client.ts'
import type { MemoryCluster } from '../../packages/tenon/src/journal/memory-cluster.ts'
import type { MemoryJournal, MemoryState } from '../../packages/tenon/src/journal/memory.ts'
import { partitionOf } from '../../packages/tenon/src/journal/memory/leases.ts'
import { emptyState } from '../../packages/tenon/src/journal/memory/state.ts'
import { virtualClock, type VirtualClock } from '../../packages/tenon/src/testing/virtual-clock.ts'
import type { Allotter } from '../../packages/tenon/src/outbound/budget/allotment.ts'
import { seeded, type Random } from '../chaos/random.ts'
import { checkAll } from './checks.ts'
import type { Weather } from './faulty-journal.ts'
import { FenceWatch } from './fence-watch.ts'
import { makeFlows, type Made } from './flows.ts'
import { Durable, Ledger } from './ledger.ts'
import { clusterOf, leaseMs, openLife, owns, type Life } from './life.ts'
import { Observations, type Stay } from './observations.ts'
import { People } from './people.ts'
import { calm, trouble } from './phases.ts'
import { Provider } from './provider.ts'
import { SharedLimit } from './shared-limit.ts'

/** Puts something between the engine and its ports, for tests that plant a bug. */
export interface Plants {
  readonly journal?: (journal: MemoryJournal, state: MemoryState) => MemoryJournal
  readonly client?: (client: Client) => Client
  readonly allotter?: (allotter: Allotter) => Allotter
  readonly lookEveryMs?: number
}

export interface Outcome {
  readonly seed: number
  readonly problems: readonly string[]
  readonly trace: readonly string[]
  readonly traceHash: string
  readonly runs: number
  readonly lives: number
}

/** All that one seed is about: one process that holds its journal by itself, or several nodes on one store. */
export class Simulation {
  readonly random: Random
  readonly clock: VirtualClock = virtualClock({ isDriven: true })
  readonly ledger: Ledger = new Ledger()
  readonly state: MemoryState = emptyState()
  /** `null` for a process that is alone. */
  readonly cluster: MemoryCluster | null
  readonly durable: Durable
  readonly observations: Observations
  readonly provider: Provider
  readonly people: People
  readonly flows: readonly Made[]
  readonly weather: Weather
  readonly stays: Stay[] = []
  readonly undoable = new Set<string>()
  readonly plants: Plants
  readonly fences: FenceWatch
  readonly limit: SharedLimit
  readonly #asked = new Map<string, number>()
  /** Who brought a run on, by run and epoch. */
  readonly #executors = new Map<string, Life>()
  hasJumped = false
  isDry = false
  isCalm = false
  /** Those that run now. */
  lives: Life[] = []
  opened = 0

  /** `nodes` is 0 for a process that is alone. */
  constructor(seed: number, plants: Plants, nodes: number) {
    this.random = seeded(seed)
    this.plants = plants
    this.cluster = nodes === 0 ? null : clusterOf(this.state)
    this.fences = new FenceWatch(this.state, this.ledger)
    this.durable = new Durable(this.state)
    this.observations = new Observations(this.ledger, () => this.durable)
    this.weather = { rate: this.random.pick([0, 0.05, 0.2]), listsAll: false }
    this.provider = new Provider({
      clock: this.clock,
      random: this.random,
      ledger: this.ledger,
      durable: () => this.durable,
      onLeaving: (run, step) => this.observations.leaves(run, step),
      concurrencyOf: (flow) => this.flows.find(({ name }) => name === flow)?.concurrency ?? Number.POSITIVE_INFINITY,
    })
    this.provider.faultRate = this.random.pick([0.05, 0.2, 0.45])
    this.flows = makeFlows(this.random)
    this.people = new People(this)
    this.limit = new SharedLimit(this)
    for (let node = 0; node < Math.max(1, nodes); node += 1) this.open()
  }

  /** One of those that run. */
  get life(): Life {
    return this.lives[0]!
  }

  /** One that can be asked now; `null` when all stand still. */
  pickLife(): Life | null {
    const able = this.lives.filter(({ isHalted, engine }) => !isHalted && engine !== null)
    return able.length === 0 ? null : able.length === 1 ? able[0]! : this.random.pick(able)
  }

  open(): void {
    this.lives.push(openLife(this, (this.opened += 1)))
  }

  /** As `kill -9`, and a new start. */
  crash(life: Life): void {
    if (life.isOver) return
    life.journal.crash()
    this.ledger.note(`${this.clock.now()} crash ${life.number}`)
    this.#end(life)
    this.open()
  }

  #end(life: Life): void {
    life.clock.kill()
    life.isOver = true
    this.lives = this.lives.filter((other) => other !== life)
    this.people.onDeath(life)
  }

  /** As a stop in good order, and mostly a new start. */
  async restart(life: Life, opensAgain = true): Promise<void> {
    if (life.engine === null || life.isHalted || life.isCut) return this.crash(life)
    let isOver = false
    this.ledger.note(`${this.clock.now()} drain ${life.number}`)
    const drained = life.engine.drain(this.random.pick([0, 100, 10_000]))
    drained
      .then(() => life.journal.close())
      .then(
        () => (isOver = true),
        (error: unknown) => this.ledger.problem(`drain: ${String(error)}`),
      )
    for (let turn = 0; turn < 5000 && !isOver && !life.isOver; turn += 1)
      if (!(await this.clock.turn())) await this.clock.advance(10)
    if (!isOver && !life.isOver) this.ledger.problem('the engine does not drain')
    if (life.isOver) return
    this.#end(life)
    if (opensAgain) this.open()
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 50_000; turn += 1) if (!(await this.clock.turn())) return
    this.ledger.problem('it does not come to rest without time passing')
  }

  onStay(life: Life, stay: Stay): void {
    if (stay.isDry) this.stays.push(stay)
    else this.ledger.note(`${this.clock.now()} stay of ${stay.run} in ${life.number}`)
    const run = this.durable.run(stay.run)
    if (stay.isDry || run === undefined || !owns(this, life, run.run)) return
    const pausedAt = this.people.paused.get(run.flow)
    // A node that cannot reach the store hears of nothing for as long as its lease.
    if (pausedAt !== undefined && this.clock.now() - pausedAt >= (this.cluster === null ? 0 : leaseMs * 1.5))
      this.ledger.problem(`I10: ${run.run} is taken up although ${run.flow} is paused`)
    if (this.state.leases !== null) {
      const id = `${run.run} ${partitionOf(this.state.leases, run).epoch}`
      const other = this.#executors.get(id)
      if (other !== undefined && other !== life)
        this.ledger.problem(`I3: ${run.run} is in ${life.number} and in ${other.number} under one epoch`)
      this.#executors.set(id, life)
    }
    if (!run.inLine) return
    for (const other of this.durable.runs) {
      if (other.flow !== run.flow || other.key !== run.key || other.number >= run.number || !other.inLine) continue
      this.ledger.problem(`I7: ${run.run} goes on although ${other.run} holds its key`)
    }
  }

  firstAsked(id: string): number {
    const known = this.#asked.get(id)
    if (known === undefined) this.#asked.set(id, this.clock.now())
    return known ?? this.clock.now()
  }
}

/** Every fifth seed is about one to four nodes on one store, the others about a process that is alone. */
export function nodesOf(seed: number): number {
  return seed % 5 === 0 ? 1 + ((seed / 5) % 4) : 0
}

/** One seed from beginning to end; with `nodes`, on a store that so many share. */
export async function simulate(seed: number, plants: Plants = {}, nodes = 0): Promise<Outcome> {
  const simulation = new Simulation(seed, plants, nodes)
  await trouble(simulation)
  await calm(simulation)
  await checkAll(simulation)
  const { ledger, state, lives, opened } = simulation
  for (const { clock } of lives) clock.kill()
  return {
    seed,
    problems: ledger.problems.map((text) => ledger.plain(text)),
    trace: ledger.trace,
    traceHash: ledger.traceHash,
    runs: state.runs.size,
    lives: opened,
  }
}
