import { sleep, type Clock } from '../base/clock.ts'
import type { RunKey } from '../journal/journal.ts'
import type { Placed } from '../journal/ownership.ts'
import type { Services } from './command.ts'
import type { Execution } from './execution.ts'
import { FloorLook } from './floor-look.ts'
import { PermitShares } from './permit-shares.ts'

interface Parties {
  readonly inMemory: () => Iterable<Execution>
  readonly ready: (runs: readonly RunKey[]) => void
  /** Those of them that are in memory may have mail; the others are found as ready. */
  readonly poke: (runs: readonly RunKey[]) => void
  /** Looks into the journal for what is to be done. */
  readonly look: () => Promise<unknown>
  readonly usedPermits: (flow: string) => number
  readonly waitingFor: (flow: string) => number
  readonly onPermits: (flow: string, count: number) => void
}

/** This process as one node among several: what becomes its own, and what no longer is. Where it holds the journal by itself, nothing of this ever happens. */
export class Node {
  /** How often more became ours: what was read, or kept, before the latest time may be what an earlier owner left behind. */
  gains: number = 0
  readonly shares: PermitShares | null = null
  readonly #services: Services
  readonly #parties: Parties
  readonly #floor: FloorLook | null = null
  #stopListening: () => void = () => undefined

  constructor(services: Services, lookEveryMs: number, parties: Parties) {
    this.#services = services
    this.#parties = parties
    const { membership } = services.journal.ownership
    if (membership === null) return
    this.#floor = new FloorLook(services, membership, {
      everyMs: lookEveryMs,
      look: parties.look,
      inMemory: () => [...parties.inMemory()].map(({ row: { tenant, run } }) => ({ tenant, run })),
      onMail: parties.poke,
    })
    this.shares = new PermitShares(services, membership, {
      everyMs: lookEveryMs,
      used: parties.usedPermits,
      waiting: parties.waitingFor,
      onMore: parties.onPermits,
    })
  }

  start(): void {
    const { look, ready } = this.#parties
    this.#stopListening = this.#services.journal.ownership.listen({
      reached: ready,
      gained: () => {
        this.gains += 1
        void look().catch((error: unknown) => this.#services.log('journal.unreadable', { error }))
      },
      lost: (isLost) => {
        for (const execution of this.#those(isLost)) execution.leave('lost')
      },
      leaving: async (isLeaving) => {
        await retire(() => this.#those(isLeaving), { clock: this.#services.clock, limitMs: Number.POSITIVE_INFINITY })
      },
    })
    this.#floor?.start()
  }

  #those(isOf: (run: Placed) => boolean): Execution[] {
    return [...this.#parties.inMemory()].filter(({ row }) => isOf(row))
  }

  /** Nothing more is taken up; what others want of it is still handed over. */
  stop(): void {
    this.#floor?.stop()
    this.shares?.stop()
  }

  /** It no longer takes part. */
  end(): void {
    this.#stopListening()
  }
}

/** Lets runs leave memory in good order, each as soon as nothing of it is in flight; at the limit whatever is. Resolves with the number of those. */
export async function retire(
  staying: () => readonly Execution[],
  { clock, limitMs }: { readonly clock: Clock; readonly limitMs: number },
): Promise<number> {
  const limit = clock.now() + limitMs
  for (;;) {
    for (const execution of staying()) {
      execution.isLeaving = true
      if (execution.isAtRest) execution.leave('drained')
    }
    const left = staying()
    if (left.length === 0) return 0
    if (clock.now() >= limit) {
      for (const execution of left) execution.leave('drained')
      return left.length
    }
    await sleep(clock, 20)
  }
}
