// Three handles of the journal on one PostgreSQL: each is killed, stopped and cut off, the server ends and comes back, and everything that is asked and answered is kept.
import { sleep, systemClock } from '../../packages/tenon/src/base/clock.ts'
import type { Journal } from '../../packages/tenon/src/journal/journal.ts'
import { postgresJournal, type PostgresJournal } from '../../packages/tenon/src/journal/postgres.ts'
import { entry, epochOf, event, start, startMessage, tenant } from '../../packages/tenon/src/journal/suite/make.ts'
import { type PostgresServer, startPostgres } from '../../packages/tenon/src/postgres/postgres.fixture.ts'
import { type Proxy, startProxy } from '../../packages/tenon/src/postgres/proxy.fixture.ts'
import { haltingClock } from '../../packages/tenon/src/testing/virtual-clock.ts'
import { type Random, seeded } from '../chaos/random.ts'
import type { Call } from './checker.ts'
import type { EventOperation, RunOperation } from './models.ts'

export interface WorldOptions {
  readonly seconds: number
  readonly seed: number
  /** Stands between the handles and those who use them: a bug that must be found. */
  readonly plant?: (journal: Journal) => Journal
}

export interface Histories {
  readonly runs: ReadonlyMap<string, readonly Call<RunOperation>[]>
  readonly events: ReadonlyMap<string, readonly Call<EventOperation>[]>
  /** How often each thing went wrong. */
  readonly wrongs: Readonly<Record<string, number>>
}

const handleCount = 3
const lanesOfEach = 2
const leaseMs = 1500
/** So many runs, and events, are asked about at a time, each for so long. */
const windowSize = 10
const lifeMs = 6000
/** A call that takes longer counts as one without an answer. */
const longestCallMs = 10_000

interface Handle {
  journal: Journal | null
  own: PostgresJournal | null
  clock: ReturnType<typeof haltingClock>
  readonly proxy: Proxy
  isInTrouble: boolean
  /** What those who use it remember, which may be old: epochs and last numbers by run, and appends without an answer. */
  readonly epochs: Map<string, number>
  readonly lastSeqs: Map<string, number>
  readonly unanswered: Map<string, { after: number; body: string; epoch: number }>
}

/** Keeps what was asked, when, and how it was answered. */
class Recorder<Operation> {
  readonly calls: Map<string, Call<Operation>[]> = new Map()

  async call<Answer>(
    key: string,
    act: () => Promise<Answer>,
    operationOf: (answer: Answer | null) => Operation,
  ): Promise<Answer | null> {
    const from = performance.now()
    const answer = await Promise.race([act().catch(() => null), sleep(systemClock, longestCallMs).then(() => null)])
    this.keep(key, { operation: operationOf(answer), from, to: answer === null ? null : performance.now() })
    return answer
  }

  keep(key: string, call: Call<Operation>): void {
    const calls = this.calls.get(key)
    if (calls === undefined) this.calls.set(key, [call])
    else calls.push(call)
  }
}

class World {
  readonly runs: Recorder<RunOperation> = new Recorder()
  readonly events: Recorder<EventOperation> = new Recorder()
  readonly wrongs: Record<string, number> = {}
  readonly #options: WorldOptions
  readonly #random: Random
  readonly #server: PostgresServer
  readonly #database: string
  readonly #handles: Handle[] = []
  readonly #began = performance.now()
  #unique = 0

  constructor(options: WorldOptions, server: PostgresServer, database: string) {
    this.#options = options
    this.#random = seeded(options.seed)
    this.#server = server
    this.#database = database
  }

  get #isOver(): boolean {
    return performance.now() - this.#began > this.#options.seconds * 1000
  }

  async run(): Promise<void> {
    for (let number = 0; number < handleCount; number += 1) {
      const proxy = await startProxy(() => this.#server.port)
      const maps = { epochs: new Map(), lastSeqs: new Map(), unanswered: new Map() }
      this.#handles.push({
        journal: null,
        own: null,
        clock: haltingClock(systemClock),
        proxy,
        isInTrouble: false,
        ...maps,
      })
    }
    try {
      await Promise.all(this.#handles.map((handle) => this.#open(handle)))
      const lanes = this.#handles.flatMap((handle) =>
        Array.from({ length: lanesOfEach }, () => this.#useUntilOver(handle)),
      )
      await Promise.all([...lanes, this.#goWrongUntilOver(), this.#goWrongUntilOver()])
    } finally {
      for (const { own, proxy } of this.#handles) {
        own?.kill()
        await proxy.close()
      }
    }
  }

  async #open(handle: Handle): Promise<void> {
    const clock = (handle.clock = haltingClock(systemClock))
    const url = this.#server.url(this.#database, handle.proxy.port)
    while (handle.own === null && !this.#isOver) {
      handle.own = await postgresJournal({ url, clock, leaseMs, partitions: 4 }).catch(() => null)
      if (handle.own === null) await sleep(systemClock, 50)
    }
    handle.journal = handle.own === null ? null : (this.#options.plant?.(handle.own) ?? handle.own)
  }

  async #useUntilOver(handle: Handle): Promise<void> {
    const random = this.#random
    while (!this.#isOver) {
      const { journal } = handle
      if (journal !== null) await this.#use(handle, journal)
      await sleep(systemClock, random.between(5, 60))
    }
  }

  async #use(handle: Handle, journal: Journal): Promise<void> {
    const random = this.#random
    const at = Math.floor((performance.now() - this.#began) / lifeMs) * windowSize + random.between(0, windowSize - 1)
    if (random.chance(0.15)) return this.#deliver(journal, `t/${at}`)
    const run = `r${at}`
    const epoch = epochOf(journal, run)
    const now = performance.now()
    if (epoch > 0) {
      this.runs.keep(run, { operation: { kind: 'hold', epoch }, from: now, to: now })
      if (!random.chance(0.2)) handle.epochs.set(run, epoch)
    }
    if (!handle.lastSeqs.has(run)) await this.#start(handle, journal, run)
    else if (random.chance(0.2)) await this.#read(handle, journal, run)
    else await this.#append(handle, journal, run)
  }

  async #start({ lastSeqs }: Handle, journal: Journal, run: string): Promise<void> {
    const receipt = await this.runs.call(
      run,
      () => journal.deliver(startMessage(run)),
      (answer) => ({ kind: 'start', ...(answer !== null && { answer: answer.outcome as 'written' | 'duplicate' }) }),
    )
    if (receipt !== null) lastSeqs.set(run, 0)
  }

  async #read({ lastSeqs }: Handle, journal: Journal, run: string): Promise<void> {
    const from = performance.now()
    const entries = await Promise.race([
      journal.entries(tenant, run).catch(() => null),
      sleep(systemClock, longestCallMs).then(() => null),
    ])
    if (entries === null) return
    const bodies = entries.map(({ body }) => JSON.parse(body) as string)
    this.runs.keep(run, { operation: { kind: 'read', bodies }, from, to: performance.now() })
    lastSeqs.set(run, bodies.length)
  }

  async #append(handle: Handle, journal: Journal, run: string): Promise<void> {
    const { epochs, lastSeqs, unanswered } = handle
    const again = this.#random.chance(0.7) ? unanswered.get(run) : undefined
    const write = again ?? {
      after: lastSeqs.get(run) ?? 0,
      body: String((this.#unique += 1)),
      epoch: epochs.get(run) ?? 0,
    }
    if (write.epoch === 0) return
    const { after, body, epoch } = write
    const receipt = await this.runs.call(
      run,
      () => journal.append({ tenant, run, epoch, after, entries: [entry(body)] }),
      (answer) => ({ kind: 'append', epoch, after, body, ...(answer !== null && { answer }) }),
    )
    if (receipt === null) unanswered.set(run, write)
    else unanswered.delete(run)
    if (receipt?.outcome === 'written' || receipt?.outcome === 'duplicate') lastSeqs.set(run, after + 1)
    else if (receipt?.outcome === 'conflict') lastSeqs.set(run, receipt.lastSeq)
  }

  async #deliver(journal: Journal, key: string): Promise<void> {
    const run = `of-event-${(this.#unique += 1)}`
    await this.events.call(
      key,
      () => journal.deliver(event(key, { starts: [start(run)] })),
      (answer) => {
        if (answer === null || answer.outcome === 'refused') return { run }
        const runs = answer.outcome === 'written' ? answer.started.map((one) => one.run) : answer.runs
        return { run, answer: { outcome: answer.outcome, runs } }
      },
    )
  }

  async #goWrongUntilOver(): Promise<void> {
    const random = this.#random
    while (!this.#isOver) {
      await sleep(systemClock, random.between(100, 800))
      const free = this.#handles.filter(({ isInTrouble }) => !isInTrouble)
      const handle = random.pick(free)
      handle.isInTrouble = true
      const name = random.pick(['kill', 'stop', 'stop', 'cut', 'restart'] as const)
      this.wrongs[name] = (this.wrongs[name] ?? 0) + 1
      if (name === 'kill') await this.#kill(handle)
      else if (name === 'stop') await this.#stop(handle)
      else if (name === 'cut') await this.#cut(handle)
      else await this.#restartServer()
      handle.isInTrouble = false
    }
  }

  #restarting: Promise<void> | null = null

  #restartServer(): Promise<void> {
    const again = async (): Promise<void> => {
      await this.#server.kill()
      await this.#server.start()
    }
    return (this.#restarting ??= again().finally(() => (this.#restarting = null)))
  }

  // What it has sent may arrive after its end; no answer does.
  async #kill(handle: Handle): Promise<void> {
    handle.proxy.blackhole()
    await sleep(systemClock, this.#random.between(0, 60))
    handle.own?.kill()
    handle.own = handle.journal = null
    this.#heal(handle)
    await sleep(systemClock, this.#random.between(0, 2500))
    await this.#open(handle)
  }

  // What it had sent waits on the way, and arrives when others have gone on.
  async #stop(handle: Handle): Promise<void> {
    const { clock } = handle
    clock.halt()
    handle.proxy.blackhole()
    await sleep(systemClock, this.#random.between(300, 3500))
    clock.goOn()
    this.#heal(handle)
  }

  async #cut(handle: Handle): Promise<void> {
    handle.proxy.cut()
    await sleep(systemClock, this.#random.between(100, 2000))
    this.#heal(handle)
  }

  /** No network is without delay: most of the time something is on its way. */
  #heal({ proxy }: Handle): void {
    proxy.heal()
    proxy.delay(this.#random.between(0, 15))
  }
}

/** Uses the journal for so long, whatever goes wrong. */
export async function histories(options: WorldOptions): Promise<Histories> {
  const server = await startPostgres()
  try {
    const world = new World(options, server, await server.newDatabase())
    await world.run()
    return { runs: world.runs.calls, events: world.events.calls, wrongs: world.wrongs }
  } finally {
    await server.remove()
  }
}
