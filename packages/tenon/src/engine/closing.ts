import type { StateChange } from '../journal/journal.ts'
import type { Command } from './command.ts'
import { endOf, withUndoFailures, type Ending, type StepFailure } from './ending.ts'
import { write } from './entries.ts'
import type { Leaving } from './leaving.ts'
import type { Receiver } from './inbox.ts'
import type { FlowPlan } from './plan.ts'
import type { Recorder } from './recorder.ts'
import { restOf } from './rest.ts'
import { runAsStep, type Asking } from './step.ts'
import { tellEnd, tellRest } from './telling.ts'
import type { Undoing } from './undoing.ts'

/** What a run in memory shows of itself to those who bring it to its end, or to rest. */
export interface Closable extends Receiver, Asking {
  readonly plan: FlowPlan
  readonly recorder: Recorder
  readonly undoing: Undoing
  readonly failures: readonly StepFailure[]
  readonly ending: Ending | null
  readonly inFlight: number
  readonly isIdle: boolean
  /** Its time limit counts from then. */
  readonly since: number
  isUndone: boolean
  poke(): void
  askQuiet(): void
  awaits(work: Promise<unknown>): void
  /** Comes back at that moment, unless something else happens before. */
  comeBackAt(at: number): void
  leave(how: Leaving['how'], facts?: { wakeAt?: number | null }): void
}

/** What a run does when nothing of it can go on now. */
export function comeToRest(run: Closable): void {
  const { services, ending } = run
  const rest = restOf({
    open: run.book.open,
    ending,
    isUndoing: run.undoing.isActive && !run.isUndone,
    deadline: run.plan.timeoutMs === null ? null : run.since + run.plan.timeoutMs,
    inFlight: run.inFlight,
    now: services.clock.now(),
    lingerMs: services.lingerMs,
  })
  // An end, or a rest outside memory, goes into the append that is about to be sent.
  if (run.recorder.isBusy && rest.what !== 'over' && rest.what !== 'leave') return
  switch (rest.what) {
    case 'due':
      return askAgain(run, rest.commands)
    case 'expired':
      return expire(run)
    case 'over':
      if (ending !== null) finish(run, ending)
      return
    case 'stay':
      if (rest.until !== null) run.comeBackAt(rest.until)
      return
    case 'leave':
      return leaveUntil(run, rest.parked, rest.wakeAt)
  }
}

export function askAgain(run: Closable, commands: Iterable<Command>): void {
  for (const command of commands) {
    command.state = 'asked'
    run.book.fresh.push(command)
  }
  run.askQuiet()
}

export function cancelChildren(run: Closable): void {
  const { row, mail, services } = run
  const reason = `the run ${row.run} that started it was cancelled`
  for (const child of mail.openChildren)
    run.awaits(services.cancelRun({ tenant: row.tenant, run: child }, reason, `${row.run}/cancel`))
}

function expire(run: Closable): void {
  const cancel = {
    reason: `the run took longer than its timeout of ${run.plan.flow.options.timeout ?? ''}`,
    timeout: true,
  }
  run.stop(cancel, run.services.clock.now())
}

function finish(run: Closable, ending: Ending): void {
  const at = run.services.clock.now()
  const endedWaits: string[] = []
  for (const { kind, begun, name } of run.book.open) if (kind === 'wait' && begun !== null) endedWaits.push(name)
  if (ending.how !== 'completed' && run.undoing.isNeeded) {
    giveUp(run)
    run.note(write('undo', null, at, { n: run.undoing.count }), { endedWaits }, () => takeBack(run))
    return
  }
  const last = withUndoFailures(ending, run.undoing.failures)
  const { written, state, values } = endOf(last, {
    row: run.row,
    plan: run.plan,
    at,
    failures: run.failures,
    undone: run.isUndone,
  })
  run.recorder.record(written, { state, endedWaits, values }, () => {
    tellEnd(run, last, at)
    run.leave('ended')
  })
}

// Nothing reaches the function any more, not even what comes while the journal writes that the way back begins.
function giveUp(run: Closable): void {
  for (const command of run.book.open) run.book.close(command)
  run.book.fresh = []
}

/** Walks the way back. Everything that the function still waited for is given up; from here on only the way back asks for steps. */
export function takeBack(run: Closable): void {
  giveUp(run)
  run.undoing.begin()
  const walked = run.undoing.walk((body) => runAsStep(run, body))
  void walked.then(() => {
    run.isUndone = true
    run.askQuiet()
  })
  run.askQuiet()
}

// A pause before another try is no wait: what the run is about to do again, the next of its line must not do before it.
function isWaiting({ book }: Closable): boolean {
  for (const { kind } of book.open) if (kind === 'wait' || kind === 'sleep' || kind === 'child-result') return true
  return false
}

function leaveUntil(run: Closable, parked: boolean, wakeAt: number | null): void {
  const leaveLine = parked ? run.plan.skipsBlocked : run.plan.keyUntilFirstWait && isWaiting(run)
  const state: StateChange = {
    status: parked ? 'parked' : 'waiting',
    wakeAt,
    code: parked ? 'OUTCOME_UNKNOWN' : null,
    leaveLine,
  }
  run.recorder.record(null, { state }, (receipt) => {
    if (receipt.outcome === 'written' && receipt.reached.some((reached) => reached.run === run.row.run)) run.poke()
    // What came meanwhile is looked at first; the run rests again after that.
    if (run.hasMail || run.recorder.isBusy || !run.isIdle) return
    tellRest(run, parked, wakeAt)
    run.leave(parked ? 'parked' : 'waiting', { wakeAt })
  })
}
