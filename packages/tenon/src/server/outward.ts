import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { createClient, OpenClient } from '../client/client.ts'
import { resolveFromApp, type SimulatedProvider } from '../connection/from-app.ts'
import { openConnections, type LiveConnections } from '../connection/live-connections.ts'
import type { Vault } from '../connection/vault.ts'
import type { App } from '../definition/app.ts'
import { connectorsOf } from '../definition/app-connectors.ts'
import { Budgets } from '../outbound/budget/budgets.ts'
import type { Leases } from '../outbound/budget/leases.ts'
import { nobody, type Others } from '../outbound/others.ts'
import { loadPolicies } from '../outbound/pipeline.ts'
import type { RunningSimulator } from '../simulator/simulator.ts'
import type { Store } from '../store/store.ts'
import type { Meter } from '../telemetry/meter.ts'
import type { Redactor } from '../telemetry/redact.ts'
import type { Log } from '../telemetry/telemetry.ts'
import { allowedOriginsOf } from './allowed-origins.ts'
import { createConnecting, type Connecting } from './connect/connecting.ts'
import type { Brought } from './connect/form.ts'
import type { DataFolder } from './data-folder.ts'
import type { SharedLimits } from './shared-limits.ts'
import { startSimulators } from './simulators.ts'

export interface OutwardOptions {
  readonly app: App
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly folder: DataFolder
  readonly store: Store
  readonly vault: Vault
  readonly clock: Clock
  readonly log: Log
  readonly meter: Meter
  readonly redactor: Redactor
  /** `null` where there is one process only. */
  readonly sharing: SharedLimits | null
  readonly createClient: typeof createClient
}

/** Everything that calls leave by: the accounts, and the stand-ins for those that are missing. */
export interface Outward {
  readonly simulators: readonly RunningSimulator[]
  readonly connections: LiveConnections
  readonly client: OpenClient
  readonly budgets: Budgets
  readonly connecting: Connecting
}

export async function openOutward(options: OutwardOptions, closing: AsyncDisposableStack): Promise<Outward> {
  const { app, environment, folder, clock, log, meter, redactor } = options
  const simulators = await startSimulators(app, { folder, clock, log })
  for (const simulator of simulators) closing.defer(() => simulator.close())
  const simulated = simulatedOf(app, simulators)
  const connectors = connectorsOf(app)
  const { store, vault } = options
  const onSecret = redactor.add
  const standIns = new Map(simulated.map(({ connector, baseUrl }) => [connector.name, baseUrl]))
  const holder = randomUUID()
  const allowedOrigins = allowedOriginsOf(environment)
  if (allowedOrigins.length > 0) log.warn('egress.allowed', { origins: allowedOrigins })
  const keeping = {
    store,
    vault,
    clock,
    log,
    meter,
    connectors,
    standIns,
    holder,
    onSecret,
    allowedOrigins,
    random: Math.random,
  }
  const connections = await openConnections({ ...keeping, ofApp: resolveFromApp(app, environment, simulated) })
  closing.defer(() => connections.close())
  for (const { credentials } of connections.all)
    for (const secret of Object.values(credentials)) redactor.add(secret.reveal())
  const { policies: policyOptions, connect } = app.options
  const policies = await loadPolicies()
  const shared = sharedBy(options)
  const outward = {
    connections,
    clock,
    meter,
    policies,
    ...shared,
    allowedOrigins,
    ...(policyOptions && { policyOptions }),
  }
  const client = options.createClient({ ...outward, onSecret: redactor.addTemporary })
  closing.defer(() => client.close())
  const connecting = await createConnecting({
    connectors,
    connections,
    managed: connections.managed,
    client,
    store,
    vault,
    clock,
    onSecret: redactor.addTemporary,
    brought: (connector) => broughtBy(connector, { app, environment, simulated }),
    standIns,
    returnTo: connect?.returnTo ?? [],
    allowedOrigins,
  })
  return { simulators, connections, client, budgets: shared.budgets, connecting }
}

function sharedBy({ clock, sharing }: OutwardOptions): {
  readonly budgets: Budgets
  readonly others: Others
  readonly leases: Leases | null
} {
  if (sharing === null) return { budgets: new Budgets({ clock }), others: nobody, leases: null }
  const { leases, others } = sharing
  return { budgets: new Budgets({ clock, others, bucketFor: leases.bucketFor.bind(leases) }), others, leases }
}

function simulatedOf({ options }: App, simulators: readonly RunningSimulator[]): readonly SimulatedProvider[] {
  const definitions = options.simulators ?? []
  return simulators.flatMap(({ connector: name, baseUrl, credentials }) => {
    const connector = definitions.find((definition) => definition.connector.name === name)?.connector
    return connector === undefined ? [] : [{ connector, baseUrl, credentials }]
  })
}

/** The app's registration with the provider; without one, the simulator's. */
function broughtBy(
  connector: string,
  {
    app,
    environment,
    simulated,
  }: Pick<OutwardOptions, 'app' | 'environment'> & { readonly simulated: readonly SimulatedProvider[] },
): Brought {
  const { clients = {} } = app.options.connect ?? {}
  const sources = Object.hasOwn(clients, connector) ? (clients[connector] ?? {}) : {}
  const values = Object.entries(sources).map(([field, { variable }]) => [field, environment[variable] ?? ''] as const)
  const isComplete = values.length > 0 && values.every(([, value]) => value !== '')
  const standIn = simulated.find((one) => one.connector.name === connector)
  if (standIn !== undefined && !isComplete)
    return { fields: standIn.credentials, baseUrl: standIn.baseUrl, simulated: true }
  return { fields: Object.fromEntries(values.filter(([, value]) => value !== '')), simulated: false }
}
