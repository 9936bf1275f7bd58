import type { Clock } from '../../base/clock.ts'
import { decode } from '../../base/json.ts'
import type { Database } from '../../postgres/postgres.ts'
import type { Figures } from '../figures.ts'
import type { Membership, Ownership, OwnershipListener, Placed } from '../ownership.ts'
import { Giving } from './giving.ts'
import { readMail, readMembers } from './members.ts'
import { DatabaseTime } from './database-time.ts'
import { format } from './format.ts'
import { claimPermits } from './permit-claims.ts'
import { partitionOf } from './place.ts'
import { NodeWords } from './words.ts'

export interface LeaseOptions {
  /** Connections of its own: a sign of life must not wait behind a batch. */
  readonly database: Database
  /** For what is not urgent. */
  readonly reads: Database
  readonly clock: Clock
  /** Milliseconds that only go forward. */
  readonly monotonic: () => number
  readonly node: number
  readonly name: string
  readonly version: string
  readonly leaseMs: number
  readonly partitions: number
  /** What the node tells of itself with each sign of life. */
  readonly figures: Figures
}

interface Lease {
  readonly epoch: number
  readonly orphanedBefore: number
}

interface Beat {
  readonly now: number
  readonly joined: boolean
  readonly nodes: number
  readonly share: number
  readonly mine: readonly (readonly [partition: number, epoch: number, orphanedBefore: number])[]
}

/** Of the lease that a node counts on: two clocks need not go equally fast. */
const sureShare = 0.9

/** The partitions that this node holds, for as long as it can be sure of it. */
export class Leases implements Ownership {
  readonly membership: Membership
  readonly #options: LeaseOptions
  readonly #listeners = new Set<OwnershipListener>()
  readonly #held = new Map<number, Lease>()
  readonly #giving: Giving
  readonly #words: NodeWords
  #stay = 0
  #mustJoin = true
  #isLeaving = false
  #joinedAt = 0
  #renewedAt = Number.NEGATIVE_INFINITY
  /** Until then, by the node's own monotonic clock, nobody can have taken over. */
  #sureUntil = Number.NEGATIVE_INFINITY
  #nodes = 1
  readonly #time: DatabaseTime
  #beating: Promise<void> | null = null
  #isWanted = false
  #isEnded = false
  #stopBeat: () => void = () => undefined
  #stopDoubt: () => void = () => undefined
  #endListening: () => Promise<void> = async () => undefined

  constructor(options: LeaseOptions) {
    this.#options = options
    this.#time = new DatabaseTime(options.monotonic)
    const { name, node, database, reads, figures } = options
    const words = (this.#words = new NodeWords(reads, node))
    this.#giving = new Giving({
      clock: options.clock,
      leave: (partitions) => Promise.all([...this.#listeners].map((one) => one.leaving(this.#isOf(partitions)))),
      breakOff: (partitions) => this.#each((listener) => listener.lost(this.#isOf(partitions))),
      release: async (partitions) => (this.#isEnded ? undefined : database.query(releaseStatement, [node, partitions])),
      onGiven: (partition) => this.#held.delete(partition),
    })
    const stay = (): string => `${name}/${node}.${this.#stay}`
    const until = (): number => this.now() + Math.max(0, this.#sureUntil - options.monotonic())
    this.membership = {
      get member() {
        return stay()
      },
      heldUntil: until,
      stayFor: () => ({ member: stay(), until: until() }),
      mail: (among) => readMail(database, this.partitions(), among),
      claim: (wishes) => claimPermits(database, node, wishes),
      leave: () => this.#leave(),
      nodes: () => readMembers(reads, node),
      standing: () => ({
        nodes: this.#nodes,
        partitions: this.partitions().length,
        leaseAgeMs: options.monotonic() - this.#renewedAt,
        takenOver: figures.takenOver,
        fenced: figures.fenced,
      }),
      say: (said, to) => words.say(said, to),
      hear: (listener) => words.hear(listener),
    }
  }

  /** The database's time, as measured with the latest sign of life; it does not go back. */
  now(): number {
    return this.#time.now()
  }

  get isAlone(): boolean {
    return this.#nodes <= 1
  }

  /** Those that the node brings on. */
  partitions(): readonly number[] {
    return [...this.#held.keys()].filter((partition) => this.epochOfPartition(partition) !== null)
  }

  epochOfPartition(partition: number): number | null {
    if (this.#giving.has(partition) || this.#options.monotonic() >= this.#sureUntil) return null
    return this.#held.get(partition)?.epoch ?? null
  }

  epochOf(run: Placed): number | null {
    return this.epochOfPartition(partitionOf(run, this.#options.partitions))
  }

  orphanedBefore(run: Placed): number {
    return this.#held.get(partitionOf(run, this.#options.partitions))?.orphanedBefore ?? 0
  }

  get isOrphaned(): boolean {
    return [...this.#held.values()].some(({ orphanedBefore }) => orphanedBefore > 0)
  }

  listen(listener: OwnershipListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Joins. Resolves when the node has what is free of its share, and hears what others say. */
  async begin(): Promise<void> {
    await this.beat()
    this.#schedule()
    const { database, node, clock } = this.#options
    let isHearing = false
    await new Promise<void>((resolve) => {
      this.#endListening = database.listen(`tenon_${node}`, {
        told: (payload) => clock.whenQuiet(() => this.#told(payload)),
        ready: () => {
          // Words may have been missed while nobody listened.
          if (isHearing) this.#each((listener) => listener.gained())
          isHearing = true
          resolve()
        },
      })
    })
  }

  /** Gives a sign of life now; one at a time. */
  beat(): Promise<void> {
    return (this.#beating ??= this.#beatOnce().finally(() => {
      this.#beating = null
      if (this.#isWanted) this.correct()
    }))
  }

  async #beatOnce(): Promise<void> {
    if (this.#isEnded) return
    const { database, monotonic, node, name, version, leaseMs, figures } = this.#options
    const from = monotonic()
    const values = [node, name, version, leaseMs, this.#mustJoin, this.#isLeaving, JSON.stringify(figures.tell())]
    const [row] = await database.query<{ beat: Beat }>(beatStatement, values)
    if (row === undefined || this.#isEnded) return
    const { now, joined, nodes, share, mine } = row.beat
    this.#time.learn(now, from)
    this.#nodes = nodes
    if (joined) {
      this.#loseAll()
      this.#stay += 1
      this.#joinedAt = now
    }
    this.#mustJoin = false
    this.#renewedAt = from
    // The lease began after the question had left.
    this.#sureUntil = from + leaseMs * sureShare
    this.#stopDoubt()
    this.#stopDoubt = this.#options.clock.after(this.#sureUntil - monotonic(), () => this.#loseAll())
    this.#hold(mine)
    this.#offerSurplus(share)
  }

  #hold(mine: Beat['mine']): void {
    const now = new Map(mine.map(([partition, epoch, orphanedBefore]) => [partition, { epoch, orphanedBefore }]))
    this.#drop(
      new Set(
        [...this.#held].flatMap(([partition, { epoch }]) => (now.get(partition)?.epoch === epoch ? [] : [partition])),
      ),
    )
    const more = [...now].filter(([partition]) => !this.#held.has(partition))
    for (const [partition, lease] of now) this.#held.set(partition, lease)
    this.#options.figures.takenOver += more.filter(([, lease]) => lease.orphanedBefore > this.#joinedAt).length
    if (more.length > 0) this.#each((listener) => listener.gained())
  }

  /** No sign of life came through in time, or the node was not heard of for too long. What is lost is not renewed: it joins anew. */
  #loseAll(): void {
    this.#sureUntil = Number.NEGATIVE_INFINITY
    this.#mustJoin = true
    this.#drop(new Set(this.#held.keys()))
  }

  #drop(partitions: ReadonlySet<number>): void {
    if (partitions.size === 0) return
    for (const partition of partitions) {
      this.#held.delete(partition)
      this.#giving.forget(partition)
    }
    this.#each((listener) => listener.lost(this.#isOf(partitions)))
  }

  #isOf(partitions: ReadonlySet<number>): (run: Placed) => boolean {
    return (run) => partitions.has(partitionOf(run, this.#options.partitions))
  }

  #offerSurplus(share: number): void {
    const surplus = this.#staying().slice(share)
    if (surplus.length > 0) void this.#giving.give(new Set(surplus), this.#options.leaseMs)
  }

  #staying(): number[] {
    return [...this.#held.keys()].filter((partition) => !this.#giving.has(partition))
  }

  #leave(): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    // Each by itself: what has no run in memory need not wait. How long the others take is for whoever drains to say.
    for (const partition of this.#staying()) void this.#giving.give(new Set([partition]), null)
    this.correct()
  }

  #schedule(): void {
    const { clock, leaseMs } = this.#options
    this.#stopBeat = clock.after(leaseMs / 3, () => {
      this.#schedule()
      this.correct()
    })
  }

  /** The database knows better: an append was fenced, or others said so. One under way may have asked too early. */
  correct(): void {
    this.#options.clock.whenQuiet(() => {
      this.#isWanted = this.#beating !== null
      void this.beat().catch(() => undefined)
    })
  }

  #told(payload: string): void {
    if (this.#isEnded) return
    if (payload === 'beat') return this.correct()
    if (payload === 'look') return this.#each((listener) => listener.gained())
    if (this.#words.told(payload)) return
    const runs = (decode(payload) as [tenant: string, run: string][]).map(([tenant, run]) => ({ tenant, run }))
    this.#each((listener) => listener.reached(runs))
  }

  #each(tell: (listener: OwnershipListener) => void): void {
    for (const listener of this.#listeners) tell(listener)
  }

  /** Leaves in good order: nobody need wait for the lease to end. */
  async end(): Promise<void> {
    this.#stop()
    await this.#beating?.catch(() => undefined)
    await this.#endListening()
    // Where the database is away, the lease ends by itself.
    await this.#options.database.query(releaseStatement, [this.#options.node, null]).catch(() => undefined)
  }

  /** Stops at once, as a process that dies does. */
  kill(): void {
    this.#stop()
    void this.#endListening()
  }

  #stop(): void {
    this.#isEnded = true
    this.#stopBeat()
    this.#stopDoubt()
    this.#sureUntil = Number.NEGATIVE_INFINITY
  }
}

const beatStatement = { name: 'journal_beat', text: `SELECT beat_${format}($1, $2, $3, $4, $5, $6, $7) AS beat` }

const releaseStatement = { name: 'journal_release', text: `SELECT release_${format}($1, $2)` }
