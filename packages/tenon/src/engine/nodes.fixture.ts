import { defineApp } from '../definition/app.ts'
import type { Flow } from '../definition/flow.ts'
import { memoryCluster, type NodeFaults } from '../journal/memory-cluster.ts'
import type { MemoryJournal } from '../journal/memory.ts'
import { haltingClock, mortalClock, virtualClock } from '../testing/virtual-clock.ts'
import { createEngine } from './create-engine.ts'
import type { Engine } from './engine.ts'
import { Upstream } from './engine.fixture.ts'

const tenant = 'default'
export const leaseMs = 10_000

export interface Node {
  readonly engine: Engine
  readonly journal: MemoryJournal
  readonly upstream: Upstream
  kill(): void
  halt(): void
  goOn(): void
}

/** Several engines on one store; each has a provider of its own, so that it is seen who called. */
export function cluster(flows: readonly Flow[]) {
  const clock = virtualClock()
  const { open } = memoryCluster({ leaseMs })
  async function join(own: readonly Flow[] = flows, faults: NodeFaults = {}, upstream = new Upstream()): Promise<Node> {
    const mortal = mortalClock(clock)
    const halting = haltingClock(mortal)
    const journal = open({ clock: halting, faults })
    const starting = createEngine({
      app: defineApp({ flows: own }),
      journal,
      client: upstream,
      clock: halting,
      random: () => 0.5,
    })
    await clock.settle()
    const engine = await starting
    await clock.advance(100)
    const kill = (): void => {
      journal.crash()
      mortal.kill()
    }
    return { engine, journal, upstream, kill, halt: () => halting.halt(), goOn: () => halting.goOn() }
  }
  async function during<Value>(work: Promise<Value>, ms = 100): Promise<Value> {
    work.catch(() => undefined)
    await clock.advance(ms)
    return work
  }
  return { clock, join, during }
}

/** Ids of runs that belong to that node. */
export function idsOf({ journal }: Node, flow: string, count: number): string[] {
  const ids = Array.from({ length: 200 }, (_, index) => `run-${index}`)
  return ids.filter((run) => journal.ownership.epochOf({ tenant, run, flow, key: null }) !== null).slice(0, count)
}

/** Calls that last for as long, counted over all nodes; those of a killed node count until its lease has ended. */
export function gauge(at: ReturnType<typeof cluster>, ms: number) {
  let running = 0
  const seen = { most: 0 }
  const watch = (node: Node): void =>
    node.upstream.on('reserve', async () => {
      running += 1
      seen.most = Math.max(seen.most, running)
      await new Promise<void>((resolve) => at.clock.after(ms, resolve))
      running -= 1
      return {}
    })
  return { seen, watch }
}
