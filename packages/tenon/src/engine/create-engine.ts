import { systemClock, type Clock } from '../base/clock.ts'
import { newRunId } from '../base/ids.ts'
import type { Client } from '../client/client.ts'
import type { App } from '../definition/app.ts'
import type { Journal } from '../journal/journal.ts'
import { silentMeter, type RunMeter } from '../telemetry/meter.ts'
import type { Services } from './command.ts'
import { Commands } from './control.ts'
import { Dispatcher } from './dispatcher.ts'
import type { Engine, Happening } from './engine.ts'
import { planApp, type AppPlan } from './plan.ts'
import { Exchanges } from './exchanges.ts'
import { newRunIds } from './homing.ts'
import { inspection } from './inspection.ts'
import { Intake } from './intake.ts'
import { QuietQueue } from './quiet-queue.ts'
import { Routes } from './routes.ts'
import { Retention } from './retention.ts'
import type { Intercept } from './try-step.ts'
import { Watchdog } from './watchdog.ts'

export interface EngineOptions {
  readonly app: App
  readonly journal: Journal
  readonly client: Client
  readonly clock?: Clock
  /** From 0 up to 1; only for pauses between tries. */
  readonly random?: () => number
  readonly log?: Services['log']
  readonly meter?: RunMeter
  /** Takes out every secret that the process knows of; a connection's own are taken out in any case. */
  readonly redact?: (text: string) => string
  /** A wait shorter than this stays in memory; default 1 s. */
  readonly lingerMs?: number
  /** Makes the ids of runs and messages; default is unguessable ones. */
  readonly newId?: (nowMs: number) => string
  /** Stands between the engine and each try of a step, for tests. */
  readonly intercept?: Intercept
  /** How often is looked for what other nodes wrote, whatever they said; default 1 s. */
  readonly lookEveryMs?: number
  /** Whether runs that await no step are looked for; default true. */
  readonly watches?: boolean
}

/** Starts the engine: takes up what the journal holds. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { app, journal } = options
  const clock = options.clock ?? systemClock
  const plan = planApp(app)
  const listeners = new Set<Listener>()
  let draining: ReturnType<Engine['drain']> | null = null
  const services = servicesOf(options, {
    plan,
    listeners,
    isDraining: () => draining !== null,
    heard: (receipt) => dispatcher.heard(receipt),
    cancelRun: (run, reason, id) => control.cancelQuietly(run, reason, id),
    restingOf: ({ tenant, run }) => ({ id: run, comeBack: () => dispatcher.wakes.hurry({ tenant, run }) }),
    hasRoomFor: (flow) => dispatcher.hasRoomFor(flow),
  })
  const dispatcher = new Dispatcher({
    services,
    runsInProgress: app.options.runsInProgress ?? 256,
    readyInMemory: 4096,
    lookEveryMs: options.lookEveryMs ?? 1000,
  })
  const intake = new Intake(services, new Routes(plan, services.newRunId), dispatcher)
  const control = new Commands({ services, plan, dispatcher })
  const retention = new Retention({ journal, clock, retention: app.options.retention, log: services.log })
  const inProgress = (): ReadonlySet<string> => new Set([...dispatcher.inMemory()].map(({ row }) => row.run))
  const watchdog = new Watchdog(services, () => dispatcher.inMemory())
  await dispatcher.start()
  retention.start()
  if (options.watches !== false) watchdog.start()

  return {
    accept: (event) => intake.accept(event),
    start: (request) => control.start(request),
    signal: (request) => control.signal(request),
    cancel: (request) => control.cancel(request),
    decide: (request) => control.decide(request),
    retry: (request) => control.retry(request),
    startAnew: (request) => control.startAnew(request),
    pause: (flow) => dispatcher.pauses.pause(flow),
    resume: (flow) => dispatcher.pauses.resume(flow),
    ...inspection({ app, plan, services, inProgress, isPaused: (flow) => dispatcher.pauses.has(flow) }),
    listen(hear, wants = () => true) {
      const listener: Listener = { hear, wants }
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    activity: () => ({
      inProgress: dispatcher.inProgress,
      readied: dispatcher.readied,
      nextWakeAt: dispatcher.nextWake,
    }),
    drain(limitMs) {
      draining ??= (async () => {
        for (const part of [retention, watchdog]) part.stop()
        const { interrupted } = await dispatcher.drain(limitMs)
        return { interrupted, ...(await allCounts(journal)) }
      })()
      return draining
    },
  }
}

interface Listener {
  readonly hear: (happening: Happening) => void
  readonly wants: (name: Happening['name']) => boolean
}

interface Wiring {
  readonly plan: AppPlan
  readonly listeners: ReadonlySet<Listener>
  readonly isDraining: () => boolean
  readonly heard: Services['heard']
  readonly cancelRun: Services['cancelRun']
  readonly restingOf: Services['restingOf']
  readonly hasRoomFor: (flow: string) => boolean
}

function servicesOf(
  options: EngineOptions,
  { plan, listeners, isDraining, heard, cancelRun, restingOf, hasRoomFor }: Wiring,
): Services {
  const { journal, client, clock = systemClock, newId = newRunId } = options
  const quiet = new QuietQueue(clock)
  const log = options.log ?? (() => undefined)
  const redact = options.redact ?? ((text: string) => text)
  return {
    journal,
    client,
    clock,
    random: options.random ?? Math.random,
    newId,
    newRunId: newRunIds({ ownership: journal.ownership, newId, hasRoomFor }),
    intercept: options.intercept ?? null,
    isHeard: (name) => {
      for (const { wants } of listeners) if (wants(name)) return true
      return false
    },
    emit: (happened) => {
      // Own code may put anything into an error.
      const happening = 'message' in happened ? { ...happened, message: redact(happened.message) } : happened
      for (const { hear, wants } of listeners) {
        // Whoever only looks on must not be able to stop a run.
        try {
          if (wants(happening.name)) hear(happening)
        } catch (error) {
          log('listener.failed', { happening: happening.name, error })
        }
      }
    },
    meter: options.meter ?? silentMeter,
    isDraining,
    lingerMs: options.lingerMs ?? 1000,
    planOf: (flow, version) => plan.find(flow, version),
    whenQuiet: (callback) => quiet.add(callback),
    values: (hashes) => journal.values(hashes),
    heard,
    cancelRun,
    restingOf,
    exchanges: new Exchanges(() => clock.now(), redact),
    log,
  }
}

async function allCounts(journal: Journal): Promise<{ waiting: number; ready: number }> {
  try {
    const counts = await journal.counts('default')
    return { waiting: counts.waiting, ready: counts.ready + counts.queued }
  } catch {
    return { waiting: 0, ready: 0 }
  }
}
