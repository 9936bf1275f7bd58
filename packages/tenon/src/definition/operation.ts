import type { Duration } from '../base/duration.ts'
import type { Schema } from '../base/schema.ts'
import type { RawRequest } from './verifier.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Where a provider takes the key by which it recognises a repeated request. */
export interface Idempotency {
  /** Header that carries the key. */
  readonly header?: string
  /** Member of the input that carries the key; the engine fills it in where the flow left it out. */
  readonly field?: string
  /** Longest key that it takes, in characters; a longer one is hashed. Default 255. */
  readonly maxLength?: number
  /** How long the provider remembers a key; past that the operation counts as having none. */
  readonly life: Duration
}

/** How to find out whether an earlier try took effect, for providers that know no keys. */
export interface Lookup {
  /** Name of another operation of the connector, one that changes nothing. Answered with 404, there was no effect. */
  readonly operation: string
  /** What it is asked, made from the input of the call. */
  readonly input: (input: never) => unknown
  /** The output of the operation had it been answered, or `null` when there was no effect. */
  readonly found: (answer: never, input: never) => unknown
}

/** One request, before authentication. */
export interface RequestParts {
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  /** A query that is written already, without `?`; instead of `query`. */
  readonly search?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Percent-encoded, by name; what authenticates may add another (RFC 6265 §4.2). */
  readonly cookies?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** An answer as received; header names in lower case. */
export interface AnswerParts {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Read as its type says: JSON, a text, else bytes. */
  readonly body: unknown
  /** As they came; left out where there is nothing but a body that was read. */
  readonly bytes?: Uint8Array
}

/** What a failed answer means, in the provider's own dialect. */
export interface ProviderFailure {
  readonly message: string
  /** The provider's own code. */
  readonly code?: string
  /** Overrides what the status says. */
  readonly retryable?: boolean
  readonly retryAfterMs?: number
  /** Overrides what the status says: `answered` when the provider did nothing, `ambiguous` when it may have. */
  readonly fate?: 'answered' | 'ambiguous'
}

/** How the pages of a list follow each other. */
export interface Paging<Input = never, Output = never> {
  /** The input of the page after this one, made from the input and the output of this one; `null` after the last. */
  readonly next: (input: Input, output: Output) => unknown
}

/** Why a provider turns a request away, for the form that a protocol gives it. */
export interface ServedRefusal {
  readonly status: number
  /** Stable and short: `input-invalid`. */
  readonly code: string
  readonly message: string
}

/** The provider's side of an operation: what a stand-in needs to play it, and a contract check to judge requests and answers. */
export interface ServedOperation {
  /** Whether a request to this method and path is for this operation; default: yes. In GraphQL and SOAP many operations share an address. */
  readonly claims?: (request: RawRequest) => boolean
  /** The input that a request carries, not yet validated; `params` are those of the path. Throws `BODY_INVALID`. */
  readonly read: (request: RawRequest, params: Readonly<Record<string, string>>) => unknown
  /** The answer that gives this output. */
  readonly write: (output: unknown) => AnswerParts
  /** The answer that refuses. */
  readonly refuse: (refusal: ServedRefusal) => AnswerParts
}

export interface OperationOptions<Input extends Schema = Schema, Output extends Schema = Schema> {
  /** In plain words, for the console. */
  readonly description?: string
  /** The method of HTTP. */
  readonly method: Method
  /** Path below the base URL; empty, with a `request` that leaves it so, for the base URL itself. `{name}` is filled from the input. What remains of the input goes into the query (GET, HEAD, DELETE) or the body. */
  readonly path: string
  /** What a call takes; checked before anything leaves. */
  readonly input: Input
  /** What a call gives; an answer that does not fit is `UPSTREAM_ANSWER_INVALID`. */
  readonly output: Output
  /** How the body is written; default `json`. `form` nests with brackets: `metadata[order_id]=7`. */
  readonly body?: 'json' | 'form'
  /** `false` where the provider ignores keys for this operation; default is what the connector says. */
  readonly idempotency?: Idempotency | false
  /** True where repeating the request changes nothing more; default for GET, HEAD, PUT and DELETE. */
  readonly repeatable?: boolean
  /** How to find out what became of a lost answer, where the provider knows no keys. */
  readonly lookup?: Lookup
  /** Limit for one try; default is the connector's. */
  readonly timeout?: Duration
  /**
   * Redirects that are followed, at most 5; default 0. For reads, and for 307 and 308 of what may be repeated. Every hop is judged anew; outside of the connection's own
   * origin nothing that authenticates goes along.
   */
  readonly redirects?: number
  /** For requests that the path and body rules cannot express. */
  readonly request?: (input: never) => RequestParts
  /** Takes the output out of the answer; default is its body. */
  readonly response?: (answer: AnswerParts) => unknown
  /** Reads an answer that is not a success, before the connector's own function is asked; `null` leaves it to that. Asked about every answer. */
  readonly failure?: (answer: AnswerParts) => ProviderFailure | null
  /** How its pages follow each other, for an operation that gives a list in parts. */
  readonly paging?: Paging
  /** The provider's side, where a protocol knows it. */
  readonly served?: ServedOperation
}

/** An operation with its types kept. */
export function operation<const Options extends OperationOptions>(options: Options): Options {
  return options
}

/** What is known about repeating a call of an operation. */
export type Repeat = 'harmless' | 'keyed' | 'lookup' | 'unsafe'

export function repeatOf(options: OperationOptions, connectorIdempotency: Idempotency | undefined): Repeat {
  if (options.repeatable ?? ['GET', 'HEAD', 'PUT', 'DELETE'].includes(options.method)) return 'harmless'
  if (idempotencyOf(options, connectorIdempotency) !== null) return 'keyed'
  return options.lookup === undefined ? 'unsafe' : 'lookup'
}

export function idempotencyOf(
  options: OperationOptions,
  connectorIdempotency: Idempotency | undefined,
): Idempotency | null {
  if (options.idempotency === false) return null
  return options.idempotency ?? connectorIdempotency ?? null
}
