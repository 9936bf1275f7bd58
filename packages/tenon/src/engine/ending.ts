import { TenonError, TimeoutError, messageOf } from '../base/errors.ts'
import { encode } from '../base/json.ts'
import type { RunRow, StateChange, StoredValue } from '../journal/journal.ts'
import type { Fate } from '../outbound/retry.ts'
import { outOfLine, withValue, write, type Written } from './entries.ts'
import { codeOf, storeError } from './outcome.ts'
import type { FlowPlan } from './plan.ts'

/** How the function of a run came to its end, or why it was stopped. */
export type Ending =
  | { readonly how: 'completed'; readonly encoded: string }
  | { readonly how: 'failed'; readonly error: unknown }
  | { readonly how: 'cancelled'; readonly reason: string }

export interface StepFailure {
  readonly error: Error
  readonly seq: number
  readonly step: string
  readonly fate: Fate
}

/** Runs a function to its end. The call itself waits for a microtask: what it throws at once is a rejection too. */
export function follow(main: () => unknown, over: (ending: Ending) => void): void {
  const result = Promise.resolve().then(main)
  void result.then(
    (value) => over(endingOf({ ok: true, value })),
    (error: unknown) => over(endingOf({ ok: false, error })),
  )
}

function endingOf(
  result: { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown },
): Ending {
  if (!result.ok) return { how: 'failed', error: result.error }
  try {
    return { how: 'completed', encoded: encode(result.value, 'the output of the flow') }
  } catch (error) {
    return { how: 'failed', error }
  }
}

export function stoppedBy(cancel: { readonly reason: string; readonly timeout: boolean }): Ending {
  if (cancel.timeout) return { how: 'failed', error: new TimeoutError(cancel.reason, { retryable: false }) }
  return { how: 'cancelled', reason: cancel.reason }
}

export interface End {
  readonly written: Written
  readonly state: StateChange
  /** What the parent is told, where that is large. */
  readonly values: readonly StoredValue[]
}

/** The last entry of a run, and what becomes of its place in line and its parent. */
export function endOf(ending: Ending, facts: EndFacts): End {
  const { at, row, undone } = facts
  if (ending.how === 'completed') {
    const written = withValue(write('end', null, at, { status: 'completed' }), ending.encoded)
    const state = { status: 'completed', wakeAt: null, code: null, leaveLine: true } as const
    return telling(row, { written, state }, () => `{"status":"completed","v":${ending.encoded}}`)
  }
  const error = ending.how === 'failed' ? ending.error : new TenonError('RUN_CANCELLED', ending.reason)
  const stored = storeError(error)
  const failing = ending.how === 'failed' ? failingSteps(error, facts.failures) : []
  const written = write('end', null, at, {
    status: ending.how,
    e: stored,
    ...(failing.length > 0 && { failing }),
    ...(undone && { undone }),
  })
  const leaveLine = ending.how === 'cancelled' || facts.plan.skipsBlocked
  const state = { status: ending.how, wakeAt: null, code: codeOf(error), leaveLine }
  return telling(row, { written, state }, () => encode({ status: ending.how, e: stored }))
}

export interface EndFacts {
  readonly row: Pick<RunRow, 'parent'>
  readonly plan: Pick<FlowPlan, 'skipsBlocked'>
  readonly at: number
  readonly failures: readonly StepFailure[]
  readonly undone: boolean
}

/** With what the run's parent is told, where it has one. */
function telling(row: EndFacts['row'], end: Omit<End, 'values'>, tell: () => string): End {
  if (row.parent === null) return { ...end, values: [] }
  const { body: toParent, values } = outOfLine(tell())
  return { written: end.written, state: { ...end.state, toParent }, values }
}

// The step whose error ended the run, found in the error or its causes, and every step that failed after it: what a retry takes up again.
function failingSteps(error: unknown, failures: readonly StepFailure[]): number[] {
  const first = failures.find((failure) => contains(error, failure.error, 0))
  if (first === undefined) return []
  return failures.filter((failure) => failure.seq >= first.seq).map((failure) => failure.seq)
}

function contains(error: unknown, wanted: Error, depth: number): boolean {
  if (error === wanted) return true
  if (!(error instanceof Error) || depth > 8) return false
  if (error instanceof AggregateError && error.errors.some((part) => contains(part, wanted, depth + 1))) return true
  return error.cause !== undefined && contains(error.cause, wanted, depth + 1)
}

/** A run whose way back failed somewhere has failed, whatever brought it there: something is left that a person must look at. */
export function withUndoFailures(ending: Ending, failures: readonly unknown[]): Ending {
  const first = failures[0]
  if (first === undefined) return ending
  const why = ending.how === 'cancelled' ? ending.reason : ending.how === 'failed' ? messageOf(ending.error) : ''
  const message = `${failures.length} of the steps could not be taken back: ${messageOf(first)} (the run had ended by: ${why})`
  return { how: 'failed', error: new TenonError('STEP_FAILED', message, { cause: first, retryable: false }) }
}
