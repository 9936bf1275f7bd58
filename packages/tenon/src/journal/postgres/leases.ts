import { sleep, type Clock } from '../../base/clock.ts'
import { decode } from '../../base/json.ts'
import type { Database } from '../../postgres/postgres.ts'
import type { RunKey } from '../journal.ts'
import type { Membership, Ownership, OwnershipListener, Placed } from '../ownership.ts'
import { claimPermits } from './permit-claims.ts'
import { partitionOf } from './place.ts'

export interface LeaseOptions {
  /** Connections of its own: a sign of life must not wait behind a batch. */
  readonly database: Database
  readonly clock: Clock
  /** Milliseconds that only go forward. */
  readonly monotonic: () => number
  readonly node: number
  readonly name: string
  readonly version: string
  readonly leaseMs: number
  readonly partitions: number
  /** What the node tells of itself with each sign of life. */
  readonly figures: () => object
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
  readonly #leaving = new Set<number>()
  #stay = 0
  #mustJoin = true
  /** Until then, by the node's own monotonic clock, nobody can have taken over. */
  #sureUntil = Number.NEGATIVE_INFINITY
  #nodes = 1
  #offset = 0
  #lastNow = 0
  #beating: Promise<void> | null = null
  #isEnded = false
  #stopBeat: () => void = () => undefined
  #stopDoubt: () => void = () => undefined
  #endListening: () => Promise<void> = async () => undefined

  constructor(options: LeaseOptions) {
    this.#options = options
    const { name, node, database } = options
    const stay = (): string => `${name}/${node}.${this.#stay}`
    const until = (): number => this.now() + Math.max(0, this.#sureUntil - options.monotonic())
    this.membership = {
      get member() {
        return stay()
      },
      get heldUntil() {
        return until()
      },
      mail: ({ limit }) => database.query<RunKey>(mailStatement, [this.partitions(), limit]),
      claim: (wishes) => claimPermits(database, node, wishes),
    }
  }

  /** The database's time, as measured with the latest sign of life; it does not go back. */
  now(): number {
    this.#lastNow = Math.max(this.#lastNow, Math.floor(this.#options.monotonic() + this.#offset))
    return this.#lastNow
  }

  get isAlone(): boolean {
    return this.#nodes <= 1
  }

  /** Those that the node brings on. */
  partitions(): readonly number[] {
    return [...this.#held.keys()].filter((partition) => this.epochOfPartition(partition) !== null)
  }

  epochOfPartition(partition: number): number | null {
    if (this.#leaving.has(partition) || this.#options.monotonic() >= this.#sureUntil) return null
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
    return (this.#beating ??= this.#beatOnce().finally(() => (this.#beating = null)))
  }

  async #beatOnce(): Promise<void> {
    if (this.#isEnded) return
    const { database, monotonic, node, name, version, leaseMs, figures } = this.#options
    const from = monotonic()
    const values = [node, name, version, leaseMs, this.#mustJoin, JSON.stringify(figures())]
    const [row] = await database.query<{ beat: Beat }>(beatStatement, values)
    if (row === undefined || this.#isEnded) return
    const { now, joined, nodes, share, mine } = row.beat
    this.#offset = now - (from + monotonic()) / 2
    this.#nodes = nodes
    if (joined) {
      this.#loseAll()
      this.#stay += 1
    }
    this.#mustJoin = false
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
    const isMore = [...now.keys()].some((partition) => !this.#held.has(partition))
    for (const [partition, lease] of now) this.#held.set(partition, lease)
    if (isMore) this.#each((listener) => listener.gained())
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
      this.#leaving.delete(partition)
    }
    this.#each((listener) => listener.lost(this.#isOf(partitions)))
  }

  #isOf(partitions: ReadonlySet<number>): (run: Placed) => boolean {
    return (run) => partitions.has(partitionOf(run, this.#options.partitions))
  }

  #offerSurplus(share: number): void {
    const staying = [...this.#held.keys()].filter((partition) => !this.#leaving.has(partition))
    const surplus = staying.slice(share)
    if (surplus.length > 0) void this.#handOver(new Set(surplus)).catch(() => undefined)
  }

  /** Runs leave memory first, in peace but not for ever; then others may take them. */
  async #handOver(partitions: ReadonlySet<number>): Promise<void> {
    const { database, node, clock, leaseMs } = this.#options
    const stay = this.#stay
    for (const partition of partitions) this.#leaving.add(partition)
    const isOf = this.#isOf(partitions)
    const gone = Promise.all([...this.#listeners].map((listener) => listener.leaving(isOf))).then(() => true)
    const isGone = await Promise.race([gone, sleep(clock, leaseMs).then(() => false)])
    if (stay !== this.#stay || this.#isEnded) return
    if (!isGone) this.#each((listener) => listener.lost(isOf))
    try {
      await database.query(releaseStatement, [node, [...partitions]])
    } finally {
      // What could not be given up is found by the next sign of life.
      for (const partition of partitions) {
        this.#held.delete(partition)
        this.#leaving.delete(partition)
      }
    }
  }

  #schedule(): void {
    const { clock, leaseMs } = this.#options
    this.#stopBeat = clock.after(leaseMs / 3, () => {
      this.#schedule()
      this.correct()
    })
  }

  /** An append was fenced: the database knows better. */
  correct(): void {
    this.#options.clock.whenQuiet(() => void this.beat().catch(() => undefined))
  }

  #told(payload: string): void {
    if (this.#isEnded) return
    if (payload === 'beat') return this.correct()
    if (payload === 'look') return this.#each((listener) => listener.gained())
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

const beatStatement = { name: 'journal_beat', text: 'SELECT beat_1($1, $2, $3, $4, $5, $6) AS beat' }

const releaseStatement = { name: 'journal_release', text: 'SELECT release_1($1, $2)' }

const mailStatement = {
  name: 'journal_mail',
  text: `SELECT tenant.tenant, run.id AS run FROM (SELECT DISTINCT inbox.run FROM inbox) mail JOIN run ON run.number = mail.run JOIN tenant ON tenant.id = run.tenant
    WHERE run.partition = ANY ($1::int[]) AND run.status < 4 LIMIT $2`,
}
