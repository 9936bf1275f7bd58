import { defineApp } from '../../packages/tenon/src/definition/app.ts'
import { createEngine } from '../../packages/tenon/src/engine/create-engine.ts'
import type { Engine } from '../../packages/tenon/src/engine/engine.ts'
import { memoryCluster, type MemoryCluster } from '../../packages/tenon/src/journal/memory-cluster.ts'
import { memoryJournal, type MemoryJournal, type MemoryState } from '../../packages/tenon/src/journal/memory.ts'
import { partitionOf } from '../../packages/tenon/src/journal/memory/leases.ts'
import { haltingClock, mortalClock } from '../../packages/tenon/src/testing/virtual-clock.ts'
import { faultyJournal } from './faulty-journal.ts'
import { flowsOf, runBody } from './flows.ts'
import type { Around } from './interpreter.ts'
import type { Stay } from './observations.ts'
import type { Simulation } from './simulate.ts'

/** One process: it may die between any two turns, stand still, or lose its way to the store. */
export interface Life {
  readonly clock: ReturnType<typeof haltingClock> & { kill(): void }
  readonly journal: MemoryJournal
  readonly number: number
  /** How many versions of each flow it has. */
  readonly versions: number
  engine: Engine | null
  isOver: boolean
  isHalted: boolean
  isCut: boolean
}

/** So long a process of several holds what it owns without a word, and so often it looks. Days pass in a simulation: all is slower than in life. */
export const leaseMs = 600_000
export const lookEveryMs = 60_000

export function clusterOf(state: MemoryState): MemoryCluster {
  return memoryCluster({ state, partitions: 6, leaseMs })
}

export function memberOf({ journal }: Life): string {
  return journal.ownership.membership?.member ?? ''
}

/** Whether the process is the one that may bring that run on, as the store sees it. */
export function owns({ state, clock }: Simulation, life: Life, id: string): boolean {
  const run = state.runs.get(`default\n${id}`)
  if (life.isOver) return false
  if (state.leases === null || run === undefined) return true
  const member = memberOf(life)
  return partitionOf(state.leases, run).owner === member && (state.leases.members.get(member)?.until ?? 0) > clock.now()
}

export function openLife(simulation: Simulation, number: number): Life {
  const { random, state, weather, cluster, ledger, plants } = simulation
  const mortal = mortalClock(simulation.clock)
  const clock = { ...haltingClock(mortal), kill: mortal.kill }
  const self: { life: Life | null } = { life: null }
  const plain = faultyJournal({
    clock,
    state,
    random,
    weather,
    isCut: () => self.life?.isCut === true,
    onCommit: simulation.fences.onCommit,
    open: (faults) => cluster?.open({ clock, faults }) ?? memoryJournal({ clock, state, faults }),
  })
  const { journal: plantJournal = (journal: MemoryJournal) => journal, client: plantClient = same } = plants
  const journal = simulation.fences.over(plantJournal(plain, state))
  const versions = cluster === null || random.chance(0.6) ? 2 : 1
  const life: Life = {
    clock,
    journal,
    number,
    versions: simulation.isCalm ? 2 : versions,
    engine: null,
    isOver: false,
    isHalted: false,
    isCut: false,
  }
  self.life = life
  ledger.note(`${simulation.clock.now()} life ${number}, versions up to ${life.versions}`)
  const flows = flowsOf(simulation.flows, life.versions, aroundOf(simulation, life))
  const client = simulation.provider.clientFor({ clock, owns: (run) => owns(simulation, life, run) })
  createEngine({
    // At the end every run is looked at, though a seed may take longer than the usual thirty days.
    app: defineApp({ flows, runsInProgress: random.pick([2, 5, 50]), retention: '3650d' }),
    journal,
    client: plantClient(simulation.limit.clientOver(client, life)),
    clock,
    random: () => random.next(),
    lingerMs: random.pick(cluster === null ? [0, 1000, 10_000] : [0, 10_000, 120_000]),
    // Where a run belongs is decided by its id.
    newId: () => Array.from({ length: 25 }, () => letters[random.between(0, 31)]).join(''),
    lookEveryMs: plants.lookEveryMs ?? lookEveryMs,
    log: (event, { error, run }) => ledger.note(`log ${number} ${event} ${String(error)} ${String(run)}`),
  }).then(
    (engine) => {
      life.engine = engine
      if (process.env['TENON_HAPPENINGS'] !== undefined)
        engine.listen((happening) => ledger.note(`${simulation.clock.now()} ${number} ${JSON.stringify(happening)}`))
    },
    (error: unknown) => {
      if (cluster === null) return ledger.problem(`the engine did not start: ${String(error)}`)
      // As the supervisor of a real one does, when the store cannot be reached at its start.
      ledger.note(`life ${number} did not start: ${String(error)}`)
      clock.after(1000, () => simulation.crash(life))
    },
  )
  return life
}

const letters = '0123456789abcdefghjkmnpqrstvwxyz'

function same<Value>(value: Value): Value {
  return value
}

/** What the flows of one process meet of the world. */
function aroundOf(simulation: Simulation, life: Life): Around {
  const { observations, ledger, provider, random, undoable } = simulation
  const isOurs = (run: string): boolean => simulation.isDry || owns(simulation, life, run)
  return {
    observations,
    isDry: () => simulation.isDry,
    countsFor(run) {
      const member = memberOf(life)
      return () => member === memberOf(life) && owns(simulation, life, run)
    },
    onStay: (stay: Stay) => simulation.onStay(life, stay),
    now: () => simulation.clock.now(),
    asked: (run, step) => simulation.firstAsked(`${run} ${step}`),
    hasUndo(run, step, has) {
      if (!isOurs(run)) return
      if (has) undoable.add(`${run} ${step}`)
      else undoable.delete(`${run} ${step}`)
    },
    body(run, step, kind) {
      ledger.note(`${simulation.clock.now()} body ${run} ${step}`)
      if (!isOurs(run)) ledger.problem(`I3: the body of ${step} of ${run} runs in a process that does not own it`)
      observations.leaves(run, step)
      if (simulation.durable.isFinished(run, step, ''))
        ledger.problem(`I2: the body of ${step} of ${run} is finished and runs again`)
      const later = (delayMs: number, callback: () => void) => void life.clock.after(delayMs, callback)
      return runBody(random, provider.faultRate, later, () => {
        if (kind === 'unrepeatable') provider.bodyRan(run, step)
      })
    },
    awake(run, step, earlyMs) {
      if (earlyMs > 0 && !simulation.hasJumped && isOurs(run))
        ledger.problem(`timer: ${step} of ${run} was over ${earlyMs} ms early`)
    },
  }
}
