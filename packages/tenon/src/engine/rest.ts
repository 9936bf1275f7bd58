import type { Command } from './command.ts'
import type { Ending } from './ending.ts'

/** What a quiet run with nothing in flight does next. */
export type Rest =
  /** Some steps' time has come. */
  | { readonly what: 'due'; readonly commands: readonly Command[] }
  /** The run's time is up. */
  | { readonly what: 'expired' }
  /** Nothing more to wait for: end it, or take it back. */
  | { readonly what: 'over' }
  /** Stay in memory until then, `null` for something that is no step. */
  | { readonly what: 'stay'; readonly until: number | null }
  /** Leave memory: parked for a person's decision, or until something comes. */
  | { readonly what: 'leave'; readonly parked: boolean; readonly wakeAt: number | null }

export interface Resting {
  readonly open: ReadonlySet<Command>
  readonly ending: Ending | null
  readonly isUndoing: boolean
  readonly deadline: number | null
  readonly inFlight: number
  readonly now: number
  readonly lingerMs: number
}

export function restOf(run: Resting): Rest {
  const deadline = run.ending === null && !run.isUndoing ? run.deadline : null
  if (deadline !== null && deadline <= run.now) return { what: 'expired' }
  if (run.open.size === 0 && run.inFlight === 0)
    return run.ending === null ? { what: 'stay', until: deadline } : { what: 'over' }
  const pending = pendingOf(run)
  const due = pending.filter(
    (command) => command.state === 'waiting' && command.wakeAt !== null && command.wakeAt <= run.now,
  )
  if (due.length > 0) return { what: 'due', commands: due }
  const wakeAt = earliest(pending, deadline)
  if (run.inFlight > 0) return { what: 'stay', until: wakeAt }
  // What is left open then is not waited for.
  if (pending.length === 0) return { what: 'over' }
  if (mustPark(pending)) return { what: 'leave', parked: true, wakeAt: null }
  if (wakeAt !== null && wakeAt - run.now <= run.lingerMs) return { what: 'stay', until: wakeAt }
  return { what: 'leave', parked: false, wakeAt }
}

// A function that is over is not waited for, but what it began must be settled: nobody else would learn what became of it.
function pendingOf(run: Resting): Command[] {
  const open = [...run.open]
  if (run.ending === null || run.isUndoing) return open
  const tried = open.filter((command) => command.kind === 'call' || command.kind === 'run')
  if (run.ending.how === 'completed') return tried
  return tried.filter(isUnsettled)
}

/** It may have taken effect, and the journal does not say whether it did. */
export function isUnsettled({ state, isUnknown, mayHaveHappened, isSent }: Command): boolean {
  return state === 'running' || isUnknown || mayHaveHappened || isSent
}

// While another step still has tries ahead of it, the decision can wait.
function mustPark(pending: readonly Command[]): boolean {
  return pending.some((command) => command.isUnknown) && !pending.some((command) => isTrying(command))
}

function isTrying(command: Command): boolean {
  return !command.isUnknown && (command.kind === 'call' || command.kind === 'run')
}

function earliest(commands: readonly Command[], deadline: number | null): number | null {
  let first = deadline
  for (const { wakeAt, isUnknown } of commands) {
    if (wakeAt !== null && !isUnknown && (first === null || wakeAt < first)) first = wakeAt
  }
  return first
}
