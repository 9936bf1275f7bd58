import type { AnswerView, RequestView } from '../client/render.ts'
import type { RunRow, RunStatus } from '../journal/journal.ts'

/** One run in a list. */
export interface RunSummary extends RunRow {
  /** In progress at the moment, not only in the journal. */
  readonly inMemory: boolean
}

/** One run as a person looks at it: the fold of its journal. */
export interface RunView extends RunRow {
  readonly event: {
    readonly id: string
    readonly type: string
    readonly at: number
    readonly source: string
    readonly data: unknown
  } | null
  readonly steps: readonly StepView[]
  readonly output: unknown
  readonly error: ErrorView | null
  /** What it waits for, in plain words, `null` when it does not. */
  readonly waitsFor: string | null
  readonly undo: 'none' | 'begun' | 'done'
}

/** A run with what stands around it, and what may be done about it. */
export interface RunDetail extends RunView, RunSummary {
  readonly steps: readonly StepDetail[]
  /** What it was started with, by hand or by another run; `undefined` where an event started it. */
  readonly input: unknown
  /** False where the code as it is now no longer fits this journal: inputs from there on are not known. */
  readonly inputsFit: boolean
  /** The run that holds the key, for one that is queued. */
  readonly ahead: string | null
  /** The first runs that are queued behind it. */
  readonly behind: readonly { readonly run: string; readonly createdAt: number }[]
  /** All of these, counted up to 10,000. */
  readonly behindCount: number
  /** Runs that it started, in that order; those that are no longer kept are left out. */
  readonly children: readonly ChildView[]
  /** What its state allows now. */
  readonly actions: readonly RunAction[]
  readonly unknownSteps: readonly string[]
  /** Names that it would take a signal by; those that it waits for come first. */
  readonly signals: readonly string[]
}

export type RunAction = 'retry' | 'anew' | 'cancel' | 'signal' | 'decide'

export interface ChildView {
  readonly run: string
  readonly flow: string
  readonly status: RunStatus
  /** The step that started it. */
  readonly step: string
}

export interface StepDetail extends StepView {
  /** What the code as it is now gives it; `undefined` where it takes none, or the code no longer fits. */
  readonly input: unknown
}

export interface StepView {
  readonly name: string
  readonly kind: 'call' | 'run' | 'sleep' | 'wait' | 'child' | 'child-result'
  /** True for steps that take back earlier ones. */
  readonly isUndo: boolean
  readonly state: 'running' | 'waiting' | 'completed' | 'failed' | 'unknown'
  readonly startedAt: number
  readonly endedAt: number | null
  readonly attempts: readonly AttemptView[]
  /** It waits for its turn, such as for a provider's limit; `null` when it does not. */
  readonly postponed: { readonly reason: ErrorView; readonly until: number } | null
  /** What a person decided of its unknown outcome, the latest. */
  readonly decision: DecisionView | null
  readonly result: unknown
  readonly error: ErrorView | null
}

export interface DecisionView {
  readonly kind: 'happened' | 'did-not-happen' | 'retry'
  readonly by: string
  readonly at: number
}

export interface AttemptView {
  readonly number: number
  readonly startedAt: number
  readonly endedAt: number | null
  readonly error: ErrorView | null
  readonly retryAt: number | null
}

/** A request of one try of a step as it was sent, and its answer, without secrets. */
export interface ExchangeView {
  readonly step: string
  readonly attempt: number
  /** When it left. */
  readonly at: number
  /** Until the answer was there, `null` without one. */
  readonly tookMs: number | null
  readonly request: RequestView
  readonly answer: AnswerView | null
  /** What the try failed by. */
  readonly error: ErrorView | null
}

export interface ErrorView {
  readonly name: string
  readonly code: string
  readonly message: string
}
