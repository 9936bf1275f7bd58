import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { createConnections, type Connections, type ResolvedConnection } from '../connection/connection.ts'
import { memoryShelf, type TokenShelf } from '../connection/token-shelf.ts'
import type { App, SimulatorDefinition } from '../definition/app.ts'
import type { RawRequest } from '../definition/verifier.ts'
import { openSimulator, type OpenSimulator, type SimulatorControls, type WebhookReply } from '../simulator/simulator.ts'
import type { Log } from '../telemetry/telemetry.ts'
import { eventTypesInUse } from '../trigger/trigger.ts'
import { seededRandom } from './seeded.ts'

export interface ProvidersOptions {
  readonly app: App
  readonly clock: Clock
  readonly seed: number
  readonly pace: number
  readonly log: Log
  /** Where their webhooks go. */
  readonly receive: (connector: string, connection: string, request: RawRequest) => Promise<WebhookReply | null>
}

interface Account {
  readonly connection: ResolvedConnection
  readonly simulator: OpenSimulator
}

/** The world outside the process: a simulator for each account that the app has anywhere. */
export class Providers {
  readonly connections: Connections
  readonly #accounts: readonly Account[]
  readonly #receive: ProvidersOptions['receive']

  private constructor(accounts: readonly Account[], connections: Connections, receive: ProvidersOptions['receive']) {
    this.#accounts = accounts
    this.#receive = receive
    this.connections = connections
  }

  static async open(options: ProvidersOptions): Promise<Providers> {
    const definitions = options.app.options.simulators ?? []
    const accounts = await Promise.all(
      definitions.flatMap((definition) =>
        namesOf(options.app, definition).map((name) => openAccount(definition, name, options)),
      ),
    )
    const connections = await createConnections({
      connections: accounts.map(({ connection }) => connection),
      shelves: shelvesOf(accounts, options.clock),
    })
    return new Providers(accounts, connections, options.receive)
  }

  /** Lets webhooks come of those connectors whose events the app uses; of the others nobody has set one up. */
  subscribe(app: App): void {
    const used = new Set([...eventTypesInUse(app).keys()].map(({ name }) => name))
    for (const { connection, simulator } of this.#accounts) {
      const { connector, name } = connection
      const receive = (request: RawRequest): Promise<WebhookReply | null> =>
        this.#receive(connector.name, name, request)
      simulator.subscribe(used.has(connector.name) ? { receive } : null)
    }
  }

  /** Throws `NOT_FOUND` that names those there are. */
  find(connector: string, connection: string | undefined): OpenSimulator {
    const own = this.#accounts.filter((account) => account.connection.connector.name === connector)
    const found =
      own.find(({ connection: { name } }) => name === (connection ?? 'main')) ??
      (connection === undefined && own.length === 1 ? own[0] : undefined)
    if (found !== undefined) return found.simulator
    const known = this.#accounts.map(({ connection: { connector, name } }) =>
      name === 'main' ? connector.name : `${connector.name} (${name})`,
    )
    const wanted = connection === undefined ? connector : `${connector} (${connection})`
    throw new TenonError('NOT_FOUND', `there is no simulator of ${wanted}; there are ${known.join(', ') || 'none'}`)
  }

  of(connection: ResolvedConnection): OpenSimulator {
    return this.find(connection.connector.name, connection.name)
  }

  async close(): Promise<void> {
    await Promise.all(this.#accounts.map(({ simulator }) => simulator.close()))
  }
}

/** The accounts that the app has with a provider; in a test none of them is the real one. */
function namesOf({ options }: App, { connector }: SimulatorDefinition): readonly string[] {
  const names = (options.connections ?? [])
    .filter((one) => one.connector.name === connector.name)
    .map(({ name }) => name)
  return names.length === 0 ? ['main'] : names
}

/** Nobody sits at a browser in a test: where a person must consent, one has. */
function shelvesOf(accounts: readonly Account[], clock: Clock): ReadonlyMap<ResolvedConnection, TokenShelf> {
  return new Map(
    accounts.flatMap(({ connection, simulator }) => {
      const shelf = consentedShelf(simulator, clock)
      return shelf === null ? [] : [[connection, shelf] as const]
    }),
  )
}

/** Tokens as if a person had allowed the simulator's first account; `null` where nobody must. */
export function consentedShelf(simulator: Pick<SimulatorControls, 'consent'>, clock: Clock): TokenShelf | null {
  const consented = simulator.consent()
  if (consented === null) return null
  const { access, refresh, expiresAt, scopes } = consented
  const first = {
    access: new Secret(access),
    ...(refresh !== null && { refresh: new Secret(refresh) }),
    expiresAt,
    scopes,
  }
  return memoryShelf(clock, { first })
}

async function openAccount(definition: SimulatorDefinition, name: string, options: ProvidersOptions): Promise<Account> {
  const { connector } = definition
  const { clock, pace, seed, log, app } = options
  const simulator = await openSimulator(definition, {
    clock,
    pace,
    random: seededRandom(seed, `${connector.name}/${name}`),
    log: (message) => log.info('simulator.said', { connector: connector.name, message }),
  })
  const declared = app.options.connections?.find((one) => one.connector.name === connector.name && one.name === name)
  const credentials = Object.entries(simulator.credentials).map(([field, value]) => [field, new Secret(value)] as const)
  const connection: ResolvedConnection = {
    tenant: 'default',
    connector,
    name,
    // As in production: nothing but the way out is another one.
    baseUrl: declared?.baseUrl ?? connector.options.baseUrl,
    credentials: Object.fromEntries(credentials),
    simulated: true,
  }
  return { connection, simulator }
}
