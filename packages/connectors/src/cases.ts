import type { Connector, OperationInput, OperationOutput } from 'tenon'

type OperationsOf<C extends Connector> = C['options']['operations']

/** Outputs of the calls made before, by operation. */
type Made<C extends Connector> = { readonly [Name in keyof OperationsOf<C>]: OperationOutput<OperationsOf<C>[Name]> }

interface OperationCase<C extends Connector, Name extends keyof OperationsOf<C>> {
  /** An input that its simulator answers. */
  readonly good: OperationInput<OperationsOf<C>[Name]> | ((made: Made<C>) => OperationInput<OperationsOf<C>[Name]>)
  /** An input that neither we nor the provider take. */
  readonly bad: Readonly<Record<string, unknown>>
  /** Operation to call again before each call. */
  readonly fresh?: keyof OperationsOf<C>
  /** Something that must have happened before. */
  readonly before?: { readonly event: string; readonly input: unknown }
}

/** One case for each operation, in an order in which they can be called. The catalogue's tests run them. */
export type ConnectorCases<C extends Connector> = { readonly [Name in keyof OperationsOf<C>]: OperationCase<C, Name> }
