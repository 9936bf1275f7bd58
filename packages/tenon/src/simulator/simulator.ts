import { systemClock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import type { SimulatorDefinition } from '../definition/app.ts'
import type { RawRequest } from '../definition/verifier.ts'
import { loadSimulatedScheme, type Consented, type ServerCertificate } from './authentication.ts'
import { Rejection, type Sample, type Simulator } from './behaviour.ts'
import { generateCredentials, requiredFields } from './credentials.ts'
import { openDatabase } from './database.ts'
import { exchange } from './exchange.ts'
import { faultChoices, type Fault, type RequestFault, type SetFault, type Undo, type WebhookFault } from './faults.ts'
import type { Delivery, Effect, SeenRequest } from './ledger.ts'
import { listen } from './listener.ts'
import type { Subscriber } from './poster.ts'
import type { Outcome } from './spoiling.ts'
import { worldOf, type SimulatorOptions, type World } from './world.ts'

export { Answer, cause, defineSimulator, reject } from './behaviour.ts'
export { generateCredentials } from './credentials.ts'
export { faultChoices } from './faults.ts'
export { jsonOf, queryIn } from './input.ts'
export { isLoopback } from './poster.ts'
export { bytesOf, Damaged } from './spoiling.ts'
export type {
  Behaviour,
  Cause,
  Endpoint,
  GivenTo,
  InputProblem,
  Redelivery,
  Refusal,
  Sample,
  Simulation,
  Simulator,
  Table,
} from './behaviour.ts'
export type {
  Fault,
  FaultChoice,
  FaultKind,
  RequestFault,
  RequestFaultKind,
  SetFault,
  Undo,
  WebhookFault,
  WebhookFaultKind,
} from './faults.ts'
export type { Delivery, Effect, SeenRequest } from './ledger.ts'
export type { Limit, LimitedRequest } from './limits.ts'
export type { Outcome } from './spoiling.ts'
export type { Subscriber, WebhookReply } from './poster.ts'
export type { SimulatorOptions } from './world.ts'

/** A provider at work on this machine. */
export interface RunningSimulator extends SimulatorControls {
  readonly origin: string
  /** What stands for the connector's base URL. */
  readonly baseUrl: string
}

/** A provider at work in this process, without a socket. */
export interface OpenSimulator extends SimulatorControls {
  /** What a request on that path comes to. */
  answer(path: string, request: RawRequest | 'too-large'): Promise<Outcome>
  /** Those that every answer to that request has. */
  headers(request: RawRequest): Readonly<Record<string, string>>
}

/** What a person or a test does with a simulator. */
export interface SimulatorControls {
  readonly connector: string
  readonly credentials: Readonly<Record<string, string>>
  /** Event types that `emit` can make happen. */
  readonly events: readonly string[]
  readonly samples: readonly Sample[]
  /** True when there was no state to continue from. */
  readonly fresh: boolean
  /** Makes an event happen as if from outside; resolves with what it made, when that is durable. */
  emit(event: string, input?: unknown): Promise<unknown>
  subscribe(subscriber: Subscriber | null): void
  /** Tokens as if a person had consented; `null` where nobody must. */
  consent(): Consented | null
  /** While it is paused nothing happens by itself; what came due meanwhile happens when it goes on. */
  pause(): void
  resume(): void
  /** Names of the operations, and of the places of authentication (`login`, `token`): what a fault may be set for. */
  readonly operations: readonly string[]
  readonly faults: {
    /** Sets a fault of either sort, told apart by its kind. Throws `INPUT_INVALID` for what is none. */
    set(fault: Fault): Undo
    request(fault: RequestFault): Undo
    webhook(fault: WebhookFault): Undo
    /** Those that are set now. */
    list(): readonly SetFault[]
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
  const { simulator, begin, certificate } = await prepare(definition, options)
  const listener = await listen({
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    certificate,
    clock: options.clock ?? systemClock,
    answer: (path, request) => simulator.answer(path, request),
    headers: (request) => simulator.headers(request),
  }).catch(async (error: unknown) => {
    await simulator.close()
    throw error
  })
  begin()
  const origin = `${certificate === null ? 'http' : 'https'}://127.0.0.1:${listener.port}`
  return {
    ...simulator,
    origin,
    baseUrl: origin + new URL(definition.connector.options.baseUrl).pathname.replace(/\/$/, ''),
    async close() {
      await listener.close()
      await simulator.close()
    },
  }
}

/** The same provider for one process: whoever opens it hands requests in, and takes webhooks as a `subscribe`r that is no URL. */
export async function openSimulator(
  definition: SimulatorDefinition,
  options: Omit<SimulatorOptions, 'host' | 'port' | 'isOffline'> = {},
): Promise<OpenSimulator> {
  const { simulator, begin } = await prepare(definition, { ...options, isOffline: true })
  begin()
  return simulator
}

/** `begin` lets happen what waited for the provider to be reachable. */
async function prepare(
  definition: SimulatorDefinition,
  options: SimulatorOptions,
): Promise<{
  readonly simulator: OpenSimulator
  readonly begin: () => void
  /** By which it shows itself, where its scheme needs TLS. */
  readonly certificate: ServerCertificate | null
}> {
  const { connector, behaviour } = definition as Simulator
  const credentials = options.credentials ?? (await generateCredentials(definition))
  requireCredentials(definition, credentials)
  const { check, serverCertificate } = await loadSimulatedScheme(connector)
  const certificate = options.isOffline === true ? null : (serverCertificate?.(credentials) ?? null)
  const database = await openDatabase({
    file: options.persist ?? null,
    connector: connector.name,
    keep: options.keep ?? 10_000,
  })
  const world = worldOf({ definition: definition as Simulator, options, credentials, database, check })
  const simulator: OpenSimulator = {
    connector: connector.name,
    credentials,
    events: Object.keys(behaviour.events ?? {}),
    operations: world.faults.known,
    samples: behaviour.samples ?? [],
    fresh: firstState(world),
    ...controlsOf(world),
    answer: (path, request) => exchange(world, path, request),
    headers: (request) => behaviour.headers?.(request, world.simulation) ?? {},
    async close() {
      world.schedule.close()
      world.outbox.close()
      await database.close()
    },
  }
  const begin = (): void => {
    if (options.webhook !== undefined) world.outbox.subscribe(options.webhook)
    world.outbox.resume()
    world.schedule.resume()
  }
  return { simulator, begin, certificate }
}

/** First state, unless there is one; true when there was none. */
function firstState({ behaviour, clock, database, simulation }: World): boolean {
  const begun = database.table<number>('$begun')
  if (begun.size > 0) return false
  database.transaction(() => {
    begun.put('at', clock.now())
    behaviour.begin?.(simulation)
  })
  return true
}

type Controls = Omit<
  SimulatorControls,
  'connector' | 'credentials' | 'events' | 'operations' | 'samples' | 'fresh' | 'close'
>

function controlsOf(world: World): Controls {
  const { authentication, database, deliveries, faults, outbox, requests, schedule, webhookFaults } = world
  const set = (fault: Fault): Undo => {
    const isWebhook = faultChoices.some(({ kind, about }) => kind === fault.kind && about === 'webhook')
    return isWebhook ? webhookFaults.set(fault as WebhookFault) : faults.set(fault as RequestFault)
  }
  return {
    async emit(event, input = {}) {
      try {
        const made = database.transaction(() => world.happen(event, input))
        await database.durable()
        return made
      } catch (error) {
        if (!(error instanceof Rejection)) throw error
        const { status, body } = error.answer
        throw new TenonError('INPUT_INVALID', `${event} cannot happen now: ${status} ${JSON.stringify(body)}`)
      }
    },
    consent: () => database.transaction(() => authentication.consent?.() ?? null),
    subscribe: (subscriber) => outbox.subscribe(subscriber),
    pause: () => schedule.pause(),
    resume: () => schedule.goOn(),
    faults: {
      set,
      list: () => [...faults.list(), ...webhookFaults.list()],
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
  const missing = requiredFields(definition.connector).filter((field) => (credentials[field] ?? '') === '')
  if (missing.length === 0) return
  throw new TenonError(
    'CONNECTION_MISSING',
    `the simulator of ${definition.connector.name} needs the credentials ${missing.join(', ')}`,
  )
}
