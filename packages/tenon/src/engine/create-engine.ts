import { systemClock, type Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import type { Client } from '../client/client.ts'
import type { App } from '../definition/app.ts'
import type { EventMessage, Journal, Start } from '../journal/journal.ts'
import { checkRuns } from './check.ts'
import type { Services } from './command.ts'
import { Commands } from './control.ts'
import { describeRun } from './describe.ts'
import { Dispatcher } from './dispatcher.ts'
import type { AcceptedEvent, AcceptReceipt, Engine, Happening } from './engine.ts'
import { planApp } from './plan.ts'
import { freshRow } from './fresh-row.ts'
import { QuietQueue } from './quiet-queue.ts'
import { Routes } from './routes.ts'
import { Retention } from './retention.ts'

export interface EngineOptions {
  readonly app: App
  readonly journal: Journal
  readonly client: Client
  readonly clock?: Clock
  /** From 0 up to 1; only for pauses between tries. */
  readonly random?: () => number
  readonly log?: Services['log']
  /** A wait shorter than this stays in memory; default 1 s. */
  readonly lingerMs?: number
}

/** Starts the engine: takes up what the journal holds. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { app, journal, client } = options
  const clock = options.clock ?? systemClock
  const log = options.log ?? (() => undefined)
  const plan = planApp(app)
  const routes = new Routes(plan)
  const listeners = new Set<(happening: Happening) => void>()
  const quiet = new QuietQueue(clock)
  let draining: ReturnType<Engine['drain']> | null = null
  const services: Services = {
    journal,
    client,
    clock,
    random: options.random ?? Math.random,
    hasListeners: () => listeners.size > 0,
    emit: (happening) => {
      for (const listener of listeners) listener(happening)
    },
    isDraining: () => draining !== null,
    lingerMs: options.lingerMs ?? 1000,
    planOf: (flow, version) => plan.find(flow, version),
    whenQuiet: (callback) => quiet.add(callback),
    values: (hashes) => journal.values(hashes),
    cancelRun: (run, reason, id) => void control.cancelQuietly(run, reason, id),
    log,
  }
  const dispatcher = new Dispatcher({
    services,
    runsInProgress: app.options.runsInProgress ?? 256,
    readyInMemory: 4096,
    startedAt: clock.now(),
  })
  const control = new Commands({
    services,
    plan,
    ready: (runs) => dispatcher.ready(runs),
    offer: (row, input) => dispatcher.offer(row, input),
  })
  const retention = new Retention({ journal, clock, retention: app.options.retention, log })
  await dispatcher.start()
  retention.start()

  async function accept(event: AcceptedEvent): Promise<AcceptReceipt> {
    if (draining !== null) throw new TenonError('DRAINING', 'the engine takes nothing new while it drains')
    const now = clock.now()
    const message = routes.messageOf(event, now)
    const receipt = await journal.deliver(message)
    if (receipt.outcome === 'refused')
      throw new TenonError('JOURNAL_UNAVAILABLE', `the journal refused event ${event.id}`)
    const duplicate = receipt.outcome === 'duplicate'
    const runs = duplicate ? receipt.runs : [...receipt.started, ...receipt.reached].map(({ run }) => run)
    if (listeners.size > 0)
      services.emit({ name: 'event.accepted', at: now, type: event.type, id: event.id, runs, duplicate })
    if (receipt.outcome === 'written') {
      for (const [index, started] of receipt.started.entries()) offer(message, message.starts[index], started.status)
      if (receipt.reached.length > 0) dispatcher.ready(receipt.reached)
    }
    return { duplicate, runs }
  }

  function offer(message: EventMessage, start: Start | undefined, status: 'ready' | 'queued'): void {
    if (start === undefined || status === 'queued') return
    // A large body is not at hand as it is stored; the run is read like any other.
    if (message.values !== undefined) dispatcher.ready([{ tenant: message.tenant, run: start.run }])
    else dispatcher.offer(freshRow(message, start), message.body)
  }

  return {
    accept,
    start: (request) => control.start(request),
    signal: (request) => control.signal(request),
    cancel: (request) => control.cancel(request),
    decide: (request) => control.decide(request),
    retry: (request) => control.retry(request),
    startAnew: (request) => control.startAnew(request),
    list: (query) => journal.list(query),
    counts: (tenant) => journal.counts(tenant),
    describe: (tenant, run) => describeRun({ tenant, run }, journal),
    check: (tenant) => checkRuns(tenant, services),
    listen(listener) {
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
        retention.stop()
        const { interrupted } = await dispatcher.drain(limitMs)
        const counts = await allCounts(journal)
        return { interrupted, ...counts }
      })()
      return draining
    },
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
