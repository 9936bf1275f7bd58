import { atMost, systemClock, type Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import type { App } from '../definition/app.ts'
import { createEngine } from '../engine/create-engine.ts'
import type { DrainReport, Engine } from '../engine/engine.ts'
import type { Journal } from '../journal/journal.ts'
import type { RunningSimulator } from '../simulator/simulator.ts'
import { Meter } from '../telemetry/meter.ts'
import type { Redactor } from '../telemetry/redact.ts'
import type { Log } from '../telemetry/telemetry.ts'
import { startSchedules } from '../trigger/schedule.ts'
import type { Webhook } from '../trigger/webhook.ts'
import type { ConnectionView } from '../connection/managed.ts'
import { keepRunsYoung } from './collector.ts'
import { DataFolder, type ServerAddress } from './data-folder.ts'
import { databaseNames, openJournal, placeOf, type DurablePlace, type OpenedJournal } from './durable.ts'
import { openKept } from './kept.ts'
import { loadApp, projectName, requireSound, type LoadedApp } from './load-app.ts'
import { measuresOf, vocabularyOf } from './measures.ts'
import { operatorTokenOf } from './operator-token.ts'
import { openHooks } from './open-hooks.ts'
import { openOutward } from './outward.ts'
import type { Server } from './server.ts'
import { createSenders, sendersOf } from './senders.ts'
import { openSessions } from './session/open-sessions.ts'
import { openSharedLimits } from './shared-limits.ts'
import { subscribeSimulators } from './simulators.ts'
import { version } from './version.ts'

export interface ApplicationOptions {
  readonly appFile: string
  readonly dataFolder: string
  /** URLs of the databases that all nodes share, mostly one; they come before `TENON_DATABASE` and what the app says. Without any, everything is in the data folder. */
  readonly databases?: readonly Secret[]
  readonly port: number
  readonly host?: string
  /** What stands before it and stays when it goes: that is the address to the outside, and who put it there takes it away. */
  readonly front?: ServerAddress
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether the app's simulators stand in for missing connections; default true, unless there is a database: each node would have its own. */
  readonly simulate?: boolean
  readonly log: Log
  readonly redactor: Redactor
  readonly clock?: Clock
  /** Default: the one of the place where all is durable. */
  readonly openJournal?: (folder: string, meter: Meter) => Promise<Journal>
}

/** An app at work: everything that `tenon start` brings up, in one process. */
export interface Application {
  readonly app: App
  readonly file: string
  readonly url: string
  readonly dataFolder: string
  /** Names of the databases that it shares with other nodes; `null` where everything is in the data folder. */
  readonly database: string | null
  /** True when nothing was here before. */
  readonly isFirstStart: boolean
  /** True when the last process did not end in good order. */
  readonly isAfterCrash: boolean
  readonly engine: Engine
  readonly server: Server
  readonly webhooks: readonly Webhook[]
  readonly simulators: readonly RunningSimulator[]
  /** Connectors of which the operator's tenant has no account that works without a person. */
  unconnected(): ReadonlySet<string>
  /** Takes nothing new, lets what is in flight end, and closes everything. A second call joins the first. */
  drain(limitMs: number): Promise<DrainReport>
}

const tenant = 'default'

/** Brings an app up, in the order in which each part needs the ones before. What fails to start leaves nothing running. */
export async function startApplication(options: ApplicationOptions): Promise<Application> {
  return startLoaded(await loadApp(options.appFile, { simulate: simulatesBy(options) }), options)
}

/** Stand-ins belong to one process: nodes that share a database would each call their own. Where nothing is said, the app's own database decides. */
function simulatesBy({ simulate, databases, environment }: ApplicationOptions): boolean | undefined {
  const isShared = databases !== undefined || (environment['TENON_DATABASE'] ?? '').trim() !== ''
  return simulate ?? (isShared ? false : undefined)
}

/** The same for an app that is loaded already. */
export async function startLoaded(loaded: LoadedApp, options: ApplicationOptions): Promise<Application> {
  keepRunsYoung()
  requireSound(loaded)
  const closing = new AsyncDisposableStack()
  try {
    const meter = new Meter(vocabularyOf(loaded.app))
    return await start({ ...options, app: loaded.app, file: loaded.file, meter }, closing)
  } catch (error) {
    await closing.disposeAsync()
    throw error
  }
}

type Starting = ApplicationOptions & { readonly app: App; readonly file: string; readonly meter: Meter }

async function start(options: Starting, closing: AsyncDisposableStack): Promise<Application> {
  const { app, log, meter } = options
  const folder = new DataFolder(options.dataFolder)
  folder.open()
  const place = placeFor(options, folder)
  const [{ journal, clock, tenants = null, shared }, parts] = await Promise.all([
    bringJournal(options, place, closing),
    loadParts(),
  ])
  // The lock of the journal is ours from here on: only now is anything in the folder changed.
  const { token, isNew } = folder.operatorToken(operatorTokenOf(options.environment))
  options.redactor.add(token.reveal())
  const kept = await openKept({ ...options, place, shared, clock, tenant }, closing)
  const { membership } = journal.ownership
  const sharing = await openSharedLimits({ place, membership, clock }, closing)
  const outward = await openOutward({ ...options, ...parts, ...kept, folder, clock, sharing }, closing)
  const { simulators, connections, client, budgets, connecting } = outward
  const warn = (name: string, facts: Readonly<Record<string, unknown>>): void => log.warn(name, facts)
  const engine = await createEngine({ app, journal, client, clock, meter, redact: options.redactor.text, log: warn })
  // Should a later part fail to start, the engine must not go on alone.
  closing.defer(async () => void (await engine.drain(0)))
  const context = { engine, membership, tenant, clock, log, meter, budgets }
  const webhooks = openHooks(app, connections, { ...context, audit: kept.audit, closing })
  const metrics = measuresOf({ ...context, connections, journal, app, dataFolder: folder.path, version })
  const server = await parts.startServer({
    ...context,
    webhooks,
    simulators,
    connecting,
    operator: { token, tenant },
    ...frontOf(options),
    ...(await openSessions({ tenant, folder, place, clock, log, store: kept.store })),
    journal,
    tenants,
    ...kept,
    redact: options.redactor.text,
    metrics,
    state: 'starting',
  })
  closing.defer(() => server.close())
  folder.writeAddress({ url: server.url, pid: options.front?.pid ?? process.pid })
  if (options.front === undefined) closing.defer(() => folder.removeAddress())

  const schedules = await startSchedules(app, journal, context)
  closing.defer(() => schedules.stop())
  server.setState('ready')
  subscribeSimulators(simulators, { url: server.url, publicUrl: publicUrlOf(options.environment) }, webhooks.all)

  return {
    app,
    file: options.file,
    url: server.url,
    dataFolder: folder.path,
    database: databaseNames(place),
    isFirstStart: isNew,
    isAfterCrash: !isNew && !journal.closedCleanly,
    engine,
    server,
    webhooks: webhooks.all,
    simulators,
    unconnected: () => unconnectedIn(connections.managed.list(tenant)),
    drain: drainOnce({ server, schedules, renewal: connections.renewal, engine, clock, closing }),
  }
}

function unconnectedIn(views: readonly ConnectionView[]): ReadonlySet<string> {
  const working = new Set(views.filter(({ cause }) => cause === null).map(({ connector }) => connector))
  return new Set(views.map(({ connector }) => connector).filter((connector) => !working.has(connector)))
}

/** A token endpoint answers within a second, mostly; a process that is to end is killed after thirty. */
const renewalAtMostMs = 10_000

interface Draining {
  readonly server: Server
  readonly schedules: { stop(): void }
  readonly renewal: { stop(): Promise<void> }
  readonly engine: Engine
  readonly clock: Clock
  readonly closing: AsyncDisposableStack
}

function drainOnce({ server, schedules, renewal, engine, clock, closing }: Draining): Application['drain'] {
  const drain = async (limitMs: number): Promise<DrainReport> => {
    server.setState('draining')
    schedules.stop()
    // What a provider may have answered already is waited for, though no longer than runs are.
    const renewed = atMost(clock, Math.max(limitMs, renewalAtMostMs), renewal.stop())
    try {
      return await engine.drain(limitMs)
    } finally {
      // Also where the journal cannot say what is left: what stays open would keep the process.
      await renewed
      await closing.disposeAsync()
    }
  }
  let draining: Promise<DrainReport> | null = null
  return (limitMs) => (draining ??= drain(limitMs))
}

/** Where people find the server, and by what they get in. */
function frontOf({ app, appFile, environment, port, host, front }: Starting) {
  const publicUrl = publicUrlOf(environment)
  return {
    appName: app.options.name ?? projectName(appFile),
    port,
    ...(host !== undefined && { host }),
    ...(front !== undefined && { frontUrl: front.url }),
    ...(publicUrl !== undefined && { publicUrl }),
    senders: createSenders({ ...sendersOf(environment), publicUrl }),
  }
}

/** `TENON_URL`: where a proxy offers the server. Throws `INPUT_INVALID`. */
function publicUrlOf(environment: ApplicationOptions['environment']): string | undefined {
  const text = environment['TENON_URL']
  if (text === undefined || text === '') return undefined
  const url = URL.canParse(text) ? new URL(text) : null
  if (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === '/' &&
    url.search === '' &&
    url.username === ''
  )
    return url.origin
  throw new TenonError(
    'INPUT_INVALID',
    'TENON_URL is not an address of this server. Set it to the address that people use, without a path, such as https://tenon.example.com',
  )
}

/** The large libraries are loaded while the journal's thread starts: each takes about as long as the other. */
async function loadParts() {
  const { startServer } = await import('./server.ts')
  const { createClient } = await import('../client/client.ts')
  return { startServer, createClient }
}

function placeFor({ app, redactor, ...options }: Starting, { path }: DataFolder): DurablePlace {
  const { database } = app.options
  return placeOf({
    ...options,
    dataFolder: path,
    variables: (database?.urls ?? []).map(({ variable }) => variable),
    lease: database?.lease,
    onSecret: redactor.add,
  })
}

async function bringJournal(
  { openJournal: other, clock, meter }: Starting,
  place: DurablePlace,
  closing: AsyncDisposableStack,
): Promise<OpenedJournal> {
  const opened =
    other === undefined
      ? await openJournal(place, meter)
      : { journal: await other(place.folder, meter), clock: systemClock }
  closing.defer(() => opened.journal.close())
  return { ...opened, clock: clock ?? opened.clock }
}
