import { useState, type ReactNode } from 'react'
import { post } from '../../api/client.ts'
import { CheckField, TextField } from '../../components/field.tsx'
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
  const { run, status, key, steps, undo } = props.run
  const done = steps.filter(({ state, kind, isUndo }) => state === 'completed' && kind === 'call' && !isUndo)
  // A run that failed or is parked keeps its key, and the new one would stand behind it.
  const isInTheWay = key !== null && (status === 'failed' || status === 'parked')
  const [isCancelled, setCancelled] = useState(isInTheWay)
  const cancel = (): Promise<unknown> =>
    post(`/runs/${encodeURIComponent(run)}/cancel`, { reason: 'it was started anew' })
  return (
    <OrderDialog
      {...props}
      title="Start it anew?"
      path="/anew"
      verb="Start a new run"
      then={isCancelled ? cancel : undefined}
    >
      <p>A new run begins, with the same input, and is linked to this one.</p>
      {isInTheWay && (
        <CheckField
          label="Cancel this one"
          hint={`Both have the key ${key}: as long as this one is not settled, the new one waits behind it.${undo === 'none' ? ' Cancelling takes back what this one did.' : ''}`}
          checked={isCancelled}
          onChange={setCancelled}
        />
      )}
      {done.length > 0 && undo !== 'done' && !isCancelled && (
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
