import { systemClock, type Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { validate } from '../base/schema.ts'
import type { AuthenticationCheck } from './authentication.ts'
import type { Simulation, Simulator } from './behaviour.ts'
import type { Database } from './database.ts'
import type { ExchangeContext } from './exchange.ts'
import { Faults, type RequestFaultKind, type WebhookFaultKind } from './faults.ts'
import { Keys } from './idempotency.ts'
import { Ledger, type Delivery, type SeenRequest } from './ledger.ts'
import { Limits } from './limits.ts'
import { Outbox } from './outbox.ts'
import type { Subscriber } from './poster.ts'
import { routesOf } from './route.ts'
import { Schedule } from './schedule.ts'
import { simulationOf } from './simulation.ts'

export interface SimulatorOptions {
  /** Default: any free one. */
  readonly port?: number
  /** A simulator is never reachable from another machine. */
  readonly host?: '127.0.0.1'
  /** Default: newly generated ones. */
  readonly credentials?: Readonly<Record<string, string>>
  /** Who receives webhooks; `null` takes a subscription of an earlier start back. Default: nobody, until `subscribe`. */
  readonly webhook?: Subscriber | null
  readonly clock?: Clock
  /** From 0 up to 1: decides about faults and pauses, and with it given, all ids. */
  readonly random?: () => number
  /** File that keeps the state over restarts; default none. */
  readonly persist?: string | null
  /** False lets any number of requests through, as for a load test. Default true: the provider's limits hold. */
  readonly limits?: boolean
  /** How webhooks that were not accepted come again: by the provider's own schedule (default), or within seconds. */
  readonly redelivery?: 'as-provider' | 'quick'
  /** True: no socket is opened; webhooks go to a subscriber that is no URL, or nowhere. */
  readonly isOffline?: boolean
  /** Objects of one kind beyond this push the oldest out. Default 10 000. */
  readonly keep?: number
  /** Factor on the delays of later events: 0 makes them follow at once. Default 1. */
  readonly pace?: number
  readonly log?: (message: string) => void
}

/** The parts of one running simulator, joined. */
export interface World extends ExchangeContext {
  readonly outbox: Outbox
  readonly schedule: Schedule
  readonly deliveries: Ledger<Delivery>
  readonly webhookFaults: Faults<WebhookFaultKind>
  /** Makes an event happen, in the transaction of the caller. */
  readonly happen: (event: string, input: unknown) => unknown
}

export interface WorldOptions {
  readonly definition: Simulator
  readonly options: SimulatorOptions
  readonly credentials: Readonly<Record<string, string>>
  readonly database: Database
  readonly check: AuthenticationCheck
}

export function worldOf({ definition, options, credentials, database, check }: WorldOptions): World {
  const { connector, behaviour } = definition
  const { clock = systemClock, random = Math.random, pace = 1, log = () => undefined } = options
  const now = (): number => clock.now()
  const { operations, events = {} } = connector.options
  const webhookFaults = new Faults<WebhookFaultKind>('webhook', Object.keys(events), random)
  const deliveries = new Ledger<Delivery>()
  const happen = (event: string, input: unknown): unknown => cause(definition, simulation, event, input)
  const outbox = new Outbox({
    connector,
    behaviour,
    credentials,
    database,
    clock,
    random,
    faults: webhookFaults,
    deliveries,
    redelivery: options.redelivery ?? 'as-provider',
    isOffline: options.isOffline ?? false,
    log,
  })
  const schedule = new Schedule({ database, clock, pace, happen, log })
  const simulation = simulationOf({ database, clock, outbox, schedule, random: options.random })
  const authentication = check({ connector, behaviour, simulation, credentials, database })
  const places = authentication.endpoints.map(({ name }) => name)
  return {
    behaviour,
    simulation,
    routes: routesOf(connector),
    authentication,
    keys: new Keys(connector, database, now),
    limits: options.limits === false ? null : new Limits(behaviour.limits ?? [], clock),
    faults: new Faults<RequestFaultKind>('request', [...Object.keys(operations), ...places], random),
    database,
    clock,
    requests: new Ledger<SeenRequest>(),
    log,
    outbox,
    schedule,
    deliveries,
    webhookFaults,
    happen,
  }
}

function cause({ connector, behaviour }: Simulator, simulation: Simulation, event: string, input: unknown): unknown {
  const found = behaviour.events?.[event]
  if (found === undefined) {
    const known = Object.keys(behaviour.events ?? {}).join(', ')
    throw new TenonError(
      'NOT_FOUND',
      `the simulator of ${connector.name} cannot make ${event} happen; it knows ${known || 'no events'}`,
    )
  }
  return found.make(validate(found.input, input, `input of ${connector.name}/${event}`), simulation)
}
