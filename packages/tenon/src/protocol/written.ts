import { parseJson } from '../base/json.ts'
import type { Schema } from '../base/schema.ts'
import type { AuthDeclaration } from '../definition/auth.ts'
import type { EventOptions } from '../definition/event.ts'
import type { OperationOptions, Paging } from '../definition/operation.ts'
import { describedSchema } from '../schema/described-schema.ts'
import type { JsonSchema, NamedSchemas } from '../schema/schema.ts'
import type { WireData } from './description.ts'
import type { Protocol } from './protocol.ts'

/** An operation as a generated file states it. Data is written as its JSON: neither the compiler nor the start of a program then has to look into it. */
export interface WrittenOperation {
  readonly description?: string
  /** A schema. */
  readonly input: string
  /** A schema. */
  readonly output: string
  readonly wire: string
}

/** A kind of events as a generated file states it. */
export interface WrittenEvent {
  readonly description?: string
  /** A schema. */
  readonly data: string
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
  readonly wire: string
  /** Named schemas. */
  readonly schemas: Readonly<Record<string, string>>
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

/** What a description may be nested. */
const deepest = 256

/** The door for files that were generated from a protocol's descriptions. */
export function writtenBy(protocol: Protocol): Written {
  // An operation is complete only with what holds for its whole API: until `api` it is what was written.
  const asWritten = (written: object): never => written as never
  return {
    api({ source, description, baseUrl, auth, wire, schemas: texts, operations, events }) {
      const schemas = read(texts)
      const api = parseJson(wire, deepest) as WireData
      const complete = Object.entries(operations).map(([name, operation]) => {
        const { description, ...parts } = operation as unknown as WrittenOperation
        const [input, output] = [
          parseJson(parts.input, deepest) as JsonSchema,
          parseJson(parts.output, deepest) as JsonSchema,
        ]
        const own = { input, output, wire: parseJson(parts.wire, deepest) as WireData, api, schemas }
        return [name, protocol.operation({ ...own, ...(description !== undefined && { description }) })]
      })
      const kinds = Object.entries(events ?? {}).map(([type, event]) => {
        const { data, ...rest } = event as unknown as WrittenEvent
        return [type, { ...rest, data: describedSchema(parseJson(data, deepest) as JsonSchema, schemas, 'answer') }]
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

/** Each is read when it is first asked for: a program meets few of them. */
function read(texts: Readonly<Record<string, string>>): NamedSchemas {
  const schemas: Record<string, JsonSchema> = {}
  for (const [name, text] of Object.entries(texts)) {
    Object.defineProperty(schemas, name, {
      enumerable: true,
      configurable: true,
      get: () => {
        const value = parseJson(text, deepest) as JsonSchema
        Object.defineProperty(schemas, name, { value, enumerable: true })
        return value
      },
    })
  }
  return schemas
}
