import { useState, type ReactNode } from 'react'
import { TextField } from '../../components/field.tsx'
import { Notice } from '../../components/notice.tsx'
import { listWords, stepLabel } from '../../words/words.ts'
import type { ActionDialogProps } from './actions.tsx'
import { OrderDialog } from './order-dialog.tsx'
import { failedStep } from './story.ts'

export function RetryDialog(props: ActionDialogProps): ReactNode {
  const step = failedStep(props.run)
  const label = step === undefined ? null : stepLabel(step.name, step.kind).text
  return (
    <OrderDialog {...props} title="Retry this run?" path="/retry" verb="Retry">
      {props.run.status === 'parked' ? (
        <p>
          It goes on where it stands, on the code as it is now. If the cause is still there, it will stand still again.
        </p>
      ) : (
        <p>
          It goes on {label === null ? 'from the step that failed' : `from “${label}”`}, on the code as it is now. Steps
          that are done stay done: nothing happens twice.
        </p>
      )}
    </OrderDialog>
  )
}

export function AnewDialog(props: ActionDialogProps): ReactNode {
  const done = props.run.steps.filter(({ state, kind, isUndo }) => state === 'completed' && kind === 'call' && !isUndo)
  const isUndone = props.run.undo === 'done'
  return (
    <OrderDialog {...props} title="Start it anew?" path="/anew" verb="Start a new run">
      <p>
        A new run begins, with the same input, and is linked to this one. This one stays as it is
        {props.run.status === 'parked' ? ': cancel it if it is no longer wanted.' : '.'}
      </p>
      {done.length > 0 && !isUndone && (
        <Notice tone="parked" title="What this run has done will be done again">
          <p>
            The new run knows nothing of it:{' '}
            {listWords(
              done.map(({ name, kind }) => stepLabel(name, kind).text.toLowerCase()),
              6,
            )}
            .
          </p>
        </Notice>
      )}
    </OrderDialog>
  )
}

export function CancelDialog(props: ActionDialogProps): ReactNode {
  const [reason, setReason] = useState('')
  return (
    <OrderDialog
      {...props}
      title="Cancel this run?"
      path="/cancel"
      body={() => (reason.trim() === '' ? {} : { reason: reason.trim() })}
      verb="Cancel the run"
      isDangerous
    >
      <p>{cancelWords(props.run)} This cannot be undone; the work can only be started anew.</p>
      <TextField
        label="Why (kept with the run)"
        value={reason}
        maxLength={500}
        placeholder="such as: ordered by mistake"
        onChange={({ target }) => setReason(target.value)}
      />
    </OrderDialog>
  )
}

function cancelWords({ status, undo, behindCount }: ActionDialogProps['run']): string {
  const back = 'everything that the flow knows how to take back is taken back, the last first.'
  const behind = behindCount === 0 ? '' : ' The runs that wait behind it go on.'
  if (status !== 'failed') return `Calls that are on their way are waited for. Then ${back}${behind}`
  if (undo !== 'none')
    return `It has failed, and what it had done is taken back already: cancelling only settles it.${behind}`
  return `It has failed. Now ${back}${behind}`
}
