import type { Duration } from '../base/duration.ts'
import type { InputOf, OutputOf } from '../base/schema.ts'
import type { AuthDeclaration } from './auth.ts'
import type { EventOptions, ReceivedEvent } from './event.ts'
import type { AnswerParts, Idempotency, OperationOptions, ProviderFailure } from './operation.ts'
import type { PolicyOptions } from './policy.ts'
import type { EventTrigger } from './trigger.ts'
import type { RawRequest, Verifier } from './verifier.ts'

export type Operations = Readonly<Record<string, OperationOptions>>
export type Events = Readonly<Record<string, EventOptions>>

/** How a provider's webhook requests are read. */
export interface WebhookOptions {
  /** Name in the path `/hooks/<path>`; default is the connector's. For providers that refuse certain words in a URL. */
  readonly path?: string
  /** How a request proves where it comes from: `timestampedHmac`, `bodyHmac`, `staticToken`. Judged over the bytes as they came. */
  readonly verify: Verifier
  /** The events in a verified, parsed body: one request may hold several. */
  readonly read: (body: unknown, request: RawRequest) => readonly ReceivedEvent[]
  /**
   * True for a provider that sends the events of all accounts of an app to one address: `/hooks/<connector>` takes them, and each goes to the connections of its
   * `account`, as `account.read` names it, whose secret proves the request.
   */
  readonly shared?: boolean
  /** Status of a good answer; default 200. */
  readonly status?: number
  /** How long a repeated event id is recognised; at least the provider's retry horizon. Default 30 days. */
  readonly dedupe?: Duration
  /** Answers a set-up request (such as Meta's GET handshake); `null` refuses it. */
  readonly handshake?: (request: RawRequest, credentials: Readonly<Record<string, string>>) => string | null
  /** How that answer is to be read; default `text`. */
  readonly handshakeForm?: 'text' | 'json'
  /** Answers a verified body that asks for an answer instead of bringing events (such as Slack's `url_verification`); `null` where it is an ordinary one. */
  readonly reply?: (body: unknown) => string | null
  /** Credential fields that only the handshake needs. */
  readonly fields?: readonly string[]
}

/** How to find out whose account a connection is: shown to people, and compared when it is connected anew. */
export interface AccountLookup {
  /** Name of an operation that changes nothing. */
  readonly operation: string
  /** What it is asked; default is an empty object. */
  readonly input?: unknown
  /** Takes the account out of its output: `id` stays the same for ever, `name` is for people. */
  readonly read: (output: never) => { readonly id: string; readonly name: string }
}

export interface ConnectorOptions<
  Ops extends Operations = Operations,
  Evs extends Events = Events,
  Fields extends string = string,
> {
  /** As the provider calls itself, for people; default is the connector's name. */
  readonly title?: string
  /** In plain words, for the console. */
  readonly description?: string
  /** Where its paths begin; a connection may name another. */
  readonly baseUrl: string
  /** How calls are authenticated: `bearer`, `basic`, `tokenLogin`, `noAuth`. */
  readonly auth: AuthDeclaration<Fields>
  /** How to find out whose account a connection is. */
  readonly account?: AccountLookup
  /** What can be called, by name. */
  readonly operations: Ops
  /** The kinds of events that it delivers, by the provider's own names. */
  readonly events?: Evs
  /** How its events arrive. */
  readonly webhooks?: WebhookOptions
  /** How it recognises a repeated request, for all operations that do not say otherwise. */
  readonly idempotency?: Idempotency
  /** Headers sent with each call, such as an API version. */
  readonly headers?: Readonly<Record<string, string>>
  /** Limit for one try of an operation; default 30 s. */
  readonly timeout?: Duration
  /** Reads an answer that is not a success, also one that came with status 200; asked about every answer. `null` where the status says enough. */
  readonly failure?: (answer: AnswerParts) => ProviderFailure | null
  /** Largest answer taken, in bytes; default 10 MiB. */
  readonly maxAnswerBytes?: number
  /** What stands between a call and the provider; the app and a connection override it member by member. */
  readonly policies?: PolicyOptions
}

/** Knows one API: its operations, event types, authentication, limits and how it treats repeated requests. */
export interface Connector<
  Name extends string = string,
  Ops extends Operations = Operations,
  Evs extends Events = Events,
> {
  readonly kind: 'connector'
  readonly name: Name
  readonly options: ConnectorOptions<Ops, Evs>
  /** A trigger, or a wait, for one of its event types. */
  on<Type extends keyof Evs & string>(type: Type): EventTrigger<OutputOf<Evs[Type]['data']>, CorrelateOf<Evs[Type]>>
  /** One named connection of this connector, for flows that use several accounts. */
  connection<ConnectionName extends string>(name: ConnectionName): ConnectionReference<this>
}

/** The fields a wait may match on. */
export type CorrelateOf<Event> = Event extends { readonly correlate: infer Correlate }
  ? keyof Correlate & string
  : never

export interface ConnectionReference<C extends Connector = Connector> {
  readonly kind: 'connection-reference'
  readonly connector: C
  readonly name: string
}

export type OperationInput<Op> = Op extends { readonly input: infer Input } ? InputOf<Input> : never
export type OperationOutput<Op> = Op extends { readonly output: infer Output } ? OutputOf<Output> : never

export function defineConnector<
  const Name extends string,
  const Ops extends Operations,
  const Evs extends Events = Record<never, never>,
>(name: Name, options: ConnectorOptions<Ops, Evs>): Connector<Name, Ops, Evs> {
  const connector: Connector<Name, Ops, Evs> = {
    kind: 'connector',
    name,
    options,
    on: (type) => ({ kind: 'event-trigger', connector: connector as unknown as Connector, type }) as never,
    connection(connectionName) {
      return { kind: 'connection-reference', connector: this, name: connectionName }
    },
  }
  return connector
}
