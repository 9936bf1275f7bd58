import type { Connector, OperationInput, OperationOutput } from 'tenon'

type OperationsOf<C extends Connector> = C['options']['operations']

/** Outputs of the calls made before, by operation. */
type Made<C extends Connector> = { readonly [Name in keyof OperationsOf<C>]: OperationOutput<OperationsOf<C>[Name]> }

interface OperationCase<C extends Connector, Name extends keyof OperationsOf<C>> {
  /** An input that its simulator answers; `happened` is what the last event of `before` made. */
  readonly good:
    | OperationInput<OperationsOf<C>[Name]>
    | ((made: Made<C>, happened: { readonly id: string }) => OperationInput<OperationsOf<C>[Name]>)
  /** An input that neither we nor the provider take. */
  readonly bad: Readonly<Record<string, unknown>>
  /** Operation to call again before each call. */
  readonly fresh?: keyof OperationsOf<C>
  /** What must have happened before, each time. */
  readonly before?: readonly Happening[]
}

interface Happening {
  readonly event: string
  readonly input?: unknown
}

/** One case for each operation, in an order in which they can be called. The catalogue's tests run them. */
export type ConnectorCases<C extends Connector> = { readonly [Name in keyof OperationsOf<C>]: OperationCase<C, Name> }
