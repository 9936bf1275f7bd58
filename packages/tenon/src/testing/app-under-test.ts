import { durationMs } from '../base/duration.ts'
import { messageOf, TenonError } from '../base/errors.ts'
import type { App, SimulatorDefinition } from '../definition/app.ts'
import { shown } from '../definition/problem.ts'
import { isEventTrigger } from '../trigger/trigger.ts'
import type { Connector } from '../definition/connector.ts'
import type { Flow } from '../definition/flow.ts'
import type { EventTrigger } from '../definition/trigger.ts'
import type { Decision, Engine, Happening } from '../engine/engine.ts'
import type { RunRow } from '../journal/journal.ts'
import type { Plan } from './attempts.ts'
import { tenant } from './life.ts'
import { testRun } from './run-view.ts'
import { soundApp } from './sound-app.ts'
import { plannedFault, type StepFault } from './step-fault.ts'
import { namesStep, requireStepName } from './step-name.ts'
import type { Delivered } from './test-app.ts'
import { testSimulator, type TestSimulator } from './test-simulator.ts'
import type { RunOf, RunReference, StartOptions } from './typed.ts'
import type { World } from './world.ts'

const pageSize = 200

/** What `testApp` gives, without its types: one thing after the other, each until nothing moves. */
export class AppUnderTest {
  readonly #world: World
  #last: Promise<unknown> = Promise.resolve()
  #events = 0
  #closing: Promise<void> | null = null

  constructor(world: World) {
    this.#world = world
  }

  get now(): Date {
    return new Date(this.#world.clock.now())
  }

  get trace(): readonly Happening[] {
    return this.#world.trace
  }

  deliver(
    trigger: EventTrigger,
    data: unknown,
    options: { readonly id?: string; readonly connection?: string } = {},
  ): Promise<Delivered> {
    return this.#act(async () => {
      if (!isEventTrigger(trigger))
        throw new TenonError('INPUT_INVALID', `${shown(trigger)} is no event: write it as connector.on('type')`)
      const { connector, type } = trigger
      const id = options.id ?? `${type}-${(this.#events += 1)}`
      return this.#world.ask(async () => {
        const webhook = this.#world.life.webhook(connector.name, options.connection)
        const accepting = webhook.accept({ id, type, data, timeMs: this.#world.clock.now() })
        if (accepting !== null) return new Delivery(await accepting)
        throw new TenonError('INPUT_INVALID', `no flow starts from or waits for ${connector.name}/${type}`)
      })
    })
  }

  simulator(which: string | Connector, connection?: string): TestSimulator<SimulatorDefinition> {
    this.#requireOpen()
    const simulator = this.#world.providers.find(typeof which === 'string' ? which : which.name, connection)
    return testSimulator(simulator, (work) => this.#act(() => this.#world.perform(work)))
  }

  start(flow: Flow | string, input?: unknown, { id }: StartOptions = {}): Promise<{ run: string; duplicate: boolean }> {
    return this.#ask(async (engine) =>
      engine.start({ tenant, flow: this.#flow(flow), input, ...(id !== undefined && { id }) }),
    )
  }

  signal(run: RunReference, name: string, data?: unknown, { id }: StartOptions = {}): Promise<void> {
    return this.#ask((engine) => engine.signal({ tenant, run: idOf(run), name, data, ...(id !== undefined && { id }) }))
  }

  decide(run: RunReference, step: string, kind: Decision['kind'], result?: unknown): Promise<void> {
    return this.#ask(async (engine) => {
      const view = await this.#world.life.story(idOf(run))
      const named = view?.steps.find(({ name }) => namesStep(step, name))?.name ?? step
      const decision: Decision = kind === 'happened' ? { kind, result } : { kind }
      await engine.decide({ tenant, run: idOf(run), step: named, decision, by: 'test' })
    })
  }

  retry(run: RunReference): Promise<void> {
    return this.#ask((engine) => engine.retry({ tenant, run: idOf(run) }))
  }

  startAnew(run: RunReference): Promise<{ readonly run: string }> {
    return this.#ask((engine) => engine.startAnew({ tenant, run: idOf(run) }))
  }

  cancel(run: RunReference, reason = 'cancelled by the test'): Promise<void> {
    return this.#ask((engine) => engine.cancel({ tenant, run: idOf(run), reason }))
  }

  advance(time: string | Date): Promise<void> {
    return this.#act(async () => {
      const ms =
        time instanceof Date ? time.getTime() - this.#world.clock.now() : durationMs(time, 'the time to advance')
      if (ms >= 0) return this.#world.advance(ms)
      throw new TenonError('INPUT_INVALID', `time goes forward only: it is ${this.now.toISOString()}`)
    })
  }

  settled(): Promise<void> {
    return this.#act(() => this.#world.settle())
  }

  failAt(step: string, fault: StepFault = 'refused'): Plan {
    this.#requireStep(step)
    return this.#world.attempts.failAt(step, plannedFault(fault))
  }

  crashAt(step: string, moment: 'before' | 'after'): Plan {
    this.#requireStep(step)
    if (moment !== 'before' && moment !== 'after')
      throw new TenonError('INPUT_INVALID', `the moment is ${JSON.stringify(moment)}; expected 'before' or 'after'`)
    return this.#world.attempts.crashAt(step, moment)
  }

  crash(app?: App): Promise<void> {
    return this.#act(async () => {
      this.#world.crash(app === undefined ? undefined : soundApp(app, this.#world.app.options.simulators ?? []))
      await this.#world.settle()
    })
  }

  run(run?: RunReference): Promise<RunOf<Flow>> {
    return this.#ask(async (engine) => {
      const id = run === undefined ? onlyOf(await listed(engine)) : idOf(run)
      return this.#view(engine, id)
    })
  }

  runs(flow?: Flow | string): Promise<readonly RunOf<Flow>[]> {
    return this.#ask(async (engine) => {
      const rows = await listed(engine, flow === undefined ? undefined : this.#flow(flow))
      return Promise.all(rows.map((row) => this.#view(engine, row.run)))
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#last.then(() => this.#world.close()).then(() => this.#world.attempts.requireHappened())
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.close()
    } catch (error) {
      // At the end of a test that has failed already, some runners show neither this error nor the one before.
      process.emitWarning(messageOf(error))
      throw error
    }
  }

  async #view(engine: Engine, run: string): Promise<RunOf<Flow>> {
    const view = await this.#world.life.story(run)
    if (view === null) throw new TenonError('NOT_FOUND', `there is no run ${run}; ${named(await listed(engine))}`)
    return testRun(view, (step) => this.#world.attempts.inputOf(run, step))
  }

  #ask<Answer>(question: (engine: Engine) => Promise<Answer>): Promise<Answer> {
    return this.#act(() => this.#world.ask(question))
  }

  /** One after the other, in the order in which they were asked for. */
  #act<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closing !== null) return Promise.reject(closed())
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  #requireOpen(): void {
    if (this.#closing !== null) throw closed()
  }

  #requireStep(step: string): void {
    this.#requireOpen()
    requireStepName(step, this.#world.app.options.flows)
  }

  #flow(flow: Flow | string): string {
    const name = typeof flow === 'string' ? flow : flow.name
    const known = this.#world.app.options.flows.map((one) => one.name)
    if (known.includes(name)) return name
    throw new TenonError('NOT_FOUND', `the app has no flow ${name}; it has ${[...new Set(known)].join(', ')}`)
  }
}

class Delivery implements Delivered {
  readonly duplicate: boolean
  readonly runs: readonly string[]

  constructor({ duplicate, runs }: { readonly duplicate: boolean; readonly runs: readonly string[] }) {
    this.duplicate = duplicate
    this.runs = runs
  }

  get run(): string {
    const [first, second] = this.runs
    if (first === undefined) throw new TenonError('NOT_FOUND', 'the event started no run, and none waited for it')
    if (second !== undefined)
      throw new TenonError('INPUT_INVALID', `the event started or reached ${this.runs.length} runs: look at runs`)
    return first
  }
}

function closed(): TenonError {
  return new TenonError('FORBIDDEN', 'this test app is closed: bring up another one by testApp')
}

function idOf(run: RunReference): string {
  return typeof run === 'string' ? run : run.run
}

/** In the order in which they were started. */
async function listed(engine: Engine, flow?: string): Promise<readonly RunRow[]> {
  const rows: RunRow[] = []
  let before: string | null = null
  do {
    const query = { tenant, limit: pageSize, ...(flow !== undefined && { flow }), ...(before !== null && { before }) }
    const page: Awaited<ReturnType<Engine['list']>> = await engine.list(query)
    rows.push(...page.runs)
    before = page.next
  } while (before !== null)
  return rows.toReversed()
}

function onlyOf(rows: readonly RunRow[]): string {
  const [first, second] = rows
  if (first === undefined) throw new TenonError('NOT_FOUND', 'there is no run: nothing has started one yet')
  if (second !== undefined)
    throw new TenonError('INPUT_INVALID', `there is more than one run: name one of them. ${named(rows)}`)
  return first.run
}

function named(rows: readonly RunRow[]): string {
  if (rows.length === 0) return 'there are none'
  return `there are ${rows
    .slice(0, 10)
    .map(({ run, flow, status }) => `${run} (${flow}, ${status})`)
    .join(', ')}${rows.length > 10 ? ' …' : ''}`
}
