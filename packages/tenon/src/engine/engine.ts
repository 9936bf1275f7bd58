import type { ErrorCode } from '../base/errors.ts'
import type { RunCounts, RunQuery } from '../journal/history.ts'
import type { FlowDetail, FlowSummary } from './flow-view.ts'
import type { ExchangeView, RunDetail, RunSummary } from './view.ts'

/** Makes runs progress: takes facts in, starts runs, carries each through to its end or to a wait. */
export interface Engine extends Inspection {
  /** Starts what the event triggers and wakes what waits for it; durable when it resolves. Rejects with `JOURNAL_UNAVAILABLE`, `OVERLOADED` or `DRAINING`. */
  accept(event: AcceptedEvent): Promise<AcceptReceipt>
  /** Starts a flow by hand. The same `id` again gives the same run. Rejects with `NOT_FOUND` or `INPUT_INVALID`. */
  start(request: StartRequest): Promise<{ readonly run: string; readonly duplicate: boolean }>
  /** The four below reject with `NOT_FOUND` for an unknown run and `RUN_NOT_RETRYABLE` or `ORDER_REFUSED` where its state does not allow it. */
  signal(request: {
    readonly tenant: string
    readonly run: string
    readonly name: string
    readonly data: unknown
    readonly id?: string
  }): Promise<void>
  cancel(request: { readonly tenant: string; readonly run: string; readonly reason: string }): Promise<void>
  decide(request: DecideRequest): Promise<void>
  /** A failed run: goes on from its failed step, on the code as it is now. A parked (diverged) run: tries again on the code as it is now. */
  retry(request: { readonly tenant: string; readonly run: string }): Promise<void>
  /** Starts a new run with the same input, linked to the old one. */
  startAnew(request: { readonly tenant: string; readonly run: string }): Promise<{ readonly run: string }>
  /**
   * No run of the flow is taken up until it is resumed, also by a later process: events are still accepted, and their runs wait as `ready`. Runs in progress
   * go on to their next rest. Both reject with `NOT_FOUND` for a flow that the app does not have.
   */
  pause(flow: { readonly tenant: string; readonly flow: string }): Promise<void>
  resume(flow: { readonly tenant: string; readonly flow: string }): Promise<void>
  /** Live happenings, for terminals and consoles; listeners must be quick. What none of them `wants` is not even put together. Returns how to stop listening. */
  listen(listener: (happening: Happening) => void, wants?: (name: Happening['name']) => boolean): () => void
  activity(): { readonly inProgress: number; readonly readied: number; readonly nextWakeAt: number | null }
  /** Takes nothing new, lets calls in flight end for at most `limitMs`, leaves the rest to the journal. A second call joins the first. */
  drain(limitMs: number): Promise<DrainReport>
}

/** What people ask; never on the way of a run. */
export interface Inspection {
  /** The newest first. `event` may be an event's own id, or the key that it was delivered under. */
  list(query: RunQuery): Promise<{ readonly runs: readonly RunSummary[]; readonly next: string | null }>
  counts(tenant: string): Promise<RunCounts>
  /** The story of one run, `null` when there is none. The inputs of its steps come from a dry replay on the code as it is now. */
  describe(tenant: string, run: string): Promise<RunDetail | null>
  /** What the tries of its steps sent and got, without secrets, as far as it is kept: the latest of all runs, and those that went wrong. `null` when there is no such run. */
  exchanges(tenant: string, run: string): Promise<readonly ExchangeView[] | null>
  /** The flows of the app, each in its newest version. */
  flows(tenant: string): Promise<readonly FlowSummary[]>
  /** One of them, with a picture of what its latest runs did; `null` for one that the app does not have. */
  flow(tenant: string, name: string): Promise<FlowDetail | null>
  /** Replays living runs dry against this code: those that would park, with the first difference. */
  check(tenant: string): Promise<readonly Divergence[]>
}

export interface AcceptedEvent {
  readonly tenant: string
  /** What delivered it: connector name, `schedule` ... */
  readonly trigger: string
  readonly id: string
  /** `<connector>/<event type>` or `schedule/<flow>`. */
  readonly type: string
  readonly source: string
  readonly timeMs: number
  readonly data: unknown
  readonly dedupeMs: number
  /** Connection it came by: flows use it by default. */
  readonly connection?: string
  readonly cursor?: { readonly name: string; readonly value: string }
}

export interface AcceptReceipt {
  readonly duplicate: boolean
  /** Runs started or reached, by this or, for a duplicate, by the first delivery. */
  readonly runs: readonly string[]
}

export interface StartRequest {
  readonly tenant: string
  readonly flow: string
  readonly input: unknown
  readonly id?: string
}

export type Decision =
  /** The effect took place, with this result. */
  | { readonly kind: 'happened'; readonly result: unknown }
  /** It did not: the step fails, and the flow sees `EFFECT_DENIED`. */
  | { readonly kind: 'did-not-happen' }
  /** Send it again, whatever became of the first. */
  | { readonly kind: 'retry' }

export interface DecideRequest {
  readonly tenant: string
  readonly run: string
  readonly step: string
  readonly decision: Decision
  /** Who decided, for the record. */
  readonly by: string
}

export interface Divergence {
  readonly run: string
  readonly flow: string
  readonly version: number
  readonly expected: string
  readonly found: string
}

export interface DrainReport {
  /** Runs that still had a call in flight at the limit; they go on at the next start. */
  readonly interrupted: number
  readonly waiting: number
  readonly ready: number
}

/** `noun.verb`, in the past. */
export type Happening = { readonly tenant: string } & (
  | {
      readonly name: 'flow.paused' | 'flow.resumed'
      readonly at: number
      readonly tenant: string
      readonly flow: string
    }
  | {
      readonly name: 'event.accepted'
      readonly at: number
      readonly type: string
      readonly id: string
      readonly runs: readonly string[]
      readonly duplicate: boolean
    }
  | {
      readonly name: 'run.started' | 'run.resumed'
      readonly at: number
      readonly run: string
      readonly flow: string
      readonly key: string | null
    }
  | {
      readonly name: 'step.started'
      readonly at: number
      readonly run: string
      readonly flow: string
      readonly step: string
      readonly attempt: number
    }
  | {
      readonly name: 'step.completed'
      readonly at: number
      readonly run: string
      readonly flow: string
      readonly step: string
      readonly attempt: number
      readonly tookMs: number
    }
  | {
      readonly name: 'step.failed'
      readonly at: number
      readonly run: string
      readonly flow: string
      readonly step: string
      readonly attempt: number
      readonly code: ErrorCode
      readonly message: string
      readonly retryInMs: number | null
    }
  | {
      readonly name: 'run.waited'
      readonly at: number
      readonly run: string
      readonly flow: string
      readonly for: string
      readonly until: number | null
    }
  | {
      readonly name: 'run.parked'
      readonly at: number
      readonly run: string
      readonly flow: string
      readonly code: ErrorCode
      readonly message: string
    }
  | { readonly name: 'run.undone'; readonly at: number; readonly run: string; readonly flow: string }
  | {
      readonly name: 'run.completed' | 'run.cancelled'
      readonly at: number
      readonly run: string
      readonly flow: string
      readonly tookMs: number
    }
  | {
      readonly name: 'run.failed'
      readonly at: number
      readonly run: string
      readonly flow: string
      readonly tookMs: number
      readonly code: ErrorCode
      readonly message: string
    }
)
