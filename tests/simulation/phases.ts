import { isEnded } from '../../packages/tenon/src/journal/memory/state.ts'
import type { VirtualClock } from '../../packages/tenon/src/testing/virtual-clock.ts'
import { leaseMs, type Life } from './life.ts'
import type { Simulation } from './simulate.ts'

const mostLives = 5
const mostNodes = 4
const mostLivesOfNodes = 14

/** Anything may happen, in any order, between any two turns. */
export async function trouble(simulation: Simulation): Promise<void> {
  const { random, clock, people, cluster } = simulation
  const moves = random.between(50, 200)
  const crashRate = random.pick([0.005, 0.02, 0.05])
  const nodeTroubleRate = random.pick([0.02, 0.1, 0.3])
  const jumps = cluster === null && random.chance(0.1)
  const mayOpen = (): boolean => simulation.opened < (cluster === null ? mostLives : mostLivesOfNodes)
  for (let move = 0; move < moves && simulation.ledger.problems.length === 0; move += 1) {
    if (cluster !== null && random.chance(nodeTroubleRate)) await troubleOfNodes(simulation)
    const kind = random.next()
    if (kind < crashRate && mayOpen()) simulation.crash(random.pick(simulation.lives))
    else if (kind < crashRate * 1.3 && mayOpen()) await simulation.restart(random.pick(simulation.lives))
    else if (kind < 0.3) people.act()
    else if (jumps && kind < 0.31) {
      simulation.hasJumped = true
      clock.jump(random.between(-3_600_000, 3_600_000))
    } else if (kind < 0.75) await turns(clock, random.between(1, 12))
    else await clock.advance(passing(simulation))
  }
}

async function troubleOfNodes(simulation: Simulation): Promise<void> {
  const { random, clock, ledger, lives } = simulation
  // Most is to be seen where something is in hand.
  const busy = lives.filter(({ engine }) => (engine?.activity().inProgress ?? 0) > 0)
  const life = random.pick(busy.length > 0 && random.chance(0.8) ? busy : lives)
  const forMs = random.chance(0.3) ? random.between(1, leaseMs) : random.between(leaseMs, leaseMs * 3)
  const kind = random.next()
  if (kind < 0.35) halt(simulation, life, forMs)
  else if (kind < 0.7) {
    ledger.note(`${clock.now()} cut ${life.number} for ${forMs} ms`)
    life.isCut = true
    clock.after(forMs, () => {
      ledger.note(`${clock.now()} joined again ${life.number}`)
      life.isCut = false
    })
  } else if (kind < 0.85) {
    if (lives.length < mostNodes) simulation.open()
  } else if (lives.length > 1) await simulation.restart(life, false)
  // Often the others have done its work by the time that it goes on.
  if (kind < 0.7 && random.chance(0.7)) await clock.advance(forMs)
}

function halt({ clock, ledger }: Simulation, life: Life, forMs: number): void {
  ledger.note(`${clock.now()} halt ${life.number} for ${forMs} ms`)
  life.isHalted = true
  life.clock.halt()
  clock.after(forMs, () => {
    ledger.note(`${clock.now()} go on ${life.number}`)
    life.isHalted = false
    life.clock.goOn()
  })
}

async function turns(clock: VirtualClock, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) if (!(await clock.turn())) return
}

function passing({ random, clock, cluster }: Simulation): number {
  const kind = random.next()
  if (kind < 0.6) return Math.max(0, (clock.next ?? clock.now()) - clock.now())
  if (kind < 0.9) return random.between(1, 30_000)
  return random.between(1, (cluster === null ? 6 : 2) * 3_600_000)
}

/** No more faults: now everything that was accepted must come to its end. */
export async function calm(simulation: Simulation): Promise<void> {
  const { random, weather, provider, people, clock, ledger, state, cluster } = simulation
  weather.rate = 0
  simulation.isCalm = true
  for (const life of simulation.lives) {
    life.isCut = false
    // A rollout comes to its end; so does what stands still, by whoever watches over it.
    if (life.isHalted || life.versions < 2) simulation.crash(life)
  }
  if (random.chance(0.4)) simulation.crash(random.pick(simulation.lives))
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
    if (people.isContent && runs.every(isEnded)) break
    const now = `${runs.filter(isEnded).length} ${runs.reduce((sum, { lastSeq }) => sum + lastSeq, 0)}`
    idle = now === progress && round >= 60 ? idle + 1 : 0
    progress = now
  }
  // Permits that nobody uses any more are given back.
  if (cluster !== null) await clock.advance(leaseMs)
}

/** So many rounds of hours without any progress: longer than any wait of the generated flows. */
const idleRounds = 12
