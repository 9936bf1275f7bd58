import { sleep, type Clock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import type { Standing, Words } from '../cluster.ts'
import type { Figures } from '../figures.ts'
import type { RunKey } from '../journal.ts'
import type { Membership, Ownership, OwnershipListener, Placed } from '../ownership.ts'
import {
  claim,
  fairShare,
  giveAway,
  join,
  leave,
  numberOf,
  partitionOf,
  renew,
  takeFree,
  type Leases,
} from './leases.ts'
import { viewOf } from './view.ts'
import { isEnded, pathOf, type MemoryState } from './state.ts'

export interface MemberParts {
  readonly state: MemoryState
  readonly leases: Leases
  readonly clock: Clock
  readonly leaseMs: number
  /** Of the node; each stay in the cluster has a number besides. */
  readonly name: string
  /** The store cannot be reached at the moment. */
  readonly isCut: () => boolean
  /** Something was given up: the others should look at once. */
  readonly onFreed: () => void
  readonly figures: Figures
  readonly words: Words
}

interface Held {
  readonly epoch: number
  readonly orphanedBefore: number
}

/** One node's part in a cluster: what it believes to own, and how it comes and goes. What it believes is old whenever it was stopped or cut off. */
export class MemoryMember implements Ownership {
  readonly #parts: MemberParts
  readonly #listeners = new Set<OwnershipListener>()
  readonly #held = new Map<number, Held>()
  readonly #leaving = new Set<number>()
  #stay = 0
  #isOver = false
  #isLeaving = false
  #joinedAt = 0
  #renewedAt = 0
  #heldUntil = Number.NEGATIVE_INFINITY
  #stopBeat: () => void = () => undefined
  #stopEnd: () => void = () => undefined
  readonly membership: Membership

  constructor(parts: MemberParts) {
    this.#parts = parts
    const name = (): string => this.#name
    const until = (): number => this.#heldUntil
    this.membership = {
      get member() {
        return name()
      },
      heldUntil: until,
      stayFor: () => ({ member: name(), until: until() }),
      mail: async (among) => this.#mail(among),
      claim: async (wishes) => {
        this.#reach()
        return claim(parts.leases, this.#name, wishes, parts.clock.now())
      },
      leave: () => this.#leave(),
      nodes: async () => {
        this.#reach()
        return viewOf(parts.state, parts.leases, { own: this.#name, now: parts.clock.now() })
      },
      standing: () => this.#standing(),
      ...parts.words,
    }
  }

  get id(): string {
    return this.#name
  }

  get #name(): string {
    return `${this.#parts.name}/${this.#stay}`
  }

  epochOf(run: Placed): number | null {
    const number = numberOf(this.#parts.leases, run)
    return this.#leaving.has(number) ? null : (this.#held.get(number)?.epoch ?? null)
  }

  orphanedBefore(run: Placed): number {
    return this.#held.get(numberOf(this.#parts.leases, run))?.orphanedBefore ?? 0
  }

  listen(listener: OwnershipListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** True for a run that the state says is this node's. */
  owns(run: Placed): boolean {
    return partitionOf(this.#parts.leases, run).owner === this.#name
  }

  hear(runs: readonly RunKey[]): void {
    if (!this.#isOver) for (const { reached } of this.#listeners) reached(runs)
  }

  /** Renews the lease, or joins; takes what it should own, and offers what others should. */
  beat(): void {
    if (this.#isOver) return
    const { clock, leaseMs, isCut } = this.#parts
    this.#stopBeat()
    this.#stopBeat = clock.after(leaseMs / 3, () => this.beat())
    if (isCut()) return
    const { state, leases, figures } = this.#parts
    const now = clock.now()
    const until = now + leaseMs
    const sign = { seenAt: now, until, isLeaving: this.#isLeaving, figures: figures.tell() }
    if (this.#stay === 0 || !renew(leases, this.#name, sign)) {
      this.#loseAll()
      this.#stay += 1
      join(leases, this.#name, sign)
      this.#joinedAt = now
      this.#parts.onFreed()
    }
    this.#renewedAt = now
    this.#heldUntil = until
    this.#stopEnd()
    // A renewal that does not come in time: what is in flight must have ended when others may begin.
    this.#stopEnd = clock.after(leaseMs, () => this.#loseAll())
    this.#take(takeFree(state, leases, this.#name))
    this.#offerSurplus()
  }

  #take(numbers: readonly number[]): void {
    if (numbers.length === 0) return
    for (const number of numbers) {
      const partition = this.#parts.leases.partitions[number]
      if (partition === undefined) continue
      this.#held.set(number, { ...partition })
      if (partition.orphanedBefore > this.#joinedAt) this.#parts.figures.takenOver += 1
    }
    for (const { gained } of this.#listeners) gained()
  }

  #offerSurplus(): void {
    const surplus = this.#staying().slice(fairShare(this.#parts.leases, this.#name))
    if (surplus.length > 0) void this.#handOver(new Set(surplus), this.#parts.leaseMs)
  }

  #staying(): number[] {
    return [...this.#held.keys()].filter((number) => !this.#leaving.has(number))
  }

  #leave(): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    for (const number of this.#staying()) void this.#handOver(new Set([number]), null)
    this.beat()
  }

  async #handOver(numbers: ReadonlySet<number>, limitMs: number | null): Promise<void> {
    const { leases, clock, isCut, onFreed } = this.#parts
    const name = this.#name
    for (const number of numbers) this.#leaving.add(number)
    const isOf = (run: Placed): boolean => numbers.has(numberOf(leases, run))
    const gone = Promise.all([...this.#listeners].map(({ leaving }) => leaving(isOf))).then(() => true)
    const isGone = limitMs === null ? await gone : await Promise.race([gone, sleep(clock, limitMs).then(() => false)])
    if (name !== this.#name || this.#isOver) return
    if (!isGone) for (const { lost } of this.#listeners) lost(isOf)
    for (const number of numbers) {
      this.#leaving.delete(number)
      this.#held.delete(number)
    }
    // Those that cannot be given up now are found in the store by the next renewal.
    if (isCut()) return
    giveAway(leases, name, [...numbers])
    onFreed()
  }

  /** What an append was answered: fenced means that the store knows better. */
  correct(): void {
    if (this.#isOver) return
    const { leases } = this.#parts
    const gone = new Set(
      [...this.#held].flatMap(([number, { epoch }]) =>
        leases.partitions[number]?.epoch === epoch && leases.partitions[number].owner === this.#name ? [] : [number],
      ),
    )
    this.#drop(gone)
  }

  #loseAll(): void {
    this.#heldUntil = Number.NEGATIVE_INFINITY
    this.#drop(new Set(this.#held.keys()))
  }

  #drop(numbers: ReadonlySet<number>): void {
    if (numbers.size === 0) return
    for (const number of numbers) {
      this.#held.delete(number)
      this.#leaving.delete(number)
    }
    const isLost = (run: Placed): boolean => numbers.has(numberOf(this.#parts.leases, run))
    for (const { lost } of this.#listeners) lost(isLost)
  }

  #standing(): Standing {
    const { clock, figures } = this.#parts
    const { takenOver, fenced } = figures
    const nodes = this.#parts.leases.members.size
    return { nodes, partitions: this.#staying().length, leaseAgeMs: clock.now() - this.#renewedAt, takenOver, fenced }
  }

  #mail(among: readonly RunKey[]): readonly RunKey[] {
    this.#reach()
    const { runs } = this.#parts.state
    return among.filter(({ tenant, run }) => {
      const stored = runs.get(pathOf(tenant, run))
      return stored !== undefined && stored.inbox.length > 0 && this.epochOf(stored) !== null && !isEnded(stored)
    })
  }

  #reach(): void {
    if (this.#parts.isCut()) throw unreachable()
  }

  /** Leaves in good order: what it owned is free at once. */
  end(): void {
    if (this.#isOver) return
    this.kill()
    if (this.#parts.isCut()) return
    leave(this.#parts.leases, this.#name)
    this.#parts.onFreed()
  }

  kill(): void {
    this.#isOver = true
    this.#stopBeat()
    this.#stopEnd()
  }
}

export function unreachable(): TenonError {
  return new TenonError('JOURNAL_UNAVAILABLE', 'the store cannot be reached')
}
