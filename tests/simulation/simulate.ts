import { createEngine } from '../../packages/tenon/src/engine/create-engine.ts'
import type { Engine } from '../../packages/tenon/src/engine/engine.ts'
import type { Client } from '../../packages/tenon/src/client/client.ts'
import { defineApp } from '../../packages/tenon/src/definition/app.ts'
import type { MemoryJournal } from '../../packages/tenon/src/journal/memory.ts'
import { emptyState, isEnded, type MemoryState } from '../../packages/tenon/src/journal/memory/state.ts'
import { mortalClock, virtualClock, type VirtualClock } from '../../packages/tenon/src/testing/virtual-clock.ts'
import { seeded, type Random } from '../chaos/random.ts'
import { checkAll } from './checks.ts'
import { faultyJournal, type Weather } from './faulty-journal.ts'
import { makeFlows, runBody, type Made } from './flows.ts'
import { Durable, Ledger } from './ledger.ts'
import { Observations, type Stay } from './observations.ts'
import { People } from './people.ts'
import { Provider } from './provider.ts'

/** One process: it may die between any two turns. */
export interface Life {
  readonly clock: ReturnType<typeof mortalClock>
  readonly journal: MemoryJournal
  readonly number: number
  engine: Engine | null
}

/** Puts something between the engine and its ports, for tests that plant a bug. */
export interface Plants {
  readonly journal?: (journal: MemoryJournal) => MemoryJournal
  readonly client?: (client: Client) => Client
}

export interface Outcome {
  readonly seed: number
  readonly problems: readonly string[]
  readonly trace: readonly string[]
  readonly traceHash: string
  readonly runs: number
  readonly lives: number
}

/** All that one seed is about. */
export class Simulation {
  readonly random: Random
  readonly clock: VirtualClock = virtualClock({ isDriven: true })
  readonly ledger: Ledger = new Ledger()
  readonly state: MemoryState = emptyState()
  readonly durable: Durable
  readonly observations: Observations
  readonly provider: Provider
  readonly people: People
  readonly flows: readonly Made[]
  readonly weather: Weather
  readonly stays: Stay[] = []
  readonly undoable = new Set<string>()
  readonly #asked = new Map<string, number>()
  readonly #plants: Plants
  hasJumped = false
  isDry = false
  life: Life

  constructor(seed: number, plants: Plants) {
    this.random = seeded(seed)
    this.#plants = plants
    this.durable = new Durable(this.state)
    this.observations = new Observations(this.ledger, () => this.durable)
    this.weather = { rate: this.random.pick([0, 0.05, 0.2]), listsAll: false }
    this.provider = new Provider({
      clock: this.clock,
      random: this.random,
      ledger: this.ledger,
      durable: () => this.durable,
      onLeaving: (run, step) => this.observations.leaves(run, step),
      concurrencyOf: (flow) =>
        this.flows.find((made) => made.flow.name === flow)?.concurrency ?? Number.POSITIVE_INFINITY,
    })
    this.provider.faultRate = this.random.pick([0.05, 0.2, 0.45])
    this.flows = makeFlows(this.random, {
      observations: this.observations,
      isDry: () => this.isDry,
      onStay: (stay) => this.#onStay(stay),
      now: () => this.clock.now(),
      asked: (run, step) => this.#firstAsked(`${run} ${step}`),
      hasUndo: (run, step, has) =>
        void (has ? this.undoable.add(`${run} ${step}`) : this.undoable.delete(`${run} ${step}`)),
      body: (run, step, kind) => this.#body(run, step, kind),
      awake: (run, step, earlyMs) => {
        if (earlyMs > 0 && !this.hasJumped) this.ledger.problem(`timer: ${step} of ${run} was over ${earlyMs} ms early`)
      },
    })
    this.people = new People(this)
    this.life = this.#open(1)
  }

  #open(number: number): Life {
    const clock = mortalClock(this.clock)
    const {
      journal: plantJournal = (journal: MemoryJournal) => journal,
      client: plantClient = (client: Client) => client,
    } = this.#plants
    const journal = plantJournal(
      faultyJournal({ clock, state: this.state, random: this.random, weather: this.weather }),
    )
    const life: Life = { clock, journal, number, engine: null }
    const app = defineApp({ flows: this.flows.map(({ flow }) => flow), runsInProgress: this.random.pick([2, 5, 50]) })
    const client = plantClient(this.provider.clientFor(clock))
    const lingerMs = this.random.pick([0, 1000, 10_000])
    this.ledger.note(`life ${number}`)
    createEngine({
      app,
      journal,
      client,
      clock,
      random: () => this.random.next(),
      lingerMs,
      log: (event, { error }) => this.ledger.note(`log ${event} ${String(error)}`),
    }).then(
      (engine) => {
        life.engine = engine
        if (process.env['TENON_HAPPENINGS'] !== undefined)
          engine.listen((happening) => this.ledger.note(`${this.clock.now()} ${JSON.stringify(happening)}`))
      },
      (error: unknown) => this.ledger.problem(`the engine did not start: ${String(error)}`),
    )
    return life
  }

  /** As `kill -9` and a new start. */
  crash(): void {
    const { life } = this
    life.journal.crash()
    life.clock.kill()
    this.ledger.note(`${this.clock.now()} crash`)
    this.people.onDeath()
    this.observations.onDeath()
    this.life = this.#open(life.number + 1)
  }

  /** As a stop in good order and a new start. */
  async restart(): Promise<void> {
    const { life } = this
    if (life.engine === null) return this.crash()
    let isOver = false
    this.ledger.note(`${this.clock.now()} drain`)
    const drained = life.engine.drain(this.random.pick([0, 100, 10_000]))
    drained
      .then(() => life.journal.close())
      .then(
        () => (isOver = true),
        (error: unknown) => this.ledger.problem(`drain: ${String(error)}`),
      )
    for (let turn = 0; turn < 5000 && !isOver; turn += 1) if (!(await this.clock.turn())) await this.clock.advance(10)
    if (!isOver) this.ledger.problem('the engine does not drain')
    life.clock.kill()
    this.people.onDeath()
    this.observations.onDeath()
    this.life = this.#open(life.number + 1)
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 50_000; turn += 1) if (!(await this.clock.turn())) return
    this.ledger.problem('it does not come to rest without time passing')
  }

  #onStay(stay: Stay): void {
    if (stay.isDry) this.stays.push(stay)
    else this.ledger.note(`${this.clock.now()} stay of ${stay.run}`)
    const run = this.durable.run(stay.run)
    if (stay.isDry || run === undefined) return
    if (this.people.paused.has(run.flow))
      this.ledger.problem(`I10: ${run.run} is taken up although ${run.flow} is paused`)
    if (!run.inLine) return
    for (const other of this.durable.runs) {
      if (other.flow !== run.flow || other.key !== run.key || other.number >= run.number || !other.inLine) continue
      this.ledger.problem(`I7: ${run.run} goes on although ${other.run} holds its key`)
    }
  }

  #firstAsked(id: string): number {
    const known = this.#asked.get(id)
    if (known === undefined) this.#asked.set(id, this.clock.now())
    return known ?? this.clock.now()
  }

  #body(run: string, step: string, kind: 'repeatable' | 'unrepeatable'): unknown {
    this.ledger.note(`${this.clock.now()} body ${run} ${step}`)
    this.observations.leaves(run, step)
    if (this.durable.isFinished(run, step, ''))
      this.ledger.problem(`I2: the body of ${step} of ${run} is finished and runs again`)
    const { clock } = this.life
    const later = (delayMs: number, callback: () => void) => void clock.after(delayMs, callback)
    return runBody(this.random, this.provider.faultRate, later, () => {
      if (kind === 'unrepeatable') this.provider.bodyRan(run, step)
    })
  }
}

/** One seed from beginning to end. */
export async function simulate(seed: number, plants: Plants = {}): Promise<Outcome> {
  const simulation = new Simulation(seed, plants)
  await trouble(simulation)
  await calm(simulation)
  await checkAll(simulation)
  const { ledger, state, life } = simulation
  life.clock.kill()
  return {
    seed,
    problems: ledger.problems.map((text) => ledger.plain(text)),
    trace: ledger.trace,
    traceHash: ledger.traceHash,
    runs: state.runs.size,
    lives: life.number,
  }
}

// Anything may happen, in any order, between any two turns.
async function trouble(simulation: Simulation): Promise<void> {
  const { random, clock, people } = simulation
  const moves = random.between(50, 200)
  const crashRate = random.pick([0.005, 0.02, 0.05])
  const jumps = random.chance(0.1)
  for (let move = 0; move < moves && simulation.ledger.problems.length === 0; move += 1) {
    const kind = random.next()
    if (kind < crashRate && simulation.life.number < 5) simulation.crash()
    else if (kind < crashRate * 1.3 && simulation.life.number < 5) await simulation.restart()
    else if (kind < 0.3) people.act()
    else if (jumps && kind < 0.31) {
      simulation.hasJumped = true
      clock.jump(random.between(-3_600_000, 3_600_000))
    } else if (kind < 0.75) await turns(clock, random.between(1, 12))
    else await clock.advance(passing(simulation))
  }
}

async function turns(clock: VirtualClock, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) if (!(await clock.turn())) return
}

function passing({ random, clock }: Simulation): number {
  const kind = random.next()
  if (kind < 0.6) return Math.max(0, (clock.next ?? clock.now()) - clock.now())
  if (kind < 0.9) return random.between(1, 30_000)
  return random.between(1, 6 * 3_600_000)
}

// No more faults: now everything that was accepted must come to its end.
async function calm(simulation: Simulation): Promise<void> {
  const { random, weather, provider, people, clock, ledger, state } = simulation
  weather.rate = 0
  if (random.chance(0.4)) simulation.crash()
  provider.stopFaults()
  ledger.note(`${clock.now()} calm`)
  let idle = 0
  let progress = ''
  // Runs of one key wait for each other: it may take long, but it must not stop.
  for (let round = 0; idle < idleRounds && ledger.problems.length === 0; round += 1) {
    await simulation.settle()
    await clock.advance(round < 20 ? 2000 : round < 60 ? 300_000 : 3_600_000 * 6)
    people.clearUp()
    await simulation.settle()
    const runs = [...state.runs.values()]
    if (people.isContent && runs.every(isEnded)) return
    const now = `${runs.filter(isEnded).length} ${runs.reduce((sum, { lastSeq }) => sum + lastSeq, 0)}`
    idle = now === progress && round >= 60 ? idle + 1 : 0
    progress = now
  }
}

/** So many rounds of hours without any progress: longer than any wait of the generated flows. */
const idleRounds = 12
