import { errorMeanings } from '../base/errors.ts'
import { Distribution, Measures, Tally } from './measure.ts'

/** The names that the app declares; only they become values of labels. */
export interface Vocabulary {
  readonly flows: Iterable<string>
  /** By connector, its operations. */
  readonly operations: Readonly<Record<string, Iterable<string>>>
}

/** What a call came to. */
export interface CallEnd {
  readonly outcome: 'answered' | 'found' | 'failed'
  readonly status?: number | null
  readonly error?: { readonly code: string }
}

export interface RunMeter {
  runStarted(flow: string): void
  /** `code` is the error's, empty for a run that completed. */
  runEnded(flow: string, outcome: RunOutcome, code: string, tookMs: number): void
  runParked(flow: string, code: string): void
  /** `attempt` counts the tries that the step took; 0 for one that tries nothing, such as a wait. `code` is empty for one that completed. */
  stepEnded(flow: string, step: { readonly kind: string; readonly attempt: number }, code: string, tookMs: number): void
  /** A try failed, and there will be another. */
  stepRetried(flow: string, code: string): void
}

export type RunOutcome = 'completed' | 'failed' | 'cancelled'

export interface CallMeter {
  callEnded(connector: string, operation: string, end: CallEnd, tookMs: number): void
}

export interface RenewalMeter {
  /** A provider was asked for new tokens. */
  renewalEnded(connector: string, outcome: RenewalOutcome, tookMs: number): void
}

/** `superseded`: another process had newer ones meanwhile, which count. `failed`: it is tried again. `lost`: only a person can help. */
export type RenewalOutcome = 'renewed' | 'superseded' | 'failed' | 'lost'

export interface IntakeMeter {
  /** `source`: the connector that delivered it, or `schedule`. */
  eventTaken(source: string, outcome: EventOutcome): void
  /** `code` is empty for one that was accepted. */
  webhookAnswered(connector: string, code: string, tookMs: number): void
}

export type EventOutcome = 'accepted' | 'duplicate' | 'ignored'

export interface JournalMeter {
  committed(writes: number, bytes: number, tookMs: number): void
  /** From now on `backlog` says what waits for the commit in progress. */
  watchBacklog(backlog: Backlog): void
}

export type Backlog = () => { readonly writes: number; readonly bytes: number }

/** Counts what happens: each call is a few look-ups and additions. `metric.ts` says what is made of it. */
export class Meter implements RunMeter, CallMeter, RenewalMeter, IntakeMeter, JournalMeter {
  readonly flows: Measures<FlowMeasure>
  readonly steps: Measures<StepMeasure>
  readonly calls: Measures<CallMeasure>
  readonly renewals: Measures<RenewalMeasure>
  readonly events: Measures<EventMeasure>
  readonly webhooks: Measures<WebhookMeasure>
  readonly commits: CommitMeasure = {
    writes: new Distribution(inBatch),
    seconds: new Distribution(toAnswer),
    bytes: 0,
  }
  #backlog: Backlog = () => ({ writes: 0, bytes: 0 })

  constructor({ flows, operations }: Vocabulary) {
    const connector = Object.keys(operations)
    this.flows = new Measures({ flow: flows }, () => new FlowMeasure())
    this.steps = new Measures({ flow: flows, kind: stepKinds }, () => new StepMeasure())
    const operation = Object.values(operations).flatMap((names) => [...names])
    this.calls = new Measures({ connector, operation }, () => new CallMeasure())
    this.renewals = new Measures({ connector }, () => new RenewalMeasure())
    this.events = new Measures({ source: [...connector, 'schedule'] }, () => new EventMeasure())
    this.webhooks = new Measures({ connector }, () => new WebhookMeasure())
  }

  runStarted(flow: string): void {
    this.flows.at(flow).started += 1
  }

  runEnded(flow: string, outcome: RunOutcome, code: string, tookMs: number): void {
    const measure = this.flows.at(flow)
    measure.seconds[outcome].observe(tookMs / 1000)
    if (outcome === 'failed') measure.failed.add(code)
  }

  runParked(flow: string, code: string): void {
    this.flows.at(flow).parked.add(code)
  }

  stepEnded(
    flow: string,
    { kind, attempt }: { readonly kind: string; readonly attempt: number },
    code: string,
    tookMs: number,
  ): void {
    const measure = this.steps.at(flow, kind)
    if (code === '') measure.completed += 1
    else measure.failed.add(code)
    if (attempt === 0) return
    measure.attempts += attempt
    measure.seconds.observe(tookMs / 1000)
  }

  stepRetried(flow: string, code: string): void {
    this.flows.at(flow).retried.add(code)
  }

  callEnded(connector: string, operation: string, { outcome, status, error }: CallEnd, tookMs: number): void {
    const measure = this.calls.at(connector, operation)
    measure[outcome].add(statusClass(status))
    if (error !== undefined) measure.codes.add(error.code)
    measure.seconds.observe(tookMs / 1000)
  }

  renewalEnded(connector: string, outcome: RenewalOutcome, tookMs: number): void {
    const measure = this.renewals.at(connector)
    measure[outcome] += 1
    measure.seconds.observe(tookMs / 1000)
  }

  eventTaken(source: string, outcome: EventOutcome): void {
    this.events.at(source)[outcome] += 1
  }

  webhookAnswered(connector: string, code: string, tookMs: number): void {
    const measure = this.webhooks.at(connector)
    if (code === '') measure.accepted += 1
    else measure.refused.add(code)
    measure.seconds.observe(tookMs / 1000)
  }

  committed(writes: number, bytes: number, tookMs: number): void {
    this.commits.writes.observe(writes)
    this.commits.seconds.observe(tookMs / 1000)
    this.commits.bytes += bytes
  }

  watchBacklog(backlog: Backlog): void {
    this.#backlog = backlog
  }

  get backlog(): ReturnType<Backlog> {
    return this.#backlog()
  }
}

/** Counts nothing. */
export const silentMeter: RunMeter & CallMeter & RenewalMeter = {
  runStarted: () => undefined,
  runEnded: () => undefined,
  runParked: () => undefined,
  stepEnded: () => undefined,
  stepRetried: () => undefined,
  callEnded: () => undefined,
  renewalEnded: () => undefined,
}

const toAnswer = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
const toCall = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const toFinish = [0.01, 0.05, 0.25, 1, 5, 30, 120, 600, 3600, 21_600, 86_400, 604_800, 2_592_000]
const inBatch = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2000]

const stepKinds = ['call', 'run', 'sleep', 'wait', 'child', 'child-result']
const statusClasses = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const
const knownStatuses: ReadonlySet<string> = new Set(statusClasses)
const knownCodes: ReadonlySet<string> = new Set(Object.keys(errorMeanings))

const codes = (): Tally => new Tally(knownCodes)
const statuses = (): Tally => new Tally(knownStatuses)

function statusClass(status: number | null | undefined): string {
  return statusClasses[Math.floor((status ?? 0) / 100)] ?? 'none'
}

class FlowMeasure {
  started: number = 0
  readonly parked: Tally = codes()
  readonly retried: Tally = codes()
  readonly failed: Tally = codes()
  /** By how they ended. */
  readonly seconds: Readonly<Record<RunOutcome, Distribution>> = {
    completed: new Distribution(toFinish),
    failed: new Distribution(toFinish),
    cancelled: new Distribution(toFinish),
  }
}

class StepMeasure {
  completed: number = 0
  readonly failed: Tally = codes()
  attempts: number = 0
  readonly seconds: Distribution = new Distribution(toCall)
}

class CallMeasure {
  readonly answered: Tally = statuses()
  readonly found: Tally = statuses()
  readonly failed: Tally = statuses()
  readonly codes: Tally = codes()
  readonly seconds: Distribution = new Distribution(toCall)
}

class RenewalMeasure implements Record<RenewalOutcome, number> {
  renewed: number = 0
  superseded: number = 0
  failed: number = 0
  lost: number = 0
  readonly seconds: Distribution = new Distribution(toCall)
}

class EventMeasure {
  accepted: number = 0
  duplicate: number = 0
  ignored: number = 0
}

class WebhookMeasure {
  accepted: number = 0
  readonly refused: Tally = codes()
  readonly seconds: Distribution = new Distribution(toAnswer)
}

interface CommitMeasure {
  readonly writes: Distribution
  readonly seconds: Distribution
  bytes: number
}
