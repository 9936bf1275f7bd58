import type { Schema } from '../base/schema.ts'
import type { AuthDeclaration } from '../definition/auth.ts'
import type { EventOptions } from '../definition/event.ts'
import type { OperationOptions, Paging } from '../definition/operation.ts'
import { describedSchema } from '../schema/described-schema.ts'
import type { JsonSchema, NamedSchemas } from '../schema/schema.ts'
import type { WireData } from './description.ts'
import type { Protocol } from './protocol.ts'

/** An operation as a generated file states it. */
export interface WrittenOperation {
  readonly description?: string
  readonly input: JsonSchema
  readonly output: JsonSchema
  readonly wire: WireData
}

/** A kind of events as a generated file states it. */
export interface WrittenEvent {
  readonly description?: string
  readonly data: JsonSchema
}

/** Where a generated file comes from. */
export interface WrittenSource {
  readonly location: string
  readonly format: string
  readonly title: string
  readonly version: string
  readonly sha256: string
  /** The patterns by which operations were chosen; left out: all. */
  readonly only?: readonly string[]
}

export interface WrittenApi<Base extends string | null, Auth extends AuthDeclaration, Ops, Evs> {
  readonly source: WrittenSource
  readonly description?: string
  readonly baseUrl: Base
  readonly auth: Auth
  readonly wire: WireData
  readonly schemas: NamedSchemas
  readonly operations: Ops
  readonly events?: Evs
}

type TypedOperation<Input, Output> = OperationOptions<Schema<Input>, Schema<Output>>
type PagedOperation<Input, Output> = TypedOperation<Input, Output> & { readonly paging: Paging<Input, Output> }

/** What a generated file calls: plain data in, what `defineConnector` takes out. Types are those that it states; they are not inferred from the data. */
export interface Written {
  api<
    Base extends string | null,
    Auth extends AuthDeclaration,
    Ops extends Readonly<Record<string, OperationOptions>>,
    Evs extends Readonly<Record<string, EventOptions>> = Record<never, never>,
  >(
    written: WrittenApi<Base, Auth, Ops, Evs>,
  ): {
    readonly title: string
    readonly description?: string
    readonly baseUrl: Base
    readonly auth: Auth
    readonly operations: Ops
    readonly events: Evs
  }
  operation<Input, Output>(written: WrittenOperation): TypedOperation<Input, Output>
  /** One that gives a list page by page. */
  pagedOperation<Input, Output>(written: WrittenOperation): PagedOperation<Input, Output>
  event<Data>(written: WrittenEvent): EventOptions<Schema<Data>>
}

/** The door for files that were generated from a protocol's descriptions. */
export function writtenBy(protocol: Protocol): Written {
  // An operation is complete only with what holds for its whole API: until `api` it is what was written.
  const asWritten = (written: object): never => written as never
  return {
    api({ source, description, baseUrl, auth, wire, schemas, operations, events }) {
      const complete = Object.entries(operations).map(([name, operation]) => {
        const parts = operation as unknown as WrittenOperation
        return [name, protocol.operation({ ...parts, api: wire, schemas })]
      })
      const kinds = Object.entries(events ?? {}).map(([type, event]) => {
        const { data, ...rest } = event as unknown as WrittenEvent
        return [type, { ...rest, data: describedSchema(data, schemas) }]
      })
      return {
        title: source.title,
        ...(description !== undefined && { description }),
        baseUrl,
        auth,
        operations: Object.fromEntries(complete) as never,
        events: Object.fromEntries(kinds) as never,
      }
    },
    operation: asWritten,
    pagedOperation: asWritten,
    event: asWritten,
  }
}
