import type { Client } from '../../packages/tenon/src/client/client.ts'
import { memoryAllotter, type Allotter } from '../../packages/tenon/src/outbound/budget/allotment.ts'
import { Leases } from '../../packages/tenon/src/outbound/budget/leases.ts'
import { postponed } from '../../packages/tenon/src/outbound/outbound.ts'
import type { Life } from './life.ts'
import type { Simulation } from './simulate.ts'

/** So often an answer is lost after it was decided. */
const lostEvery = 7

/** The limit of the other side, which all nodes keep together: each has a share of it, by a lease. */
export class SharedLimit {
  readonly #simulation: Simulation
  readonly #size: { readonly requests: number; readonly perMs: number; readonly burst: number }
  readonly #allotter: Allotter
  readonly #arrivals: number[] = []
  #asks = 0

  constructor(simulation: Simulation) {
    const { random, clock, plants } = simulation
    const { allotter = (real: Allotter) => real } = plants
    const requests = random.pick([2, 5, 20])
    this.#simulation = simulation
    this.#size = { requests, perMs: random.pick([1000, 10_000]), burst: random.pick([1, requests]) }
    this.#allotter = allotter(memoryAllotter(clock))
  }

  /** The client of a node, which turns away what its share does not let go. */
  clientOver(client: Client, life: Life): Client {
    const { membership } = life.journal.ownership
    if (membership === null) return client
    const { clock } = this.#simulation
    const leases = new Leases({
      clock: life.clock,
      monotonic: () => clock.now(),
      allotter: { ask: (asks) => this.#ask(asks, life) },
      node: `life ${life.number}`,
      words: membership,
    })
    const bucket = leases.bucketFor('the other side', this.#size)
    return {
      call: async (request) => {
        const wait = bucket.wait(1, clock.now())
        if (wait > 0) {
          const error = postponed('RATE_LIMITED', 'its share is used up', wait)
          return { outcome: 'failed', error, fate: 'not-sent', status: null }
        }
        bucket.take(1, clock.now())
        this.#arrives()
        const way = bucket.left(1, clock.now())
        try {
          return await client.call(request)
        } finally {
          bucket.arrived(way, 1, clock.now())
        }
      },
    }
  }

  async #ask(asks: Parameters<Allotter['ask']>[0], life: Life): ReturnType<Allotter['ask']> {
    if (life.isCut) throw new Error('the store is not reached')
    const leases = await this.#allotter.ask(asks)
    this.#asks += 1
    if (this.#asks % lostEvery === 0) throw new Error('the answer is lost')
    return leases
  }

  #arrives(): void {
    const { clock, ledger } = this.#simulation
    const { requests, perMs } = this.#size
    this.#arrivals.push(clock.now())
    const before = this.#arrivals.at(-1 - requests)
    if (before !== undefined && clock.now() - before < perMs)
      ledger.problem(`limit: more than ${requests} calls in ${perMs} ms, over all nodes`)
  }
}
