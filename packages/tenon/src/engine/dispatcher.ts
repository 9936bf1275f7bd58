import type { AppendReceipt, ReachedRun, RunKey, RunRow } from '../journal/journal.ts'
import type { Services } from './command.ts'
import type { DrainReport } from './engine.ts'
import { Execution } from './execution.ts'
import { Expected } from './expected.ts'
import type { Leaving } from './leaving.ts'
import { emptyHistory } from './history.ts'
import { decodeEvent } from './messages.ts'
import { Node, retire } from './node.ts'
import type { Prepared } from './prepare.ts'
import { Pace } from './pace.ts'
import { Pauses } from './pauses.ts'
import { Permits } from './permits.ts'
import { ReadyScan } from './ready-scan.ts'
import { RunMap } from './run-map.ts'
import { RunQueue, type Fresh, type Queued } from './run-queue.ts'
import { Suspects } from './suspects.ts'
import { TakingUp } from './taking-up.ts'
import { tellBegin } from './telling.ts'
import { Wakes } from './wakes.ts'

export interface DispatcherOptions {
  readonly services: Services
  /** Runs in memory at most; the rest waits in the journal. */
  readonly runsInProgress: number
  /** Runs that wait in memory for their turn at most. */
  readonly readyInMemory: number
  /** Where several nodes share the journal: how often is looked for what others wrote. */
  readonly lookEveryMs: number
}

/** Runs ready in memory above which new events are let in more slowly. */
const readyAtOnce = 32

/** Brings runs into memory when they may go on: in order, within limits, each at most once at a time. */
export class Dispatcher {
  readonly #services: Services
  readonly #options: DispatcherOptions
  readonly #queue: RunQueue
  readonly #active = new RunMap<Execution | null>()
  /** Runs whose start is on its way to the journal: `offer` brings them, nothing else may. */
  readonly #expected = new Expected()
  readonly #permits: Permits
  readonly pace: Pace
  readonly #suspects: Suspects
  #isPumping = false
  #isStopped = false
  readonly wakes: Wakes
  readonly pauses: Pauses
  readonly #scan: ReadyScan
  readonly #node: Node
  readonly #takingUp: TakingUp

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.#services = options.services
    this.#queue = new RunQueue(options.readyInMemory)
    this.pace = new Pace(options.services.clock, () => this.#queue.length < readyAtOnce)
    this.#node = new Node(options.services, options.lookEveryMs, {
      inMemory: () => this.inMemory(),
      ready: (runs) => this.ready(runs),
      poke: (runs) => this.ready(runs.filter(({ run }) => this.#active.has(run))),
      look: () => this.#look(),
      usedPermits: (flow) => this.#permits.used(flow),
      waitingFor: (flow) => this.#queue.asideOf(flow),
      onPermits: (flow, count) => {
        for (let number = 0; number < count; number += 1) this.#queue.undefer(flow)
        this.#pump()
      },
    })
    this.#permits = new Permits(
      (flow, version) => this.#services.planOf(flow, version)?.concurrency ?? Number.POSITIVE_INFINITY,
      this.#node.shares,
    )
    this.wakes = new Wakes(options.services, options.readyInMemory, {
      known: () => this.#known(),
      onDue: (runs) => this.ready(runs),
    })
    this.pauses = new Pauses(options.services, () => this.#lookAgain())
    this.#scan = new ReadyScan(options.services, this.pauses, options.readyInMemory, {
      known: () => this.#known(),
      take: (row) => this.#take(row),
      isStopped: () => this.#isStopped,
      onDone: () => this.#pump(),
    })
    this.#suspects = new Suspects(options.services, {
      onTurn: (run) => this.ready([run]),
      onStood: (run) => this.#active.get(run)?.standTrial(),
    })
    this.#takingUp = new TakingUp(options.services, {
      pauses: this.pauses,
      permits: this.#permits,
      suspects: this.#suspects,
      gains: () => this.gains,
      isStopped: () => this.#isStopped,
      begin: (item, prepared) => this.#begin(item, prepared, true),
      release: (item) => this.#release(item),
      setAside: (item) => {
        this.#active.delete(item.run)
        this.#queue.defer(item)
        this.#pump()
      },
      ready: (runs) => this.ready(runs),
      wakes: this.wakes,
    })
  }

  /** Takes up what the journal holds. */
  async start(): Promise<void> {
    this.#node.start()
    await this.pauses.load()
    await this.#scan.scan()
    await this.wakes.look()
  }

  /** What was kept or read before this last changed may not be the latest. */
  get gains(): number {
    return this.#node.gains
  }

  // What others wrote, or had in hands until now.
  async #look(): Promise<void> {
    if (this.#isStopped) return
    await this.pauses.load()
    if (this.#queue.isLow) await this.#scan.scan()
    else this.#scan.isNeeded = true
    await this.wakes.look()
  }

  // What was left out while its flow was paused.
  #lookAgain(): void {
    this.#scan.isNeeded = true
    this.#pump()
    void this.wakes.look()
  }

  /** A run is about to be started here. Balance it with `offer` or `unexpect`, or a scan could begin it beside the answer. */
  expect(run: string): void {
    this.#expected.begin(run)
  }

  unexpect(key: RunKey): void {
    const wasPassedOver = this.#expected.end(key.run)
    if (this.#expected.has(key.run)) return
    if (this.#queue.takeRepeat(key.run) || wasPassedOver) this.ready([key])
  }

  /** What an append said of this and other runs; `null` when a write may have been stored though its answer was lost. */
  heard(receipt: AppendReceipt | null): void {
    if (receipt?.outcome === 'written') return this.#follow(receipt)
    this.#scan.isNeeded = true
    this.#pump()
  }

  /** A run that was just started, with what it was started with: no need to read it again. */
  offer(fresh: Fresh): void {
    const { row } = fresh
    this.#expected.end(row.run)
    if (this.#active.has(row.run)) return
    const { tenant, run, flow, version } = row
    if (this.pauses.has(row)) this.#queue.takeRepeat(run)
    else if (!this.#queue.push({ tenant, run, flow, version, fresh })) this.#scan.isNeeded = true
    this.#pump()
  }

  #take({ tenant, run, flow, version }: RunRow): boolean {
    return this.#active.has(run) || this.#expected.has(run) || this.#queue.push({ tenant, run, flow, version })
  }

  /** Runs that may go on, or have something in their inbox. */
  ready(runs: readonly ReachedRun[]): void {
    for (const key of runs) {
      if (key.elsewhere === true) continue
      const execution = this.#active.get(key.run)
      if (execution !== undefined && execution !== null) execution.poke()
      else if (execution === null || this.#expected.has(key.run) || this.#queue.hasFresh(key.run))
        this.#queue.repeat(key)
      else if (!this.#queue.push({ tenant: key.tenant, run: key.run })) this.#scan.isNeeded = true
    }
    this.#pump()
  }

  /** Fewer runs of that flow wait for their turn than may be in progress. */
  hasRoomFor(flow: string): boolean {
    return this.#queue.length + this.#queue.asideOf(flow) < this.#options.runsInProgress
  }

  get inProgress(): number {
    return this.#active.size
  }

  *inMemory(): Iterable<Execution> {
    for (const execution of this.#active.values()) if (execution !== null) yield execution
  }

  get readied(): number {
    return this.#queue.size
  }

  get nextWake(): number | null {
    return this.wakes.next
  }

  /** Takes up nothing more, gives what is in flight `limitMs` to end, then leaves the rest to the journal. Other nodes need not wait for that: each partition is theirs when none of its runs is in memory. */
  async drain(limitMs: number): Promise<Pick<DrainReport, 'interrupted'>> {
    this.#isStopped = true
    this.wakes.stop()
    this.#node.stop()
    this.#options.services.journal.ownership.membership?.leave()
    const interrupted = await retire(() => [...this.inMemory()], { clock: this.#services.clock, limitMs })
    this.#node.end()
    return { interrupted }
  }

  #known(): ReadonlySet<string> {
    return new Set([...this.#active.keys(), ...this.#queue.known(), ...this.#expected.passOver()])
  }

  #pump(): void {
    if (this.#isPumping || this.#isStopped) return
    this.#isPumping = true
    const toLoad: Queued[] = []
    while (this.#active.size < this.#options.runsInProgress) {
      const item = this.#queue.shift()
      if (item === null) break
      if (!this.#mayBegin(item)) continue
      this.#active.set(item.run, null)
      if (item.fresh === undefined || !this.#beginFresh(item, item.fresh)) toLoad.push(item)
    }
    this.#isPumping = false
    if (toLoad.length > 0) void this.#takingUp.load(toLoad)
    this.pace.look()
    if (this.#scan.isNeeded && this.#queue.isLow) void this.#scan.scan()
  }

  // With a permit of its flow. Of a paused one it stays in the journal, where it is found when that is resumed; its turn is for the next, who may be another tenant's.
  #mayBegin(item: Queued): boolean {
    const { tenant, run, flow, version = 1, isResting = false } = item
    if (flow === undefined) return true
    const hasPermit = this.#permits.take(flow, version)
    if (!hasPermit) this.#queue.defer(item)
    if (!hasPermit || isResting || !this.pauses.has({ tenant, flow })) return hasPermit
    this.#queue.takeRepeat(run)
    this.#permits.give(flow)
    this.#queue.undefer(flow)
    return false
  }

  // False when somebody else may have begun it since: the journal knows.
  #beginFresh(item: Queued, { row, input, gains }: Fresh): boolean {
    const epoch = gains === this.gains ? this.#services.journal.ownership.epochOf(row) : null
    if (epoch === null) return false
    this.#begin(item, { row, epoch, event: decodeEvent(input), history: emptyHistory, inbox: [] }, false)
    return true
  }

  #begin(item: Queued, prepared: Prepared, isResumed: boolean): void {
    const { row } = prepared
    const plan = this.#services.planOf(row.flow, row.version)
    if (plan === null) return this.#release(item)
    const execution = new Execution({
      ...prepared,
      plan,
      services: this.#services,
      isResumed,
      isDry: false,
      onLeft: (leaving) => this.#left(item, row, leaving),
    })
    this.#active.set(row.run, execution)
    tellBegin(row, this.#services)
    execution.start()
    if (this.#queue.takeRepeat(row.run)) execution.poke()
  }

  #left(item: Queued, row: RunRow, leaving: Leaving): void {
    this.#release(item)
    if (leaving.wakeAt !== null) this.wakes.note(leaving.wakeAt)
    // Perhaps called back in the moment in which it left.
    if (this.wakes.isHurried(item.run)) this.ready([item])
    if (leaving.how !== 'lost' || this.#services.journal.ownership.epochOf(row) === null) return
    this.#services.clock.after(1000, () => this.ready([item]))
  }

  #follow(receipt: Extract<AppendReceipt, { outcome: 'written' }>): void {
    if (receipt.readied.length > 0) this.ready(receipt.readied)
    if (receipt.reached.length > 0) this.ready(receipt.reached)
  }

  #release(item: Queued): void {
    this.#active.delete(item.run)
    this.#suspects.leave(item.run)
    if (item.flow !== undefined) {
      this.#permits.give(item.flow)
      this.#queue.undefer(item.flow)
    }
    if (this.#queue.takeRepeat(item.run) && !this.#queue.push({ tenant: item.tenant, run: item.run }))
      this.#scan.isNeeded = true
    this.#pump()
  }
}
