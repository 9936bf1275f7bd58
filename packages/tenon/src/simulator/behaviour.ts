import type { Duration } from '../base/duration.ts'
import type { InputOf, OutputOf, Schema } from '../base/schema.ts'
import type { Connector, Events, Operations } from '../definition/connector.ts'
import type { SimulatorDefinition } from '../definition/app.ts'
import type { RawRequest } from '../definition/verifier.ts'
import type { Limit } from './limits.ts'
import type { SimulatedAccount } from './oauth/consent-page.ts'

/** What a provider answers. An operation may also return a bare body, which stands for status 200. */
export class Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** An answer after which nothing that the operation did remains; thrown by `reject`. */
export class Rejection extends Error {
  readonly answer: Answer

  constructor(answer: Answer) {
    super(`answered with ${answer.status}`)
    this.answer = answer
  }
}

/** Ends an operation with a failure and takes back what it did. A failure that leaves a trace is returned instead. */
export function reject(status: number, body: unknown, headers?: Readonly<Record<string, string>>): never {
  throw new Rejection(new Answer(status, body, headers))
}

export interface InputProblem {
  readonly field: string
  readonly message: string
  readonly kind: 'missing' | 'unknown' | 'invalid'
}

/** Why a request is turned away before, or in place of, its operation. */
export type Refusal =
  | {
      readonly reason: 'unauthenticated'
      readonly given: boolean
      readonly login: boolean
      /** True for a token that was good once. */
      readonly expired: boolean
      /** The header as it came, empty without one. Nothing secret of it belongs into the answer. */
      readonly authorization: string
      /** What is wrong with a signature or certificate, such as `the signature does not match`. */
      readonly problem?: string
    }
  | { readonly reason: 'input-invalid'; readonly problems: readonly InputProblem[] }
  | { readonly reason: 'body-unreadable' | 'body-too-large' }
  | { readonly reason: 'route-unknown' | 'method-unknown'; readonly method: string; readonly path: string }
  | { readonly reason: 'key-reused' | 'key-busy'; readonly key: string }
  | {
      readonly reason: 'rate-limited'
      readonly retryAfterS: number
      /** Name of the limit; `null` where a fault plays one. */
      readonly limit: string | null
    }
  | { readonly reason: 'broken' }

/** Rows of one kind. Values are never changed in place: `put` a new one. */
export interface Table<Row> {
  get(id: string): Row | undefined
  put(id: string, row: Row): void
  delete(id: string): void
  /** In order of first arrival. */
  values(): IterableIterator<Row>
  readonly size: number
}

/** Where a webhook goes that is not for the subscriber, and what signs it. */
export interface Endpoint {
  /** On this machine. */
  readonly url: string
  readonly secret: string
}

/** How a provider repeats a webhook that was not accepted. */
export interface Redelivery {
  /** The pause before each further try, in milliseconds; when they are used up it gives up. */
  readonly pausesMs: readonly number[]
  /** How long it waits for an answer; default 15 s. */
  readonly answerLimitMs?: number
}

/** What an operation or a cause works with. All it does takes effect together, or, when it throws, not at all. */
export interface Simulation {
  /** Milliseconds since the epoch. */
  now(): number
  /** Whose token the request brought; `null` for a provider with one account, and for what happens from outside. */
  readonly account: string | null
  /** An unguessable id: the prefix and 24 characters. */
  id(prefix: string): string
  /** The next number of that series. */
  number(series: string, first: number): number
  table<Row>(name: string): Table<Row>
  /** Posts that body to the subscriber, or to the endpoint given, signed, again and again until it is accepted. */
  deliver(type: string, body: unknown, endpoint?: Endpoint): void
  /** Lets the cause of an event happen after `delayMs`, times the pace of the simulator. */
  later(event: string, input: unknown, delayMs: number): void
}

/** What makes an event happen: from outside by `emit`, or by `later`. */
export interface Cause<Input = never, Given = unknown> {
  readonly input: Schema<unknown, Input>
  readonly make: (input: Input, simulation: Simulation) => unknown
  /** Types only: what `emit` is given. */
  readonly '~types'?: { readonly given: Given }
}

/** What each of these causes is given. */
export type GivenTo<Causes> = {
  readonly [Type in keyof Causes]: Causes[Type] extends Cause<never, infer Given> ? Given : never
}

/** Its schema and what it does, with the type of the input inferred. */
export function cause<S extends Schema>(
  input: S,
  make: (input: OutputOf<S>, simulation: Simulation) => unknown,
): Cause<never, InputOf<S>> {
  return { input, make } as unknown as Cause<never, InputOf<S>>
}

export interface Sample {
  readonly event: string
  readonly input: unknown
}

/** What a provider of OAuth 2 is like here. */
export interface OAuthBehaviour {
  /** Those that a person may choose on its page of consent; the first one is meant where nobody chose. Default: two. */
  readonly accounts?: readonly SimulatedAccount[]
  /** How long an access token lives; default is the connector's `life`, else half an hour. */
  readonly life?: Duration
  /** False: a refresh token stays good. Default true: it is good once, and one that comes again ends all tokens of its consent. */
  readonly rotates?: boolean
  /** What its token endpoint answers in place of an error of RFC 6749 §5.2; default is that error. */
  readonly refuse?: (error: string, description?: string) => Answer
  /** What else its token endpoint says about an account. */
  readonly told?: (account: string) => Readonly<Record<string, unknown>>
}

/** What the connector's definition does not say about a provider. */
export interface Behaviour<Ops extends Operations = Operations, Evs extends Events = Events> {
  /** What each operation does with its validated input. */
  readonly operations: {
    readonly [Name in keyof Ops]: (input: OutputOf<Ops[Name]['input']>, simulation: Simulation) => unknown
  }
  /** Turns a request back into the input of an operation whose definition writes it by a function, in place of what its protocol has for that; `params` are those of its path. */
  readonly read?: {
    readonly [Name in keyof Ops]?: (request: RawRequest, params: Readonly<Record<string, string>>) => unknown
  }
  readonly events?: { readonly [Type in keyof Evs]?: Cause }
  /** The provider's own words for a refusal; default is what the protocol of the operation has for one, else a problem (RFC 9457). */
  readonly refuse?: (refusal: Refusal, simulation: Simulation) => Answer
  /** State at first start. */
  readonly begin?: (simulation: Simulation) => void
  /** At least one for each event that can be made to happen; their inputs fit their causes. */
  readonly samples?: readonly Sample[]
  /** Makes a credential look like the provider's; `random` gives letters and digits. Default: 32 of them. */
  readonly credentials?: Readonly<Record<string, (random: (length: number) => string) => string>>
  /** The provider's side of OAuth 2. */
  readonly oauth?: OAuthBehaviour
  /** Body of a good answer to a token login. */
  readonly loggedIn?: (token: string, simulation: Simulation) => unknown
  readonly idempotency?: {
    /** Which results a key brings back: of every request that reached its operation, or of good ones only (default). */
    readonly remembers?: 'every-result' | 'good-results'
    /** Headers of an answer that is brought back. */
    readonly replayed?: Readonly<Record<string, string>>
  }
  /** Brings other ways to write the credentials into the form that the connector declares. */
  readonly authorization?: (header: string) => string
  /** Turns a request away for what its headers say, when its credentials are good. */
  readonly admit?: (request: RawRequest, simulation: Simulation) => Answer | null
  /** How many requests it takes; any number by default. */
  readonly limits?: readonly Limit[]
  /** How webhooks are repeated; default is quickly, for as long as three days. */
  readonly redelivery?: Redelivery
  /** Its answer while it is down for maintenance; default is a page of HTML. */
  readonly maintenance?: (retryAfterS: number) => Answer
  /** Headers of every answer. */
  readonly headers?: (request: RawRequest, simulation: Simulation) => Readonly<Record<string, string>>
  /** How a webhook's body is written; default JSON. */
  readonly write?: (body: unknown) => string
  /** The request by which the provider makes sure of its subscriber, before the first delivery. */
  readonly handshake?: (
    challenge: string,
    credentials: Readonly<Record<string, string>>,
  ) => { readonly query: Readonly<Record<string, string>>; readonly expect: string }
}

/** A simulator as a value: nothing listens before `startSimulator`. */
export interface Simulator<C extends Connector = Connector, Causes = unknown> extends SimulatorDefinition<C, Causes> {
  readonly behaviour: Behaviour
}

export function defineSimulator<
  Name extends string,
  Ops extends Operations,
  Evs extends Events,
  const Causes extends { readonly [Type in keyof Evs]?: Cause } = Record<never, never>,
>(
  connector: Connector<Name, Ops, Evs>,
  behaviour: Behaviour<NoInfer<Ops>, NoInfer<Evs>> & { readonly events?: Causes },
): Simulator<Connector<Name, Ops, Evs>, GivenTo<Causes>> {
  return { kind: 'simulator', connector, behaviour }
}
