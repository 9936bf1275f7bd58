import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { post } from '../../api/client.ts'
import type { FlowDetail } from '../../api/contract.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { say } from '../../components/toasts.tsx'

export function PauseDialog({ flow, onClose }: { readonly flow: FlowDetail; readonly onClose: () => void }): ReactNode {
  const queries = useQueryClient()
  const verb = flow.paused ? 'Resume' : 'Pause'
  const order = useMutation({
    mutationFn: () => post(`/flows/${encodeURIComponent(flow.name)}/${verb.toLowerCase()}`),
    onSuccess: async () => {
      onClose()
      say(flow.paused ? 'It takes up its runs again.' : 'It is paused.')
      await queries.invalidateQueries()
    },
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={`${verb} ${flow.name}?`}
      foot={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button look="primary" busy={order.isPending} onClick={() => order.mutate()}>
            {verb}
          </Button>
        </>
      }
    >
      {flow.paused ? (
        <p>The runs that gathered meanwhile begin, the oldest first, as many at once as the flow allows.</p>
      ) : (
        <>
          <p>
            Nothing is lost: events are still accepted and kept, and their runs wait. Runs that are at work go on to
            their next rest; those that sleep or wait for something stay asleep.
          </p>
          <p>It stays paused, through restarts too, until someone presses Resume.</p>
        </>
      )}
      {order.error !== null && <ProblemNotice error={order.error} />}
    </Dialog>
  )
}
