import type { SimulatorDefinition } from '../definition/app.ts'
import type { Fault, OpenSimulator, SimulatorControls, Undo } from '../simulator/simulator.ts'
import type { EffectAt, EmitArguments, EventNameOf, OperationNameOf, RequestTo } from './typed.ts'

/** A provider's stand-in, as a test uses it. */
export interface TestSimulator<S extends SimulatorDefinition> extends Pick<
  SimulatorControls,
  'credentials' | 'deliveries' | 'undelivered'
> {
  /** Makes an event happen there, as if from outside; what it sets off is over when this resolves. Resolves with what it made. Rejects with `NOT_FOUND` or `INPUT_INVALID`. */
  emit<Event extends EventNameOf<S>>(event: Event, ...input: EmitArguments<S, Event>): Promise<unknown>
  /** All objects that it holds, by collection. */
  state(): Record<string, readonly unknown[]>
  /** Every request that came, in order; of one operation where it is given. */
  requests(operation?: OperationNameOf<S>): readonly RequestTo<S>[]
  /** Every change that a request made, in order; of one operation where it is given. */
  effects(operation?: OperationNameOf<S>): readonly EffectAt<S>[]
  /** What goes wrong from now on, by itself; for one step of a flow there is `failAt`. */
  readonly faults: Pick<SimulatorControls['faults'], 'list' | 'revokeTokens' | 'clear'> & {
    /** Throws `INPUT_INVALID` for what is no fault. Returns what takes it back. */
    set(fault: Fault & { readonly of?: OperationNameOf<S> | EventNameOf<S> | 'login' | 'token' }): Undo
  }
  /** From now on nothing happens there by itself, such as a parcel that moves on. */
  pause(): void
  /** What came due meanwhile happens now. */
  resume(): Promise<void>
}

/** `act` does something and lets everything settle that follows from it. */
export function testSimulator(
  simulator: OpenSimulator,
  act: <Result>(work: () => Promise<Result>) => Promise<Result>,
): TestSimulator<SimulatorDefinition> {
  const of =
    <Entry extends { readonly operation: string | null }>(list: () => readonly Entry[]) =>
    (operation?: string): readonly Entry[] =>
      operation === undefined ? list() : list().filter((entry) => entry.operation === operation)
  return {
    credentials: simulator.credentials,
    deliveries: () => simulator.deliveries(),
    undelivered: () => simulator.undelivered(),
    emit: (event: string, input?: unknown) => act(() => simulator.emit(event, input)),
    state: () =>
      Object.fromEntries(Object.entries(simulator.state()).map(([name, rows]) => [name, Object.values(rows)])),
    requests: of(() => simulator.requests()),
    effects: of(() => simulator.effects()),
    faults: simulator.faults,
    pause: () => simulator.pause(),
    resume: () => act(async () => simulator.resume()),
  }
}
