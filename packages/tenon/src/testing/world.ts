import { sleep, systemClock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import type { App } from '../definition/app.ts'
import type { Engine, Happening } from '../engine/engine.ts'
import { loadPolicies } from '../outbound/pipeline.ts'
import type { Log } from '../telemetry/telemetry.ts'
import { Attempts } from './attempts.ts'
import { inProcessTransport } from './in-process-transport.ts'
import { Life, tenant } from './life.ts'
import { Providers } from './providers.ts'
import { seededIds, seededRandom } from './seeded.ts'
import { virtualClock, type VirtualClock } from './virtual-clock.ts'

export interface WorldOptions {
  readonly app: App
  readonly seed: number
  readonly startMs: number
  readonly pace: number
  /** Real time that the user's own code may take. */
  readonly patienceMs: number
  readonly log: Log
}

/** How far time may pass for something that was asked for and needs a moment. */
const momentMs = 60_000

/** The process, the providers around it, and the time in which they live. Nothing in it moves by itself. */
export class World {
  readonly clock: VirtualClock
  readonly attempts: Attempts = new Attempts()
  readonly trace: Happening[] = []
  readonly #options: WorldOptions
  readonly #random: () => number
  readonly #newId: (nowMs: number) => string
  #providers: Providers | null = null
  #life: Life | null = null
  #app: App
  #revived = Promise.withResolvers<void>()

  constructor(options: WorldOptions) {
    const { seed, startMs } = options
    this.#options = options
    this.#app = options.app
    this.clock = virtualClock({ startMs, isDriven: true })
    this.#random = seededRandom(seed, 'engine')
    this.#newId = seededIds(seededRandom(seed, 'ids'))
  }

  async open(): Promise<void> {
    const { app, seed, pace, log } = this.#options
    this.#providers = await Providers.open({
      app,
      seed,
      pace,
      log,
      clock: this.clock,
      receive: async (...webhook) => (await this.#life?.receive(...webhook)) ?? null,
    })
    await this.settle()
  }

  get providers(): Providers {
    if (this.#providers === null) throw new TenonError('INTERNAL', 'the providers are not there yet')
    return this.#providers
  }

  get life(): Life {
    if (this.#life === null) throw new TenonError('INTERNAL', 'the process is not there yet')
    return this.#life
  }

  get app(): App {
    return this.#app
  }

  /** The process dies; whatever moves next brings it back, on other code where some is given. */
  crash(app: App = this.#app): void {
    this.#app = app
    this.life.crash()
  }

  /** Asks the engine, after a crash the next one: as whoever gets no answer asks again. */
  async ask<Answer>(question: (engine: Engine) => Promise<Answer>): Promise<Answer> {
    return this.perform(async () => {
      for (;;) {
        const said = await this.life.ask(question)
        if (said !== null) return said.answer
        await this.#revived.promise
      }
    })
  }

  /** Does something, and lets everything happen that follows from it without time passing. */
  async perform<Result>(work: () => Promise<Result>): Promise<Result> {
    let isOver = false
    const working = work().finally(() => {
      isOver = true
    })
    working.catch(() => undefined)
    await this.settle()
    // What was asked for may need a moment itself, such as an event that waits for its turn.
    const limit = this.clock.now() + momentMs
    while (!isOver && this.clock.next !== null && this.clock.next <= limit) await this.#pass(this.clock.next)
    if (!isOver)
      throw new TenonError('TIMEOUT', 'what the test asked for was not answered within a minute of virtual time')
    return working
  }

  /** Lets time pass: whatever is due happens at its moment, and all that follows from it before time goes on. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.now() + ms
    await this.settle()
    while (this.clock.next !== null && this.clock.next <= end) await this.#pass(this.clock.next)
    await this.clock.advance(end - this.clock.now())
  }

  /** Until nothing can happen without time passing. */
  async settle(): Promise<void> {
    const { patienceMs } = this.#options
    let limit = systemClock.now() + patienceMs
    let known = this.trace.length
    for (;;) {
      await this.clock.settle()
      if (this.#life?.isAlive !== true) {
        await this.#recover()
        continue
      }
      const busy = this.#busy()
      if (!busy) return
      if (this.trace.length > known) {
        known = this.trace.length
        limit = systemClock.now() + patienceMs
      }
      // Own code awaits something real: only real time brings it on.
      if (systemClock.now() > limit) throw await this.#restless()
      await sleep(systemClock, 1)
    }
  }

  async close(): Promise<void> {
    const closing = Promise.all([this.#life?.close(), this.#providers?.close()])
    await this.clock.settle()
    await closing
  }

  async #pass(at: number): Promise<void> {
    await this.clock.advance(at - this.clock.now())
    await this.settle()
  }

  // A run is in memory only while a step of it is in flight. Calls end at simulators, where nothing but virtual time is waited for.
  #busy(): boolean {
    const { inFlight } = this.attempts
    for (const { kind } of inFlight) if (kind === 'run') return true
    return this.life.activity.inProgress > new Set([...inFlight].map(({ run }) => run)).size
  }

  async #recover(): Promise<void> {
    const { log } = this.#options
    const { attempts, clock, providers } = this
    const policies = await loadPolicies()
    const life = new Life({
      app: this.#app,
      state: this.#life?.state ?? null,
      connections: providers.connections,
      policies,
      clock,
      attempts,
      random: this.#random,
      newId: this.#newId,
      log,
      hear: (happening) => void this.trace.push(happening),
      transportFor: (connection, clock, tls) =>
        inProcessTransport({
          simulator: providers.of(connection),
          clock,
          attempts,
          ...(tls && { clientCertificate: tls.certificate }),
        }),
    })
    this.#life = life
    providers.subscribe(this.#app)
    const opening = life.open()
    opening.catch(() => life.crash())
    await clock.settle()
    await opening
    const revived = this.#revived
    this.#revived = Promise.withResolvers()
    revived.resolve()
  }

  async #restless(): Promise<TenonError> {
    const { patienceMs } = this.#options
    const own = [...this.attempts.inFlight].filter(({ kind }) => kind === 'run')
    const said = await this.life.ask((engine) => engine.list({ tenant, status: ['ready'], limit: 10 }))
    const runs = (said?.answer.runs ?? []).filter(({ run }) => !own.some((tried) => tried.run === run))
    const waits = [
      ...own.map(
        ({ run, flow, step }) => `the function of step ${step} of run ${run} (${flow}), which has not returned`,
      ),
      ...runs.map(({ run, flow }) => `run ${run} (${flow}), whose function awaits something that is not a step`),
    ]
    return new TenonError(
      'TIMEOUT',
      `the app did not settle within ${patienceMs} ms: it waits for ${waits.join('; ')}. Raise patience where real work takes longer.`,
    )
  }
}
