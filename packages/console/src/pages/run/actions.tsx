import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Ban, CopyPlus, Hand, MailPlus, RotateCcw, type LucideIcon } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { RunAction, RunDetail } from '../../api/contract.ts'
import { Button, type ButtonLook } from '../../components/button.tsx'
import { say } from '../../components/toasts.tsx'
import { shortId } from '../../words/words.ts'
import { AnewDialog, CancelDialog, RetryDialog } from './confirm-dialogs.tsx'
import { DecideDialog } from './decide-dialog.tsx'
import { SignalDialog } from './signal-dialog.tsx'

const kinds: Readonly<Record<RunAction, { text: string; icon: LucideIcon; done: string }>> = {
  decide: { text: 'Decide', icon: Hand, done: 'Your decision is kept.' },
  retry: { text: 'Retry', icon: RotateCcw, done: 'It goes on.' },
  signal: { text: 'Send a signal', icon: MailPlus, done: 'The signal is on its way.' },
  anew: { text: 'Start anew', icon: CopyPlus, done: 'A new run has begun.' },
  cancel: { text: 'Cancel run', icon: Ban, done: 'It is being cancelled.' },
}

const order: readonly RunAction[] = ['decide', 'retry', 'signal', 'anew', 'cancel']

export interface ActionDialogProps {
  readonly run: RunDetail
  readonly onClose: () => void
  readonly onDone: (answer: { readonly run: string }) => void
}

const dialogs: Readonly<Record<RunAction, (props: ActionDialogProps) => ReactNode>> = {
  decide: DecideDialog,
  retry: RetryDialog,
  signal: SignalDialog,
  anew: AnewDialog,
  cancel: CancelDialog,
}

/** What can be done with this run now; each says its consequences before it is done. */
export function RunActions({ run }: { readonly run: RunDetail }): ReactNode {
  const [open, setOpen] = useState<RunAction | null>(null)
  const queries = useQueryClient()
  const allowed = order.filter((action) => run.actions.includes(action))
  const close = (): void => setOpen(null)
  const done = (action: RunAction, answer: { readonly run: string }): void => {
    close()
    const isOther = answer.run !== run.run
    say(
      kinds[action].done,
      isOther && (
        <Link to="/runs/$run" params={{ run: answer.run }}>
          Open run {shortId(answer.run)}
        </Link>
      ),
    )
    void queries.invalidateQueries()
  }
  const Dialog = open === null ? null : dialogs[open]
  return (
    <>
      {allowed.map((action, index) => {
        const { text, icon: Icon } = kinds[action]
        const look: ButtonLook = index === 0 && (action === 'decide' || action === 'retry') ? 'primary' : 'plain'
        return (
          <Button key={action} look={look} onClick={() => setOpen(action)}>
            <Icon aria-hidden="true" />
            {text}
          </Button>
        )
      })}
      {Dialog !== null && open !== null && <Dialog run={run} onClose={close} onDone={(answer) => done(open, answer)} />}
    </>
  )
}
