import { TenonError } from '../base/errors.ts'
import type { SimulatorDefinition } from '../definition/app.ts'
import type { Sample, Simulator } from './behaviour.ts'
import { credentialFields, generateCredentials } from './credentials.ts'
import { openDatabase } from './database.ts'
import { exchange } from './exchange.ts'
import type { RequestFault, Undo, WebhookFault } from './faults.ts'
import type { Delivery, Effect, SeenRequest } from './ledger.ts'
import { listen } from './listener.ts'
import type { Subscriber } from './outbox.ts'
import { worldOf, type SimulatorOptions, type World } from './world.ts'

export { Answer, cause, defineSimulator, reject } from './behaviour.ts'
export { generateCredentials } from './credentials.ts'
export type { Behaviour, Cause, InputProblem, Refusal, Sample, Simulation, Simulator, Table } from './behaviour.ts'
export type { RequestFault, RequestFaultKind, WebhookFault, WebhookFaultKind } from './faults.ts'
export type { Delivery, Effect, SeenRequest } from './ledger.ts'
export type { Subscriber } from './outbox.ts'
export type { SimulatorOptions } from './world.ts'

/** A provider at work on this machine. */
export interface RunningSimulator {
  readonly connector: string
  readonly origin: string
  /** What stands for the connector's base URL. */
  readonly baseUrl: string
  readonly credentials: Readonly<Record<string, string>>
  /** Event types that `emit` can make happen. */
  readonly events: readonly string[]
  readonly samples: readonly Sample[]
  /** True when there was no state to continue from. */
  readonly fresh: boolean
  /** Makes an event happen as if from outside; resolves with what it made, when that is durable. */
  emit(event: string, input?: unknown): Promise<unknown>
  subscribe(subscriber: Subscriber | null): void
  readonly faults: {
    request(fault: RequestFault): Undo
    webhook(fault: WebhookFault): Undo
    /** Ends all tokens that logins gave. */
    revokeTokens(): void
    clear(): void
  }
  /** All entities by table and id. */
  state(): Record<string, Record<string, unknown>>
  requests(): readonly SeenRequest[]
  effects(): readonly Effect[]
  deliveries(): readonly Delivery[]
  /** Webhooks that were not accepted yet. */
  undelivered(): number
  close(): Promise<void>
}

export async function startSimulator(
  definition: SimulatorDefinition,
  options: SimulatorOptions = {},
): Promise<RunningSimulator> {
  const { connector, behaviour } = definition as Simulator
  const credentials = options.credentials ?? generateCredentials(definition)
  requireCredentials(definition, credentials)
  const database = await openDatabase(options.persist ?? null, connector.name)
  const world = worldOf({ definition: definition as Simulator, options, credentials, database })
  const fresh = begin(world)
  const listener = await listen({
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    answer: (path, request) => exchange(world, path, request),
    headers: (request) => behaviour.headers?.(request, world.simulation) ?? {},
  }).catch(async (error: unknown) => {
    await database.close()
    throw error
  })
  if (options.webhook !== undefined) world.outbox.subscribe(options.webhook)
  world.outbox.resume()
  world.schedule.resume()
  const origin = `http://127.0.0.1:${listener.port}`
  return {
    connector: connector.name,
    origin,
    baseUrl: origin + new URL(connector.options.baseUrl).pathname.replace(/\/$/, ''),
    credentials,
    events: Object.keys(behaviour.events ?? {}),
    samples: behaviour.samples ?? [],
    fresh,
    ...controlsOf(world),
    async close() {
      world.schedule.close()
      world.outbox.close()
      await listener.close()
      await database.close()
    },
  }
}

/** First state, unless there is one; true when there was none. */
function begin({ behaviour, clock, database, simulation }: World): boolean {
  const begun = database.table<number>('$begun')
  if (begun.size > 0) return false
  database.transaction(() => {
    begun.put('at', clock.now())
    behaviour.begin?.(simulation)
  })
  return true
}

type Controls = Pick<
  RunningSimulator,
  'emit' | 'subscribe' | 'faults' | 'state' | 'requests' | 'effects' | 'deliveries' | 'undelivered'
>

function controlsOf(world: World): Controls {
  const { authentication, database, deliveries, faults, outbox, requests, webhookFaults } = world
  return {
    async emit(event, input = {}) {
      const made = database.transaction(() => world.happen(event, input))
      await database.durable()
      return made
    },
    subscribe: (subscriber) => outbox.subscribe(subscriber),
    faults: {
      request: (fault) => faults.set(fault),
      webhook: (fault) => webhookFaults.set(fault),
      revokeTokens: () => authentication.revokeTokens(),
      clear() {
        faults.clear()
        webhookFaults.clear()
      },
    },
    state: () => Object.fromEntries(Object.entries(database.snapshot()).filter(([name]) => !name.startsWith('$'))),
    requests: () => requests.list(),
    effects: () => [...database.table<Effect>('$effects').values()],
    deliveries: () => deliveries.list(),
    undelivered: () => outbox.size,
  }
}

function requireCredentials(definition: SimulatorDefinition, credentials: Readonly<Record<string, string>>): void {
  const missing = credentialFields(definition.connector).filter((field) => (credentials[field] ?? '') === '')
  if (missing.length === 0) return
  throw new TenonError(
    'CONNECTION_MISSING',
    `the simulator of ${definition.connector.name} needs the credentials ${missing.join(', ')}`,
  )
}
