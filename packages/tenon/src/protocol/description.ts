import type { JsonSchema, NamedSchemas } from '../schema/schema.ts'

/** A document that describes an API, as it was read: nothing in it is trusted. */
export interface SourceDocument {
  /** File or URL it came from; other documents that it names are relative to it. */
  readonly location: string
  readonly text: string
  /** Reads another document that this one names: a file below the folder of the first, or a URL through the guard. Throws `DESCRIPTION_INVALID`, naming who asked for it. */
  readonly related: (location: string) => Promise<SourceDocument>
}

/** What an API offers, in words that no protocol owns: what the generator writes down, and what `tenon add --update` compares. */
export interface ApiDescription {
  /** Name of the protocol that reads its `wire` parts. */
  readonly protocol: string
  /** As people call it: `OpenAPI 3.1.0`, `WSDL 1.1`, `GraphQL SDL`. */
  readonly format: string
  readonly title: string
  readonly version: string
  readonly description?: string
  /** Where calls go; `null` where the document does not say, or only in part. */
  readonly baseUrl: string | null
  /** Ways to authenticate that it offers, best first; empty where it asks for none. */
  readonly auth: readonly DescribedAuth[]
  /** What several operations refer to as `#/$defs/<name>`; names are TypeScript identifiers in PascalCase. */
  readonly schemas: NamedSchemas
  /** In the document's order. */
  readonly operations: readonly DescribedOperation[]
  /** Kinds of events that it delivers. */
  readonly events: readonly DescribedEvent[]
  /** What holds for the API as a whole and only its protocol understands. Plain data. */
  readonly wire: WireData
  /** What could not be carried over, each with its place in the document. */
  readonly notes: readonly DescriptionNote[]
}

export type WireData = Readonly<Record<string, unknown>>

export interface DescribedOperation {
  /** A TypeScript identifier in camelCase, unique, and the same for the same document every time. */
  readonly name: string
  /** Its name in the document, by which `--only` finds it too: an operationId, `Port.Operation`, a field of Query or Mutation. */
  readonly sourceName: string
  /** Groups of the document that it belongs to. */
  readonly tags: readonly string[]
  readonly summary?: string
  readonly description?: string
  readonly deprecated?: boolean
  /** What a call takes; an object. */
  readonly input: JsonSchema
  /** What a call gives. */
  readonly output: JsonSchema
  /** What its protocol needs to write a request and read an answer. Plain data. */
  readonly wire: WireData
  /** True where it gives a list page by page: it is written as `pagedOperation`, and flows get its `pages`. */
  readonly isPaged?: true
  /** Where the document is at: `#/paths/~1orders/post`. */
  readonly place: string
}

export interface DescribedEvent {
  /** By the provider's own name. */
  readonly type: string
  readonly description?: string
  readonly data: JsonSchema
  readonly place: string
}

/** A way to authenticate, as a call: the constructor of the scheme (`bearer`, `apiKey`, `oauth2`, …) and its arguments, plain data. */
export interface DescribedAuth {
  readonly scheme: string
  readonly arguments: readonly unknown[]
  readonly description?: string
  readonly place: string
}

export interface DescriptionNote {
  readonly place: string
  readonly message: string
}
