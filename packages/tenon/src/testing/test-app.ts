import { durationMs, type Duration } from '../base/duration.ts'
import type { App, SimulatorDefinition } from '../definition/app.ts'
import type { Flow } from '../definition/flow.ts'
import type { EventTrigger } from '../definition/trigger.ts'
import type { Happening } from '../engine/engine.ts'
import { silentLog, type Log } from '../telemetry/telemetry.ts'
import { AppUnderTest } from './app-under-test.ts'
import type { Plan } from './attempts.ts'
import { soundApp } from './sound-app.ts'
import type { StepFault } from './step-fault.ts'
import type { TestSimulator } from './test-simulator.ts'
import type {
  ConnectorNameOf,
  FlowNamed,
  RunOf,
  RunReference,
  SignalArguments,
  SignalName,
  SimulatorFor,
  StartArguments,
  StepName,
} from './typed.ts'
import { World } from './world.ts'

export interface TestAppOptions<More extends readonly SimulatorDefinition[] = readonly SimulatorDefinition[]> {
  /** Decides about every id, pause and fault by chance: the same seed, the same story. Default 1. */
  readonly seed?: number
  /** When the test begins; default is the beginning of 2026. Time stands still but for `advance`. */
  readonly start?: Date
  /** Simulators beside those of the app; one for the same connector takes the place of the app's. */
  readonly simulators?: More
  /** Factor on the delays of what simulators let happen by themselves; default 1. */
  readonly pace?: number
  /** Real time that own code in `step.run` may take before the test gives up on it; default 2 s. */
  readonly patience?: Duration
  /** Hears what the app would write to its log; default nobody. */
  readonly log?: Log
}

/** What came of an event. */
export interface Delivered {
  /** True when an event with this id had come before: nothing was started. */
  readonly duplicate: boolean
  /** Runs that it started or reached; for a duplicate, those of the first. */
  readonly runs: readonly string[]
  /** The only one of them. Throws `NOT_FOUND` when there is none, `INPUT_INVALID` when there are several. */
  readonly run: string
}

/**
 * An app at work in the process of its test: the real engine on a journal in memory and a clock that stands still, simulators in place of all providers, and no network.
 * Each method lets everything happen that follows from it and needs no time, and resolves when nothing moves any more. Whatever needs time waits for `advance`.
 * All reject with `FORBIDDEN` after `close`, and with `TIMEOUT` when the user's own code does not come to rest.
 */
export interface TestApp<
  F extends Flow = Flow,
  S extends SimulatorDefinition = SimulatorDefinition,
> extends AsyncDisposable {
  /** The time in which the app lives. */
  readonly now: Date
  /** Everything that the engine told so far, over all lives of the process. */
  readonly trace: readonly Happening[]

  /** Lets an event come in, as a genuine webhook of the provider would bring it. The same `id` again is a duplicate. Rejects with `INPUT_INVALID` for data that the event cannot carry. */
  deliver<Data>(
    trigger: EventTrigger<Data, never> | EventTrigger<Data, string>,
    data: NoInfer<Data>,
    options?: { readonly id?: string; readonly connection?: string },
  ): Promise<Delivered>
  /** A provider's stand-in: makes events happen (signed, by way of the real webhook), and shows what it was asked. Throws `NOT_FOUND`. */
  simulator<Which extends ConnectorNameOf<S> | S['connector']>(
    connector: Which,
    connection?: string,
  ): TestSimulator<SimulatorFor<S, Which>>
  /** Starts a flow by hand. */
  start<G extends F>(
    flow: G,
    ...input: StartArguments<G>
  ): Promise<{ readonly run: string; readonly duplicate: boolean }>
  start<Name extends F['name']>(
    flow: Name,
    ...input: StartArguments<FlowNamed<F, Name>>
  ): Promise<{ readonly run: string; readonly duplicate: boolean }>
  /** Sends a message to a waiting run. */
  signal<Name extends SignalName<F>>(run: RunReference, name: Name, ...data: SignalArguments<F, Name>): Promise<void>
  /** Says what became of a step whose outcome is unknown: it happened, with that result; it did not; or send it again. */
  decide(run: RunReference, step: StepName<F>, decision: 'happened', result: unknown): Promise<void>
  decide(run: RunReference, step: StepName<F>, decision: 'did-not-happen' | 'retry'): Promise<void>
  /** A failed run goes on from its failed step, a parked one tries again on the code as it is now. */
  retry(run: RunReference): Promise<void>
  /** Starts a new run with the input of an old one. */
  startAnew(run: RunReference): Promise<{ readonly run: string }>
  cancel(run: RunReference, reason?: string): Promise<void>

  /** Lets that much time pass, or all until then: timers fire in their order, and what each sets off is over before the next one. */
  advance(time: Duration | Date): Promise<void>
  /** Lets everything happen that needs no time. Every other method does so by itself. */
  settled(): Promise<void>

  /**
   * Lets the next try of a step go wrong; default is a refusal for good. For a call the failure comes from the simulator, and through the whole client.
   * A name may leave out the number, and the undo it belongs to. A failure that never comes to pass fails the test at its `close`.
   */
  failAt(step: StepName<F>, fault?: StepFault): Plan
  /** Lets the process die when it next tries a step: before anything of it has left, or after it took effect and before the journal knows. It comes up again by itself. */
  crashAt(step: StepName<F>, moment: 'before' | 'after'): Plan
  /** Lets the process die now, as by `kill -9`: memory is gone, the journal and the providers stay. It comes up again, with another app where one is given, as after a deploy. */
  crash(app?: App): Promise<void>

  /** One run as it is now; without an id the only one there is. Rejects with `NOT_FOUND` or `INPUT_INVALID`. */
  run(run?: RunReference): Promise<RunOf<F>>
  /** All runs in the order in which they were started, of one flow where it is given. */
  runs(): Promise<readonly RunOf<F>[]>
  runs<G extends F>(flow: G): Promise<readonly RunOf<G>[]>
  runs<Name extends F['name']>(flow: Name): Promise<readonly RunOf<FlowNamed<F, Name>>[]>

  /** Ends everything; nothing is left that would keep the process alive. Rejects with `NOT_FOUND` for a `failAt` or `crashAt` that never came to pass. */
  close(): Promise<void>
}

/**
 * Brings an app up for one test. Works with any test runner.
 *
 * <!-- not compiled: a part of a test, whose app is the reader's own -->
 * ```ts
 * import { stripe } from '@tenon/connectors/stripe'
 * import { stripeSimulator } from '@tenon/connectors/stripe/simulator'
 * import { defineApp, defineFlow } from 'tenon'
 * import { testApp } from 'tenon/testing'
 * import { expect, test } from 'vitest'
 *
 * const paid = defineFlow('paid', {
 *   trigger: stripe.on('payment_intent.succeeded'),
 *   run: ({ event }) => event.data.amount,
 * })
 *
 * test('a payment starts its flow', async () => {
 *   await using app = await testApp(defineApp({ flows: [paid], simulators: [stripeSimulator] }))
 *   await app.simulator('stripe').emit('payment_intent.succeeded', { amount: 4900 })
 *   expect(await app.run()).toMatchObject({ status: 'completed', output: 4900 })
 * })
 * ```
 *
 * Rejects with `APP_INVALID` for an app with mistakes, and for a connector that has no simulator.
 */
export async function testApp<
  const Flows extends readonly Flow[],
  const Simulators extends readonly SimulatorDefinition[],
  const More extends readonly SimulatorDefinition[] = readonly [],
>(
  app: App<Flows, Simulators>,
  options: TestAppOptions<More> = {},
): Promise<TestApp<Flows[number], Simulators[number] | More[number]>> {
  const { seed = 1, start = new Date(Date.UTC(2026, 0, 1)), pace = 1, patience = '2s', log = silentLog } = options
  const world = new World({
    app: soundApp(app, options.simulators ?? []),
    seed,
    startMs: start.getTime(),
    pace,
    patienceMs: durationMs(patience, 'patience'),
    log,
  })
  await world.open()
  return new AppUnderTest(world) as unknown as TestApp<Flows[number], Simulators[number] | More[number]>
}
