import { TenonError } from '../base/errors.ts'
import type { InboxMessage, RunRow } from '../journal/journal.ts'
import type { Services } from './command.ts'
import { endOf } from './ending.ts'
import { write } from './entries.ts'
import type { History } from './history.ts'
import { keepMessages } from './inbox.ts'
import type { FlowPlan } from './plan.ts'
import type { Recorder } from './recorder.ts'
import type { Difference } from './replay.ts'

interface Diverged {
  readonly recorder: Recorder
  readonly row: RunRow
  readonly plan: FlowPlan
  readonly services: Services
  readonly history: History
  readonly inbox: readonly InboxMessage[]
  readonly difference: Difference
}

/** Parks a run whose code no longer does what its journal says; nothing has left, and nothing is lost. A cancel is obeyed at once, without a way back that nobody could know. */
export function parkDiverged(run: Diverged, whenDurable: () => void): void {
  const { recorder, difference, inbox, services, plan, row } = run
  const at = services.clock.now()
  const message = `entry ${difference.seq} of the journal is ${difference.expected}, but the code asks for ${difference.found}. Restore the code (or keep it as an older version of the flow) and retry the run.`
  for (const written of keepMessages(inbox, run.history.entries)) recorder.record(written, null)
  for (const { position } of inbox) recorder.record(null, { consumed: position })
  if (inbox.some(({ kind }) => kind === 'cancel')) {
    const { written, state, values } = endOf(
      { how: 'cancelled', reason: 'cancelled while its code differed from its journal' },
      { row, plan, at, failures: [], undone: false },
    )
    recorder.record(written, { state, values }, whenDurable)
  } else {
    const written = write('parked', null, at, {
      code: 'DIVERGED',
      message,
      expected: difference.expected,
      found: difference.found,
    })
    recorder.record(
      written,
      { state: { status: 'parked', wakeAt: null, code: 'DIVERGED', leaveLine: plan.skipsBlocked } },
      () => {
        services.meter.runParked(row.flow, 'DIVERGED')
        services.emit({
          name: 'run.parked',
          at,
          tenant: row.tenant,
          run: row.run,
          flow: row.flow,
          code: new TenonError('DIVERGED', message).code,
          message,
        })
        whenDurable()
      },
    )
  }
  recorder.flush()
}
