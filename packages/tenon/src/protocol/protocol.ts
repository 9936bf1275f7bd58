import type { OperationOptions } from '../definition/operation.ts'
import type { NamedSchemas, JsonSchema } from '../schema/schema.ts'
import type { ApiDescription, SourceDocument, WireData } from './description.ts'

/**
 * A way to speak with an API: REST, GraphQL, SOAP. It reads descriptions, and turns what it read, as plain data in a generated file, into operations. Nobody else knows which protocol an
 * operation speaks: the client writes and reads by the operation's own functions, and so does a simulator.
 *
 * A folder `protocol/<name>/` is a protocol. Its face exports `protocol`, and under its own name what generated files call; it passes `protocol.suite.ts`.
 */
export interface Protocol {
  readonly name: string
  /** What it reads, for people: `OpenAPI 3.0 and 3.1, Swagger 2.0 (JSON or YAML)`. */
  readonly reads: string
  /** What the document is, such as `OpenAPI 3.1.0`, when it is one that this protocol reads; `null` otherwise. A quick look that throws nothing. */
  recognise(document: Pick<SourceDocument, 'location' | 'text'>): string | null
  /**
   * Reads a description. What is wrong with it throws `DESCRIPTION_INVALID` with the place in the document and what to do; what only cannot be carried over is a note.
   * `only` leaves out what nobody asked for before work is spent on it.
   */
  describe(document: SourceDocument, options: DescribeOptions): Promise<ApiDescription>
  /** An operation from what `describe` found out about it. Throws `APP_INVALID` for data that no `describe` wrote. */
  operation(parts: OperationParts): OperationOptions
}

export interface DescribeOptions {
  /** True for an operation that is wanted, by its name, its source name and its tags. */
  readonly only: (operation: {
    readonly name: string
    readonly sourceName: string
    readonly tags: readonly string[]
  }) => boolean
}

export interface OperationParts {
  readonly input: JsonSchema
  readonly output: JsonSchema
  /** Of the operation. */
  readonly wire: WireData
  /** Of the API. */
  readonly api: WireData
  readonly schemas: NamedSchemas
  readonly description?: string
}
