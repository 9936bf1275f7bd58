import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ApiError, post } from '../../api/client.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import type { ActionDialogProps } from './actions.tsx'

export interface OrderDialogProps extends ActionDialogProps {
  readonly title: string
  /** Below `/runs/<run>`. */
  readonly path: string
  readonly body?: () => unknown
  readonly verb: string
  /** What has to follow when it was taken. */
  readonly then?: (() => Promise<unknown>) | undefined
  readonly isDangerous?: boolean
  readonly isComplete?: boolean
  /** Says a refusal in words of its own, where it has some. */
  readonly explain?: ((error: Error) => ReactNode) | undefined
  readonly children: ReactNode
}

/** One order to a run: what it will do, and the button that does it. */
export function OrderDialog({
  run,
  onClose,
  onDone,
  title,
  path,
  body,
  verb,
  then,
  isDangerous = false,
  isComplete = true,
  explain,
  children,
}: OrderDialogProps): ReactNode {
  const order = useMutation({
    mutationFn: async () => {
      const answer = await post<{ run: string }>(`/runs/${encodeURIComponent(run.run)}${path}`, body?.() ?? {})
      await then?.()
      return answer
    },
    onSuccess: onDone,
  })
  const isRefused = order.error instanceof ApiError && order.error.code === 'ORDER_REFUSED'
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      foot={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button
            look={isDangerous ? 'danger' : 'primary'}
            busy={order.isPending}
            disabled={!isComplete || isRefused}
            onClick={() => order.mutate()}
          >
            {verb}
          </Button>
        </>
      }
    >
      {children}
      {order.error !== null && (explain?.(order.error) ?? <ProblemNotice error={order.error} />)}
    </Dialog>
  )
}
