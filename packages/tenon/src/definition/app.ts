import type { Duration } from '../base/duration.ts'
import type { Connector } from './connector.ts'
import type { DatabaseDefinition } from './database.ts'
import type { Flow } from './flow.ts'
import type { PolicyOptions } from './policy.ts'

/** A credential that is read from the environment at start, so that it never stands in code. */
export interface FromEnvironment {
  readonly kind: 'from-environment'
  readonly variable: string
}

export function fromEnvironment(variable: string): FromEnvironment {
  return { kind: 'from-environment', variable }
}

/** One account's authorisation to use a connector. */
export interface Connection {
  readonly kind: 'connection'
  readonly connector: Connector
  readonly name: string
  /** Replaces the connector's base URL, such as for a region. */
  readonly baseUrl?: string
  readonly credentials: Readonly<Record<string, FromEnvironment>>
  /** Overrides what the connector and the app say, member by member. */
  readonly policies?: PolicyOptions
}

export interface ConnectionOptions {
  /** Default `main`. */
  readonly name?: string
  /** Replaces the connector's base URL, such as for a region. */
  readonly baseUrl?: string
  /** By the names that the connector's authentication and webhooks ask for. */
  readonly credentials: Readonly<Record<string, FromEnvironment>>
  /** Overrides what the connector and the app say, member by member. */
  readonly policies?: PolicyOptions
}

export function defineConnection(connector: Connector<string, any, any>, options: ConnectionOptions): Connection {
  return { kind: 'connection', connector, name: options.name ?? 'main', ...options }
}

/** A stateful local stand-in for a provider; made by `defineSimulator`. */
export interface SimulatorDefinition<C extends Connector = Connector, Causes = unknown> {
  readonly kind: 'simulator'
  readonly connector: C
  /** Types only: what each event type that it can make happen takes. */
  readonly '~types'?: { readonly causes: Causes }
}

/** How accounts are connected while the app runs. */
export interface ConnectOptions {
  /** Where a connect link may lead people back to, as exact origins: `https://shop.example.com`. */
  readonly returnTo?: readonly string[]
  /**
   * What the app itself brings to every account, by connector: client id and secret of its registration with the provider. People are not asked for it.
   */
  readonly clients?: Readonly<Record<string, Readonly<Record<string, FromEnvironment>>>>
}

export interface AppOptions<
  Flows extends readonly Flow[] = readonly Flow[],
  Simulators extends readonly SimulatorDefinition[] = readonly SimulatorDefinition[],
> {
  /** As people know it, such as customers who connect an account; default is the project's name. */
  readonly name?: string
  /** Several versions of a flow may stand beside each other. */
  readonly flows: Flows
  /** What all nodes share; by default what is durable is in the data folder, and there is one node. `--database` and `TENON_DATABASE` come before it. */
  readonly database?: DatabaseDefinition
  /** The accounts that calls and webhooks use. */
  readonly connections?: readonly Connection[]
  /** How more accounts are connected while the app runs, by console, command line or link. */
  readonly connect?: ConnectOptions
  /** Used for each connector that has no connection, when the app is started with simulators. */
  readonly simulators?: Simulators
  /** Runs in progress in memory at most; default 256. */
  readonly runsInProgress?: number
  /** How long ended runs are kept; default 30 days. */
  readonly retention?: Duration
  /** By name of the connector: overrides what the connector says of its calls, member by member. */
  readonly policies?: Readonly<Record<string, PolicyOptions>>
}

/** All definitions and settings of a project. */
export interface App<
  Flows extends readonly Flow[] = readonly Flow[],
  Simulators extends readonly SimulatorDefinition[] = readonly SimulatorDefinition[],
> {
  readonly kind: 'app'
  readonly options: AppOptions<Flows, Simulators>
}

export function defineApp<
  const Flows extends readonly Flow[],
  const Simulators extends readonly SimulatorDefinition[] = readonly [],
>(options: AppOptions<Flows, Simulators>): App<Flows, Simulators> {
  return { kind: 'app', options }
}
