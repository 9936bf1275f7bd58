import type { Duration } from '../base/duration.ts'
import type { Encoded } from '../base/json.ts'
import type { Connector, ConnectionReference, OperationInput, OperationOutput } from './connector.ts'
import type { FlowEvent } from './event.ts'
import type { Priority } from './policy.ts'
import type { DataOf, EventTrigger, ManualTrigger, SignalSource, Trigger } from './trigger.ts'

/** How a step is tried again. */
export interface RetryOptions {
  /** Tries in all, the first included; default 8. */
  readonly attempts?: number
  /** Shortest pause before another try; default 250 ms. */
  readonly base?: Duration
  /** Longest pause; default 1 minute. A longer `Retry-After` of the provider is still obeyed. */
  readonly cap?: Duration
}

export type Uses = Readonly<
  Record<string, Connector<string, any, any> | ConnectionReference<Connector<string, any, any>>>
>
export type WaitSource = EventTrigger<any, any> | SignalSource<any>
export type Waits = Readonly<Record<string, WaitSource>>

/** Second argument of every call. */
export interface CallOptions<Output = unknown> {
  /** Names the step, where `alias.operation#n` would not be stable enough. */
  readonly step?: string
  /** Limit for one try. */
  readonly timeout?: Duration
  /** Replaces the derived key, for effects that several runs share. */
  readonly idempotencyKey?: string
  /** Takes the effect back when the run fails or is cancelled later. Registered with the step's result. */
  readonly undo?: (output: Output) => unknown
  /** Replaces what the flow says, member by member. */
  readonly retry?: RetryOptions
}

type ClientOf<C> = C extends { readonly options: { readonly operations: infer Ops } }
  ? {
      readonly [Name in keyof Ops]: ((
        input: OperationInput<Ops[Name]>,
        options?: CallOptions<OperationOutput<Ops[Name]>>,
      ) => Promise<OperationOutput<Ops[Name]>>) &
        PagesOf<Ops[Name]>
    }
  : never

/** Of an operation that gives a list page by page. */
type PagesOf<Op> = Op extends { readonly paging: object }
  ? {
      /** All outputs from this one on, each a step of its own that is asked for when the one before has been dealt with. Throws `UPSTREAM_ANSWER_INVALID` for a list that comes back to a page that it gave. */
      pages(
        input: OperationInput<Op>,
        options?: Omit<CallOptions<OperationOutput<Op>>, 'idempotencyKey'>,
      ): AsyncIterable<OperationOutput<Op>>
    }
  : unknown

/** The connectors of `uses` as clients whose calls are durable steps. */
export type ClientsOf<U extends Uses> = {
  readonly [Alias in keyof U]: U[Alias] extends ConnectionReference<infer C> ? ClientOf<C> : ClientOf<U[Alias]>
}

export interface StepContext {
  readonly attempt: number
  /** Equal for every try of this step of this run, different for all others. */
  readonly idempotencyKey: string
  /** Aborts at the step's time limit, and when the process shuts down. */
  readonly signal: AbortSignal
}

export interface StepOptions<Output = unknown> {
  /** Takes the effect back when the run fails or is cancelled later. Registered with the step's result. */
  readonly undo?: (output: Output) => unknown
  /** Limit for one try; its signal aborts then. */
  readonly timeout?: Duration
  /** Replaces what the flow says, member by member. */
  readonly retry?: RetryOptions
  /** True where repeating the function is harmless even when it is not known whether it finished; default true. False: an interrupted try waits for a person's decision. */
  readonly repeatable?: boolean
}

type MatchOf<W> =
  W extends EventTrigger<any, infer Correlate>
    ? [Correlate] extends [never]
      ? never
      : { readonly [Field in Correlate]?: string | number }
    : never

export type WaitOptions<W> = {
  readonly timeout?: Duration
  /** Names the step. */
  readonly step?: string
} & (W extends SignalSource<any>
  ? unknown
  : {
      readonly match: MatchOf<W>
      /** Take events from this moment on; default is the start of the run. */
      readonly since?: Date
    })

/** A run that another run started. */
export interface Child<Output> {
  readonly id: string
  /** Its output. Throws what it failed with. */
  result(): Promise<Output>
}

/** Durable things that are not calls of a connector. */
export interface Step<W extends Waits = Waits> {
  /** Own code as a step: runs until it has succeeded once; its result is kept. */
  run<Output>(
    name: string,
    body: (context: StepContext) => Output | Promise<Output>,
    options?: StepOptions<Output>,
  ): Promise<
    [Encoded<Output>] extends [never]
      ? [Output] extends [never]
        ? never
        : { readonly 'the result of a step must be plain data': never }
      : Output
  >
  sleep(duration: Duration | Date, options?: { readonly step?: string }): Promise<void>
  /** The first event of that kind that matches, also one that came earlier in this run. Throws `TimeoutError`. */
  waitFor<Name extends keyof W & string>(
    name: Name,
    ...options: W[Name] extends SignalSource<any> ? [options?: WaitOptions<W[Name]>] : [options: WaitOptions<W[Name]>]
  ): Promise<FlowEvent<DataOf<W[Name]>>>
  /** Starts another flow once, however often this run is resumed. */
  start<F extends Flow<any, any>>(
    flow: F,
    input: FlowInput<F>,
    options?: { readonly step?: string },
  ): Promise<Child<FlowOutput<F>>>
  /** The time of the run: that of the latest thing the run has learnt. The same on replay. */
  now(): Date
  /** A number from 0 up to 1, the same on replay. */
  random(): number
  /** An id, the same on replay. */
  id(): string
  /** True for runs that began, or are still ahead of this point, with the change in place; false for runs that passed it before. */
  changed(id: string): boolean
}

export type FlowContext<T, U extends Uses, W extends Waits> = {
  readonly event: FlowEvent<DataOf<T>>
  readonly step: Step<W>
  readonly run: { readonly id: string; readonly flow: string }
} & ClientsOf<U>

export interface FlowOptions<T = Trigger, U extends Uses = Uses, W extends Waits = Waits, Output = unknown> {
  /** In plain words, for the console. */
  readonly description?: string
  /** What starts runs: `stripe.on('…')`, `schedule('…')`, `manual(…)`. */
  readonly trigger: T
  /** The only connectors its runs may call. */
  readonly uses?: U
  /** The only events and signals its runs may wait for. */
  readonly waits?: W
  /** Runs with an equal key go one at a time, in arrival order. */
  readonly key?: (event: FlowEvent<DataOf<T>>) => string | number
  /** Give the key to the next run at the end (default), or as soon as this one first waits. */
  readonly keyUntil?: 'end' | 'first-wait'
  /** What a failed or parked run does to those behind its key: they wait (default), or they pass. */
  readonly onBlocked?: 'wait' | 'skip'
  /** Runs in progress at most, waiting ones not counted. */
  readonly concurrency?: number
  /** Who goes first where a provider's limit is short; default `interactive`. The later ones keep a share, so that all come to their turn. */
  readonly priority?: Priority
  /** How its steps are tried again, unless a step says otherwise. */
  readonly retry?: RetryOptions
  /** A run not ended by then is undone and fails. */
  readonly timeout?: Duration
  /** Raise it with an incompatible change, and keep the old definition in the app until its runs have ended. Default 1. */
  readonly version?: number
  /** Gets the event, the steps, and a client for each name under `uses`. What it returns is the output of the run. */
  readonly run: (context: FlowContext<T, U, W>) => Output | Promise<Output>
}

/** A durable function, as defined. */
export interface Flow<
  T = any,
  Output = any,
  Name extends string = string,
  U extends Uses = any,
  W extends Waits = any,
> {
  readonly kind: 'flow'
  readonly name: Name
  readonly version: number
  readonly options: FlowOptions<any, any, any, Output>
  /** Types only. */
  readonly '~types'?: { readonly trigger: T; readonly output: Output; readonly uses: U; readonly waits: W }
}

export type FlowTypes<F> = F extends { readonly '~types'?: infer Types } ? NonNullable<Types> : never
export type FlowInput<F> =
  FlowTypes<F> extends { readonly trigger: infer T }
    ? T extends ManualTrigger<infer Input, any>
      ? Input
      : DataOf<T>
    : never
export type FlowOutput<F> = FlowTypes<F> extends { readonly output: infer Output } ? Awaited<Output> : never

export function defineFlow<
  const T extends Trigger,
  const U extends Uses = Record<never, never>,
  const W extends Waits = Record<never, never>,
  Output = unknown,
  const Name extends string = string,
>(name: Name, options: FlowOptions<T, U, W, Output>): Flow<T, Output, Name, U, W> {
  return { kind: 'flow', name, version: options.version ?? 1, options: options as FlowOptions<any, any, any, Output> }
}
