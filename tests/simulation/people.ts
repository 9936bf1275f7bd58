import { TenonError } from '../../packages/tenon/src/base/errors.ts'
import type { AcceptedEvent, Decision, Engine } from '../../packages/tenon/src/engine/engine.ts'
import type { StoredRun } from '../../packages/tenon/src/journal/memory/state.ts'
import { shipments } from './shape.ts'
import type { Life } from './life.ts'
import type { Simulation } from './simulate.ts'

interface Outgoing {
  readonly event: AcceptedEvent
  /** Attempts that no answer came to, by the process that was asked. */
  open: Life[]
  /** Runs named by the first good answer. */
  runs: readonly string[] | null
  firsts: number
}

export interface SentSignal {
  readonly run: string
  readonly id: string
  readonly at: number
}

const tenant = 'default'

/** Everyone outside: senders of events, persons and programs that signal, cancel, retry and decide. They remember what they were told. */
export class People {
  readonly #simulation: Simulation
  readonly outbox: Outgoing[] = []
  readonly signals: SentSignal[] = []
  readonly cancelled = new Set<string>()
  readonly #decided = new Map<string, number>()
  readonly started = new Set<string>()
  /** Flows that somebody wanted paused, and those of which it is certain that they are. */
  readonly #touched = new Set<string>()
  readonly paused = new Map<string, number>()
  /** Orders to pause or resume that were not answered. */
  #orders: { readonly flow: string; readonly life: Life }[] = []
  #wishes = 0
  #events = 0

  constructor(simulation: Simulation) {
    this.#simulation = simulation
  }

  get isContent(): boolean {
    return this.#touched.size === 0 && this.outbox.every(({ runs }) => runs !== null)
  }

  /** Who waits for an answer of a process that died learns nothing. */
  onDeath(life: Life): void {
    for (const outgoing of this.outbox) outgoing.open = outgoing.open.filter((asked) => asked !== life)
    this.#orders = this.#orders.filter((order) => order.life !== life)
    this.#decided.clear()
  }

  act(): void {
    const { random } = this.#simulation
    const life = this.#simulation.pickLife()
    const engine = life?.engine ?? null
    if (life === null || engine === null) return
    const kind = random.next()
    const isCrowded = this.#simulation.state.runs.size > 12
    if (random.chance(0.06)) this.#pauseOrResume(life)
    else if (kind < 0.4)
      this.#sendNew(life, random.chance(0.6) && !isCrowded ? random.pick(['ordered', 'returned']) : 'delivered')
    else if (kind < 0.52) this.#sendAgain(life)
    else if (kind < 0.6 && !isCrowded) this.#startByHand(engine)
    else if (kind < 0.75) this.#signal(engine)
    else if (kind < 0.82) this.#cancel(engine)
    else if (kind < 0.9) this.#retry(engine)
    else this.#decide(engine)
  }

  /** Once the trouble is over: what was not answered is sent again, what needs a person gets one. */
  clearUp(): void {
    const life = this.#simulation.pickLife()
    const engine = life?.engine ?? null
    if (life === null || engine === null) return
    for (const outgoing of this.outbox)
      if (outgoing.runs === null && outgoing.open.length === 0) this.#send(life, outgoing)
    this.#decide(engine)
    for (const flow of this.#touched) this.#resume(life, flow)
    for (const run of this.#runs((one) => one.status === 'failed' && one.inLine))
      this.#ask(engine.cancel({ tenant, run: run.run, reason: 'cleared up' }))
  }

  #runs(wanted: (run: StoredRun) => boolean): StoredRun[] {
    return [...this.#simulation.durable.runs].filter(wanted)
  }

  #pick(wanted: (run: StoredRun) => boolean): StoredRun | null {
    const runs = this.#runs(wanted)
    return runs.length === 0 ? null : this.#simulation.random.pick(runs)
  }

  #sendNew(life: Life, type: 'ordered' | 'returned' | 'delivered'): void {
    const { random, clock } = this.#simulation
    const event: AcceptedEvent = {
      tenant,
      trigger: 'shop',
      id: `event-${(this.#events += 1)}`,
      type: `shop/${type}`,
      source: 'shop',
      timeMs: clock.now(),
      data:
        type === 'delivered'
          ? { shipment: random.pick(shipments), n: this.#events }
          : { k: random.pick(['a', 'b']), n: this.#events },
      dedupeMs: 30 * 86_400_000,
    }
    const outgoing = { event, open: [], runs: null, firsts: 0 }
    this.outbox.push(outgoing)
    this.#send(life, outgoing)
    if (random.chance(0.2)) this.#send(life, outgoing)
  }

  #sendAgain(life: Life): void {
    if (this.outbox.length > 0) this.#send(life, this.#simulation.random.pick(this.outbox))
  }

  #send(life: Life, outgoing: Outgoing): void {
    const { ledger, clock } = this.#simulation
    outgoing.open.push(life)
    const answered = (): void => void outgoing.open.splice(outgoing.open.indexOf(life), 1)
    ledger.note(`${clock.now()} send ${outgoing.event.type} ${outgoing.event.id}`)
    life.engine?.accept(outgoing.event).then(
      ({ duplicate, runs }) => {
        if (life.isOver) return
        answered()
        ledger.note(`${clock.now()} accepted ${outgoing.event.id} ${duplicate} ${runs.join(' ')}`)
        if (!duplicate && (outgoing.firsts += 1) > 1)
          ledger.problem(`I1: event ${outgoing.event.id} was taken as new twice`)
        const missing = (outgoing.runs ?? []).filter((run) => !runs.includes(run))
        if (missing.length > 0)
          ledger.problem(`I1: a later answer about ${outgoing.event.id} does not name ${missing.join(' ')}`)
        if (outgoing.runs === null || runs.length > outgoing.runs.length) outgoing.runs = runs
      },
      (error: unknown) => {
        if (life.isOver) return
        answered()
        this.#expectRefusal(error)
      },
    )
  }

  #startByHand(engine: Engine): void {
    const { random, flows, ledger } = this.#simulation
    const made = random.pick(flows)
    const again = random.chance(0.3) ? [...this.started][0] : undefined
    const id = again ?? `hand-${(this.#events += 1)}`
    this.started.add(id)
    const flow = again === undefined ? made.name : (this.#simulation.durable.run(id)?.flow ?? made.name)
    ledger.note(`start ${flow} ${id}`)
    const times = random.chance(0.3) ? 3 : 1
    for (let time = 0; time < times; time += 1)
      this.#ask(engine.start({ tenant, flow, input: { k: random.pick(['a', 'b']) }, id }))
  }

  #signal(engine: Engine): void {
    const { random, clock, ledger } = this.#simulation
    const run = this.#pick(({ status }) => status !== 'completed' && status !== 'cancelled' && status !== 'failed')
    if (run === null) return
    const id = `signal-${(this.#events += 1)}`
    ledger.note(`${clock.now()} signal ${id} ${run.run}`)
    const at = clock.now()
    const times = random.chance(0.2) ? 2 : 1
    for (let time = 0; time < times; time += 1) {
      this.#ask(
        engine.signal({ tenant, run: run.run, name: 'go', data: { id }, id }).then(() => {
          if (!this.signals.some((signal) => signal.id === id)) this.signals.push({ run: run.run, id, at })
        }),
      )
    }
  }

  #cancel(engine: Engine): void {
    const run = this.#pick(({ status }) => status !== 'completed' && status !== 'cancelled')
    if (run === null) return
    this.#simulation.ledger.note(`${this.#simulation.clock.now()} cancel ${run.run}`)
    this.#ask(
      engine.cancel({ tenant, run: run.run, reason: 'no longer wanted' }).then(() => void this.cancelled.add(run.run)),
    )
  }

  #pauseOrResume(life: Life): void {
    const { random, flows, ledger, clock } = this.#simulation
    const [touched] = this.#touched
    if (touched !== undefined && random.chance(0.6)) return this.#resume(life, touched)
    const { name } = random.pick(flows)
    ledger.note(`${clock.now()} pause ${name}`)
    this.#touched.add(name)
    const wishes = (this.#wishes += 1)
    this.#order(life, name, 'pause', () => {
      if (wishes === this.#wishes && !this.#isOrdered(name)) this.paused.set(name, clock.now())
    })
  }

  #resume(life: Life, flow: string): void {
    const { ledger, clock } = this.#simulation
    ledger.note(`${clock.now()} resume ${flow}`)
    const wishes = (this.#wishes += 1)
    this.paused.delete(flow)
    this.#order(life, flow, 'resume', () => {
      if (wishes === this.#wishes && !this.#isOrdered(flow)) this.#touched.delete(flow)
    })
  }

  #isOrdered(flow: string): boolean {
    return this.#orders.some((order) => order.flow === flow)
  }

  // Orders given to several processes may take effect in another order than they were given in.
  #order(life: Life, flow: string, what: 'pause' | 'resume', onDone: () => void): void {
    const order = { flow, life }
    this.#orders.push(order)
    const answered = (): void => void (this.#orders = this.#orders.filter((other) => other !== order))
    const asked = life.engine?.[what]({ tenant, flow }) ?? Promise.resolve()
    this.#ask(asked.finally(answered).then(onDone))
  }

  #retry(engine: Engine): void {
    const run = this.#pick(({ status }) => status === 'failed')
    if (run === null) return
    this.#simulation.ledger.note(`${this.#simulation.clock.now()} retry ${run.run}`)
    this.#ask(engine.retry({ tenant, run: run.run }))
  }

  // The truth is known from the provider's record.
  #decide(engine: Engine): void {
    const { random, durable, provider, ledger, clock } = this.#simulation
    for (const run of this.#runs(({ status }) => status === 'parked')) {
      for (const step of unknownSteps(durable.entries(run.run))) {
        const seq = run.lastSeq
        if (this.#decided.get(`${run.run} ${step}`) === seq || provider.isPending(run.run, step)) continue
        this.#decided.set(`${run.run} ${step}`, seq)
        const effect = provider.effectsOf(run.run, step).at(-1)
        const decision: Decision = random.chance(0.3)
          ? { kind: 'retry' }
          : effect === undefined
            ? { kind: 'did-not-happen' }
            : { kind: 'happened', result: effect.output }
        if (decision.kind === 'retry') provider.allow(run.run, step)
        ledger.note(`${clock.now()} decide ${run.run} ${step} ${decision.kind}`)
        this.#ask(
          engine.decide({ tenant, run: run.run, step, decision, by: 'ada' }).catch((error: unknown) => {
            this.#decided.delete(`${run.run} ${step}`)
            throw error
          }),
        )
      }
    }
  }

  #ask(asked: Promise<unknown>): void {
    asked.then(
      () => undefined,
      (error: unknown) => this.#expectRefusal(error),
    )
  }

  #expectRefusal(error: unknown): void {
    const { ledger } = this.#simulation
    const expected = ['JOURNAL_UNAVAILABLE', 'ORDER_REFUSED', 'NOT_FOUND', 'RUN_NOT_RETRYABLE', 'DRAINING']
    if (!TenonError.is(error) || !expected.includes(error.code))
      ledger.problem(`an unexpected refusal: ${String(error instanceof Error ? error.stack : error)}`)
    else ledger.note(`refused ${error.message}`)
  }
}

function unknownSteps(entries: readonly { readonly kind: string; readonly step: string | null }[]): string[] {
  const last = new Map<string, string>()
  for (const { kind, step } of entries) if (step !== null) last.set(step, kind)
  return [...last].filter(([, kind]) => kind === 'unknown').map(([step]) => step)
}
