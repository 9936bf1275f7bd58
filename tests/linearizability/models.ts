// What one run, with the lease it is under, and one event's key do when everybody waits for everybody else.
import type { Model } from './checker.ts'

export type RunOperation =
  | { readonly kind: 'start'; readonly answer?: 'written' | 'duplicate' }
  | {
      readonly kind: 'append'
      readonly epoch: number
      readonly after: number
      readonly body: string
      readonly answer?: AppendAnswer
    }
  | { readonly kind: 'read'; readonly bodies: readonly string[] }
  /** A node says that it holds the run. */
  | { readonly kind: 'hold'; readonly epoch: number }

export type AppendAnswer =
  | { readonly outcome: 'written' | 'duplicate' }
  | { readonly outcome: 'conflict'; readonly lastSeq: number }
  | { readonly outcome: 'fenced'; readonly epoch: number }

export interface RunState {
  readonly isThere: boolean
  /** The greatest epoch that was in force: whoever comes with a lesser one is refused. */
  readonly epoch: number
  readonly bodies: readonly string[]
}

export const runModel: Model<RunState, RunOperation> = {
  initial: { isThere: false, epoch: 0, bodies: [] },
  apply(state, operation) {
    switch (operation.kind) {
      case 'start':
        return (operation.answer ?? 'written') === (state.isThere ? 'duplicate' : 'written')
          ? { ...state, isThere: true }
          : null
      case 'read':
        return operation.bodies.join() === state.bodies.join() ? state : null
      case 'hold':
        return operation.epoch >= state.epoch ? { ...state, epoch: operation.epoch } : null
      default:
        return applyAppend(state, operation)
    }
  },
}

type Append = Extract<RunOperation, { kind: 'append' }>

function applyAppend(state: RunState, append: Append): RunState | null {
  const { answer = { outcome: 'written' } } = append
  if ('lastSeq' in answer) return isConflict(state, append, answer.lastSeq) ? state : null
  if (!('epoch' in answer))
    return answer.outcome === 'written' ? written(state, append) : isThere(state, append) ? state : null
  return answer.epoch > append.epoch && answer.epoch >= state.epoch ? { ...state, epoch: answer.epoch } : null
}

function written(state: RunState, { epoch, after, body }: Append): RunState | null {
  const isNext = state.isThere && after === state.bodies.length
  return isNext && epoch >= state.epoch ? { ...state, epoch, bodies: [...state.bodies, body] } : null
}

function isThere({ bodies }: RunState, { after, body }: Append): boolean {
  return bodies[after] === body
}

/** Whoever has lost the run may be told what it knew last. */
function isConflict({ isThere, epoch, bodies }: RunState, append: Append, lastSeq: number): boolean {
  return !isThere || append.epoch < epoch || (lastSeq === bodies.length && append.after !== bodies.length)
}

/** A delivery of the event, which would start that run; the runs that it started, whoever asks. */
export interface EventOperation {
  readonly run: string
  readonly answer?: { readonly outcome: 'written' | 'duplicate'; readonly runs: readonly string[] }
}

export const eventModel: Model<readonly string[], EventOperation> = {
  initial: [],
  apply(runs, { run, answer }) {
    if (runs.length === 0) return (answer?.outcome ?? 'written') === 'written' ? [run] : null
    return answer === undefined || (answer.outcome === 'duplicate' && answer.runs.join() === runs.join()) ? runs : null
  },
}
