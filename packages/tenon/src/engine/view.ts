import type { RunRow } from '../journal/journal.ts'

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

export interface StepView {
  readonly name: string
  readonly kind: 'call' | 'run' | 'sleep' | 'wait' | 'child' | 'child-result'
  /** True for steps that take back earlier ones. */
  readonly isUndo: boolean
  readonly state: 'running' | 'waiting' | 'completed' | 'failed' | 'unknown'
  readonly startedAt: number
  readonly endedAt: number | null
  readonly attempts: readonly AttemptView[]
  readonly result: unknown
  readonly error: ErrorView | null
}

export interface AttemptView {
  readonly number: number
  readonly startedAt: number
  readonly endedAt: number | null
  readonly error: ErrorView | null
  readonly retryAt: number | null
}

export interface ErrorView {
  readonly name: string
  readonly code: string
  readonly message: string
}
