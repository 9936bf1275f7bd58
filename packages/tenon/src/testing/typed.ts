// What the types of an app say: only types.
import type { Connector, ConnectionReference } from '../definition/connector.ts'
import type { SimulatorDefinition } from '../definition/app.ts'
import type { Flow, FlowInput, FlowOutput, FlowTypes, Uses } from '../definition/flow.ts'
import type { DataOf, SignalSource } from '../definition/trigger.ts'
import type { RunView, StepView } from '../engine/view.ts'
import type { Effect, SeenRequest } from '../simulator/simulator.ts'

/** A run: its id, or anything that names it as `run`. */
export type RunReference = string | { readonly run: string }

export type FlowNamed<F extends Flow, Name> = Extract<F, { readonly name: Name }>

/** What a flow is started with; nothing where it takes none, anything where its type is not known. */
export type StartArguments<F extends Flow> = [FlowInput<F>] extends [never]
  ? [input?: unknown, options?: StartOptions]
  : undefined extends FlowInput<F>
    ? [input?: FlowInput<F>, options?: StartOptions]
    : [input: FlowInput<F>, options?: StartOptions]

export interface StartOptions {
  /** The same again starts nothing. */
  readonly id?: string
}

type OperationsOf<U> =
  U extends ConnectionReference<infer C>
    ? OperationsOf<C>
    : U extends Connector<string, infer Ops>
      ? keyof Ops & string
      : never

type CallOf<U> = U extends Uses
  ? { [Alias in keyof U & string]: `${Alias}.${OperationsOf<U[Alias]>}` }[keyof U & string]
  : never

type Calls<F extends Flow> = F extends Flow ? CallOf<FlowTypes<F>['uses']> : never

/** `erp.reserveStock`, `erp.reserveStock#2`, or the name of another step. */
export type StepName<F extends Flow> = Calls<F> | `${Calls<F>}#${number}` | (string & Record<never, never>)

type WaitsOf<F extends Flow> = F extends Flow ? FlowTypes<F>['waits'] : never
type SignalsOf<W> = W extends unknown
  ? { [Name in keyof W & string]: W[Name] extends SignalSource<infer _Data> ? Name : never }[keyof W & string]
  : never

/** The signals that some flow waits for. */
export type SignalName<F extends Flow> = SignalsOf<WaitsOf<F>>

type SourceOf<W, Name> = W extends unknown ? (Name extends keyof W ? W[Name] : never) : never

export type SignalArguments<F extends Flow, Name> =
  undefined extends DataOf<SourceOf<WaitsOf<F>, Name>>
    ? [data?: DataOf<SourceOf<WaitsOf<F>, Name>>, options?: StartOptions]
    : [data: DataOf<SourceOf<WaitsOf<F>, Name>>, options?: StartOptions]

export type ConnectorNameOf<S extends SimulatorDefinition> = S['connector']['name']

/** The simulator that stands for a connector, given by its name or itself. */
export type SimulatorFor<S extends SimulatorDefinition, Which> = Which extends Connector
  ? Extract<S, { readonly connector: { readonly name: Which['name'] } }>
  : Extract<S, { readonly connector: { readonly name: Which } }>

type CausesOf<S> = S extends { readonly '~types'?: infer Types }
  ? NonNullable<Types> extends { readonly causes: infer Causes }
    ? Causes
    : never
  : never

/** Event types that a simulator can make happen. */
export type EventNameOf<S> = unknown extends CausesOf<S> ? string : keyof CausesOf<S> & string

type Given<S, Event> = Event extends keyof CausesOf<S> ? CausesOf<S>[Event] : unknown

/** What an event is made of; nothing where everything has a default. */
export type EmitArguments<S, Event> =
  Record<never, never> extends Given<S, Event> ? [input?: Given<S, Event>] : [input: Given<S, Event>]

export type OperationNameOf<S extends SimulatorDefinition> = keyof S['connector']['options']['operations'] & string

/** A request, or the change that one made, narrowed to the operations of a simulator. */
export type RequestTo<S extends SimulatorDefinition> = SeenRequest & { readonly operation: OperationNameOf<S> | null }
export type EffectAt<S extends SimulatorDefinition> = Effect & { readonly operation: OperationNameOf<S> }

/** One step of a run. */
export interface TestStep extends StepView {
  /** What a call was last given; `undefined` for steps that are no calls. */
  readonly input: unknown
}

/** One run as it is at the moment it was asked for. */
export interface TestRun<F extends Flow = Flow> extends Omit<RunView, 'flow' | 'output' | 'steps'> {
  readonly flow: F['name']
  /** What the flow returned; `null` before its end. */
  readonly output: FlowOutput<F> | null
  /** In the order in which they began. */
  readonly steps: readonly TestStep[]
  /** The step of that name, which may leave out its number. Throws `NOT_FOUND` that names those there are. */
  step(name: StepName<F>): TestStep
}

/** One of the runs of these flows: `flow` tells which. */
export type RunOf<F extends Flow> = F extends Flow ? TestRun<F> : never
